"""After a day of payments, no PIN block and no code is anywhere: not a row, a file, a log."""

import logging
import re
from pathlib import Path

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from backend.database import Base

from .conftest import CODE, WRONG_CODE, Shop, Till, body_of

# A code between other hex digits is chance: identifiers are full of digits.
CODES = re.compile(rf"(?<![0-9A-Fa-f])({CODE}|{WRONG_CODE})(?![0-9A-Fa-f])")


def _spend_a_day(shop: Shop, till: Till) -> list[bytes]:
    """Make every kind of payment; return the PIN blocks that travelled."""
    orders = [
        shop.order(),
        shop.order(code=WRONG_CODE),
        shop.order(5000),
        shop.order(benefit_code="sport"),
        shop.order(proof_id=shop.card),
    ]
    bodies = [body_of(order) for order in orders]
    for body in bodies:
        till.post("payments", body)
        till.post("payments", body)
        till.post("payments", body | {"amount_cents": 1})
        till.post("payments", body | {"pin": body["pin"] | {"profile": "?"}})
        till.get(f"payments/{body['payment_id']}")
    till.post(f"payments/{bodies[0]['payment_id']}/reversal", {})
    died = shop.order()
    shop.pay_then_die(died)
    return [order.pin.block for order in [*orders, died]]


def _everything_stored(shop: Shop) -> str:
    with shop.services.database.reading() as session:
        rows = [
            repr(tuple(value.hex() if isinstance(value, bytes) else str(value) for value in row))
            for table in Base.metadata.sorted_tables
            for row in session.execute(select(table))
        ]
    return "\n".join(rows)


def test_no_block_and_no_code_is_kept_or_told(
    shop: Shop, client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        blocks = _spend_a_day(shop, Till(shop, client))
    stored, logged = _everything_stored(shop), caplog.text
    assert "wrong_pin" in stored
    assert logged
    for block in blocks:
        assert block.hex() not in stored.lower()
        assert block.hex() not in logged.lower()
        assert repr(block) not in logged
    assert not CODES.search(stored)
    assert not CODES.search(logged)


def test_no_block_is_in_the_database_s_files(
    shop: Shop, client: TestClient, database_url: str
) -> None:
    blocks = _spend_a_day(shop, Till(shop, client))
    if not database_url.startswith("sqlite"):
        # Its files are the server's; the rows were read above.
        return
    file = Path(database_url.removeprefix("sqlite:///"))
    files = list(file.parent.glob(f"{file.name}*"))
    assert f"{file.name}-wal" in {one.name for one in files}
    content = b"".join(one.read_bytes() for one in files)
    assert shop.card_number.encode() in content
    for block in blocks:
        for form in (block, block.hex().encode(), block.hex().upper().encode()):
            assert form not in content


def test_an_order_does_not_print_its_block(shop: Shop) -> None:
    order = shop.order()
    assert order.pin.block.hex() not in repr(order).lower()
    assert repr(order.pin.block) not in repr(order)
