"""What a Pass card is: layout, numbers, key diversification, host side of the card protocol.

Pure: bytes and keys in, bytes out. No I/O, no clock, no randomness of its own.
"""
