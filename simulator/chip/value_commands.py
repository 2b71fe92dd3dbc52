"""GetValue, Credit, Debit and LimitedCredit."""

from simulator.chip.access import Right, reading, writing
from simulator.chip.drafts import ValueDraft
from simulator.chip.files import ValueFile
from simulator.chip.modes import Mode
from simulator.chip.state import ChipState
from simulator.chip.status import Status, require
from simulator.chip.transactions import note

AMOUNT_LENGTH = 4


def _file(state: ChipState, number: int) -> ValueFile:
    file = state.file(number)
    require(isinstance(file, ValueFile), Status.PARAMETER_ERROR)
    assert isinstance(file, ValueFile)
    return file


def mode_of_get_value(state: ChipState, body: bytes) -> Mode:
    """Return how GetValue travels, or refuse it."""
    _file(state, body[0])
    return reading(state, body[0], Right.ANY)


def get_value(ins: int, state: ChipState, body: bytes) -> bytes:
    """GetValue: FileNo. The committed value, 4 bytes little endian, signed."""
    value = _file(state, body[0]).value.to_bytes(AMOUNT_LENGTH, "little", signed=True)
    note(state, body[0], bytes((ins,)) + body + value)
    return value


def mode_of_debit(state: ChipState, body: bytes) -> Mode:
    """Return how Debit travels, or refuse it."""
    _file(state, body[0])
    return writing(state, body[0], Right.ANY)


def mode_of_limited_credit(state: ChipState, body: bytes) -> Mode:
    """Return how LimitedCredit travels, or refuse it."""
    file = _file(state, body[0])
    mode = writing(state, body[0], Right.WRITE)
    require(file.limited_credit_enabled, Status.PERMISSION_DENIED)
    return mode


def mode_of_credit(state: ChipState, body: bytes) -> Mode:
    """Return how Credit travels, or refuse it."""
    _file(state, body[0])
    return writing(state, body[0], Right.READ_WRITE)


def _pending(state: ChipState, body: bytes) -> tuple[ValueFile, ValueDraft, int]:
    """Return the file, its draft and the amount, which is never negative."""
    file = _file(state, body[0])
    amount = int.from_bytes(body[1:], "little", signed=True)
    require(amount >= 0, Status.PARAMETER_ERROR)
    draft = state.transaction.drafts.setdefault(body[0], ValueDraft(file.value))
    assert isinstance(draft, ValueDraft)
    return file, draft, amount


def credit(ins: int, state: ChipState, body: bytes) -> bytes:
    """Credit: FileNo, amount; not above the upper limit."""
    file, draft, amount = _pending(state, body)
    require(draft.value + amount <= file.upper, Status.BOUNDARY_ERROR)
    draft.value += amount
    note(state, body[0], bytes((ins,)) + body)
    return b""


def debit(ins: int, state: ChipState, body: bytes) -> bytes:
    """Debit: FileNo, amount; not below the lower limit."""
    file, draft, amount = _pending(state, body)
    require(draft.value - amount >= file.lower, Status.BOUNDARY_ERROR)
    draft.value -= amount
    draft.debited = (draft.debited or 0) + amount
    note(state, body[0], bytes((ins,)) + body)
    return b""


def limited_credit(ins: int, state: ChipState, body: bytes) -> bytes:
    """LimitedCredit: FileNo, amount; once a transaction, up to what the last debits took."""
    file, draft, amount = _pending(state, body)
    require(not draft.limited_credit_used, Status.BOUNDARY_ERROR)
    require(amount <= file.limited_credit, Status.BOUNDARY_ERROR)
    require(draft.value + amount <= file.upper, Status.BOUNDARY_ERROR)
    draft.value += amount
    draft.limited_credit_used = True
    note(state, body[0], bytes((ins,)) + body)
    return b""
