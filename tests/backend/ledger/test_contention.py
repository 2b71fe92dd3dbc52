"""Payments at one partner, and grants of one campaign, never wait for each other."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from backend.database import Database
from backend.ledger.tables import AccountKind

from .conftest import Purse, furnish

WAIT_MILLISECONDS_MAX = 2000


@pytest.fixture
def market(postgres_url: str) -> Iterator[Purse]:
    """The small world, on the engine where several write at once."""
    database = Database(postgres_url)
    yield furnish(Purse(database))
    database.close()


def _move_or_time_out(market: Purse, debit: str, credit: str) -> None:
    with market.database.unit_of_work() as session:
        session.execute(text(f"SET LOCAL statement_timeout = {WAIT_MILLISECONDS_MAX}"))
        market.move_within(session, debit, credit, 1)


@pytest.mark.parametrize(
    ("held", "free"),
    [
        (("lea", "shop"), ("tom", "shop")),
        (("region", "lea"), ("region", "tom")),
        (("shop", "lea"), ("tom", "shop")),
    ],
    ids=["two payments at one partner", "two grants of one campaign", "a refund and a payment"],
)
def test_an_open_payment_holds_up_nobody_else_s(
    market: Purse, held: tuple[str, str], free: tuple[str, str]
) -> None:
    for name in ("lea", "tom"):
        market.move("region", name, 100)
    with market.database.unit_of_work() as session:
        market.move_within(session, *held, 1)
        _move_or_time_out(market, *free)
        # A new account's wallet rows name accounts too; opening one waits for nobody either.
        market.open("new", AccountKind.WALLET)
        _move_or_time_out(market, "region", "new")
    assert market.check().sound
