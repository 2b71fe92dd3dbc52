"""Holds: what is reserved is not spent twice, and a hold ends once."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from backend.ledger.accounts import available, balance
from backend.ledger.errors import (
    AccountUnknown,
    HoldConflict,
    HoldExpired,
    HoldSettled,
    HoldUnacceptable,
    HoldUnknown,
    InsufficientFunds,
    TransferUnacceptable,
)
from backend.ledger.holds import expire_hold, expired_holds
from backend.ledger.tables import Account, Hold, Outcome, Settlement

from .conftest import NOW, Purse

LATER = NOW + timedelta(minutes=10)


@pytest.fixture
def rich(purse: Purse) -> Purse:
    """Léa and Tom have 100 cents each."""
    purse.move("region", "lea", 100)
    purse.move("region", "tom", 100)
    return purse


def test_what_is_held_is_posted_still_but_cannot_be_spent(rich: Purse) -> None:
    rich.hold("lea", "shop", 70)
    with rich.database.reading() as session:
        assert balance(session, rich.ids["lea"]) == 100
        assert available(session, rich.ids["lea"]) == 30
        with pytest.raises(AccountUnknown):
            available(session, uuid4())
    with pytest.raises(InsufficientFunds):
        rich.move("lea", "shop", 31)
    with pytest.raises(InsufficientFunds):
        rich.hold("lea", "shop", 31)
    rich.move("lea", "shop", 30)
    assert rich.check().sound


def test_money_that_may_come_is_not_there_yet(rich: Purse) -> None:
    rich.hold("lea", "tom", 70)
    assert (rich.may_spend("lea"), rich.may_spend("tom")) == (30, 100)
    with rich.database.reading() as session:
        account = session.get_one(Account, rich.ids["tom"])
        assert (account.debits_held, account.credits_held) == (0, 70)


@pytest.mark.parametrize("amount", [1, 40, 70])
def test_settling_moves_at_most_the_hold_and_frees_the_rest(rich: Purse, amount: int) -> None:
    held = rich.hold("lea", "shop", 70)
    made = rich.settle(held, amount)
    assert (made.amount_cents, made.debit_account_id) == (amount, rich.ids["lea"])
    assert (rich.may_spend("lea"), rich.holds("lea")) == (100 - amount, 100 - amount)
    assert rich.holds("shop") == amount
    assert rich.check().sound


def test_a_wallet_may_be_held_and_settled_to_the_last_cent(rich: Purse) -> None:
    rich.settle(rich.hold("lea", "shop", 100), 100)
    assert rich.holds("lea") == 0


def test_releasing_frees_all(rich: Purse) -> None:
    held = rich.hold("lea", "shop", 70)
    assert rich.release(held).outcome is Outcome.RELEASED
    assert (rich.may_spend("lea"), rich.holds("shop")) == (100, 0)
    assert rich.check().sound


def test_a_hold_ends_once(rich: Purse) -> None:
    settled, released = rich.hold("lea", "shop", 10), rich.hold("lea", "shop", 10)
    rich.settle(settled, 4)
    rich.release(released)
    for held in (settled, released):
        with pytest.raises(HoldSettled):
            rich.settle(held, 4)
        with pytest.raises(HoldSettled):
            rich.release(held)
    assert (rich.holds("lea"), rich.may_spend("lea")) == (96, 96)


def test_the_same_ids_and_content_are_the_same(rich: Purse) -> None:
    once, ending = uuid4(), uuid4()
    held = rich.hold("lea", "shop", 10, once)
    assert rich.hold("lea", "shop", 10, once).id == held.id
    assert rich.settle(held, 4, ending).sequence == rich.settle(held, 4, ending).sequence
    # A hold that was settled is still the same hold.
    assert rich.hold("lea", "shop", 10, once).id == held.id
    other, released = rich.hold("tom", "shop", 10), uuid4()
    assert rich.release(other, released).id == rich.release(other, released).id
    assert (rich.may_spend("lea"), rich.may_spend("tom")) == (96, 100)


def test_the_same_ids_with_other_content_are_conflicts(rich: Purse) -> None:
    once, ending = uuid4(), uuid4()
    held = rich.hold("lea", "shop", 10, once)
    for debit, amount in (("tom", 10), ("lea", 11)):
        with pytest.raises(HoldConflict):
            rich.hold(debit, "shop", amount, once)
    with pytest.raises(HoldConflict):
        rich.hold("lea", "shop", 10, once, expires_at=LATER + timedelta(seconds=1))
    rich.settle(held, 4, ending)
    with pytest.raises(HoldConflict):
        rich.settle(held, 5, ending)
    with pytest.raises(HoldConflict):
        rich.release(held, ending)
    with pytest.raises(HoldConflict):
        rich.release(rich.hold("tom", "shop", 1), ending)
    assert rich.may_spend("lea") == 96


def test_a_transfer_s_id_settles_no_hold(rich: Purse) -> None:
    taken = rich.move("region", "lea", 1).id
    held = rich.hold("lea", "shop", 10)
    with rich.database.unit_of_work() as session:
        with pytest.raises(HoldConflict):
            rich.settle_within(session, held, 4, taken)
        rich.settle_within(session, held, 4)
    assert rich.holds("shop") == 4


def test_what_is_no_hold_is_refused(rich: Purse) -> None:
    with pytest.raises(HoldUnacceptable):
        rich.hold("region", "shop", 1)
    with pytest.raises(HoldUnacceptable):
        rich.hold("lea", "shop", 1, expires_at=NOW)
    with pytest.raises(TransferUnacceptable):
        rich.hold("lea", "shop", 0)
    held = rich.hold("lea", "shop", 10)
    for amount in (0, -1, 11):
        with pytest.raises(HoldUnacceptable):
            rich.settle(held, amount)
    ghost = Hold(id=uuid4())
    with pytest.raises(HoldUnknown):
        rich.settle(ghost, 1)


def test_a_hold_whose_time_is_over_is_not_settled_but_expires(rich: Purse) -> None:
    held = rich.hold("lea", "shop", 10)
    with pytest.raises(HoldExpired):
        rich.settle(held, 4, now=LATER)
    # Until it is recorded as expired, it counts.
    assert rich.may_spend("lea") == 90
    with rich.database.unit_of_work() as session:
        assert expired_holds(session, LATER - timedelta(seconds=1)) == []
        assert expired_holds(session, LATER) == [held.id]
        with pytest.raises(HoldUnacceptable):
            expire_hold(session, held.id, NOW)
        expire_hold(session, held.id, LATER)
        expire_hold(session, held.id, LATER)
        assert expired_holds(session, LATER) == []
    with pytest.raises(HoldSettled):
        rich.release(held)
    assert rich.may_spend("lea") == 100
    assert rich.check().sound


def _settle_raw(purse: Purse, held: Hold, **change: object) -> None:
    row = {
        "hold_id": held.id,
        "id": uuid4(),
        "outcome": Outcome.SETTLED,
        "amount_cents": 4,
        "reason": "Essai",
        "reference": "raw",
        "recorded_at": NOW,
    }
    with purse.database.unit_of_work() as session:
        session.execute(insert(Settlement), [row | change])


def test_a_raw_settlement_frees_and_moves_all_the_same(rich: Purse) -> None:
    _settle_raw(rich, rich.hold("lea", "shop", 10))
    assert (rich.may_spend("lea"), rich.holds("shop")) == (96, 4)
    assert rich.check().sound


WRONG_SETTLEMENTS: list[tuple[dict[str, object], str]] = [
    ({"amount_cents": 11}, "at most what it holds"),
    ({"amount_cents": 0}, "amount"),
    ({"amount_cents": -4}, "amount"),
    ({"outcome": Outcome.RELEASED}, "amount"),
    ({"outcome": Outcome.EXPIRED, "amount_cents": 0}, "before its time"),
    ({"recorded_at": LATER}, "before its time"),
    ({"hold_id": uuid4()}, "names a hold"),
]


def test_a_wrong_settlement_is_refused_even_around_the_program(rich: Purse) -> None:
    held = rich.hold("lea", "shop", 10)
    for change, words in WRONG_SETTLEMENTS:
        with pytest.raises(IntegrityError, match=words):
            _settle_raw(rich, held, **change)
        assert (rich.may_spend("lea"), rich.holds("shop")) == (90, 0)


def test_a_second_settlement_is_refused_even_around_the_program(rich: Purse) -> None:
    held = rich.hold("lea", "shop", 10)
    rich.settle(held, 4)
    with pytest.raises(IntegrityError, match=r"never replaced|pk_ledger_settlement"):
        _settle_raw(rich, held)
    assert (rich.may_spend("lea"), rich.holds("shop")) == (96, 4)


WRONG_HOLDS = [
    ("lea", 101, "overdraft"),
    ("lea", 0, "amount"),
    ("shop", 1, "two_accounts"),
    ("region", 1, "one of them limited"),
    ("ghost", 1, "two known accounts"),
]


def test_a_wrong_hold_is_refused_even_around_the_program(rich: Purse) -> None:
    rich.ids["ghost"] = uuid4()
    for debit, amount, words in WRONG_HOLDS:
        row = {
            "id": uuid4(),
            "debit_account_id": rich.ids[debit],
            "credit_account_id": rich.ids["shop"],
            "amount_cents": amount,
            "reason": "Essai",
            "reference": "raw",
            "expires_at": LATER,
            "recorded_at": NOW,
        }
        with (
            pytest.raises(IntegrityError, match=words),
            rich.database.unit_of_work() as session,
        ):
            session.execute(insert(Hold), [row])
    assert rich.may_spend("lea") == 100
