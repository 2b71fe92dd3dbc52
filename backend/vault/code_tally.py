"""How often each code was chosen in a group of people, sealed: only the vault can read it.

    sealed   form (1) || version of the PIN reference key (2) || nonce (12) || AES-256-GCM
    inside   choices counted (4) || one byte for each of the 10,000 codes of four digits

A longer code is counted by its last four digits: what many were told to choose is found all the
same, and another that ends alike is refused once in thousands.

Promise: whatever is counted, the sealed tally has the same size, and another nonce; the key is
derived from the PIN reference key, wherever that lies, for this group alone. A code is shared from
SHARED_FROM choices on, and never more than SHARED_MAX codes are at once. Old choices fade: every
count is halved when FADING_AT have been counted. Not here: whose choice it was; nobody knows.
"""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CODES: Final = 10_000
SHARED_FROM: Final = 5
SHARED_MAX: Final = 64
FADING_AT: Final = 4_096
COUNT_MAX: Final = 255
SEALED_BYTES_MAX: Final = 16_384
_LABEL: Final = b"AGE-PIN-TALLY"
_FORM: Final = b"\x01"
_VERSION_BYTES: Final = 2
_TOTAL_BYTES: Final = 4
_NONCE_BYTES: Final = 12
_HEAD_BYTES: Final = len(_FORM) + _VERSION_BYTES

#: Computes HMAC-SHA-256 under a version of the PIN reference key; None for one not held.
Tag = Callable[[int, bytearray], bytes | None]


class CodeTally:
    """The open counts of a group."""

    __slots__ = ("_counts", "_total")

    def __init__(self, total: int = 0, counts: bytes = bytes(CODES)) -> None:
        self._total = total
        self._counts = bytearray(counts)

    def add(self, digits: bytearray) -> None:
        """Count one choice."""
        code = _place(digits)
        self._counts[code] = min(self._counts[code] + 1, COUNT_MAX)
        self._total += 1
        if self._total >= FADING_AT:
            self._counts = bytearray(count // 2 for count in self._counts)
            self._total = sum(self._counts)

    def is_shared(self, digits: bytearray) -> bool:
        """Tell whether a code is one of those that many chose."""
        code = _place(digits)
        return self._counts[code] >= SHARED_FROM and code in self._shared()

    def shared(self) -> int:
        """Return how many codes many chose."""
        return len(self._shared())

    def plain(self) -> bytes:
        """Return what is sealed."""
        return self._total.to_bytes(_TOTAL_BYTES, "big") + bytes(self._counts)

    def _shared(self) -> list[int]:
        often = [code for code in range(CODES) if self._counts[code] >= SHARED_FROM]
        return sorted(often, key=lambda code: (-self._counts[code], code))[:SHARED_MAX]


def seal_tally(
    tally: CodeTally, group_id: UUID, version: int, tag: Tag, random: Callable[[int], bytes]
) -> bytes:
    """Seal a tally under a version of the PIN reference key that is held."""
    key = _key(group_id, version, tag)
    assert key is not None
    head = _FORM + version.to_bytes(_VERSION_BYTES, "big")
    nonce = random(_NONCE_BYTES)
    return head + nonce + AESGCM(key).encrypt(nonce, tally.plain(), head)


def open_tally(sealed: bytes | None, group_id: UUID, tag: Tag) -> CodeTally:
    """Open a tally; begin an empty one when there is none, or when this is none of ours.

    Whoever can write in the database can so make a count be forgotten; nothing else.
    """
    if sealed is None or sealed[:1] != _FORM or len(sealed) < _HEAD_BYTES + _NONCE_BYTES:
        return CodeTally()
    head, rest = sealed[:_HEAD_BYTES], sealed[_HEAD_BYTES:]
    key = _key(group_id, int.from_bytes(head[len(_FORM) :], "big"), tag)
    if key is None:
        return CodeTally()
    try:
        plain = AESGCM(key).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], head)
    except InvalidTag:
        return CodeTally()
    return CodeTally(int.from_bytes(plain[:_TOTAL_BYTES], "big"), plain[_TOTAL_BYTES:])


def _place(digits: bytearray) -> int:
    return int(digits) % CODES


def _key(group_id: UUID, version: int, tag: Tag) -> bytes | None:
    # No reference's message begins so: they begin with a label of their own.
    return tag(version, bytearray(_LABEL + _FORM + group_id.bytes))
