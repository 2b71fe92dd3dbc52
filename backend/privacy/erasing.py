"""Erasing a person: who they were goes, what accounting law keeps stays under nobody's name.

The same code serves whoever asks to be erased and the retention (the CNIL's developer guide, sheets
13 and 14). Promise: afterwards no table says who it was; payments and the ledger are as they were,
to the cent; the card opens nothing. One unit of work: a person is erased, or is not.
Not here: whether somebody may ask, and when the retention is over.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, select, update
from sqlalchemy.orm import DeclarativeBase, Session

from backend.access.enrolling import end_roster
from backend.access.office_tables import HolderPhoto
from backend.access.tables import Enrolment, MealAccount, Reservation
from backend.accounts.beneficiaries import find_beneficiary
from backend.accounts.families.tables import FamilyChild, FamilyInvitation, Tie, TieRequest
from backend.accounts.tables import Activation, Notice
from backend.benefits.tables import Eligibility
from backend.cards.history import Actor
from backend.cards.life import lock_card, move
from backend.cards.order_tables import CardPhoto
from backend.cards.states import CardEvent, CardState, next_state
from backend.cards.tables import Card
from backend.holders.tables import ErasureRequest
from backend.ledger.accounts import balances
from backend.ledger.tables import Account
from backend.pins.tables import CodeMiss, PinReferenceRow
from backend.privacy.accounts import (
    NO_BIRTH_DATE,
    NO_FAMILY_NAME,
    NO_GIVEN_NAME,
    empty_account,
)
from backend.privacy.errors import MoneyLeft
from backend.privacy.free_texts import CARD_REASON, empty_texts
from backend.privacy.tables import Consent, ErasedPerson
from backend.pupils.tables import NationalNumber, Pupil

DONE: Final = "Vos données personnelles ont été effacées."
#: What is kept of a person for their own use of the service, and for nothing else.
OWNED: Final[tuple[tuple[type[DeclarativeBase], Any], ...]] = (
    (Activation, Activation.beneficiary_id),
    (Notice, Notice.beneficiary_id),
    (PinReferenceRow, PinReferenceRow.account_id),
    (CodeMiss, CodeMiss.account_id),
    (Eligibility, Eligibility.beneficiary_id),
    (CardPhoto, CardPhoto.beneficiary_id),
    (NationalNumber, NationalNumber.beneficiary_id),
    (TieRequest, TieRequest.beneficiary_id),
    (FamilyChild, FamilyChild.beneficiary_id),
    (FamilyInvitation, FamilyInvitation.beneficiary_id),
    (Consent, Consent.beneficiary_id),
)


def erase_person(session: Session, beneficiary_id: UUID, now: datetime, *, by: str) -> bool:
    """Erase a person; False when that was done before.

    Raises BeneficiaryUnknown, MoneyLeft.
    """
    person = find_beneficiary(session, beneficiary_id)
    session.refresh(person, with_for_update=True)
    again = session.get(ErasedPerson, beneficiary_id) is not None
    if again and person.birth_date == NO_BIRTH_DATE:
        return False
    _check_money(session, beneficiary_id)
    _end_cards(session, beneficiary_id, now, by)
    _leave_places(session, beneficiary_id, now)
    session.flush()
    empty_texts(session, person)
    for table, owner in OWNED:
        session.execute(delete(table).where(owner == beneficiary_id))
    own = select(Tie.account_id).where(Tie.beneficiary_id == beneficiary_id)
    for account_id in session.scalars(own.where(Tie.ended_at.is_(None))).all():
        empty_account(session, account_id, now)
    _answer(session, beneficiary_id, now)
    person.given_name, person.family_name = NO_GIVEN_NAME, NO_FAMILY_NAME
    person.birth_date = NO_BIRTH_DATE
    person.email = person.phone = person.postcode = None
    if not again:
        session.add(ErasedPerson(beneficiary_id=beneficiary_id, erased_at=now, by=by))
    session.flush()
    return True


def _enrolments(beneficiary_id: UUID) -> Select[UUID]:
    return select(Enrolment.id).where(Enrolment.beneficiary_id == beneficiary_id)


def _check_money(session: Session, beneficiary_id: UUID) -> None:
    """Refuse while a family's own money is at stake; a benefit's goes back when it expires."""
    mine = select(MealAccount.account_id).where(
        MealAccount.enrolment_id.in_(_enrolments(beneficiary_id))
    )
    # Locked: a meal that is charged meanwhile waits, and is then refused with the card.
    locked = select(Account.id).where(Account.id.in_(mine)).order_by(Account.id)
    session.execute(locked.with_for_update())
    left = sum(abs(cents) for cents in balances(session, mine).values())
    if left:
        raise MoneyLeft(cents=left)


def _end_cards(session: Session, beneficiary_id: UUID, now: datetime, by: str) -> None:
    mine = select(Card.id).where(Card.beneficiary_id == beneficiary_id).order_by(Card.id)
    for card_id in session.scalars(mine).all():
        card = lock_card(session, card_id)
        state = CardState(card.state)
        for event in (CardEvent.CANCELLED, CardEvent.WITHDRAWN, CardEvent.BLOCKED):
            if next_state(state, event) not in {None, state}:
                move(card, event, now, reason=CARD_REASON, by=Actor.typed(by))
                break


def _leave_places(session: Session, beneficiary_id: UUID, now: datetime) -> None:
    places = select(Enrolment.establishment_id).where(Enrolment.beneficiary_id == beneficiary_id)
    for place_id in session.scalars(places.order_by(Enrolment.establishment_id)).all():
        end_roster(session, place_id, [beneficiary_id], now)
    enrolments = _enrolments(beneficiary_id)
    for table, owner in (
        (HolderPhoto, HolderPhoto.enrolment_id),
        (Pupil, Pupil.enrolment_id),
        (Reservation, Reservation.enrolment_id),
    ):
        session.execute(delete(table).where(_among(owner, enrolments)))


def _among(owner: Any, ids: Select[UUID]) -> ColumnElement[bool]:
    chosen: ColumnElement[bool] = owner.in_(ids)
    return chosen


def _answer(session: Session, beneficiary_id: UUID, now: datetime) -> None:
    """Close what was asked about this person, with what was done."""
    mine = ErasureRequest.beneficiary_id == beneficiary_id
    waiting = ErasureRequest.withdrawn_at.is_(None) & ErasureRequest.answered_at.is_(None)
    # An earlier answer was typed by somebody.
    answered = update(ErasureRequest).where(mine & ErasureRequest.answered_at.is_not(None))
    session.execute(answered.values(answer=DONE))
    session.execute(
        update(ErasureRequest).where(mine & waiting).values(answered_at=now, answer=DONE)
    )
