"""Setting a code: the holder chooses it, we refuse the easy ones, the vault makes a reference.

Promise: the digits are wiped when this is over, and are in no error. Setting a code opens a locked
one, and one that must change. Not here: who may ask (a link, or the web room's signed-in holder).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.accounts.activation import (
    answer_birth_date,
    find_link,
    note_refusal,
    use_activation,
)
from backend.accounts.beneficiaries import find_beneficiary
from backend.accounts.errors import BirthDateWrong
from backend.cards.states import ENOUGH, CardState
from backend.cards.tables import Card
from backend.pins.errors import CodeBeingSet, CodeRefused
from backend.pins.long_codes import find_weakness_of
from backend.pins.records import HOLDER, record
from backend.pins.shared_codes import count_choice, is_shared
from backend.pins.states import CodeEvent, CodeState, next_state
from backend.pins.tables import TRIES_MAX, CodeHappening, PinReferenceRow
from backend.pins.weak_codes import CARDS_MAX, Known, Weakness
from backend.services import Services
from backend.vault.values import PinReference, SecretCode

#: Cards somebody may still find: their numbers are no secret.
_CARDS_OUT: Final = tuple(state.value for state in (*ENOUGH, CardState.BLOCKED))


@dataclass(frozen=True, slots=True)
class _Holder:
    beneficiary_id: UUID
    known: Known
    reference: PinReference | None


def activate_code(
    services: Services,
    activation_token: str,
    code: SecretCode,
    birth_date: date | None = None,
) -> None:
    """Set the code of whoever holds this link, which then has served.

    A link for a new code asks for the birth date as well. Raises CodeRefused (the link stays, for
    a bounded number of refusals), BirthDateWrong (idem), CodeBeingSet, and what find_link raises.
    """
    with _wiped(code):
        beneficiary_id = _admit(services, activation_token, birth_date)
        try:
            reference = _make_reference(services, beneficiary_id, code)
        except CodeRefused:
            with services.database.unit_of_work() as session:
                note_refusal(session, activation_token, services.now())
            raise
        with services.database.unit_of_work() as session:
            use_activation(session, activation_token, services.now())
            _store(session, beneficiary_id, reference, services.now())
        count_choice(services, beneficiary_id, code)


def set_code(services: Services, beneficiary_id: UUID, code: SecretCode) -> None:
    """Set a beneficiary's code, who has just proved who they are; raise CodeRefused."""
    with _wiped(code):
        reference = _make_reference(services, beneficiary_id, code)
        with services.database.unit_of_work() as session:
            _store(session, beneficiary_id, reference, services.now())
        count_choice(services, beneficiary_id, code)


def code_state(session: Session, beneficiary_id: UUID) -> CodeState:
    """Return the state of a beneficiary's code; a code without a try left is locked."""
    row = session.get(PinReferenceRow, beneficiary_id)
    if row is None:
        return CodeState.UNSET
    return CodeState(row.state) if row.tries_left else CodeState.LOCKED


@contextmanager
def _wiped(code: SecretCode) -> Iterator[None]:
    try:
        yield
    finally:
        code.wipe()


def _admit(services: Services, token: str, birth_date: date | None) -> UUID:
    """Return whose link it is, once the birth date is right where it is asked."""
    with services.database.reading() as session:
        link = find_link(session, token, services.now())
    if link.asks_birth_date:
        with services.database.unit_of_work() as session:
            right = answer_birth_date(session, token, birth_date, services.now())
        if not right:
            raise BirthDateWrong
    return link.beneficiary_id


def _make_reference(services: Services, beneficiary_id: UUID, code: SecretCode) -> PinReference:
    """Refuse an easy code, else return what is to be stored of it; the vault is asked here."""
    with services.database.reading() as session:
        holder = _read_holder(session, beneficiary_id)
    _refuse_easy(services, holder, code)
    generation = holder.reference.generation + 1 if holder.reference else 1
    return services.vault.make_pin_reference(beneficiary_id, generation, code)


def _read_holder(session: Session, beneficiary_id: UUID) -> _Holder:
    person = find_beneficiary(session, beneficiary_id)
    cards = session.scalars(
        select(Card.number)
        .where(Card.beneficiary_id == beneficiary_id, Card.state.in_(_CARDS_OUT))
        .order_by(Card.state, Card.ordered_at.desc())
        .limit(CARDS_MAX)
    ).all()
    row = session.get(PinReferenceRow, beneficiary_id)
    reference = reference_of(row) if row is not None else None
    known = Known(person.birth_date, person.phone, person.postcode, tuple(cards))
    return _Holder(person.id, known, reference)


def _refuse_easy(services: Services, holder: _Holder, code: SecretCode) -> None:
    if len(code) != services.settings.code_digits:
        raise CodeRefused(why=Weakness.LENGTH.value)
    weakness = find_weakness_of(code.reveal().decode("ascii"), holder.known)
    if weakness is not None:
        raise CodeRefused(why=weakness.value)
    if holder.reference is not None and services.vault.matches_reference(
        holder.beneficiary_id, holder.reference, code
    ):
        raise CodeRefused(why=Weakness.PREVIOUS.value)
    if is_shared(services, holder.beneficiary_id, code):
        raise CodeRefused(why=Weakness.SHARED.value)


def _store(session: Session, account_id: UUID, reference: PinReference, now: datetime) -> None:
    row = session.get(PinReferenceRow, account_id, with_for_update=True)
    state = CodeState(row.state) if row is not None else CodeState.UNSET
    after = next_state(state, CodeEvent.SET)
    assert after is not None
    if (row.generation if row is not None else 0) != reference.generation - 1:
        raise CodeBeingSet
    if row is None:
        row = PinReferenceRow(account_id=account_id)
        session.add(row)
    row.generation = reference.generation
    row.key_version = reference.key_version
    row.salt = reference.salt
    row.tag = reference.tag
    row.tries_left = TRIES_MAX
    row.state = after.value
    row.set_at = now
    row.locked_at = None
    session.flush()
    opened = state in (CodeState.LOCKED, CodeState.MUST_CHANGE)
    happening = CodeHappening.UNBLOCKED if opened else CodeHappening.SET
    record(session, account_id, happening, now, by=HOLDER)


def reference_of(row: PinReferenceRow) -> PinReference:
    """Return the stored reference as the vault wants it."""
    return PinReference(row.generation, row.key_version, row.salt, row.tag)
