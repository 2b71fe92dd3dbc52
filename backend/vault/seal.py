"""Sealing what must survive between two requests, so that the database never reads it.

AES-256-GCM; the moment it expires is inside. Promise: what was sealed for one purpose, card and
application opens for those alone. Not here: that it opens once only (the database sees to that).
"""

from collections.abc import Callable
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from passcard.secret import Secret

NONCE_BYTES = 12
_EXPIRY_BYTES = 8


def seal(
    key: Secret,
    content: bytes,
    *,
    bound_to: bytes,
    expires_at: datetime,
    random: Callable[[int], bytes],
) -> bytes:
    """Seal `content` until `expires_at` (whole milliseconds); `bound_to` must come back equal."""
    nonce = random(NONCE_BYTES)
    inside = _milliseconds(expires_at).to_bytes(_EXPIRY_BYTES, "big") + content
    return nonce + AESGCM(key.reveal()).encrypt(nonce, inside, bound_to)


def unseal(key: Secret, sealed: bytes, *, bound_to: bytes, now: datetime) -> bytes | None:
    """Return what was sealed, or None when it is too late, damaged, or bound to something else."""
    if len(sealed) < NONCE_BYTES:
        return None
    nonce, closed = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    try:
        inside = AESGCM(key.reveal()).decrypt(nonce, closed, bound_to)
    except InvalidTag:
        return None
    expires_at = int.from_bytes(inside[:_EXPIRY_BYTES], "big")
    return inside[_EXPIRY_BYTES:] if _milliseconds(now) < expires_at else None


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
