"""The second factor of people who sign in: a time-based one-time password (RFC 6238).

Its secret is derived for one person and generation from the PIN reference key, wherever that lies,
and is stored nowhere but in the person's own application: 20 bytes, HMAC-SHA-1, 6 digits, 30 s,
what every such application can do. Not here: that a password serves once, and how often one may be
tried.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

SECRET_BYTES: Final = 20
DIGITS: Final = 6
STEP_SECONDS: Final = 30
#: A clock may be wrong by one step either way, and a person slow by one.
STEPS_EITHER_WAY: Final = 1
_LABEL: Final = b"SECOND-FACTOR/1"


def factor_message(person_id: UUID, generation: int) -> bytearray:
    """Return what the secret is derived from; no PIN reference's message begins so."""
    return bytearray(_LABEL + person_id.bytes + generation.to_bytes(4, "big"))


def factor_secret(tag: bytes) -> bytes:
    """Return the secret (20 bytes) from the derived tag (32 bytes)."""
    return tag[:SECRET_BYTES]


def matching_step(secret: bytes, typed: bytes, now: datetime) -> int | None:
    """Return the time step (30 s since 1970) whose password was typed, the latest; else None.

    Every step is computed and compared in constant time, whatever matches.
    """
    totp = TOTP(secret, DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303 -- what RFC 6238 has
    current = int(now.timestamp()) // STEP_SECONDS
    found = None
    for step in range(current - STEPS_EITHER_WAY, current + STEPS_EITHER_WAY + 1):
        if bytes_eq(totp.generate(step * STEP_SECONDS), typed):
            found = step
    return found
