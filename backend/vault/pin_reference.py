"""What is stored of a code: HMAC-SHA-256 under a key the database never sees.

Ten thousand codes are tried in an instant without that key; with it out of reach, the stored tag
says nothing. Not here: how many tries are left.
"""

import hmac
from hashlib import sha256
from uuid import UUID

from backend.vault.values import wipe
from passcard.secret import Secret

SALT_BYTES = 16
TAG_BYTES = 32
_LABEL = b"AGE-PIN-REF"
_SCHEME = b"\x01"


def reference_tag(
    key: Secret, account_id: UUID, generation: int, salt: bytes, digits: bytearray
) -> bytes:
    """Return the tag, 32 bytes, over label, scheme, account, generation, salt, length, digits."""
    message = reference_message(account_id, generation, salt, digits)
    try:
        return hmac.new(key.reveal(), message, sha256).digest()
    finally:
        wipe(message)


def reference_message(
    account_id: UUID, generation: int, salt: bytes, digits: bytearray
) -> bytearray:
    """Return what the tag is computed over, in a buffer to be wiped."""
    fixed = _LABEL + _SCHEME + account_id.bytes + generation.to_bytes(4, "big") + salt
    # A buffer of its full length from the start: growing would leave a copy nobody can wipe.
    message = bytearray(len(fixed) + 1 + len(digits))
    message[: len(fixed)] = fixed
    message[len(fixed)] = len(digits)
    message[len(fixed) + 1 :] = digits
    return message
