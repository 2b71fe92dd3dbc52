"""A holder's canteen: what is left on the account, and the last meals. Only reads.

Of a meal, its service and its day are told and nothing else: not what was eaten, not the minute.
Movements at gates are kept ninety days (backend/access/retention.py), so no meal is older.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, select
from sqlalchemy.orm import Session

from backend.access.tables import (
    Enrolment,
    Establishment,
    GateAnswer,
    MealAccount,
    MealPrice,
    Passage,
    PassageCancellation,
    Service,
)
from backend.cards.tables import Card
from backend.ledger.accounts import balances

MEALS_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Canteen:
    """An account at one establishment; below zero is owed."""

    establishment: str
    balance_cents: int


@dataclass(frozen=True, slots=True)
class Meal:
    """One meal: of which service, on which day."""

    service: str
    day: date


def read_canteens(session: Session, beneficiary_id: UUID) -> list[Canteen]:
    """Return a person's canteen accounts, of the places they belong to now."""
    rows = session.execute(_canteens(), {"beneficiary_id": beneficiary_id}).all()
    if not rows:
        return []
    accounts = (
        select(MealAccount.account_id)
        .join(Enrolment, Enrolment.id == MealAccount.enrolment_id)
        .where(Enrolment.beneficiary_id == beneficiary_id)
    )
    held = balances(session, accounts)
    return [Canteen(name, held[account_id]) for name, account_id in rows]


@cache
def _canteens() -> Select[str, UUID]:
    mine = Enrolment.beneficiary_id == bindparam("beneficiary_id")
    return (
        select(Establishment.name, MealAccount.account_id)
        .join(Enrolment, Enrolment.establishment_id == Establishment.id)
        .join(MealAccount, MealAccount.enrolment_id == Enrolment.id)
        .where(mine, Enrolment.ended_at.is_(None))
        .order_by(Establishment.name, Establishment.id)
    )


def read_meals(session: Session, beneficiary_id: UUID) -> list[Meal]:
    """Return a person's last meals, newest first: what a service with a price admitted them to."""
    priced = select(MealPrice.service_id).where(MealPrice.service_id == Service.id)
    cancelled = select(PassageCancellation.passage_id).where(
        PassageCancellation.passage_id == Passage.passage_id
    )
    service = and_(
        Service.establishment_id == Passage.establishment_id, Service.code == Passage.service
    )
    query = (
        select(Service.label, Passage.local_day)
        .join(Card, Card.id == Passage.card_id)
        .join(Service, service)
        .where(
            Card.beneficiary_id == beneficiary_id,
            Passage.answer == GateAnswer.OK.value,
            priced.exists(),
            ~cancelled.exists(),
        )
        .order_by(Passage.local_day.desc(), Passage.occurred_at.desc())
        .limit(MEALS_SHOWN)
    )
    return [Meal(label, day) for label, day in session.execute(query)]
