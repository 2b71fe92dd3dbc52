"""Twins of contactless cards, in process: bytes in, bytes out.

Written from the public facts alone; no code is shared with the terminal's side of the protocol,
so that a mistake on one side cannot hide on the other. Both are pinned to published vectors.
"""
