"""Setting up: dates, codes that mean one thing a day, partners with one account."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from backend.benefits.campaigns import (
    allow_at,
    create_benefit,
    create_campaign,
    find_benefit,
    partner_account_of,
)
from backend.benefits.errors import (
    BenefitOverlaps,
    BenefitUnknown,
    CampaignDatesUnacceptable,
    CampaignUnknown,
    PartnerNotContracted,
)
from backend.benefits.rules import day_of, overlap
from backend.benefits.tables import PartnerAccount
from backend.partners.registry import create_partner

from .conftest import NOW, Region

dates = st.dates(date(2026, 1, 1), date(2026, 2, 1))


def test_a_campaign_cannot_close_before_it_opens(region: Region) -> None:
    with region.database.unit_of_work() as session, pytest.raises(CampaignDatesUnacceptable):
        create_campaign(
            session,
            name="À l'envers",
            opens_on=date(2026, 9, 2),
            closes_on=date(2026, 9, 1),
            now=NOW,
        )


def test_a_benefit_needs_its_campaign(region: Region) -> None:
    with region.database.unit_of_work() as session, pytest.raises(CampaignUnknown):
        create_benefit(session, code="livres", label="Livres", campaign_id=uuid4())


@pytest.mark.parametrize(
    ("opens", "closes", "fits"),
    [
        (date(2027, 7, 1), date(2028, 6, 30), True),
        (date(2025, 9, 1), date(2026, 8, 31), True),
        (date(2027, 6, 30), date(2028, 6, 30), False),
        (date(2025, 9, 1), date(2026, 9, 1), False),
    ],
)
def test_a_code_means_one_thing_on_any_day(
    region: Region, opens: date, closes: date, *, fits: bool
) -> None:
    with region.database.unit_of_work() as session:
        other = create_campaign(session, name="Autre", opens_on=opens, closes_on=closes, now=NOW)
        if fits:
            create_benefit(session, code="culture", label="Culture", campaign_id=other.id)
        else:
            with pytest.raises(BenefitOverlaps):
                create_benefit(session, code="culture", label="Culture", campaign_id=other.id)


@given(dates, dates, dates, dates)
def test_periods_overlap_when_they_share_a_day(a: date, b: date, c: date, d: date) -> None:
    one, other = (min(a, b), max(a, b)), (min(c, d), max(c, d))
    day, shared = one[0], False
    while day <= one[1]:
        shared = shared or other[0] <= day <= other[1]
        day += timedelta(days=1)
    assert overlap(one, other) is shared


def test_a_day_begins_at_midnight_in_paris() -> None:
    assert day_of(datetime(2026, 6, 30, 21, 59, tzinfo=UTC)) == date(2026, 6, 30)
    assert day_of(datetime(2026, 6, 30, 22, 0, tzinfo=UTC)) == date(2026, 7, 1)


def test_a_benefit_is_found_by_its_code_while_its_campaign_is_open(region: Region) -> None:
    with region.database.reading() as session:
        assert find_benefit(session, "culture", NOW).id == region.culture.id
        with pytest.raises(BenefitUnknown):
            find_benefit(session, "culture", NOW + timedelta(days=365))
        with pytest.raises(BenefitUnknown):
            find_benefit(session, "cinema", NOW)


def test_allowing_twice_changes_nothing(region: Region) -> None:
    with region.database.unit_of_work() as session:
        before = partner_account_of(session, region.bookshop)
        allow_at(session, region.culture, region.bookshop, now=NOW)
        assert partner_account_of(session, region.bookshop) == before


def test_a_partner_without_contract_has_no_account(region: Region) -> None:
    with region.database.unit_of_work() as session:
        newcomer = create_partner(session, "Cinéma").id
        with pytest.raises(PartnerNotContracted):
            partner_account_of(session, newcomer)


def test_a_partner_that_does_not_exist_gets_no_account(region: Region) -> None:
    with pytest.raises(IntegrityError), region.database.unit_of_work() as session:
        allow_at(session, region.culture, uuid4(), now=NOW)


def test_two_operators_allowing_at_once_open_one_account(region: Region) -> None:
    with region.database.unit_of_work() as session:
        newcomer = create_partner(session, "Cinéma").id
    start = Barrier(2)

    def allow(benefit: str) -> Callable[[], None]:
        def work() -> None:
            start.wait(30)
            with region.database.unit_of_work() as session:
                allow_at(session, getattr(region, benefit), newcomer, now=NOW)

        return work

    with ThreadPoolExecutor(2) as hands:
        for future in [hands.submit(allow("culture")), hands.submit(allow("sport"))]:
            future.result(30)
    with region.database.reading() as session:
        count = select(func.count()).where(PartnerAccount.partner_id == newcomer)
        assert session.scalar(count) == 1
