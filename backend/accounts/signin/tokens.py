"""Tokens of links and sessions: 256 random bits, given out once, kept as their SHA-256."""

import base64
import hashlib
import secrets
from collections.abc import Callable
from typing import Final

TOKEN_BYTES: Final = 32
TOKEN_CHARACTERS_MAX: Final = 128


def new_token(random: Callable[[int], bytes] = secrets.token_bytes) -> str:
    """Return a token (43 characters, URL-safe)."""
    return base64.urlsafe_b64encode(random(TOKEN_BYTES)).rstrip(b"=").decode()


def token_hash(token: str) -> bytes:
    """Return what is kept of a token (32 bytes)."""
    return hashlib.sha256(token[:TOKEN_CHARACTERS_MAX].encode()).digest()


def form_token(session_token: str) -> str:
    """Return what a form of a session carries, and another site cannot know (43 characters)."""
    made = hashlib.sha256(b"form:" + session_token.encode()).digest()
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()
