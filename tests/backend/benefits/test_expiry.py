"""What is left goes back, once, when nobody can spend it any more."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from backend.benefits.campaigns import partner_account_of
from backend.benefits.changing import NewDays, extend_campaign
from backend.benefits.errors import CampaignNotOver, CampaignUnknown
from backend.benefits.expiry import (
    Returned,
    due_campaigns,
    expire_batch,
    expire_campaign,
    remaining_of,
)
from backend.benefits.tables import Wallet
from backend.benefits.wallets import wallet_statement
from backend.ledger.accounts import balance
from backend.ledger.holds import hold, release_hold
from backend.ledger.tables import Transfer
from backend.ledger.transfers import Movement, transfer

from .conftest import NOW, Region

LAST_INSTANT = datetime(2027, 6, 30, 21, 59, 59, tzinfo=UTC)
OVER = LAST_INSTANT + timedelta(seconds=1)


@pytest.fixture
def full(region: Region) -> Region:
    for who, benefit, cents in (
        (region.lea, region.culture, 5000),
        (region.lea, region.sport, 2000),
        (region.tom, region.culture, 100),
    ):
        region.give(who, benefit, cents)
    return region


def _account(region: Region, who: UUID, benefit: UUID) -> UUID:
    with region.database.reading() as session:
        mine = Wallet.beneficiary_id == who, Wallet.benefit_id == benefit
        return session.scalars(select(Wallet.account_id).where(*mine)).one()


def _move(region: Region, who: UUID, cents: int, *, back: bool = False) -> None:
    wallet = _account(region, who, region.culture.id)
    with region.database.unit_of_work() as session:
        shop = partner_account_of(session, region.bookshop)
        debit, credit = (shop, wallet) if back else (wallet, shop)
        transfer(
            session,
            transfer_id=uuid4(),
            debit_account_id=debit,
            credit_account_id=credit,
            amount_cents=cents,
            reason="Paiement",
            reference="payment:test",
            now=NOW,
        )


def _expire(region: Region, now: datetime = OVER, batch: int = 2) -> Returned:
    return expire_campaign(
        region.database, region.campaign.id, lambda: now, wallets_per_batch=batch
    )


def _left(region: Region) -> tuple[int, int]:
    with region.database.reading() as session:
        left = remaining_of(session, region.campaign.id)
        return left.wallets, left.cents


def test_everything_left_goes_back_to_the_funding_once(full: Region) -> None:
    _move(full, full.tom, 100)
    _move(full, full.lea, 1000)
    assert _left(full) == (2, 6000)
    done = _expire(full)
    assert (done.wallets, done.cents) == (2, 6000)
    assert _left(full) == (0, 0)
    again = _expire(full)
    assert (again.wallets, again.cents) == (0, 0)
    with full.database.reading() as session:
        assert balance(session, full.campaign.funding_account_id) == 1100
        account = _account(full, full.lea, full.culture.id)
        assert wallet_statement(session, account)[0].words == (
            "Fin de la campagne : solde non dépensé"
        )
    full.assert_sound()


def test_nothing_goes_back_while_a_partner_may_still_give_back(full: Region) -> None:
    with pytest.raises(CampaignNotOver):
        _expire(full, LAST_INSTANT)
    with full.database.unit_of_work() as session:
        new = NewDays(partners_until=date(2028, 6, 30))
        extend_campaign(session, full.campaign.id, new, by="A. Morel", now=NOW)
    with pytest.raises(CampaignNotOver):
        _expire(full)
    assert _left(full) == (3, 7100)
    assert _expire(full, OVER + timedelta(days=366)).cents == 7100


def test_a_late_refund_is_taken_and_is_not_spendable(full: Region) -> None:
    _move(full, full.lea, 1000)
    _expire(full)
    _move(full, full.lea, 400, back=True)
    assert full.usable(full.lea, full.bookshop, OVER) == []
    with full.database.reading() as session:
        assert [one.id for one in due_campaigns(session, OVER)] == [full.campaign.id]
        assert due_campaigns(session, LAST_INSTANT) == []
    assert (_expire(full).cents, _expire(full).cents) == (400, 0)
    with full.database.reading() as session:
        assert due_campaigns(session, OVER) == []
        assert balance(session, full.campaign.funding_account_id) == 600
    full.assert_sound()


def test_what_is_held_stays_until_it_is_free(full: Region) -> None:
    held = uuid4()
    with full.database.unit_of_work() as session:
        movement = Movement(
            debit_account_id=_account(full, full.tom, full.culture.id),
            credit_account_id=partner_account_of(session, full.bookshop),
            amount_cents=60,
            reason="Réservation",
            reference="payment:test",
        )
        end = OVER + timedelta(days=1)
        hold(session, hold_id=held, movement=movement, expires_at=end, now=NOW)
    assert _expire(full).cents == 7040
    assert _expire(full).cents == 0
    with full.database.unit_of_work() as session:
        release_hold(
            session,
            hold_id=held,
            settlement_id=uuid4(),
            reason="Annulation",
            reference="payment:test",
            now=OVER,
        )
    assert _expire(full).cents == 60
    full.assert_sound()


def test_stopped_between_batches_it_goes_on(full: Region) -> None:
    with full.database.unit_of_work() as session:
        first = expire_batch(session, full.campaign.id, OVER, wallets=1)
    assert first.last_wallet_id is not None
    assert first.wallets == 1
    with full.database.unit_of_work() as session:
        again = expire_batch(session, full.campaign.id, OVER, wallets=1)
    assert (again.wallets, again.last_wallet_id) == (0, first.last_wallet_id)
    assert _expire(full, batch=1).wallets == 2
    assert _left(full) == (0, 0)


def test_a_batch_that_fails_leaves_nothing_half_done(full: Region) -> None:
    def told(_returned: Returned) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        expire_campaign(
            full.database, full.campaign.id, lambda: OVER, progress=told, wallets_per_batch=2
        )
    wallets, cents = _left(full)
    with full.database.reading() as session:
        back = Transfer.credit_account_id == full.campaign.funding_account_id
        count, total = session.execute(
            select(func.count(), func.sum(Transfer.amount_cents)).where(back)
        ).one()
    assert (wallets + count, cents + total) == (3, 7100)
    _expire(full)
    assert _left(full) == (0, 0)


def test_a_campaign_that_is_not_there_has_nothing_to_return(region: Region) -> None:
    with pytest.raises(CampaignUnknown):
        expire_campaign(region.database, region.lea, lambda: OVER)
