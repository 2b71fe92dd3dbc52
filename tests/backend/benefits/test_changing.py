"""Extending and closing: who, when, what it was; and never behind anybody's back."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from backend.benefits.campaigns import CampaignTerms, create_benefit, create_campaign
from backend.benefits.changing import NewDays, changes_of, close_campaign, extend_campaign
from backend.benefits.errors import (
    BenefitOverlaps,
    CampaignClosed,
    CampaignDatesUnacceptable,
    CampaignExpired,
    CampaignNeedsCode,
    CampaignUnknown,
)
from backend.benefits.expiry import expire_campaign
from backend.benefits.rules import PARIS, SPENDING, CampaignDays, NotUsable, Phase, day_of
from backend.benefits.tables import Campaign, Purse, Wallet
from backend.benefits.wallets import is_spending_on, phase_of, why_not_usable

from .conftest import NOW, Region

JULY = datetime(2027, 7, 2, 10, 0, tzinfo=UTC)


def _days(region: Region) -> CampaignDays:
    with region.database.reading() as session:
        return session.get_one(Campaign, region.campaign.id).days


def _extend(region: Region, new: NewDays, now: datetime = NOW) -> CampaignDays:
    with region.database.unit_of_work() as session:
        return extend_campaign(session, region.campaign.id, new, by="A. Morel", now=now)


@pytest.mark.parametrize(
    ("today", "phase"),
    [
        (date(2026, 8, 31), Phase.PLANNED),
        (date(2026, 9, 1), Phase.OPEN),
        (date(2027, 3, 31), Phase.OPEN),
        (date(2027, 4, 1), Phase.CLOSED),
        (date(2027, 6, 30), Phase.CLOSED),
        (date(2027, 7, 1), Phase.PARTNERS_ONLY),
        (date(2028, 6, 30), Phase.PARTNERS_ONLY),
        (date(2028, 7, 1), Phase.OVER),
    ],
)
def test_a_campaign_s_phases(today: date, phase: Phase) -> None:
    days = CampaignDays(date(2026, 9, 1), date(2027, 3, 31), date(2027, 6, 30), date(2028, 6, 30))
    assert days.phase(today) is phase


def test_payments_obey_the_phase(region: Region) -> None:
    """What a wallet's phase says, what can be paid and why not, at both ends of each day."""
    region.give(region.lea, region.culture, 100)
    with region.database.unit_of_work() as session:
        campaign = session.get_one(Campaign, region.campaign.id)
        campaign.closes_on, campaign.spend_until = date(2026, 9, 2), date(2026, 9, 3)
        campaign.partners_until = date(2026, 9, 4)
        account = session.scalars(select(Wallet.account_id)).one()
    planned, over = NotUsable.CAMPAIGN_NOT_OPEN, NotUsable.CAMPAIGN_OVER
    whys = [planned, None, None, None, over, over]
    phases = [Phase.PLANNED, Phase.OPEN, Phase.OPEN, *list(Phase)[2:]]
    for place, (phase, why) in enumerate(zip(phases, whys, strict=True)):
        begins = datetime(2026, 8, 31, tzinfo=PARIS) + timedelta(days=place)
        for now in (begins, begins + timedelta(days=1, microseconds=-1)):
            with region.database.reading() as session:
                assert phase_of(session, account, now) is phase
                found = why_not_usable(session, region.lea, region.bookshop, "culture", now)
                named = bool(session.scalar(select(Campaign.id).where(is_spending_on(day_of(now)))))
            assert found is why
            assert named is (phase in SPENDING)
            assert bool(region.usable(region.lea, region.bookshop, now)) is named


def test_days_out_of_order_are_refused(region: Region) -> None:
    for terms in (
        CampaignTerms(spend_until=date(2027, 6, 29)),
        CampaignTerms(partners_until=date(2027, 6, 29)),
        CampaignTerms(spend_until=date(2027, 7, 31), partners_until=date(2027, 7, 30)),
    ):
        with region.database.unit_of_work() as session, pytest.raises(CampaignDatesUnacceptable):
            create_campaign(
                session,
                name="X",
                opens_on=date(2026, 9, 1),
                closes_on=date(2027, 6, 30),
                terms=terms,
                now=NOW,
            )


def test_a_single_purse_needs_a_code(region: Region) -> None:
    with region.database.unit_of_work() as session, pytest.raises(CampaignNeedsCode):
        create_campaign(
            session,
            name="X",
            opens_on=date(2026, 9, 1),
            closes_on=date(2027, 6, 30),
            terms=CampaignTerms(purse=Purse.SINGLE),
            now=NOW,
        )


def test_an_extension_pushes_what_it_must_and_is_written_down(region: Region) -> None:
    later = _extend(region, NewDays(closes_on=date(2027, 9, 30)))
    assert later == _days(region)
    assert later == CampaignDays(
        date(2026, 9, 1), date(2027, 9, 30), date(2027, 9, 30), date(2027, 9, 30)
    )
    _extend(region, NewDays(partners_until=date(2028, 9, 30)), JULY)
    with region.database.reading() as session:
        first, second = changes_of(session, region.campaign.id)
    assert (first.number, first.changed_at, first.changed_by) == (1, NOW, "A. Morel")
    assert (first.old_closes_on, first.new_closes_on) == (date(2027, 6, 30), date(2027, 9, 30))
    assert (second.old_partners_end_on, second.new_partners_end_on) == (
        date(2027, 9, 30),
        date(2028, 9, 30),
    )


def test_an_extension_takes_no_day_away(region: Region) -> None:
    before = _days(region)
    for new in (
        NewDays(),
        NewDays(closes_on=date(2027, 6, 30)),
        NewDays(closes_on=date(2027, 6, 29)),
        NewDays(spend_until=date(2027, 6, 29)),
        NewDays(spend_until=date(2027, 7, 31), partners_until=date(2027, 7, 30)),
    ):
        with pytest.raises(CampaignDatesUnacceptable):
            _extend(region, new)
    assert _days(region) == before


def test_an_extension_into_the_next_campaign_of_the_same_code_is_refused(region: Region) -> None:
    with region.database.unit_of_work() as session:
        following = create_campaign(
            session,
            name="2027-2028",
            opens_on=date(2027, 9, 1),
            closes_on=date(2028, 6, 30),
            now=NOW,
        )
        create_benefit(session, code="sport", label="Sport", campaign_id=following.id)
    _extend(region, NewDays(spend_until=date(2027, 8, 31), partners_until=date(2028, 8, 31)))
    with pytest.raises(BenefitOverlaps):
        _extend(region, NewDays(spend_until=date(2027, 9, 1)))
    assert _days(region).spending_ends_on == date(2027, 8, 31)


def test_a_longer_campaign_is_longer_for_everybody(region: Region) -> None:
    region.give(region.lea, region.culture, 100)
    assert region.usable(region.lea, region.bookshop, JULY) == []
    _extend(region, NewDays(spend_until=date(2027, 7, 31)), JULY)
    assert region.usable(region.lea, region.bookshop, JULY) == ["culture"]


def test_closing_ends_the_grants_and_takes_nothing_from_holders(region: Region) -> None:
    region.give(region.lea, region.culture, 100)
    with region.database.unit_of_work() as session:
        days = close_campaign(session, region.campaign.id, by="A. Morel", now=NOW)
    assert (days.closes_on, days.spending_ends_on) == (NOW.date(), date(2027, 6, 30))
    tomorrow = NOW + timedelta(days=1)
    with pytest.raises(CampaignClosed):
        region.give(region.lea, region.culture, 1, now=tomorrow)
    assert region.usable(region.lea, region.bookshop, tomorrow) == ["culture"]
    with region.database.unit_of_work() as session, pytest.raises(CampaignClosed):
        close_campaign(session, region.campaign.id, by="A. Morel", now=tomorrow)
    with region.database.unit_of_work() as session:
        close_campaign(session, region.campaign.id, by="A. Morel", now=NOW)
        assert len(changes_of(session, region.campaign.id)) == 1


def test_what_has_not_opened_cannot_be_closed(region: Region) -> None:
    before = NOW - timedelta(days=30)
    with region.database.unit_of_work() as session, pytest.raises(CampaignDatesUnacceptable):
        close_campaign(session, region.campaign.id, by="A. Morel", now=before)


def test_days_stand_still_once_wallets_are_emptied(region: Region) -> None:
    region.give(region.lea, region.culture, 100)
    expire_campaign(region.database, region.campaign.id, lambda: JULY)
    with pytest.raises(CampaignExpired):
        _extend(region, NewDays(spend_until=date(2027, 12, 31)), JULY)


def test_a_campaign_that_is_not_there_cannot_change(region: Region) -> None:
    with region.database.unit_of_work() as session, pytest.raises(CampaignUnknown):
        close_campaign(session, region.lea, by="A. Morel", now=NOW)
