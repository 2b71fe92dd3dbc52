"""Moving money: what is refused, what is the same, what the statement says."""

from uuid import uuid4

import pytest

from backend.ledger.accounts import balance, statement
from backend.ledger.errors import (
    AccountUnknown,
    InsufficientFunds,
    TransferConflict,
    TransferUnacceptable,
    TransferUnknown,
)
from backend.ledger.tables import Side
from backend.ledger.transfers import find_transfer

from .conftest import Purse


def test_a_transfer_moves_both_balances(purse: Purse) -> None:
    purse.move("region", "lea", 5000)
    purse.move("lea", "shop", 1250)
    assert [purse.holds(n) for n in ("region", "lea", "shop")] == [5000, 3750, 1250]


def test_a_wallet_cannot_spend_what_it_does_not_hold(purse: Purse) -> None:
    purse.move("region", "lea", 1000)
    with pytest.raises(InsufficientFunds):
        purse.move("lea", "shop", 1001)
    assert purse.holds("lea") == 1000
    purse.move("lea", "shop", 1000)
    assert purse.holds("lea") == 0


def test_a_refused_transfer_leaves_the_unit_of_work_usable(purse: Purse) -> None:
    with purse.database.unit_of_work() as session:
        purse.move_within(session, "region", "lea", 10)
        with pytest.raises(InsufficientFunds):
            purse.move_within(session, "tom", "shop", 1)
        purse.move_within(session, "lea", "shop", 4)
    assert [purse.holds(n) for n in ("lea", "tom", "shop")] == [6, 0, 4]


def test_a_balance_is_fresh_within_the_same_unit_of_work(purse: Purse) -> None:
    with purse.database.unit_of_work() as session:
        purse.move_within(session, "region", "lea", 10)
        assert balance(session, purse.ids["lea"]) == 10


def test_a_payable_may_go_below_zero(purse: Purse) -> None:
    purse.move("region", "lea", 10)
    purse.move("shop", "lea", 3)
    assert purse.holds("shop") == -3
    assert purse.check().sound


@pytest.mark.parametrize("amount", [0, -1, 2**63, 1.5])
def test_an_amount_that_is_none_is_refused(purse: Purse, amount: int) -> None:
    with pytest.raises(TransferUnacceptable):
        purse.move("region", "lea", amount)


def test_an_account_does_not_pay_itself(purse: Purse) -> None:
    with pytest.raises(TransferUnacceptable):
        purse.move("lea", "lea", 1)


def test_an_unknown_account_is_refused(purse: Purse) -> None:
    purse.ids["ghost"] = uuid4()
    with pytest.raises(AccountUnknown):
        purse.move("region", "ghost", 1)
    with pytest.raises(AccountUnknown):
        purse.holds("ghost")
    with purse.database.reading() as session, pytest.raises(AccountUnknown):
        statement(session, purse.ids["ghost"])


def test_the_same_id_and_content_is_the_same_transfer(purse: Purse) -> None:
    once = uuid4()
    first = purse.move("region", "lea", 10, once)
    again = purse.move("region", "lea", 10, once)
    assert (first.id, first.sequence) == (again.id, again.sequence)
    assert purse.holds("lea") == 10


def test_a_replay_is_recognised_even_when_the_money_is_gone(purse: Purse) -> None:
    purse.move("region", "lea", 10)
    once = uuid4()
    purse.move("lea", "shop", 10, once)
    purse.move("lea", "shop", 10, once)
    assert [purse.holds(n) for n in ("lea", "shop")] == [0, 10]


@pytest.mark.parametrize(
    ("debit", "credit", "amount"),
    [("region", "lea", 11), ("region", "tom", 10), ("lea", "region", 10), ("tom", "shop", 10)],
)
def test_the_same_id_with_other_content_is_a_conflict(
    purse: Purse, debit: str, credit: str, amount: int
) -> None:
    once = uuid4()
    purse.move("region", "lea", 10, once)
    before = [purse.holds(n) for n in purse.ids]
    with pytest.raises(TransferConflict):
        purse.move(debit, credit, amount, once)
    assert [purse.holds(n) for n in purse.ids] == before


def test_a_statement_tells_each_movement_newest_first(purse: Purse) -> None:
    purse.move("region", "lea", 5000)
    purse.move("region", "tom", 1)
    purse.move("lea", "shop", 1250)
    purse.move("shop", "lea", 250)
    with purse.database.reading() as session:
        lines = statement(session, purse.ids["lea"])
    assert [(line.side, line.amount.value, line.balance_after) for line in lines] == [
        (Side.CREDIT, 250, 4000),
        (Side.DEBIT, 1250, 3750),
        (Side.CREDIT, 5000, 5000),
    ]
    assert [line.other_account_id for line in lines] == [
        purse.ids["shop"],
        purse.ids["shop"],
        purse.ids["region"],
    ]


def test_a_short_statement_still_has_true_balances(purse: Purse) -> None:
    for amount in (1, 2, 3):
        purse.move("region", "lea", amount)
    with purse.database.reading() as session:
        lines = statement(session, purse.ids["lea"], lines_max=1)
    assert [line.balance_after for line in lines] == [6]


def test_a_transfer_is_found_by_its_id(purse: Purse) -> None:
    made = purse.move("region", "lea", 7)
    with purse.database.reading() as session:
        assert find_transfer(session, made.id).amount_cents == 7
        with pytest.raises(TransferUnknown):
            find_transfer(session, uuid4())


def test_the_statement_of_a_funding_account_grows_with_debits(purse: Purse) -> None:
    purse.move("region", "lea", 7)
    with purse.database.reading() as session:
        (line,) = statement(session, purse.ids["region"])
    assert (line.side, line.balance_after) == (Side.DEBIT, 7)
