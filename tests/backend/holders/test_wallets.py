"""What a holder is told of their wallets adds up, in one statement."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from backend.benefits.campaigns import CampaignTerms, create_benefit, create_campaign
from backend.benefits.expiry import expire_campaign
from backend.benefits.grants import grant
from backend.benefits.rules import Phase
from backend.benefits.tables import Purse
from backend.holders.wallets import HeldWallet, read_wallets
from backend.ledger.holds import hold
from backend.ledger.transfers import Movement
from tests.backend.counting import statements
from tests.backend.holders.world import People

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def wallets(people: People) -> list[HeldWallet]:
    with people.services.database.reading() as session:
        return read_wallets(session, people.shop.lea, people.services.now())


def test_given_is_spent_and_left_whatever_came_back(people: People) -> None:
    shop = people.shop
    for cents in (1_250, 800, 300):
        shop.pay(shop.order(cents))
    back, part, undone = (shop.order(cents) for cents in (500, 900, 100))
    for order in (back, part, undone):
        shop.pay(order)
    shop.void(back.payment_id)
    shop.refund(part.payment_id, 200)
    shop.reverse(undone.payment_id)
    (one,) = wallets(people)
    assert (one.label, one.phase, one.until) == ("Culture", Phase.OPEN, date(2027, 6, 30))
    assert one.given.value == 10_000
    assert one.spent.value == 1_250 + 800 + 300 + 700
    assert one.left.value == 10_000 - one.spent.value == shop.wallet()
    assert (one.reserved.value, one.expired.value) == (0, 0)


@SQLITE
def test_what_is_held_is_told_apart(people: People) -> None:
    (one,) = wallets(people)
    now = people.services.now()
    with people.services.database.unit_of_work() as session:
        hold(
            session,
            hold_id=uuid4(),
            movement=Movement(
                one.account_id, people.shop.campaign_funding, 700, "En cours", "test"
            ),
            expires_at=now + timedelta(hours=1),
            now=now,
        )
    (one,) = wallets(people)
    assert (one.left.value, one.reserved.value, one.spent.value) == (9_300, 700, 0)


def test_a_single_purse_is_one_line_and_what_is_over_comes_last(
    people: People, clock: object
) -> None:
    now = people.services.now()
    with people.services.database.unit_of_work() as session:
        campaign = create_campaign(
            session,
            name="Pass été",
            opens_on=date(2026, 8, 1),
            closes_on=date(2026, 9, 30),
            terms=CampaignTerms(code="ete", purse=Purse.SINGLE),
            now=now,
        )
        made = [
            create_benefit(session, code=code, label=label, campaign_id=campaign.id)
            for code, label in (("musees", "Musées"), ("piscine", "Piscine"))
        ]
        for benefit in made:
            grant(
                session,
                beneficiary_id=people.shop.lea,
                benefit=benefit,
                amount_cents=2_000,
                reason="Été",
                grant_id=uuid4(),
                now=now,
            )
    summer, culture = wallets(people)
    assert (summer.label, summer.given.value, summer.campaign) == (
        "Pass été",
        4_000,
        "Pass été",
    )
    assert [one.label for one in summer.purposes] == ["Musées", "Piscine"]
    clock.advance(days=40)  # type: ignore[attr-defined]
    expire_campaign(people.services.database, campaign.id, people.services.now)
    culture, summer = wallets(people)
    assert (culture.phase, summer.phase) == (Phase.OPEN, Phase.OVER)
    assert (summer.left.value, summer.expired.value, summer.spent.value) == (0, 4_000, 0)


@SQLITE
def test_nobody_elses_wallet_is_read(people: People) -> None:
    with people.services.database.reading() as session:
        assert read_wallets(session, people.noe, people.services.now()) == []


@SQLITE
def test_it_is_one_statement_however_many_payments(people: People) -> None:
    before = statements(people.services.database, lambda: wallets(people))
    for _ in range(5):
        people.shop.pay(people.shop.order(100))
    assert statements(people.services.database, lambda: wallets(people)) == before
