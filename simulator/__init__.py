"""Twins of the hardware, written independently of the code that talks to them."""
