"""The history tells every movement once, newest first, whatever the pages, at the same cost."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select

from backend.benefits.grants import BY_HAND, grant
from backend.holders.history import (
    HistoryLine,
    HistoryPage,
    HistoryWish,
    MovementKind,
    read_history,
)
from backend.holders.wallets import read_wallets
from backend.ledger.errors import TransferConflict
from backend.ledger.tables import Transfer
from backend.payments.orders import Approved
from backend.payments.states import PaymentState
from tests.backend.counting import statements
from tests.backend.holders.world import People

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def page(people: People, **asked: object) -> HistoryPage:
    with people.services.database.reading() as session:
        wallets = read_wallets(session, people.shop.lea, people.services.now())
        return read_history(session, HistoryWish(wallets=wallets, **asked))  # type: ignore[arg-type]


def every(people: People, lines_max: int) -> list[HistoryLine]:
    lines, before = list[HistoryLine](), None
    while True:
        found = page(people, before=before, lines_max=lines_max)
        lines += found.lines
        if found.next_before is None:
            return lines
        before = found.next_before


def test_each_movement_is_told_with_its_receipt_and_what_became_of_it(people: People) -> None:
    shop = people.shop
    kept, gone, part, undone = (shop.order(cents) for cents in (1_250, 500, 900, 100))
    numbers = dict[UUID, str]()
    for order in (kept, gone, part, undone):
        made = shop.pay(order)
        assert isinstance(made, Approved)
        numbers[order.payment_id] = made.authorisation_number
    shop.void(gone.payment_id)
    shop.refund(part.payment_id, 200)
    shop.reverse(undone.payment_id)
    told = [
        (one.kind, one.received, one.amount.value, one.paid.state if one.paid else None)
        for one in page(people).lines
    ]
    assert told == [
        (MovementKind.REVERSAL, True, 100, PaymentState.REVERSED),
        (MovementKind.REFUND, True, 200, PaymentState.PARTLY_REFUNDED),
        (MovementKind.VOID, True, 500, PaymentState.VOIDED),
        (MovementKind.PAYMENT, False, 100, PaymentState.REVERSED),
        (MovementKind.PAYMENT, False, 900, PaymentState.PARTLY_REFUNDED),
        (MovementKind.PAYMENT, False, 500, PaymentState.VOIDED),
        (MovementKind.PAYMENT, False, 1_250, PaymentState.APPROVED),
        (MovementKind.GRANT, True, 10_000, None),
    ]
    lines = page(people).lines
    payment, refunded = lines[6], lines[1]
    assert payment.paid is not None
    assert payment.receipt_number == numbers[kept.payment_id]
    assert (payment.paid.partner, payment.paid.outlet, payment.paid.benefit) == (
        "Librairie du Parc",
        "Centre",
        "Culture",
    )
    assert refunded.paid is not None
    assert refunded.paid.receipt_number == numbers[part.payment_id] != refunded.receipt_number
    assert refunded.paid.given_back.value == 200
    assert lines[7].words == "Dotation de rentrée"


@pytest.mark.parametrize("lines_max", [1, 3, 7, 8])
@SQLITE
def test_pages_leave_nothing_out_and_tell_nothing_twice(people: People, lines_max: int) -> None:
    for cents in range(100, 800, 100):
        people.shop.pay(people.shop.order(cents))
    lines = every(people, lines_max)
    assert [one.amount.value for one in lines] == [*range(700, 0, -100), 10_000]
    assert len({one.sequence for one in lines}) == 8


@SQLITE
def test_a_payment_between_two_pages_moves_nothing(people: People) -> None:
    for cents in (100, 200, 300):
        people.shop.pay(people.shop.order(cents))
    first = page(people, lines_max=2)
    people.shop.pay(people.shop.order(400))
    rest = page(people, before=first.next_before, lines_max=10)
    assert [one.amount.value for one in (*first.lines, *rest.lines)] == [300, 200, 100, 10_000]


@SQLITE
def test_a_year_is_a_year_in_paris(people: People) -> None:
    (wallet,) = {one.wallet.account_id for one in page(people).lines}
    at = [
        datetime(2024, 12, 31, 22, 59, tzinfo=UTC),  # still 2024 in Paris
        datetime(2024, 12, 31, 23, 0, tzinfo=UTC),  # 2025 there
        datetime(2025, 12, 31, 22, 59, tzinfo=UTC),
        datetime(2025, 12, 31, 23, 1, tzinfo=UTC),
    ]
    give(people, wallet, at)
    assert [one.recorded_at for one in page(people, year=2025).lines] == [at[2], at[1]]


def test_a_page_costs_the_same_after_fifty_movements_and_after_five_thousand(
    people: People,
) -> None:
    database = people.services.database
    (wallet,) = {one.wallet.account_id for one in page(people).lines}
    people.shop.pay(people.shop.order(100))
    give(people, wallet, [people.services.now()] * 50)
    few = statements(database, lambda: page(people))
    give(people, wallet, [people.services.now()] * 4_950)
    assert statements(database, lambda: page(people)) == few <= 5


def give(people: People, wallet: UUID, moments: list[datetime]) -> None:
    """Put grants of one cent into the books at these moments."""
    rows = [
        {
            "id": uuid4(),
            "debit_account_id": people.shop.campaign_funding,
            "credit_account_id": wallet,
            "amount_cents": 1,
            "reason": "Dotation",
            "reference": f"grant:{place}",
            "recorded_at": at,
        }
        for place, at in enumerate(moments)
    ]
    with people.services.database.unit_of_work() as session:
        session.execute(insert(Transfer), rows)


@SQLITE
def test_a_reason_that_was_typed_is_told_and_is_not_in_the_ledger(people: People) -> None:
    """The ledger cannot be emptied when a person is erased; the decision can."""
    shop, services, gift = people.shop, people.services, uuid4()
    given: dict[str, Any] = {
        "beneficiary_id": shop.lea,
        "benefit": shop.benefit,
        "amount_cents": 500,
    }
    given |= {"reason": BY_HAND, "grant_id": gift, "now": services.now()}
    for _ in range(2):
        with services.database.unit_of_work() as session:
            grant(session, words="Aide pour Léa", **given)
    with pytest.raises(TransferConflict), services.database.unit_of_work() as session:
        grant(session, words="Aide pour Noé", **given)
    assert page(people).lines[0].words == "Aide pour Léa"
    with services.database.reading() as session:
        reasons = session.scalars(select(Transfer.reason).where(Transfer.id == gift)).all()
    assert reasons == ["Aide accordée"]
