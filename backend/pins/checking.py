"""Checking a code typed on a pad: three tries, however many guesses come at once.

    serial number used, terminal allowed, try taken    committed
    ask the vault                                      no row is locked
    give the tries back, or lock                       committed

Promise: a try is taken and committed before the vault is asked, so guesses in parallel share none;
a serial number never serves twice; a crash in between costs the try, never gives one. A vault that
cannot be asked gives the try back: nobody has learnt anything. What cannot be read counts against
its terminal, never its holder. A right code whose reference is under an older key is rewritten
under the current one. Not here: answering a repeated payment (the payment remembers its answer).
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, Uuid, bindparam, update
from sqlalchemy.orm import Session

from backend.database import UtcDateTime
from backend.pins import guard
from backend.pins.pads import SerialVerdict, read_serial, use_serial
from backend.pins.records import record
from backend.pins.setting import reference_of
from backend.pins.states import CodeEvent, CodeState, next_state
from backend.pins.tables import TRIES_MAX, CodeHappening, PinReferenceRow
from backend.services import Services
from backend.statements import Statement
from backend.vault.errors import VaultUnavailable
from backend.vault.values import (
    EncryptedPinBlock,
    PinProfile,
    PinReference,
    PinSubject,
    PinVerdict,
)

# What payments speaks of with this room, though the vault defines some of it.
__all__ = [
    "CodeCheck",
    "Compared",
    "EncryptedPinBlock",
    "PinProfile",
    "Try",
    "TypedCode",
    "Verdict",
    "check_code",
    "compare",
    "renew_reference",
    "settle",
    "take_try",
]

LOG = logging.getLogger(__name__)


class Verdict(StrEnum):
    """What became of a code typed on a pad."""

    RIGHT = "right"
    WRONG = "wrong"
    BLOCKED = "blocked"
    NOT_SET = "not_set"
    #: Somebody said that this code must be changed: it is not even compared.
    CHANGE_REQUIRED = "change_required"
    BLOCK_INVALID = "block_invalid"
    REPLAYED = "replayed"
    #: Too much went wrong at this terminal: it checks no code for a while.
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class CodeCheck:
    """A verdict; `tries_left` is known where the code was compared or is blocked.

    `fault` says for the log what was wrong with a block; a terminal is told no more than that it
    could not be read.
    """

    verdict: Verdict
    tries_left: int | None = None
    fault: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class TypedCode:
    """A code typed on a terminal's pad, still encrypted, and whose it should be."""

    terminal_id: UUID
    #: What the log calls it by.
    payment_id: UUID
    account_id: UUID
    card_number: str = field(repr=False)
    block: EncryptedPinBlock


@dataclass(frozen=True, slots=True)
class Try:
    """A try that has been taken: what the vault needs in order to judge it."""

    reference: PinReference


@dataclass(frozen=True, slots=True)
class Compared:
    """What the vault found, not written down yet."""

    taken: Try
    found: PinVerdict

    @property
    def right(self) -> bool:
        """Whether it was the code; its state still has the last word."""
        return self.found is PinVerdict.RIGHT


def check_code(
    services: Services,
    *,
    terminal_id: UUID,
    payment_id: UUID,
    beneficiary_id: UUID,
    card_number: str,
    encrypted_pin_block: EncryptedPinBlock,
    now: datetime,
) -> CodeCheck:
    """Check the code in a PIN block that a terminal's pad encrypted.

    The third wrong code answers BLOCKED with no try left. Opens its own units of work: call it
    outside any other. Raises VaultUnavailable.
    """
    typed = TypedCode(terminal_id, payment_id, beneficiary_id, card_number, encrypted_pin_block)
    with services.database.unit_of_work() as session:
        taken = take_try(services, session, typed, now)
    if isinstance(taken, CodeCheck):
        return taken
    compared = compare(services, typed, taken, now)
    with services.database.unit_of_work() as session:
        check = settle(session, typed, compared, now)
    if check.verdict is Verdict.RIGHT:
        renew_reference(services, typed, compared)
    return check


def take_try(
    services: Services, session: Session, typed: TypedCode, now: datetime
) -> Try | CodeCheck:
    """Take a try, or say why not, in the caller's unit of work: commit it before `compare`.

    Rows are locked in this order: pad, terminal's guard, code.
    """
    serial = read_serial(typed.block)
    verdict = SerialVerdict.UNREADABLE
    if serial is not None:
        verdict = use_serial(
            session,
            typed.terminal_id,
            serial,
            terminal_encryption_allowed=services.settings.allow_terminal_encryption,
        )
    refusal = _refuse_serial(verdict)
    taken = _take(session, typed, now) if refusal is None else _blame(session, typed, refusal, now)
    return _log(typed.payment_id, taken) if isinstance(taken, CodeCheck) else taken


def compare(services: Services, typed: TypedCode, taken: Try, now: datetime) -> Compared:
    """Ask the vault, in no unit of work: the try is gone for all to see, and no row is locked.

    Raises VaultUnavailable, the try given back: nobody has learnt anything.
    """
    try:
        return Compared(
            taken, services.vault.verify_pin(typed.block, _subject(services, typed, taken))
        )
    except VaultUnavailable:
        with services.database.unit_of_work() as session:
            _give_back(_lock_row(session, typed.account_id), taken)
            guard.end_try(session, typed.terminal_id, typed.account_id, now, right=None)
        raise


def settle(session: Session, typed: TypedCode, compared: Compared, now: datetime) -> CodeCheck:
    """Write down what the vault found, in the caller's unit of work, and say what it means.

    Of a right code, twice is as good as once. Locked in this order: terminal's guard, code.
    """
    check = None
    if compared.right:
        check = _settle_right(session, typed, compared, now)
    return _log(typed.payment_id, check or _settle_other(session, typed, compared, now))


def renew_reference(services: Services, typed: TypedCode, compared: Compared) -> None:
    """Put a right code's reference under the current key; the older one serves until it is."""
    subject = _subject(services, typed, compared.taken)
    try:
        if subject.reference.key_version == services.vault.current_pin_reference_version():
            return
        renewed = services.vault.renew_pin_reference(typed.block, subject)
    except VaultUnavailable:
        return
    if renewed is None:
        return
    with services.database.unit_of_work() as session:
        row = _lock_row(session, subject.account_id)
        if row is not None and reference_of(row) == subject.reference:
            row.key_version = renewed.key_version
            row.salt = renewed.salt
            row.tag = renewed.tag


def _subject(services: Services, typed: TypedCode, taken: Try) -> PinSubject:
    lengths = services.settings.code_lengths
    return PinSubject(typed.account_id, typed.card_number, taken.reference, *lengths)


def _take(session: Session, typed: TypedCode, now: datetime) -> Try | CodeCheck:
    if not guard.may_check(session, typed.terminal_id, now):
        return CodeCheck(Verdict.SUSPENDED)
    account = {"account": typed.account_id}
    taken = _TAKE.first(session, account)
    if taken is None:
        return _refuse_state(session.get(PinReferenceRow, typed.account_id, populate_existing=True))
    if not guard.note_try(session, typed.terminal_id, typed.account_id, now):
        _PUT_BACK.all(session, account)
        return CodeCheck(Verdict.SUSPENDED)
    return Try(PinReference(*taken))


def _blame(session: Session, typed: TypedCode, refusal: CodeCheck, now: datetime) -> CodeCheck:
    """Refuse a serial number; what no pad of this terminal can have sent counts against it."""
    # A terminal that may check no code is told nothing else either.
    if guard.is_suspended(session, typed.terminal_id, now):
        return CodeCheck(Verdict.SUSPENDED)
    if refusal.verdict is Verdict.BLOCK_INVALID:
        guard.note_unreadable(session, typed.terminal_id, now)
    return refusal


def _refuse_serial(verdict: SerialVerdict) -> CodeCheck | None:
    """Say why a serial number may not serve, or None."""
    if verdict is SerialVerdict.FRESH:
        return None
    if verdict is SerialVerdict.REPLAYED:
        return CodeCheck(Verdict.REPLAYED)
    return CodeCheck(Verdict.BLOCK_INVALID, fault=f"serial number {verdict.value}")


def _refuse_state(row: PinReferenceRow | None) -> CodeCheck:
    """Say why a code in this state is not compared."""
    if row is None:
        return CodeCheck(Verdict.NOT_SET)
    if row.state == CodeState.MUST_CHANGE.value:
        return CodeCheck(Verdict.CHANGE_REQUIRED)
    return CodeCheck(Verdict.BLOCKED, 0)


def _settle_right(
    session: Session, typed: TypedCode, compared: Compared, now: datetime
) -> CodeCheck | None:
    """Give all tries back to the code that was compared; None if it is no more, or not active."""
    asked = {
        "account": typed.account_id,
        "generation": compared.taken.reference.generation,
        "now": now,
    }
    if _RIGHT.first(session, asked) is None:
        return None
    guard.end_try(session, typed.terminal_id, typed.account_id, now, right=True)
    return CodeCheck(Verdict.RIGHT, TRIES_MAX)


def _settle_other(
    session: Session, typed: TypedCode, compared: Compared, now: datetime
) -> CodeCheck:
    found, taken = compared.found, compared.taken
    if found is not PinVerdict.RIGHT:
        guard.hold(session, typed.terminal_id)
    row = _lock_row(session, typed.account_id)
    assert row is not None
    if row.generation != taken.reference.generation:
        # The holder set another code meanwhile: what was typed is not it, and cost it nothing.
        check = CodeCheck(Verdict.WRONG, row.tries_left)
    elif found is PinVerdict.BLOCK_INVALID:
        # No code was compared, so no try was used.
        _give_back(row, taken)
        check = CodeCheck(Verdict.BLOCK_INVALID, fault="block unreadable")
    else:
        check = _settle_compared(session, row, typed, now, right=found is PinVerdict.RIGHT)
    session.flush()
    right = {PinVerdict.RIGHT: True, PinVerdict.WRONG: False}.get(found)
    guard.end_try(session, typed.terminal_id, typed.account_id, now, right=right)
    if found is PinVerdict.BLOCK_INVALID:
        guard.note_unreadable(session, typed.terminal_id, now)
    return check


def _settle_compared(
    session: Session, row: PinReferenceRow, typed: TypedCode, now: datetime, *, right: bool
) -> CodeCheck:
    state = CodeState(row.state)
    if right and state is CodeState.MUST_CHANGE:
        # The change was forced while it was being compared.
        row.tries_left += 1
        return CodeCheck(Verdict.CHANGE_REQUIRED)
    if row.tries_left > 0:
        return CodeCheck(Verdict.WRONG, row.tries_left)
    # Also a right code whose companions, typed at the same moment, have just locked it.
    after = next_state(state, CodeEvent.LAST_TRY_WRONG)
    assert after is not None
    if after is not state:
        row.state = after.value
        row.locked_at = now
        by = f"terminal {typed.terminal_id}"
        record(session, row.account_id, CodeHappening.BLOCKED, now, by=by)
    return CodeCheck(Verdict.BLOCKED, 0)


def _give_back(row: PinReferenceRow | None, taken: Try) -> None:
    assert row is not None
    unchanged = row.generation == taken.reference.generation
    if unchanged and row.state != CodeState.LOCKED.value:
        row.tries_left = min(row.tries_left + 1, TRIES_MAX)


def _lock_row(session: Session, account_id: UUID) -> PinReferenceRow | None:
    return session.get(PinReferenceRow, account_id, with_for_update=True, populate_existing=True)


def _log(payment_id: UUID, check: CodeCheck) -> CodeCheck:
    because = f" ({check.fault})" if check.fault else ""
    LOG.info("payment %s: code %s%s", payment_id, check.verdict.value, because)
    return check


_ACCOUNT: Final = bindparam("account", type_=Uuid())
# One statement takes the last try or leaves it: guesses in parallel share none.
_TAKE: Final = Statement(
    update(PinReferenceRow)
    .where(
        PinReferenceRow.account_id == _ACCOUNT,
        PinReferenceRow.state == CodeState.ACTIVE.value,
        PinReferenceRow.tries_left > 0,
    )
    .values(tries_left=PinReferenceRow.tries_left - 1)
    .returning(
        PinReferenceRow.generation,
        PinReferenceRow.key_version,
        PinReferenceRow.salt,
        PinReferenceRow.tag,
    )
)
_PUT_BACK: Final = Statement(
    update(PinReferenceRow)
    .where(PinReferenceRow.account_id == _ACCOUNT)
    .values(tries_left=PinReferenceRow.tries_left + 1)
)
_RIGHT: Final = Statement(
    update(PinReferenceRow)
    .where(
        PinReferenceRow.account_id == _ACCOUNT,
        PinReferenceRow.generation == bindparam("generation", type_=BigInteger()),
        PinReferenceRow.state == CodeState.ACTIVE.value,
    )
    .values(tries_left=TRIES_MAX, right_at=bindparam("now", type_=UtcDateTime()))
    .returning(PinReferenceRow.account_id)
)
