"""The ISO 7816-4 commands a DESFire knows (class 00): SELECT, READ and WRITE, AUTHENTICATE.

Built: SELECT, READ and UPDATE BINARY, READ and APPEND RECORD, GET CHALLENGE, EXTERNAL and INTERNAL
AUTHENTICATE.

Promise: any of them ends the session, so reading and writing reach only what is free to all; a
session that INTERNAL AUTHENTICATE opens is for native commands. A record appended waits for the
native CommitTransaction, as one written natively does.
"""

from collections.abc import Callable

from simulator.chip.access import Right, through_key
from simulator.chip.drafts import RecordDraft
from simulator.chip.files import DataFile, File, RecordFile
from simulator.chip.iso_authentication import (
    external_authenticate,
    get_challenge,
    internal_authenticate,
)
from simulator.chip.iso_words import (
    LE_MAX,
    OK,
    WRONG_LENGTH,
    WRONG_PARAMETERS,
    IsoCommand,
    IsoRefusalError,
    require_iso,
)
from simulator.chip.memory import PICC_AID, Damage
from simulator.chip.state import ChipState
from simulator.chip.status import RefusalError, Status

SELECT, READ_BINARY, UPDATE_BINARY = 0xA4, 0xB0, 0xD6
READ_RECORD, APPEND_RECORD = 0xB2, 0xE2
EXTERNAL_AUTHENTICATE, GET_CHALLENGE, INTERNAL_AUTHENTICATE = 0x82, 0x84, 0x88
_AUTHENTICATIONS = frozenset({EXTERNAL_AUTHENTICATE, GET_CHALLENGE, INTERNAL_AUTHENTICATE})
MEMORY_FAILURE = b"\x65\x81"
WRONG_STRUCTURE = b"\x69\x81"
SECURITY_NOT_SATISFIED = b"\x69\x82"
NO_CURRENT_FILE = b"\x69\x86"
FILE_NOT_FOUND = b"\x6a\x82"
RECORD_NOT_FOUND = b"\x6a\x83"
FILE_FULL = b"\x6a\x84"
WRONG_OFFSET = b"\x6b\x00"
INS_NOT_SUPPORTED = b"\x6d\x00"
NO_DIAGNOSIS = b"\x6f\x00"
_BY_FILE_ID, _BY_FILE_BELOW, _BY_NAME = 0x00, 0x02, 0x04
_MASTER_FILE = bytes.fromhex("3F00")
_SHORT_ID, _SHORT_ID_BITS = 0x80, 0x1F
_REFUSALS = {
    Status.AUTHENTICATION_ERROR: SECURITY_NOT_SATISFIED,
    Status.PERMISSION_DENIED: SECURITY_NOT_SATISFIED,
    Status.FILE_NOT_FOUND: FILE_NOT_FOUND,
    Status.EEPROM_ERROR: MEMORY_FAILURE,
}


def answer_iso(state: ChipState, command: bytes) -> bytes:
    """Answer one command of class 00, of four bytes at least; any of them ends the session."""
    state.end_session()
    if command[1] not in _AUTHENTICATIONS:
        state.handshake = None
    try:
        read = _parse(command)
        run = ISO_COMMANDS.get(read.ins)
        return run(state, read) if run else INS_NOT_SUPPORTED
    except IsoRefusalError as refusal:
        return refusal.status


def iso_refusal(state: ChipState, refusal: RefusalError) -> bytes:
    """Say in ISO's words what a DESFire status says."""
    state.end_session()
    return _REFUSALS.get(refusal.status, NO_DIAGNOSIS)


def _parse(command: bytes) -> IsoCommand:
    """Read CLA INS P1 P2 [Lc data] [Le], short form."""
    ins, p1, p2 = command[1:4]
    if ins not in ISO_COMMANDS:  # its lengths mean nothing
        return IsoCommand(ins, p1, p2, b"", None)
    rest = command[4:]
    if len(rest) <= 1:  # at most Le
        return IsoCommand(ins, p1, p2, b"", (rest[0] or LE_MAX) if rest else None)
    length, rest = rest[0], rest[1:]
    require_iso(len(rest) - length in {0, 1}, WRONG_LENGTH)
    le = (rest[-1] or LE_MAX) if len(rest) > length else None
    return IsoCommand(ins, p1, p2, rest[:length], le)


def _select(state: ChipState, command: IsoCommand) -> bytes:
    """SELECT: the card, an application by name or ISO file id, a file of the selected one."""
    known = command.p1 in {_BY_FILE_ID, _BY_FILE_BELOW, _BY_NAME} and command.p2 in {0x00, 0x0C}
    require_iso(known, WRONG_PARAMETERS)
    if command.p1 == _BY_FILE_BELOW:
        state.current_file = _file_number(state, command.data)
        return OK
    aid = _find(state, command.data, by_name=command.p1 == _BY_NAME)
    if aid is None and command.p1 == _BY_FILE_ID:
        state.current_file = _file_number(state, command.data)
        return OK
    require_iso(aid is not None and Damage(aid) not in state.memory.damage, FILE_NOT_FOUND)
    assert aid is not None
    state.select(aid)
    return OK


def _find(state: ChipState, wanted: bytes, *, by_name: bool) -> bytes | None:
    if not by_name and wanted in {b"", _MASTER_FILE}:
        return PICC_AID
    found = (
        aid
        for aid, app in state.memory.applications.items()
        if wanted and wanted == (app.name if by_name else app.iso_file_id[::-1])
    )
    return next(found, None)


def _file_number(state: ChipState, iso_file_id: bytes) -> int:
    """Find a file of the selected application by its ISO file id, which is big endian here."""
    files = state.application.files.items()
    found = (number for number, file in files if file.head.iso_file_id[::-1] == iso_file_id)
    number = next(found, None) if iso_file_id else None
    require_iso(number is not None, FILE_NOT_FOUND)
    assert number is not None
    return number


def _current(state: ChipState, short_id: int) -> tuple[int, File]:
    """Return the file of a short identifier, which is its number; without one the current."""
    number = short_id or state.current_file
    require_iso(number is not None, NO_CURRENT_FILE)
    assert number is not None
    require_iso(not state.at_picc_level, FILE_NOT_FOUND)
    return number, state.file(number)


def _binary(state: ChipState, command: IsoCommand, right: Right) -> tuple[int, DataFile, int]:
    """Return the number of the data file, the file and the offset that P1 and P2 name."""
    short = bool(command.p1 & _SHORT_ID)
    offset = command.p2 if short else command.p1 << 8 | command.p2
    number, file = _current(state, command.p1 & _SHORT_ID_BITS if short else 0)
    require_iso(isinstance(file, DataFile), WRONG_STRUCTURE)
    assert isinstance(file, DataFile)
    through_key(state, number, right)
    require_iso(offset < len(file.content), WRONG_OFFSET)
    return number, file, offset


def _read_binary(state: ChipState, command: IsoCommand) -> bytes:
    """READ BINARY: Le bytes from the offset; 00 is all there is, 256 at most."""
    require_iso(command.le is not None and not command.data, WRONG_LENGTH)
    assert command.le is not None
    _, file, offset = _binary(state, command, Right.READ)
    found = file.content[offset : offset + command.le]
    require_iso(command.le == LE_MAX or len(found) == command.le, WRONG_LENGTH)
    return found + OK


def _update_binary(state: ChipState, command: IsoCommand) -> bytes:
    """UPDATE BINARY: at once, in a standard file; a backup file would need a commit."""
    require_iso(bool(command.data), WRONG_LENGTH)
    number, file, offset = _binary(state, command, Right.WRITE)
    require_iso(not file.backup, WRONG_STRUCTURE)
    require_iso(offset + len(command.data) <= len(file.content), WRONG_LENGTH)
    state.write_file(number, file.with_written(offset, command.data))
    return OK


def _read_record(state: ChipState, command: IsoCommand) -> bytes:
    """READ RECORD: P1 is the record, 1 the newest; P2 a short id and 4 (one) or 5 (all from it)."""
    require_iso(command.p2 & 0b111 in {4, 5}, WRONG_PARAMETERS)
    require_iso(command.le is not None and not command.data, WRONG_LENGTH)
    number, file = _current(state, command.p2 >> 3)
    require_iso(isinstance(file, RecordFile), WRONG_STRUCTURE)
    assert isinstance(file, RecordFile)
    through_key(state, number, Right.READ)
    newest = file.records[::-1]
    require_iso(0 < command.p1 <= len(newest), RECORD_NOT_FOUND)
    wanted = newest[command.p1 - 1 :] if command.p2 & 1 else newest[command.p1 - 1 : command.p1]
    found = b"".join(wanted[::-1])
    require_iso(len(found) <= LE_MAX, WRONG_LENGTH)
    require_iso(command.le in {LE_MAX, len(found)}, WRONG_LENGTH)
    return found + OK


def _append_record(state: ChipState, command: IsoCommand) -> bytes:
    """APPEND RECORD: P1 is 0, P2 a short id; zeros fill the record. It waits for the commit."""
    require_iso(command.p1 == 0 and command.p2 & 0b111 == 0, WRONG_PARAMETERS)
    require_iso(bool(command.data) and command.le is None, WRONG_LENGTH)
    number, file = _current(state, command.p2 >> 3)
    require_iso(isinstance(file, RecordFile), WRONG_STRUCTURE)
    assert isinstance(file, RecordFile)
    through_key(state, number, Right.WRITE)
    require_iso(len(command.data) <= file.record_size, WRONG_LENGTH)
    require_iso(file.cyclic or len(file.records) < file.records_max, FILE_FULL)
    record = command.data.ljust(file.record_size, b"\0")
    state.transaction.drafts[number] = RecordDraft(file.records, new=record)
    return OK


ISO_COMMANDS: dict[int, Callable[[ChipState, IsoCommand], bytes]] = {
    SELECT: _select,
    READ_BINARY: _read_binary,
    UPDATE_BINARY: _update_binary,
    READ_RECORD: _read_record,
    APPEND_RECORD: _append_record,
    GET_CHALLENGE: get_challenge,
    EXTERNAL_AUTHENTICATE: external_authenticate,
    INTERNAL_AUTHENTICATE: internal_authenticate,
}
