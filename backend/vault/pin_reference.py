"""What is stored of a code: HMAC-SHA-256 under a key the database never sees.

Ten thousand codes are tried in an instant without that key; with it out of reach, the stored tag
says nothing. Not here: how many tries are left.
"""

import hmac
from hashlib import sha256
from uuid import UUID

from passcard.secret import Secret

SALT_BYTES = 16
TAG_BYTES = 32
_LABEL = b"AGE-PIN-REF"
_SCHEME = b"\x01"


def reference_tag(
    key: Secret, account_id: UUID, generation: int, salt: bytes, digits: bytearray
) -> bytes:
    """Return the tag, 32 bytes, over label, scheme, account, generation, salt, length, digits."""
    mac = hmac.new(key.reveal(), _LABEL + _SCHEME, sha256)
    mac.update(account_id.bytes + generation.to_bytes(4, "big") + salt)
    mac.update(bytes((len(digits),)))
    # The digits go in from the buffer itself: joining would leave a copy nobody can wipe.
    mac.update(digits)
    return mac.digest()
