"""What of a card's conversation may be shown, byte by byte; the rest becomes a mask.

    90 C4 00 00 29 80 {40:9f31c0aa} 00        a ChangeKey: its key number, and 40 bytes nobody sees

Promise: what is not named here as open is masked, whatever is sent: unknown commands, everything in
an authenticated session, challenges, proofs, keys, contents of files, digits. A mask keeps the
length. Under one key equal bytes have equal masks and equal UIDs stay equal; without the key, which
nobody keeps, neither leads back. Any bytes can be redacted. Not here: text (`terminal/trace`).
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby

from passcard.apdu import WRAPPED_CLASS
from passcard.trace import ADDITIONAL_FRAME, HEADERS

TAG_BYTES = 4
_ISO_CLASS, _READER_CLASS = 0x00, 0xFF
_HEADER_LENGTH, _STATUS_LENGTH = 5, 2
_SELECT_APPLICATION, _GET_VERSION, _EV2_FIRST, _ISO_SELECT = 0x5A, 0x60, 0x71, 0xA4
_GET_UID = bytes.fromhex("FFCA000000")
#: What anybody may ask, with the lengths it has: the answer is open as well, outside a session.
_OPEN = {
    0x45: {0},
    _SELECT_APPLICATION: {3, 6},
    _GET_VERSION: {0},
    0x61: {0},
    0x64: {1},
    0x6A: {0},
    0x6D: {0},
    0x6E: {0},
    0x6F: {0},
    0xF5: {1},
}
_AUTHENTICATIONS = frozenset({0x0A, 0x1A, _EV2_FIRST, 0x77, 0xAA})
_ISO_AUTHENTICATIONS = frozenset({0x82, 0x88})
_DONE, _ISO_DONE = b"\x91\x00", b"\x90\x00"
_CAPABILITIES_MAX = 6
_ISO_NAME_MAX = 16
# The last part of GetVersion: the UID, then batch and week of production (MF3D(H)x2 §11.2.1).
_UID_LENGTH = 7
_VERSION_END_MIN = 14


@dataclass(frozen=True, slots=True)
class Mask:
    """So many bytes that are not shown; the same tag for the same bytes. No tag: any bytes."""

    length: int
    tag: str = ""


Piece = bytes | Mask


def expand(pieces: Iterable[Piece]) -> bytes:
    """Return bytes for pieces: where a mask is, bytes made from its tag, of no meaning."""
    return b"".join(
        hashlib.shake_256(piece.tag.encode()).digest(piece.length)
        if isinstance(piece, Mask)
        else piece
        for piece in pieces
    )


class Redactor:
    """Redacts one trace under `key`: fresh random bytes that nobody keeps."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def rekeyed(self, uid: bytes) -> bytes:
        """Return another UID of this length and this maker; a UID of zeros, no UID, stays."""
        if not any(uid):
            return uid
        return uid[:1] + self._mac(b"uid", uid)[: len(uid) - 1]

    def mask(self, value: bytes) -> Mask:
        """Return the mask of these bytes."""
        return Mask(len(value), self._mac(b"value", value)[:TAG_BYTES].hex())

    def _mac(self, what: bytes, value: bytes) -> bytes:
        return hmac.digest(self._key, what + b"\0" + value, "sha256")


def _runs(length: int, is_open: Callable[[int], bool]) -> Iterable[tuple[bool, list[int]]]:
    return ((opened, list(run)) for opened, run in groupby(range(length), is_open))


class TapRedactor:
    """Redacts the commands and answers of one tap, in their order."""

    def __init__(self, redactor: Redactor, uid: bytes | None = None) -> None:
        self._redactor = redactor
        self._root: int | None = None
        self._is_open_command = False
        self._has_status = False
        self._may_authenticate = False
        self._is_authenticated = False
        self._uids: dict[bytes, bytes] = {}
        if uid is not None:
            self._learn(uid)

    def command(self, raw: bytes, hidden: frozenset[int] = frozenset()) -> tuple[Piece, ...]:
        """Redact a command; positions in `hidden` are masked whatever they are."""
        length = self._open_length(raw)
        last = len(raw) - 1  # Le: how much is asked for

        def is_open(at: int) -> bool:
            return at not in hidden and (at < length or (at == last and self._ends_with_le(raw)))

        return self._pieces(raw, is_open)

    def answer(self, raw: bytes, hidden: frozenset[int] = frozenset()) -> tuple[Piece, ...]:
        """Redact the answer to the command before."""
        opened = self._is_open_command and not self._is_authenticated
        has_status = self._has_status or len(raw) <= _STATUS_LENGTH
        status, end = raw[-_STATUS_LENGTH:], len(raw) - _STATUS_LENGTH
        shown = range(end) if opened else range(0)
        if opened and self._root == _GET_VERSION and status == _DONE and end >= _VERSION_END_MIN:
            self._learn(raw[:_UID_LENGTH])
            shown = range(_UID_LENGTH)
        elif opened and self._root == _READER_CLASS and status == _ISO_DONE:
            self._learn(raw[:end])
        self._note_session(status)
        return self._pieces(
            raw, lambda at: at not in hidden and (at in shown or (has_status and at >= end))
        )

    def _learn(self, uid: bytes) -> None:
        if any(uid):
            self._uids[uid] = self._redactor.rekeyed(uid)

    def _pieces(self, raw: bytes, is_open: Callable[[int], bool]) -> tuple[Piece, ...]:
        """Return what is open as it is, UIDs replaced, and the rest as masks."""
        shown = raw
        for uid, other in self._uids.items():
            shown = shown.replace(uid, other)
        return tuple(
            shown[run[0] : run[-1] + 1]
            if opened
            else self._redactor.mask(raw[run[0] : run[-1] + 1])
            for opened, run in _runs(len(raw), is_open)
        )

    def _note_session(self, status: bytes) -> None:
        if status == _DONE and self._root == _SELECT_APPLICATION and self._is_open_command:
            self._is_authenticated = False
        if self._may_authenticate and status in {_DONE, _ISO_DONE}:
            self._is_authenticated = True

    def _ends_with_le(self, raw: bytes) -> bool:
        if len(raw) <= _HEADER_LENGTH or raw[0] not in {WRAPPED_CLASS, _ISO_CLASS}:
            return False
        return len(raw) == _HEADER_LENGTH + raw[4] + 1

    def _open_length(self, raw: bytes) -> int:
        """Return how many bytes of a command are open, and remember what its answer may show."""
        self._has_status = len(raw) >= _HEADER_LENGTH - 1 and raw[0] in {
            WRAPPED_CLASS,
            _ISO_CLASS,
            _READER_CLASS,
        }
        if self._has_status and raw[0] == WRAPPED_CLASS and len(raw) >= _HEADER_LENGTH:
            return self._desfire_length(raw)
        self._root, self._is_open_command, self._may_authenticate = None, False, False
        if not self._has_status:
            return 1
        self._may_authenticate = raw[0] == _ISO_CLASS and raw[1] in _ISO_AUTHENTICATIONS
        if raw == _GET_UID:
            self._root, self._is_open_command = _READER_CLASS, not self._is_authenticated
        if raw[0] == _ISO_CLASS and raw[1] == _ISO_SELECT and len(raw) > _HEADER_LENGTH:
            return _HEADER_LENGTH + (raw[4] if raw[4] <= _ISO_NAME_MAX else 0)
        return _HEADER_LENGTH

    def _desfire_length(self, raw: bytes) -> int:
        ins, body = raw[1], raw[_HEADER_LENGTH:-1]
        is_whole = raw[-1] == 0 and (len(raw) == _HEADER_LENGTH or raw[4] == len(body))
        if ins == ADDITIONAL_FRAME:
            self._is_open_command = self._is_open_command and is_whole and not body
            self._may_authenticate = self._root in _AUTHENTICATIONS
            return _HEADER_LENGTH
        self._root = ins
        self._may_authenticate = False
        may_ask = ins in _OPEN and len(body) in _OPEN[ins] and is_whole
        self._is_open_command = may_ask and (
            ins == _SELECT_APPLICATION or not self._is_authenticated
        )
        if self._is_open_command or (ins == _EV2_FIRST and _are_capabilities(body)):
            return len(raw)
        if not is_whole:
            return _STATUS_LENGTH
        return _HEADER_LENGTH + min(len(body), sum(each[1] for each in HEADERS.get(ins, ())))


def _are_capabilities(body: bytes) -> bool:
    """Say whether this is a key number and what a terminal can do, with its length."""
    return len(body) >= 2 and body[1] == len(body) - 2 <= _CAPABILITIES_MAX
