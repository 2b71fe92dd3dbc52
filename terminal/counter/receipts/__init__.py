"""Receipts: what a sale's paper says, on screen, on a ticket printer and as PDF."""
