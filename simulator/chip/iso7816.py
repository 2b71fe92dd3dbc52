"""The few ISO 7816-4 commands a DESFire knows (class 00): SELECT of the PICC or an application."""

from simulator.chip.memory import PICC_AID
from simulator.chip.state import ChipState

SELECT = 0xA4
OK = b"\x90\x00"
WRONG_LENGTH = b"\x67\x00"
FILE_NOT_FOUND = b"\x6a\x82"
WRONG_PARAMETERS = b"\x6a\x86"
INS_NOT_SUPPORTED = b"\x6d\x00"
_BY_FILE_ID, _BY_NAME = 0x00, 0x04
_MASTER_FILE = bytes.fromhex("3F00")


def answer_iso(state: ChipState, command: bytes) -> bytes:
    """Answer one command of class 00; any of them ends the session."""
    state.end_session()
    if command[1] != SELECT:
        return INS_NOT_SUPPORTED
    wanted = _command_data(command)
    if wanted is None:
        return WRONG_LENGTH
    if command[2] not in {_BY_FILE_ID, _BY_NAME} or command[3] not in {0x00, 0x0C}:
        return WRONG_PARAMETERS
    aid = _find(state, wanted, by_name=command[2] == _BY_NAME)
    if aid is None:
        return FILE_NOT_FOUND
    state.select(aid)
    return OK


def _command_data(command: bytes) -> bytes | None:
    """Return Lc bytes of data, empty without Lc, None when the lengths disagree."""
    if len(command) <= 5:  # at most Le
        return b""
    length, rest = command[4], command[5:]
    return rest[:length] if len(rest) - length in {0, 1} else None


def _find(state: ChipState, wanted: bytes, *, by_name: bool) -> bytes | None:
    if not by_name:
        return PICC_AID if wanted in {b"", _MASTER_FILE} else None
    found = (aid for aid, app in state.memory.applications.items() if app.name == wanted)
    return next(found, None) if wanted else None
