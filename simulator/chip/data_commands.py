"""ReadData and WriteData, and the reading of the transaction MAC file."""

from simulator.chip.access import Right, reading, writing
from simulator.chip.drafts import DataDraft
from simulator.chip.files import DataFile, File, TransactionMacFile
from simulator.chip.modes import Mode
from simulator.chip.state import ChipState
from simulator.chip.status import Status, require
from simulator.chip.transactions import COUNTER_LENGTH, note

HEADER_LENGTH = 7  # FileNo, offset 3, length 3


def number(three: bytes) -> int:
    """Read an offset, a length or a count."""
    return int.from_bytes(three, "little")


def mode_of_read(state: ChipState, body: bytes) -> Mode:
    """Return how ReadData travels, or refuse it."""
    return reading(state, body[0], Right.READ, open_ended=number(body[4:7]) == 0)


def read_data(ins: int, state: ChipState, body: bytes) -> bytes:
    """ReadData: FileNo, offset, length; 0 is all from there. What is not committed is not seen."""
    file = state.file(body[0])
    content = _content(file)
    offset, length = number(body[1:4]), number(body[4:7])
    length = length or len(content) - offset
    require(length > 0 and offset + length <= len(content), Status.BOUNDARY_ERROR)
    found = content[offset : offset + length]
    if isinstance(file, DataFile):
        note(state, body[0], bytes((ins,)) + body[:4] + length.to_bytes(3, "little"), found)
    return found


def _content(file: File) -> bytes:
    if isinstance(file, TransactionMacFile):
        return file.counter.to_bytes(COUNTER_LENGTH, "little") + file.mac
    require(isinstance(file, DataFile), Status.PARAMETER_ERROR)
    assert isinstance(file, DataFile)
    return file.content


def mode_of_write(state: ChipState, body: bytes) -> Mode:
    """Return how WriteData travels, or refuse it; what goes beyond the file is refused here."""
    file = state.file(body[0])
    mode = writing(state, body[0], Right.WRITE)
    require(isinstance(file, DataFile), Status.PARAMETER_ERROR)
    assert isinstance(file, DataFile)
    require_within(body[1:4], body[4:7], len(file.content))
    return mode


def require_within(offset: bytes, length: bytes, size: int) -> None:
    """Refuse a write of nothing, or beyond the end."""
    require(number(length) > 0, Status.PARAMETER_ERROR)
    require(number(offset) + number(length) <= size, Status.BOUNDARY_ERROR)


def write_data(ins: int, state: ChipState, body: bytes) -> bytes:
    """WriteData: FileNo, offset, length, data. At once in a standard file, else when committed."""
    file_number, offset = body[0], number(body[1:4])
    header, written = body[:HEADER_LENGTH], body[HEADER_LENGTH:]
    file = state.file(file_number)
    assert isinstance(file, DataFile)
    note(state, file_number, bytes((ins,)) + header, written)
    if not file.backup:
        state.write_file(file_number, file.with_written(offset, written))
        return b""
    drafts = state.transaction.drafts
    draft = drafts.setdefault(file_number, DataDraft(file.content))
    assert isinstance(draft, DataDraft)
    before = draft.content
    draft.content = before[:offset] + written + before[offset + len(written) :]
    return b""


def keep_part(state: ChipState, body: bytes) -> None:
    """Write what has come of a plain WriteData in several frames into a standard file, at once.

    A card that leaves before the last frame keeps a mix of old and new. What travels under a MAC
    or encrypted is written when the last frame has proved it.
    """
    file = state.file(body[0])
    assert isinstance(file, DataFile)
    if not file.backup:
        state.write_file(body[0], file.with_written(number(body[1:4]), body[HEADER_LENGTH:]))
