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
from uuid import UUID

from sqlalchemy.orm import Session

from backend.pins import guard
from backend.pins.pads import SerialVerdict, read_serial, use_serial
from backend.pins.records import record
from backend.pins.setting import reference_of
from backend.pins.states import CodeEvent, CodeState, next_state
from backend.pins.tables import TRIES_MAX, CodeHappening, PinReferenceRow
from backend.services import Services
from backend.vault.dukpt import KeySerialNumber
from backend.vault.errors import VaultUnavailable
from backend.vault.values import (
    EncryptedPinBlock,
    PinProfile,
    PinReference,
    PinSubject,
    PinVerdict,
)

# What payments speaks of with this room, though the vault defines it.
__all__ = ["CodeCheck", "EncryptedPinBlock", "PinProfile", "Verdict", "check_code"]

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
class _Asked:
    """Who asks about whose code, and when."""

    terminal_id: UUID
    account_id: UUID
    now: datetime


@dataclass(frozen=True, slots=True)
class _Try:
    """A try that has been taken: what the vault needs in order to judge it."""

    reference: PinReference


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
    asked = _Asked(terminal_id, beneficiary_id, now)
    serial = read_serial(encrypted_pin_block)
    allowed = services.settings.allow_terminal_encryption
    with services.database.unit_of_work() as session:
        taken = _take_try(session, asked, serial, terminal_encryption_allowed=allowed)
    if isinstance(taken, CodeCheck):
        return _log(payment_id, taken)
    # The try is gone for all to see before anything is compared; no row is locked meanwhile.
    subject = PinSubject(beneficiary_id, card_number, taken.reference)
    try:
        found = services.vault.verify_pin(encrypted_pin_block, subject)
    except VaultUnavailable:
        with services.database.unit_of_work() as session:
            _give_back(_lock_row(session, beneficiary_id), taken)
            guard.end_try(session, terminal_id, beneficiary_id, now, right=None)
        raise
    with services.database.unit_of_work() as session:
        check = _settle(session, asked, taken, found)
    if check.verdict is Verdict.RIGHT:
        _renew_reference(services, encrypted_pin_block, subject)
    return _log(payment_id, check)


def _take_try(
    session: Session,
    asked: _Asked,
    serial: KeySerialNumber | None,
    *,
    terminal_encryption_allowed: bool,
) -> _Try | CodeCheck:
    """Take a try, or say why not. Rows are locked in this order: pad, code, terminal's guard."""
    verdict = SerialVerdict.UNREADABLE
    if serial is not None:
        verdict = use_serial(
            session,
            asked.terminal_id,
            serial,
            terminal_encryption_allowed=terminal_encryption_allowed,
        )
    refusal, row = _refuse_serial(verdict), None
    if refusal is None:
        row = _lock_row(session, asked.account_id)
        refusal = _refuse_state(row)
    if row is not None and refusal is None:
        if not guard.begin_try(session, asked.terminal_id, asked.account_id, asked.now):
            return CodeCheck(Verdict.SUSPENDED)
        row.tries_left -= 1
        return _Try(reference_of(row))
    assert refusal is not None
    # A terminal that may check no code is told nothing else either.
    if guard.is_suspended(session, asked.terminal_id, asked.now):
        return CodeCheck(Verdict.SUSPENDED)
    if refusal.verdict is Verdict.BLOCK_INVALID:
        guard.note_unreadable(session, asked.terminal_id, asked.now)
    return refusal


def _refuse_serial(verdict: SerialVerdict) -> CodeCheck | None:
    """Say why a serial number may not serve, or None."""
    if verdict is SerialVerdict.FRESH:
        return None
    if verdict is SerialVerdict.REPLAYED:
        return CodeCheck(Verdict.REPLAYED)
    return CodeCheck(Verdict.BLOCK_INVALID, fault=f"serial number {verdict.value}")


def _refuse_state(row: PinReferenceRow | None) -> CodeCheck | None:
    """Say why a code in this state is not compared, or None."""
    if row is None:
        return CodeCheck(Verdict.NOT_SET)
    if row.state == CodeState.MUST_CHANGE.value:
        return CodeCheck(Verdict.CHANGE_REQUIRED)
    if row.state != CodeState.ACTIVE.value or row.tries_left == 0:
        return CodeCheck(Verdict.BLOCKED, 0)
    return None


def _settle(session: Session, asked: _Asked, taken: _Try, found: PinVerdict) -> CodeCheck:
    """Write down what the vault found, and say what it means."""
    row = _lock_row(session, asked.account_id)
    assert row is not None
    if row.generation != taken.reference.generation:
        # The holder set another code meanwhile: what was typed is not it, and cost it nothing.
        check = CodeCheck(Verdict.WRONG, row.tries_left)
    elif found is PinVerdict.BLOCK_INVALID:
        # No code was compared, so no try was used.
        _give_back(row, taken)
        check = CodeCheck(Verdict.BLOCK_INVALID, fault="block unreadable")
    else:
        check = _settle_compared(session, row, asked, right=found is PinVerdict.RIGHT)
    right = {PinVerdict.RIGHT: True, PinVerdict.WRONG: False}.get(found)
    guard.end_try(session, asked.terminal_id, asked.account_id, asked.now, right=right)
    if found is PinVerdict.BLOCK_INVALID:
        guard.note_unreadable(session, asked.terminal_id, asked.now)
    return check


def _settle_compared(
    session: Session, row: PinReferenceRow, asked: _Asked, *, right: bool
) -> CodeCheck:
    state = CodeState(row.state)
    if right and next_state(state, CodeEvent.RIGHT) is not None:
        row.tries_left = TRIES_MAX
        row.right_at = asked.now
        return CodeCheck(Verdict.RIGHT, TRIES_MAX)
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
        row.locked_at = asked.now
        by = f"terminal {asked.terminal_id}"
        record(session, row.account_id, CodeHappening.BLOCKED, asked.now, by=by)
    return CodeCheck(Verdict.BLOCKED, 0)


def _give_back(row: PinReferenceRow | None, taken: _Try) -> None:
    assert row is not None
    unchanged = row.generation == taken.reference.generation
    if unchanged and row.state != CodeState.LOCKED.value:
        row.tries_left = min(row.tries_left + 1, TRIES_MAX)


def _renew_reference(services: Services, encrypted: EncryptedPinBlock, subject: PinSubject) -> None:
    """Put a right code's reference under the current key; the older one serves until it is."""
    try:
        if subject.reference.key_version == services.vault.current_pin_reference_version():
            return
        renewed = services.vault.renew_pin_reference(encrypted, subject)
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


def _lock_row(session: Session, account_id: UUID) -> PinReferenceRow | None:
    return session.get(PinReferenceRow, account_id, with_for_update=True, populate_existing=True)


def _log(payment_id: UUID, check: CodeCheck) -> CodeCheck:
    because = f" ({check.fault})" if check.fault else ""
    LOG.info("payment %s: code %s%s", payment_id, check.verdict.value, because)
    return check
