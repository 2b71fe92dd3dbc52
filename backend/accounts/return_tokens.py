"""What a mail may come back with: a token for each sending, and what is kept of it. Pure.

A secret for each row, and no key: who has not seen the envelope cannot make one, and the database
has its hash alone.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable
from typing import Final

TOKEN_BYTES: Final = 16


def new_token(random: Callable[[int], bytes] = secrets.token_bytes) -> str:
    """Return the token of one sending."""
    return base64.b32encode(random(TOKEN_BYTES)).decode().rstrip("=").lower()


def token_hash(token: str) -> bytes:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


def address_hash(address: str) -> bytes:
    """Return what is kept of where a mail went."""
    return hashlib.sha256(address.strip().lower().encode()).digest()


def return_address(address: str, token: str) -> str:
    """Return the envelope's sender of one sending: the address with its token before the @."""
    local, _, domain = address.rpartition("@")
    return f"{local}+{token}@{domain}"
