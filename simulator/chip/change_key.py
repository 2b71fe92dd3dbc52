"""ChangeKey (C4): who may, how the new key is laid out, and what is left of the session.

Only one write happens, after every check; the answer to a change of the session's own key is bare
and the session is gone.
"""

from collections.abc import Callable
from dataclasses import dataclass

from simulator.chip.crypto import crc16, jamcrc, xor
from simulator.chip.keys import (
    ChangeRight,
    Key,
    KeyKind,
    aes_key,
    clear_parity,
    des_key,
    kind_from_bits,
)
from simulator.chip.messaging_ev2 import Ev2Session
from simulator.chip.messaging_legacy import LegacySession
from simulator.chip.state import MASTER_KEY, ChipState
from simulator.chip.status import Status, require

CHANGE_KEY = 0xC4
CRC_LENGTH = 4
_NUMBER_BITS, _KIND_SHIFT = 0x3F, 6


@dataclass(frozen=True, slots=True)
class _Change:
    """What the reader asks for: which key, of which kind from now on, from which session."""

    key_number_byte: int
    number: int
    kind: KeyKind
    old: Key
    own: bool

    @property
    def length(self) -> int:
        """Return the length of the new key."""
        return self.kind.key_length

    @property
    def has_version(self) -> bool:
        """Say whether a version byte follows the key; DES keys carry it in their parity."""
        return self.kind is KeyKind.AES


def change_key(state: ChipState, body: bytes) -> bytes:
    """Replace one key of the selected level: KeyNo, then the decrypted key block."""
    change = _wanted(state, body[0])
    require(_may_change(state, change), Status.AUTHENTICATION_ERROR)
    key = _read_key(state, change, body[1:])
    changed = state.application.with_key(change.number, key)
    if change.own:
        state.session = None
    state.write(state.memory.with_application(state.selected, changed))
    return b""


def _wanted(state: ChipState, key_number_byte: int) -> _Change:
    number, kind_bits = key_number_byte & _NUMBER_BITS, key_number_byte >> _KIND_SHIFT
    old = state.key(number)
    if state.at_picc_level:
        kind = kind_from_bits(kind_bits)
    else:
        require(kind_bits == 0, Status.PARAMETER_ERROR)
        kind = old.kind
    assert state.session is not None
    return _Change(key_number_byte, number, kind, old, own=state.session.key_number == number)


def _may_change(state: ChipState, change: _Change) -> bool:
    """Apply the key settings; what nobody may do is 9D, a session on the wrong key is AE."""
    settings = state.application.settings
    if change.number == MASTER_KEY:
        require(settings.master_key_changeable, Status.PERMISSION_DENIED)
        return change.own
    require(settings.change_right != ChangeRight.FROZEN, Status.PERMISSION_DENIED)
    if settings.change_right == ChangeRight.KEY_ITSELF:
        return change.own
    return state.session is not None and state.session.key_number == settings.change_right


def _read_key(state: ChipState, change: _Change, block: bytes) -> Key:
    match state.session:
        case Ev2Session():
            return _read_ev2(change, block)
        case LegacySession():
            return _read_chained(change, block, crc16, b"")
        case _:
            covered = bytes((CHANGE_KEY, change.key_number_byte))
            return _read_chained(change, block, jamcrc, covered)


def _read_ev2(change: _Change, block: bytes) -> Key:
    """Read new || version, or (new xor old) || version || CRC(new)."""
    expected = change.length + change.has_version + (0 if change.own else CRC_LENGTH)
    require(len(block) == expected, Status.LENGTH_ERROR)
    key = _new_key(change, block)
    if not change.own:
        require(block[-CRC_LENGTH:] == jamcrc(key.material), Status.INTEGRITY_ERROR)
    return key


def _read_chained(
    change: _Change, block: bytes, crc: Callable[[bytes], bytes], covered: bytes
) -> Key:
    """Read as EV2, with a CRC over it all before CRC(new), and zeros to the end.

    EV1 has a CRC-32 that covers the command too, the legacy session a CRC-16 that does not.
    """
    end = change.length + change.has_version
    rest, crcs = block[end:], crc(covered + block[:end])
    require(len(block) >= end + len(crcs) * (1 if change.own else 2), Status.LENGTH_ERROR)
    key = _new_key(change, block)
    if not change.own:
        crcs += crc(key.material)
    require(rest == crcs + bytes(len(rest) - len(crcs)), Status.INTEGRITY_ERROR)
    return key


def _new_key(change: _Change, block: bytes) -> Key:
    material = block[: change.length]
    if not change.own:
        old = change.old.material
        material = xor(material, old if change.has_version else clear_parity(old))
    return aes_key(material, block[change.length]) if change.has_version else des_key(material)
