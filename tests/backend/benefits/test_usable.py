"""Where a wallet may be spent, why not, and what would pay instead."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from backend.benefits.campaigns import (
    CampaignTerms,
    allow_at,
    contract_partner,
    create_benefit,
    create_campaign,
    partner_account_of,
    set_activities_of_benefit,
)
from backend.benefits.errors import WalletUnknown
from backend.benefits.rules import NotUsable, Phase
from backend.benefits.tables import Campaign, Purse
from backend.benefits.wallets import (
    alternatives,
    phase_of,
    usable_benefits,
    wallet_of,
    wallets_of,
    why_not_usable,
)
from backend.ledger.holds import hold
from backend.ledger.transfers import Movement
from backend.partners.registry import create_partner, set_activities

from .conftest import NOW, Region

BEFORE = datetime(2026, 8, 31, 21, 59, 59, tzinfo=UTC)
AFTER = datetime(2027, 6, 30, 22, 0, tzinfo=UTC)


def _shop(region: Region, *activities: str, contracted: bool = True) -> UUID:
    with region.database.unit_of_work() as session:
        shop = create_partner(session, "Commerce").id
        set_activities(session, shop, activities)
        if contracted:
            contract_partner(session, shop, now=NOW)
    return shop


def _why(region: Region, partner: UUID | None, code: str, now: datetime = NOW) -> NotUsable | None:
    with region.database.reading() as session:
        why = why_not_usable(session, region.lea, partner, code, now)
        usable = usable_benefits(session, region.lea, partner, now)
    assert (why is None) is (code in [benefit.code for benefit in usable])
    return why


def test_every_reason_is_told_apart(region: Region) -> None:
    assert _why(region, region.club, "sport") is NotUsable.NO_WALLET
    assert _why(region, region.bookshop, "sport") is NotUsable.NOT_TAKEN_HERE
    region.give(region.lea, region.sport, 100)
    assert _why(region, region.club, "sport") is None
    assert _why(region, region.bookshop, "sport") is NotUsable.NOT_TAKEN_HERE
    assert _why(region, None, "sport") is NotUsable.NOT_TAKEN_HERE
    assert _why(region, region.club, "sport", BEFORE) is NotUsable.CAMPAIGN_NOT_OPEN
    assert _why(region, region.club, "sport", AFTER) is NotUsable.CAMPAIGN_OVER
    assert _why(region, region.club, "cinema") is NotUsable.BENEFIT_UNKNOWN


def test_a_wallet_knows_where_its_campaign_stands(region: Region) -> None:
    region.give(region.lea, region.culture, 100)
    with region.database.reading() as session:
        account_id = wallet_of(session, region.lea, "culture", NOW).account_id
        phases = [phase_of(session, account_id, now) for now in (BEFORE, NOW, AFTER)]
        assert phases == [Phase.PLANNED, Phase.OPEN, Phase.OVER]
        with pytest.raises(WalletUnknown):
            phase_of(session, region.campaign.funding_account_id, NOW)


def test_between_two_campaigns_the_next_one_is_spoken_of(region: Region) -> None:
    region.give(region.lea, region.sport, 100)
    with region.database.unit_of_work() as session:
        following = create_campaign(
            session,
            name="2027-2028",
            opens_on=date(2027, 9, 1),
            closes_on=date(2028, 6, 30),
            now=NOW,
        )
        create_benefit(session, code="sport", label="Sport", campaign_id=following.id)
    assert _why(region, region.club, "sport", AFTER) is NotUsable.CAMPAIGN_NOT_OPEN
    assert _why(region, region.club, "sport") is None


def test_an_activity_opens_every_benefit_that_lists_it(region: Region) -> None:
    region.give(region.lea, region.culture, 100)
    region.give(region.lea, region.sport, 100)
    shop = _shop(region, "librairie", "presse")
    assert _why(region, shop, "culture") is NotUsable.NOT_TAKEN_HERE
    with region.database.unit_of_work() as session:
        set_activities_of_benefit(session, region.culture.id, ["librairie", "cinema"])
        set_activities_of_benefit(session, region.sport.id, ["club"])
    assert region.usable(region.lea, shop) == ["culture"]
    assert _why(region, shop, "sport") is NotUsable.NOT_TAKEN_HERE
    with region.database.unit_of_work() as session:
        set_activities(session, shop, ["presse", "club"])
    assert region.usable(region.lea, shop) == ["sport"]
    with region.database.unit_of_work() as session:
        set_activities_of_benefit(session, region.sport.id, [])
    assert region.usable(region.lea, shop) == []


def test_an_activity_and_a_name_together_count_once(region: Region) -> None:
    region.give(region.lea, region.culture, 100)
    with region.database.unit_of_work() as session:
        set_activities(session, region.bookshop, ["librairie", "presse"])
        set_activities_of_benefit(session, region.culture.id, ["librairie", "presse"])
    assert region.usable(region.lea, region.bookshop) == ["culture"]


def test_a_partner_without_an_account_takes_nothing(region: Region) -> None:
    region.give(region.lea, region.culture, 100)
    with region.database.unit_of_work() as session:
        set_activities_of_benefit(session, region.culture.id, ["librairie"])
    shop = _shop(region, "librairie", contracted=False)
    assert _why(region, shop, "culture") is NotUsable.NOT_TAKEN_HERE


def _hold(region: Region, code: str, cents: int) -> None:
    with region.database.unit_of_work() as session:
        wallet = wallet_of(session, region.lea, code, NOW)
        movement = Movement(
            debit_account_id=wallet.account_id,
            credit_account_id=partner_account_of(session, region.club),
            amount_cents=cents,
            reason="Réservation",
            reference="payment:test",
        )
        end = NOW + timedelta(days=1)
        hold(session, hold_id=uuid4(), movement=movement, expires_at=end, now=NOW)


def test_what_pays_everything_comes_first_and_expires_soonest(region: Region) -> None:
    with region.database.unit_of_work() as session:
        short = create_campaign(
            session, name="Été", opens_on=NOW.date(), closes_on=date(2026, 9, 30), now=NOW
        )
        summer = create_benefit(session, code="ete", label="Été", campaign_id=short.id)
        allow_at(session, summer, region.club, now=NOW)
    region.give(region.lea, region.culture, 5000)
    region.give(region.lea, region.sport, 900)
    region.give(region.lea, summer, 1200)
    region.give(region.tom, summer, 9999)

    def best(amount: int) -> list[tuple[str, int]]:
        with region.database.reading() as session:
            found = alternatives(session, region.lea, region.club, amount, NOW)
        return [(one.code, one.balance.value) for one in found]

    assert best(1200) == [("ete", 1200), ("culture", 5000), ("sport", 900)]
    assert best(1201) == [("culture", 5000), ("ete", 1200), ("sport", 900)]
    _hold(region, "ete", 1200)
    _hold(region, "sport", 100)
    assert best(900) == [("culture", 5000), ("sport", 800)]
    assert best(6000) == [("culture", 5000), ("sport", 800)]
    with region.database.reading() as session:
        here = alternatives(session, region.lea, region.bookshop, 1, NOW)
        assert [one[:2] for one in here] == [("culture", "Culture")]
        assert alternatives(session, region.lea, None, 1, NOW) == []


@pytest.fixture
def pot(region: Region) -> Campaign:
    """Another campaign, with one purse for two benefits."""
    made = []
    with region.database.unit_of_work() as session:
        campaign = create_campaign(
            session,
            name="Pass libre",
            opens_on=NOW.date(),
            closes_on=date(2026, 12, 31),
            terms=CampaignTerms(code="pass-libre", purse=Purse.SINGLE),
            now=NOW,
        )
        for code, partner in (("cinema", region.bookshop), ("judo", region.club)):
            benefit = create_benefit(
                session, code=code, label=code.title(), campaign_id=campaign.id
            )
            allow_at(session, benefit, partner, now=NOW)
            made.append(benefit)
    for benefit in made:
        region.give(region.lea, benefit, 1000)
        region.give(region.lea, benefit, 500)
    return campaign


def test_a_single_purse_is_one_wallet_for_all_its_benefits(region: Region, pot: Campaign) -> None:
    with region.database.reading() as session:
        (wallet,) = wallets_of(session, region.lea, NOW)
        assert (wallet.code, wallet.label, wallet.balance.value) == (pot.code, pot.name, 3000)
        for code in ("cinema", "judo", "pass-libre"):
            same = wallet_of(session, region.lea, code, NOW)
            assert (same.account_id, same.balance) == (wallet.account_id, wallet.balance)
        here = usable_benefits(session, region.lea, region.club, NOW)
        assert [(one.code, one.account_id) for one in here] == [("judo", wallet.account_id)]
        best = alternatives(session, region.lea, region.club, 1, NOW)
        assert [one.code for one in best] == ["judo"]
    assert _why(region, region.club, "cinema") is NotUsable.NOT_TAKEN_HERE
    assert _why(region, region.club, "judo", NOW + timedelta(days=365)) is NotUsable.CAMPAIGN_OVER
