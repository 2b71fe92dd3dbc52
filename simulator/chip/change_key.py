"""ChangeKey (C4) and ChangeKeyEV2 (C6): who may, how the new key is laid out, what is left.

Only one write happens, after every check; the answer to a change of the session's own key is bare
and the session is gone.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from simulator.chip.crypto import crc16, jamcrc, xor
from simulator.chip.key_sets import key_set
from simulator.chip.keys import (
    ChangeRight,
    Key,
    KeyKind,
    aes_key,
    clear_parity,
    des_key,
    kind_from_bits,
)
from simulator.chip.memory import PROXIMITY_KEY
from simulator.chip.messaging_ev2 import Ev2Session
from simulator.chip.messaging_legacy import LegacySession
from simulator.chip.state import MASTER_KEY, ChipState
from simulator.chip.status import Status, require

CHANGE_KEY, CHANGE_KEY_EV2 = 0xC4, 0xC6
CRC_LENGTH = 4
_NUMBER_BITS, _KIND_SHIFT = 0x3F, 6


@dataclass(frozen=True, slots=True)
class _Change:
    """What the reader asks for: which key, of which kind from now on, from which session."""

    command: bytes  # what EV1's CRC covers before the key: instruction and header
    set_number: int
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
    """ChangeKey: one key of the selected level. KeyNo, then the decrypted key block.

    At the level of the card that is its master key or, from EV2 on, the key of proximity checks.
    """
    return _carry_out(state, _wanted(state, bytes((CHANGE_KEY, body[0])), body[0]), body[1:])


def change_key_ev2(state: ChipState, body: bytes) -> bytes:
    """ChangeKeyEV2: key set, KeyNo, then the block; set 0 is the active one."""
    command = bytes((CHANGE_KEY_EV2,)) + body[:2]
    if body[0] == 0:
        change = _wanted(state, command, body[1])
    else:
        change = _wanted_in_set(state, command, body[0], body[1])
    return _carry_out(state, change, body[2:])


def _carry_out(state: ChipState, change: _Change, block: bytes) -> bytes:
    require(_may_change(state, change), Status.AUTHENTICATION_ERROR)
    key = _read_key(state, change, block)
    if change.number == PROXIMITY_KEY:
        configuration = replace(state.configuration, proximity_key=key)
        state.write(state.memory.with_configuration(configuration))
        return b""
    if change.set_number:
        held = key_set(state, change.set_number)
        keys = (*held.keys[: change.number], key, *held.keys[change.number + 1 :])
        changed = state.application.with_key_set(change.set_number, replace(held, keys=keys))
    else:
        changed = state.application.with_key(change.number, key)
    if change.own:
        state.end_session()
    state.write_application(changed)
    return b""


def _wanted(state: ChipState, command: bytes, key_number_byte: int) -> _Change:
    number, kind_bits = key_number_byte & _NUMBER_BITS, key_number_byte >> _KIND_SHIFT
    if number == PROXIMITY_KEY and state.at_picc_level and state.generation.knows_ev2:
        old = state.configuration.proximity_key_or_zero
        return _Change(command, 0, number, KeyKind.AES, old, own=False)
    old = state.key(number)
    if state.at_picc_level:
        kind = kind_from_bits(kind_bits)
    else:
        require(kind_bits == 0, Status.PARAMETER_ERROR)
        kind = old.kind
    assert state.session is not None
    return _Change(command, 0, number, kind, old, own=state.session.key_number == number)


def _wanted_in_set(state: ChipState, command: bytes, set_number: int, number: int) -> _Change:
    """Find a key of another set, which is never the session's own; a finalised set is frozen."""
    held = key_set(state, set_number)
    require(not held.finalised, Status.PERMISSION_DENIED)
    require(number < len(held.keys), Status.NO_SUCH_KEY)
    return _Change(command, set_number, number, held.kind, held.keys[number], own=False)


def _may_change(state: ChipState, change: _Change) -> bool:
    """Apply the key settings; what nobody may do is 9D, a session on the wrong key is AE."""
    settings, session = state.application.settings, state.session
    assert session is not None
    if change.number == PROXIMITY_KEY:
        return state.has_master
    if change.number == MASTER_KEY and not change.set_number:
        require(settings.master_key_changeable, Status.PERMISSION_DENIED)
        return change.own
    require(settings.change_right != ChangeRight.FROZEN, Status.PERMISSION_DENIED)
    if settings.change_right == ChangeRight.KEY_ITSELF:
        return session.key_number == change.number
    return session.key_number == settings.change_right


def _read_key(state: ChipState, change: _Change, block: bytes) -> Key:
    match state.session:
        case Ev2Session():
            return _read_ev2(change, block)
        case LegacySession():
            return _read_chained(change, block, crc16, b"")
        case _:
            return _read_chained(change, block, jamcrc, change.command)


def _read_ev2(change: _Change, block: bytes) -> Key:
    """Read new || version, or (new xor old) || version || CRC(new)."""
    expected = change.length + change.has_version + (0 if change.own else CRC_LENGTH)
    require(len(block) == expected, Status.LENGTH_ERROR)
    return _fitting(change, block, lambda key: change.own or block[-CRC_LENGTH:] == jamcrc(key))


def _read_chained(
    change: _Change, block: bytes, crc: Callable[[bytes], bytes], covered: bytes
) -> Key:
    """Read as EV2, with a CRC over it all before CRC(new), and zeros to the end.

    EV1 has a CRC-32 that covers the command too, the legacy session a CRC-16 that does not.
    """
    end = change.length + change.has_version
    rest, first = block[end:], crc(covered + block[:end])
    require(len(block) >= end + len(first) * (1 if change.own else 2), Status.LENGTH_ERROR)

    def fits(key: bytes) -> bool:
        crcs = first if change.own else first + crc(key)
        return rest == crcs + bytes(len(rest) - len(crcs))

    return _fitting(change, block, fits)


def _fitting(change: _Change, block: bytes, fits: Callable[[bytes], bool]) -> Key:
    """Return the new key that its CRC confirms.

    A DES key has its version in its parity bits. libfreefare, whose tests ran on cards, leaves the
    old key's in the exclusive or; others take them out. The CRC says which was meant.
    """
    sent, old = block[: change.length], change.old.material
    if change.own:
        candidates = [sent]
    elif change.has_version:
        candidates = [xor(sent, old)]
    else:
        candidates = [xor(sent, old), xor(sent, clear_parity(old))]
    found = next((key for key in candidates if fits(key)), None)
    require(found is not None, Status.INTEGRITY_ERROR)
    assert found is not None
    return aes_key(found, block[change.length]) if change.has_version else des_key(found)
