"""Whoever's rights ended a year ago is erased, and nobody else."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from backend.access.tables import Enrolment
from backend.accounts.tables import Beneficiary
from backend.ledger.accounts import open_account
from backend.ledger.tables import AccountKind
from backend.privacy import departures
from backend.privacy.departures import Departed, erase_departed
from backend.privacy.tables import ErasedPerson
from backend.services import Services
from tests.backend.privacy.conftest import NOW, Whole, fill, pay_ahead

LONG_AGO = NOW - timedelta(days=367)
LATELY = NOW - timedelta(days=300)


def leave(services: Services, whole: Whole, left_on: object = LONG_AGO) -> None:
    with services.database.unit_of_work() as session:
        mine = Enrolment.id == whole.enrolment_id
        session.execute(update(Enrolment).where(mine).values(ended_at=left_on))


def give_wallet(services: Services, whole: Whole, **days: object) -> None:
    with services.database.unit_of_work() as session:
        funding = open_account(session, AccountKind.FUNDING, now=NOW).id
        wallet = open_account(session, AccountKind.WALLET, now=NOW).id
        scheme = fill(session, "scheme")["id"]
        campaign = fill(
            session,
            "campaign",
            scheme_id=scheme,
            funding_account_id=funding,
            opens_on=LONG_AGO.date() - timedelta(days=300),
            purse="separate",
            **days,
        )["id"]
        benefit = fill(session, "benefit", campaign_id=campaign)["id"]
        fill(
            session,
            "wallet",
            beneficiary_id=whole.person_id,
            campaign_id=campaign,
            benefit_id=benefit,
            account_id=wallet,
        )


def name_of(services: Services, whole: Whole) -> str:
    with services.database.reading() as session:
        return session.get_one(Beneficiary, whole.person_id).given_name


def test_after_a_year_without_any_right(services: Services, whole: Whole) -> None:
    leave(services, whole)
    assert erase_departed(services, only_look=True) == Departed(1, 0)
    assert name_of(services, whole) == "Zoëlle"
    assert erase_departed(services) == Departed(1, 0)
    assert name_of(services, whole) == "Personne"
    with services.database.reading() as session:
        assert session.scalars(select(ErasedPerson.by)).all() == ["retention"]
    assert erase_departed(services) == Departed(0, 0)


def test_not_while_enrolled_nor_for_a_year_after(services: Services, whole: Whole) -> None:
    assert erase_departed(services) == Departed(0, 0)
    leave(services, whole, LATELY)
    assert erase_departed(services) == Departed(0, 0)


def test_not_before_a_year_after_the_partners_last_day(services: Services, whole: Whole) -> None:
    leave(services, whole)
    days = {"closes_on": LONG_AGO.date(), "spend_until": LONG_AGO.date()}
    give_wallet(services, whole, partners_until=LATELY.date(), **days)
    assert erase_departed(services) == Departed(0, 0)


@pytest.mark.parametrize("last", ["closes_on", "spend_until", "partners_until"])
def test_the_last_of_a_campaign_s_days_counts(services: Services, whole: Whole, last: str) -> None:
    leave(services, whole)
    early = (LONG_AGO - timedelta(days=30)).date()
    days = {"closes_on": early, last: LONG_AGO.date()}
    give_wallet(services, whole, **days)
    assert erase_departed(services) == Departed(1, 0)


def test_who_has_money_stays_and_is_counted_and_the_next_goes(
    services: Services, whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(departures, "PEOPLE_AT_ONCE", 1)
    leave(services, whole)
    pay_ahead(services, whole, 1)
    with services.database.unit_of_work() as session:
        for _ in range(2):
            fill(session, "beneficiary", created_at=LONG_AGO)
    assert erase_departed(services) == Departed(2, 1)
    assert name_of(services, whole) == "Zoëlle"
