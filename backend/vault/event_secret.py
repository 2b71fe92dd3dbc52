"""The secret that a partner's events are signed with (Standard Webhooks 1.0, `v1`: HMAC-SHA-256).

It is derived for one endpoint and generation from the PIN reference key, wherever that lies, and is
stored nowhere but with the partner. Not here: when it changes, and for how long two of them sign.
"""

import base64
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

#: Between the 24 and 64 bytes of the specification.
SECRET_BYTES: Final = 32
#: How the specification writes one.
PREFIX: Final = "whsec_"
_LABEL: Final = b"EVENT-SECRET/1"


def event_message(endpoint_id: UUID, generation: int) -> bytearray:
    """Return what the secret is derived from; no PIN reference's message begins so."""
    return bytearray(_LABEL + endpoint_id.bytes + generation.to_bytes(4, "big"))


def event_secret(tag: bytes) -> bytes:
    """Return the secret (32 bytes) from the derived tag (32 bytes)."""
    return tag[:SECRET_BYTES]


def event_signature(secret: bytes, signed: bytes) -> bytes:
    """Return the signature (32 bytes) of what is sent."""
    mac = HMAC(secret, SHA256())
    mac.update(signed)
    return mac.finalize()


def secret_text(secret: bytes) -> str:
    """Write a secret as its partner keeps it."""
    return PREFIX + base64.b64encode(secret).decode()
