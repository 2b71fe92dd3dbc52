"""The serial PIN pad: framing, packets, link. Never holds a digit of a code."""
