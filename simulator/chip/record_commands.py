"""WriteRecord, UpdateRecord, ReadRecords and ClearRecordFile. Record 0 is the newest."""

from simulator.chip.access import Right, reading, require_counter_left, through_key, writing
from simulator.chip.data_commands import HEADER_LENGTH, number, require_within
from simulator.chip.drafts import RecordDraft
from simulator.chip.files import RecordFile
from simulator.chip.modes import Mode
from simulator.chip.state import ChipState
from simulator.chip.status import Status, require
from simulator.chip.transactions import note

UPDATE_HEADER_LENGTH = 10  # FileNo, record 3, offset 3, length 3


def _file(state: ChipState, file_number: int) -> RecordFile:
    file = state.file(file_number)
    require(isinstance(file, RecordFile), Status.PARAMETER_ERROR)
    assert isinstance(file, RecordFile)
    return file


def _draft(state: ChipState, file_number: int) -> RecordDraft | None:
    draft = state.transaction.drafts.get(file_number)
    assert draft is None or isinstance(draft, RecordDraft)
    return draft


def _pending(state: ChipState, file_number: int) -> RecordDraft:
    """Return the file's draft, begun if it was not."""
    records = _file(state, file_number).records
    draft = state.transaction.drafts.setdefault(file_number, RecordDraft(records))
    assert isinstance(draft, RecordDraft)
    return draft


def _require_not_cleared(state: ChipState, file_number: int) -> None:
    """Refuse to write after ClearRecordFile in one transaction, as measured on an EV1."""
    draft = _draft(state, file_number)
    require(draft is None or not draft.cleared, Status.PERMISSION_DENIED)


def mode_of_write(state: ChipState, body: bytes) -> Mode:
    """Return how WriteRecord travels, or refuse it: cleared, beyond the record, file full."""
    file = _file(state, body[0])
    mode = writing(state, body[0], Right.WRITE)
    _require_not_cleared(state, body[0])
    require_within(body[1:4], body[4:7], file.record_size)
    require(file.cyclic or len(file.records) < file.records_max, Status.BOUNDARY_ERROR)
    return mode


def write_record(ins: int, state: ChipState, body: bytes) -> bytes:
    """WriteRecord: FileNo, offset, length, data. One new record a transaction, of zeros at first.

    Writing again before the commit rewrites the same record.
    """
    header, written = body[:HEADER_LENGTH], body[HEADER_LENGTH:]
    draft = _pending(state, body[0])
    before = draft.new or bytes(_file(state, body[0]).record_size)
    draft.new = _patched(before, number(body[1:4]), written)
    note(state, body[0], bytes((ins,)) + header, written)
    return b""


def mode_of_update(state: ChipState, body: bytes) -> Mode:
    """Return how UpdateRecord travels, or refuse it: cleared, no such record, beyond it."""
    file = _file(state, body[0])
    mode = writing(state, body[0], Right.READ_WRITE)
    _require_not_cleared(state, body[0])
    require(number(body[1:4]) < len(file.records), Status.BOUNDARY_ERROR)
    require_within(body[4:7], body[7:10], file.record_size)
    return mode


def update_record(ins: int, state: ChipState, body: bytes) -> bytes:
    """UpdateRecord: FileNo, record, offset, length, data; changes a committed record."""
    header, written = body[:UPDATE_HEADER_LENGTH], body[UPDATE_HEADER_LENGTH:]
    draft = _pending(state, body[0])
    place = len(draft.records) - 1 - number(body[1:4])
    changed = _patched(draft.records[place], number(body[4:7]), written)
    draft.records = (*draft.records[:place], changed, *draft.records[place + 1 :])
    note(state, body[0], bytes((ins,)) + header, written)
    return b""


def _patched(record: bytes, offset: int, written: bytes) -> bytes:
    return record[:offset] + written + record[offset + len(written) :]


def mode_of_read(state: ChipState, body: bytes) -> Mode:
    """Return how ReadRecords travels, or refuse it."""
    _file(state, body[0])
    return reading(state, body[0], Right.READ, open_ended=number(body[4:7]) == 0)


def read_records(ins: int, state: ChipState, body: bytes) -> bytes:
    """ReadRecords: FileNo, first, count; 0 is all from there. The oldest comes first."""
    file = _file(state, body[0])
    first, count = number(body[1:4]), number(body[4:7])
    held = len(file.records)
    count = count or held - first
    require(count > 0 and first + count <= held, Status.BOUNDARY_ERROR)
    found = b"".join(file.records[held - first - count : held - first])
    note(state, body[0], bytes((ins,)) + body[:4] + count.to_bytes(3, "little"), found)
    return found


def clear_record_file(ins: int, state: ChipState, body: bytes) -> bytes:
    """ClearRecordFile: FileNo; empty once committed."""
    _file(state, body[0])
    require_counter_left(state, body[0])
    through_key(state, body[0], Right.READ_WRITE)
    state.transaction.drafts[body[0]] = RecordDraft((), cleared=True)
    note(state, body[0], bytes((ins,)) + body)
    return b""
