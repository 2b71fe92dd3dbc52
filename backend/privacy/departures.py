"""Erasing those whose rights ended a year ago: nobody asks, the retention does.

A person is due when a year has passed since every day that kept them here: the last day on which a
partner could still be paid from one of their campaigns, the end of their last enrolment, their
recording. Whoever has money of their own in a meal account stays, and is counted: an office must
give it back first.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from backend.access.tables import Enrolment
from backend.accounts.tables import Beneficiary
from backend.benefits.tables import Campaign, Wallet
from backend.privacy.accounts import NO_BIRTH_DATE
from backend.privacy.erasing import erase_person
from backend.privacy.errors import MoneyLeft
from backend.services import Services

KEPT_DAYS: Final = 366
PEOPLE_AT_ONCE: Final = 100
BY: Final = "retention"


@dataclass(frozen=True, slots=True)
class Departed:
    """How many were erased, and how many have money that must be given back first."""

    erased: int
    with_money: int


def erase_departed(services: Services, *, only_look: bool = False) -> Departed:
    """Erase everybody whose rights ended a year ago, each in a unit of work of their own."""
    now = services.now()
    if only_look:
        with services.database.reading() as session:
            people = select(func.count()).select_from(Beneficiary).where(*_due(now))
            return Departed(session.scalar(people) or 0, 0)
    erased = with_money = 0
    after: UUID | None = None
    while True:
        with services.database.reading() as session:
            ids = _some(session, now, after)
        for beneficiary_id in ids:
            try:
                with services.database.unit_of_work() as session:
                    erased += erase_person(session, beneficiary_id, now, by=BY)
            except MoneyLeft:
                with_money += 1
        if len(ids) < PEOPLE_AT_ONCE:
            return Departed(erased, with_money)
        after = ids[-1]


def _some(session: Session, now: datetime, after: UUID | None) -> list[UUID]:
    chosen = select(Beneficiary.id).where(*_due(now)).order_by(Beneficiary.id)
    if after is not None:
        chosen = chosen.where(Beneficiary.id > after)
    return list(session.scalars(chosen.limit(PEOPLE_AT_ONCE)))


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    before = now - timedelta(days=KEPT_DAYS)
    enrolled = exists().where(
        Enrolment.beneficiary_id == Beneficiary.id,
        Enrolment.ended_at.is_(None) | (Enrolment.ended_at >= before),
    )
    last_day = func.coalesce(Campaign.partners_until, Campaign.spend_until, Campaign.closes_on)
    funded = exists().where(
        Wallet.beneficiary_id == Beneficiary.id,
        Wallet.campaign_id == Campaign.id,
        last_day >= before.date(),
    )
    return (
        Beneficiary.birth_date != NO_BIRTH_DATE,
        Beneficiary.created_at < before,
        ~enrolled,
        ~funded,
    )
