"""Who may do what with a file, and how the exchange then travels.

A right held through the session's key brings the file's own mode; a right that is held only
because it is free leaves the exchange plain, even in a session.
"""

import enum

from simulator.chip.files import FREE, NEVER, File, Head, TransactionMacFile, ValueFile
from simulator.chip.modes import Mode
from simulator.chip.state import SECONDARY, ChipState
from simulator.chip.status import Status, require

_MODE_BITS, _MAC_BITS, _FULL_BITS = 0b11, 0b01, 0b11
# Without a session, measured on an EV1 and an EV3; in a session under another key, chosen.
RIGHT_NOT_HELD = Status.AUTHENTICATION_ERROR
# How data commands refuse when the transaction MAC's counter has reached its limit: chosen.
COUNTER_EXHAUSTED = Status.PERMISSION_DENIED


class Right(enum.Enum):
    """What a command needs: any of these nibbles will do."""

    READ = ("read", "read_write")
    WRITE = ("write", "read_write")
    READ_WRITE = ("read_write",)
    ANY = ("read", "write", "read_write")
    CHANGE = ("change",)

    def holders(self, head: Head) -> set[int]:
        """Return the nibbles that grant it."""
        sets = (head.rights,) if self is Right.CHANGE else (head.rights, *head.additional)
        return {getattr(rights, name) for rights in sets for name in self.value}


def through_key(state: ChipState, number: int, right: Right) -> bool:
    """Say whether the right is held through the session's key (else it is free), or refuse."""
    holders = right.holders(state.file(number).head)
    require(holders != {NEVER}, Status.PERMISSION_DENIED)
    if _holds(state, number, right):
        return True
    require(FREE in holders, RIGHT_NOT_HELD)
    return False


def reading(state: ChipState, number: int, right: Right, *, open_ended: bool = False) -> Mode:
    """Return the mode of a reading command, or refuse it.

    The transaction MAC file itself stays readable when its counter is at its limit: how else would
    its last value be learnt.
    """
    file = state.file(number)
    if not isinstance(file, TransactionMacFile):
        require_counter_left(state, number)
    if isinstance(file, ValueFile) and file.free_get_value and not _holds(state, number, right):
        return Mode.PLAIN
    if not through_key(state, number, right):
        return Mode.PLAIN
    full = Mode.FULL_ANSWER_OPEN if open_ended else Mode.FULL_ANSWER
    return {_MAC_BITS: Mode.READ_MAC, _FULL_BITS: full}.get(_bits(file), Mode.PLAIN)


def writing(state: ChipState, number: int, right: Right) -> Mode:
    """Return the mode of a writing command, or refuse it."""
    require_counter_left(state, number)
    if not through_key(state, number, right):
        return Mode.PLAIN
    modes = {_MAC_BITS: Mode.WRITE_MAC, _FULL_BITS: Mode.FULL_COMMAND}
    return modes.get(_bits(state.file(number)), Mode.PLAIN)


def transaction_mac_file(state: ChipState, near: int) -> tuple[int, TransactionMacFile] | None:
    """Return the transaction MAC file in the application of `near`, and its number, if any."""
    for number, file in state.application_of(near).files.items():
        if isinstance(file, TransactionMacFile):
            return number | near & SECONDARY, file
    return None


def require_counter_left(state: ChipState, near: int) -> None:
    """Refuse when no further transaction can be counted in the application of `near`."""
    found = transaction_mac_file(state, near)
    if found is not None:
        require(found[1].counter < found[1].counter_max, COUNTER_EXHAUSTED)


def _holds(state: ChipState, number: int, right: Right) -> bool:
    """Say whether the session's key has the right; a key of the other application has none."""
    if state.session is None:
        return False
    key = state.session.key_number ^ number & SECONDARY
    return key in right.holders(state.file(number).head) - {FREE, NEVER}


def _bits(file: File) -> int:
    return file.head.communication & _MODE_BITS
