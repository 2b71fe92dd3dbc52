"""Checking a code typed on a pad: three tries, however many guesses come at once.

    serial number used, try taken    committed
    ask the vault                    no row is locked
    give the tries back, or lock     committed

Promise: a try is taken and committed before the vault is asked, so guesses in parallel share none;
a serial number never serves twice; a crash in between costs the try, never gives one. A vault that
cannot be asked gives the try back: nobody has learnt anything. A right code whose reference is
under an older key is rewritten under the current one. Not here: answering a repeated payment (the
payment remembers its answer).
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from backend.pins.pads import SerialVerdict, note_block, read_serial, use_serial
from backend.pins.setting import reference_of
from backend.pins.states import CodeEvent, CodeState, next_state
from backend.pins.tables import TRIES_MAX, PinReferenceRow
from backend.services import Services
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
    """A verdict; `tries_left` is known where the code was compared or is blocked."""

    verdict: Verdict
    tries_left: int | None = None


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
    serial = read_serial(encrypted_pin_block)
    if serial is None:
        return _log(payment_id, CodeCheck(Verdict.BLOCK_INVALID))
    with services.database.unit_of_work() as session:
        serial_verdict = use_serial(session, terminal_id, serial)
        taken = _take_try(session, serial_verdict, beneficiary_id)
    if isinstance(taken, CodeCheck):
        return _log(payment_id, taken)
    # The try is gone for all to see before anything is compared; no row is locked meanwhile.
    subject = PinSubject(beneficiary_id, card_number, taken.reference)
    try:
        found = services.vault.verify_pin(encrypted_pin_block, subject)
    except VaultUnavailable:
        with services.database.unit_of_work() as session:
            _give_back(_lock_row(session, beneficiary_id), taken)
        raise
    with services.database.unit_of_work() as session:
        # The pad's row first, then the code's, as above: two orders would be a deadlock.
        note_block(session, serial, valid=found is not PinVerdict.BLOCK_INVALID)
        check = _settle(session, beneficiary_id, taken, found, now)
    if check.verdict is Verdict.RIGHT:
        _renew_reference(services, encrypted_pin_block, subject)
    return _log(payment_id, check)


def _take_try(session: Session, serial: SerialVerdict, account_id: UUID) -> _Try | CodeCheck:
    if serial is SerialVerdict.FOREIGN:
        return CodeCheck(Verdict.BLOCK_INVALID)
    if serial is SerialVerdict.REPLAYED:
        return CodeCheck(Verdict.REPLAYED)
    row = _lock_row(session, account_id)
    if row is None:
        return CodeCheck(Verdict.NOT_SET)
    if row.state != CodeState.ACTIVE.value or row.tries_left == 0:
        return CodeCheck(Verdict.BLOCKED, 0)
    row.tries_left -= 1
    return _Try(reference_of(row))


def _settle(
    session: Session, account_id: UUID, taken: _Try, found: PinVerdict, now: datetime
) -> CodeCheck:
    """Write down what the vault found, and say what it means."""
    row = _lock_row(session, account_id)
    assert row is not None
    if row.generation != taken.reference.generation:
        # The holder set another code meanwhile: what was typed is not it, and cost it nothing.
        return CodeCheck(Verdict.WRONG, row.tries_left)
    if found is PinVerdict.BLOCK_INVALID:
        # No code was compared, so no try was used.
        _give_back(row, taken)
        return CodeCheck(Verdict.BLOCK_INVALID)
    return _settle_compared(row, right=found is PinVerdict.RIGHT, now=now)


def _settle_compared(row: PinReferenceRow, *, right: bool, now: datetime) -> CodeCheck:
    state = CodeState(row.state)
    if right and next_state(state, CodeEvent.RIGHT) is not None:
        row.tries_left = TRIES_MAX
        row.right_at = now
        return CodeCheck(Verdict.RIGHT, TRIES_MAX)
    if row.tries_left > 0:
        return CodeCheck(Verdict.WRONG, row.tries_left)
    # Also a right code whose companions, typed at the same moment, have just locked it.
    after = next_state(state, CodeEvent.LAST_TRY_WRONG)
    assert after is not None
    row.state = after.value
    row.locked_at = row.locked_at or now
    return CodeCheck(Verdict.BLOCKED, 0)


def _give_back(row: PinReferenceRow | None, taken: _Try) -> None:
    assert row is not None
    unchanged = row.generation == taken.reference.generation
    if unchanged and row.state == CodeState.ACTIVE.value:
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
    LOG.info("payment %s: code %s", payment_id, check.verdict.value)
    return check
