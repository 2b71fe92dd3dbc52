"""For any campaign and any life in it: no cent appears, vanishes, or crosses between wallets."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from backend.benefits.campaigns import (
    CampaignTerms,
    allow_at,
    create_benefit,
    create_campaign,
    partner_account_of,
)
from backend.benefits.expiry import expire_campaign
from backend.benefits.grants import grant
from backend.benefits.report import report_campaign
from backend.benefits.tables import Benefit, Campaign, Purse
from backend.benefits.wallets import alternatives, usable_benefits, wallets_of
from backend.ledger.accounts import balance
from backend.ledger.errors import InsufficientFunds
from backend.ledger.transfers import transfer
from backend.partners.registry import create_partner

from .conftest import NOW, Region

OVER = datetime(2027, 7, 1, 10, tzinfo=UTC)
CODES = ("books", "films", "judo")

people = st.sampled_from(["lea", "tom"])
codes = st.sampled_from(CODES)
cents = st.integers(1, 300)
acts = st.lists(
    st.one_of(
        st.tuples(st.just("give"), people, codes, cents),
        st.tuples(st.just("spend"), people, codes, cents),
        st.tuples(st.just("refund"), st.integers(0, 5), st.integers(1, 300), st.just(0)),
    ),
    max_size=14,
)


@dataclass
class Life:
    """A campaign of its own, and the plain sums that the database must agree with."""

    region: Region
    campaign: Campaign
    benefits: dict[str, Benefit]
    shops: dict[str, UUID]
    purse: Purse
    held: dict[tuple[str, str], int] = field(default_factory=dict)
    paid: list[tuple[str, str, int]] = field(default_factory=list)
    granted: int = 0

    def key(self, who: str, code: str) -> tuple[str, str]:
        return who, "" if self.purse is Purse.SINGLE else code

    def give(self, session: Session, who: str, code: str, amount: int) -> None:
        grant(
            session,
            beneficiary_id=getattr(self.region, who),
            benefit=self.benefits[code],
            amount_cents=amount,
            reason="Dotation",
            grant_id=uuid4(),
            now=NOW,
        )
        self.granted += amount
        self.held[self.key(who, code)] = self.held.get(self.key(who, code), 0) + amount

    def spend(self, session: Session, who: str, code: str, amount: int) -> None:
        """Pay at the shop of one benefit only; anything the wallet cannot pay is refused."""
        shop = self.shops[code]
        usable = usable_benefits(session, getattr(self.region, who), shop, NOW)
        assert [one.code for one in usable] == ([code] if self.key(who, code) in self.held else [])
        for one in usable:
            enough = self.held[self.key(who, code)] >= amount
            found = alternatives(session, getattr(self.region, who), shop, amount, NOW)
            assert [other.balance.value for other in found] == [
                held for held in [self.held[self.key(who, code)]] if held
            ]
            try:
                self._move(session, one.account_id, partner_account_of(session, shop), amount)
            except InsufficientFunds:
                assert not enough
            else:
                assert enough
                self.held[self.key(who, code)] -= amount
                self.paid.append((who, code, amount))

    def refund(self, session: Session, which: int, amount: int, _: int) -> None:
        if which >= len(self.paid):
            return
        who, code, paid = self.paid[which]
        back = min(amount, paid)
        if back == 0:
            return
        self.paid[which] = (who, code, paid - back)
        account = next(
            wallet.account_id
            for wallet in wallets_of(session, getattr(self.region, who), NOW)
            if wallet.code in (code, self.campaign.code)
        )
        self._move(session, partner_account_of(session, self.shops[code]), account, back)
        self.held[self.key(who, code)] += back

    def _move(self, session: Session, debit: UUID, credit: UUID, amount: int) -> None:
        transfer(
            session,
            transfer_id=uuid4(),
            debit_account_id=debit,
            credit_account_id=credit,
            amount_cents=amount,
            reason="Paiement",
            reference="payment:test",
            now=NOW,
        )

    def check(self, *, expired: int) -> None:
        spent = sum(amount for _, _, amount in self.paid)
        left = 0 if expired else sum(self.held.values())
        with self.region.database.reading() as session:
            money = report_campaign(session, self.campaign).money
            assert (money.granted_cents, money.spent_cents) == (self.granted, spent)
            assert (money.left_cents, money.expired_cents) == (left, expired)
            assert money.granted_cents == spent + left + expired
            owed = sum(
                balance(session, partner_account_of(session, shop)) for shop in self.shops.values()
            )
            assert owed == spent
            assert balance(session, self.campaign.funding_account_id) == spent + left
            if not expired:
                for who in ("lea", "tom"):
                    held = [
                        wallet.balance.value
                        for wallet in wallets_of(session, getattr(self.region, who), NOW)
                    ]
                    mine = [cents for (owner, _), cents in self.held.items() if owner == who]
                    assert sorted(held) == sorted(mine)


def _begin(region: Region, purse: Purse) -> Life:
    with region.database.unit_of_work() as session:
        campaign = create_campaign(
            session,
            name="Une vie",
            opens_on=date(2026, 9, 1),
            closes_on=date(2027, 6, 30),
            terms=CampaignTerms(code=str(uuid4()), purse=purse),
            now=NOW,
        )
        benefits, shops = {}, {}
        for code in CODES:
            benefits[code] = create_benefit(
                session, code=f"{code}", label=code, campaign_id=campaign.id
            )
            shops[code] = create_partner(session, code).id
            allow_at(session, benefits[code], shops[code], now=NOW)
    return Life(region, campaign, benefits, shops, purse)


def _close(life: Life) -> None:
    """Make room for the next life: its benefits have the same codes."""
    with life.region.database.unit_of_work() as session:
        session.get_one(Campaign, life.campaign.id).opens_on = date(2000, 1, 1)
        session.get_one(Campaign, life.campaign.id).closes_on = date(2000, 1, 1)


@given(st.sampled_from(Purse), acts)
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_money_in_is_money_held_spent_and_expired(
    region: Region, purse: Purse, drawn: list[tuple[str, object, object, object]]
) -> None:
    life = _begin(region, purse)
    try:
        _live(life, drawn)
    finally:
        _close(life)


def _live(life: Life, drawn: list[tuple[str, object, object, object]]) -> None:
    database, campaign_id = life.region.database, life.campaign.id
    for verb, *words in drawn:
        with database.unit_of_work() as session:
            act: Callable[..., None] = getattr(life, verb)
            act(session, *words)
    life.check(expired=0)
    returned = expire_campaign(database, campaign_id, lambda: OVER, wallets_per_batch=2)
    assert returned.cents == sum(life.held.values())
    assert returned.wallets == sum(held > 0 for held in life.held.values())
    life.check(expired=returned.cents)
    assert expire_campaign(database, campaign_id, lambda: OVER).cents == 0
    life.region.assert_sound()
