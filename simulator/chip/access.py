"""Who may do what with a file, and how the exchange then travels.

A right held through the session's key brings the file's own mode; a right that is held only
because it is free leaves the exchange plain, even in a session.
"""

import enum

from simulator.chip.files import FREE, NEVER, AccessRights, File, TransactionMacFile, ValueFile
from simulator.chip.modes import Mode
from simulator.chip.state import ChipState
from simulator.chip.status import Status, require

_MODE_BITS, _MAC_BITS, _FULL_BITS = 0b11, 0b01, 0b11
# The facts say AE for a right that the session's key has not. [?] One note from an EV3 says 9D for
# it in a session, and AE only without one.
RIGHT_NOT_HELD = Status.AUTHENTICATION_ERROR
# [?] How data commands refuse when the transaction MAC's counter has reached its limit.
COUNTER_EXHAUSTED = Status.PERMISSION_DENIED


class Right(enum.Enum):
    """What a command needs: any of these nibbles will do."""

    READ = ("read", "read_write")
    WRITE = ("write", "read_write")
    READ_WRITE = ("read_write",)
    ANY = ("read", "write", "read_write")
    CHANGE = ("change",)

    def holders(self, rights: AccessRights) -> set[int]:
        """Return the nibbles that grant it."""
        return {getattr(rights, name) for name in self.value}


def through_key(state: ChipState, file: File, right: Right) -> bool:
    """Say whether the right is held through the session's key (else it is free), or refuse."""
    holders = right.holders(file.head.rights)
    require(holders != {NEVER}, Status.PERMISSION_DENIED)
    if state.session is not None and state.session.key_number in holders - {FREE, NEVER}:
        return True
    require(FREE in holders, RIGHT_NOT_HELD)
    return False


def reading(state: ChipState, file: File, right: Right, *, open_ended: bool = False) -> Mode:
    """Return the mode of a reading command, or refuse it.

    [?] The transaction MAC file itself stays readable when its counter is at its limit.
    """
    if not isinstance(file, TransactionMacFile):
        require_counter_left(state)
    if isinstance(file, ValueFile) and file.free_get_value and not _holds(state, file, right):
        return Mode.PLAIN
    if not through_key(state, file, right):
        return Mode.PLAIN
    full = Mode.FULL_ANSWER_OPEN if open_ended else Mode.FULL_ANSWER
    return {_MAC_BITS: Mode.READ_MAC, _FULL_BITS: full}.get(_bits(file), Mode.PLAIN)


def writing(state: ChipState, file: File, right: Right) -> Mode:
    """Return the mode of a writing command, or refuse it."""
    require_counter_left(state)
    if not through_key(state, file, right):
        return Mode.PLAIN
    modes = {_MAC_BITS: Mode.WRITE_MAC, _FULL_BITS: Mode.FULL_COMMAND}
    return modes.get(_bits(file), Mode.PLAIN)


def transaction_mac_file(state: ChipState) -> tuple[int, TransactionMacFile] | None:
    """Return the selected application's transaction MAC file and its number, if it has one."""
    for number, file in state.application.files.items():
        if isinstance(file, TransactionMacFile):
            return number, file
    return None


def require_counter_left(state: ChipState) -> None:
    """Refuse when no further transaction can be counted."""
    found = transaction_mac_file(state)
    if found is not None:
        require(found[1].counter < found[1].counter_max, COUNTER_EXHAUSTED)


def _holds(state: ChipState, file: File, right: Right) -> bool:
    session = state.session
    return session is not None and session.key_number in right.holders(file.head.rights)


def _bits(file: File) -> int:
    return file.head.communication & _MODE_BITS
