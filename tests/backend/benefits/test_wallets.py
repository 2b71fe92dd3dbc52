"""Who may spend what, where and when; grants given once; a statement people can read."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import IntegrityError

from backend.benefits.campaigns import partner_account_of
from backend.benefits.errors import CampaignClosed, WalletUnknown
from backend.benefits.wallets import wallet_of, wallet_statement, wallets_of
from backend.ledger.accounts import balance
from backend.ledger.errors import TransferConflict, TransferUnacceptable
from backend.ledger.transfers import transfer
from backend.partners.tables import Partner

from .conftest import NOW, Region

FIRST_INSTANT = datetime(2026, 8, 31, 22, 0, tzinfo=UTC)
LAST_INSTANT = datetime(2027, 6, 30, 21, 59, 59, tzinfo=UTC)


def _holds(region: Region, who: UUID, code: str) -> int:
    with region.database.reading() as session:
        return wallet_of(session, who, code, NOW).balance.value


def test_a_grant_comes_from_the_campaign_s_funding(region: Region) -> None:
    region.give(region.lea, region.culture, 5000)
    region.give(region.lea, region.culture, 1000)
    assert _holds(region, region.lea, "culture") == 6000
    with region.database.reading() as session:
        assert balance(session, region.campaign.funding_account_id) == 6000
    region.assert_sound()


def test_the_same_grant_sent_twice_is_given_once(region: Region) -> None:
    once = uuid4()
    region.give(region.lea, region.culture, 5000, grant_id=once)
    region.give(region.lea, region.culture, 5000, grant_id=once)
    assert _holds(region, region.lea, "culture") == 5000


def test_a_grant_s_id_for_somebody_else_is_a_conflict(region: Region) -> None:
    once = uuid4()
    region.give(region.lea, region.culture, 5000, grant_id=once)
    with pytest.raises(TransferConflict):
        region.give(region.tom, region.culture, 5000, grant_id=once)
    with region.database.reading() as session, pytest.raises(WalletUnknown):
        wallet_of(session, region.tom, "culture", NOW)


@pytest.mark.parametrize("amount", [0, -1])
def test_a_grant_of_nothing_is_refused(region: Region, amount: int) -> None:
    with pytest.raises(TransferUnacceptable):
        region.give(region.lea, region.culture, amount)


def test_a_grant_for_nobody_is_refused(region: Region) -> None:
    with pytest.raises(IntegrityError):
        region.give(uuid4(), region.culture, 1)


def test_a_grant_may_come_early_and_never_late(region: Region) -> None:
    region.give(region.lea, region.culture, 1, now=FIRST_INSTANT - timedelta(days=30))
    region.give(region.lea, region.culture, 1, now=LAST_INSTANT)
    with pytest.raises(CampaignClosed):
        region.give(region.lea, region.culture, 1, now=LAST_INSTANT + timedelta(seconds=1))
    assert _holds(region, region.lea, "culture") == 2


def test_grants_arriving_at_once_open_one_wallet(region: Region) -> None:
    start = Barrier(4)

    def give() -> None:
        start.wait(30)
        region.give(region.lea, region.culture, 100)

    with ThreadPoolExecutor(4) as hands:
        for future in [hands.submit(give) for _ in range(4)]:
            future.result(30)
    assert _holds(region, region.lea, "culture") == 400
    region.assert_sound()


def test_what_is_usable_depends_on_the_partner(region: Region) -> None:
    region.give(region.lea, region.culture, 1)
    region.give(region.lea, region.sport, 1)
    region.give(region.tom, region.sport, 1)
    assert region.usable(region.lea, region.bookshop) == ["culture"]
    assert region.usable(region.lea, region.club) == ["culture", "sport"]
    assert region.usable(region.tom, region.bookshop) == []
    assert region.usable(region.tom, region.club) == ["sport"]
    assert region.usable(region.lea, None) == []
    assert region.usable(region.lea, uuid4()) == []


@pytest.mark.parametrize(
    ("now", "usable"),
    [
        (FIRST_INSTANT - timedelta(seconds=1), []),
        (FIRST_INSTANT, ["culture"]),
        (LAST_INSTANT, ["culture"]),
        (LAST_INSTANT + timedelta(seconds=1), []),
    ],
)
def test_a_campaign_is_open_on_both_its_days(
    region: Region, now: datetime, usable: list[str]
) -> None:
    region.give(region.lea, region.culture, 1)
    assert region.usable(region.lea, region.bookshop, now) == usable


def test_a_suspended_partner_takes_nothing(region: Region) -> None:
    region.give(region.lea, region.culture, 1)
    with region.database.unit_of_work() as session:
        session.get_one(Partner, region.bookshop).suspended_at = NOW
    assert region.usable(region.lea, region.bookshop, NOW - timedelta(seconds=1)) == ["culture"]
    assert region.usable(region.lea, region.bookshop) == []
    assert region.usable(region.lea, region.club) == ["culture"]


def _spend(region: Region, amount: int, reason: str, *, back: bool = False) -> None:
    with region.database.unit_of_work() as session:
        wallet = wallet_of(session, region.lea, "culture", NOW).account_id
        shop = partner_account_of(session, region.bookshop)
        debit, credit = (shop, wallet) if back else (wallet, shop)
        transfer(
            session,
            transfer_id=uuid4(),
            debit_account_id=debit,
            credit_account_id=credit,
            amount_cents=amount,
            reason=reason,
            reference="payment:test",
            now=NOW + timedelta(hours=1),
        )


def test_an_empty_wallet_is_as_usable_as_a_full_one(region: Region) -> None:
    # The balance is told after the code and never before.
    region.give(region.lea, region.culture, 100)
    _spend(region, 100, "Paiement")
    assert region.usable(region.lea, region.bookshop) == ["culture"]


def test_wallets_are_listed_by_label_with_what_they_hold(region: Region) -> None:
    region.give(region.lea, region.sport, 2000)
    region.give(region.lea, region.culture, 6000)
    with region.database.reading() as session:
        wallets = wallets_of(session, region.lea, NOW)
        assert wallets_of(session, region.lea, LAST_INSTANT + timedelta(days=1)) == []
    assert [(w.label, w.balance.in_words()) for w in wallets] == [
        ("Culture", "60,00\u00a0€"),
        ("Sport", "20,00\u00a0€"),
    ]


def test_the_statement_reads_as_a_person_would_write_it(region: Region) -> None:
    region.give(region.lea, region.culture, 5000)
    _spend(region, 1250, "Paiement chez Librairie du Parc")
    _spend(region, 1250, "Paiement annulé chez Librairie du Parc", back=True)
    with region.database.reading() as session:
        account_id = wallet_of(session, region.lea, "culture", NOW).account_id
        lines = [line.in_words() for line in wallet_statement(session, account_id)]
    assert [line.replace("\u00a0", " ") for line in lines] == [
        "15/09/2026 13:00 · Paiement annulé chez Librairie du Parc · +12,50 € · solde 50,00 €",
        "15/09/2026 13:00 · Paiement chez Librairie du Parc · \u221212,50 € · solde 37,50 €",
        "15/09/2026 12:00 · Dotation de rentrée · +50,00 € · solde 50,00 €",
    ]
