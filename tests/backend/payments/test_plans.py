"""What a payment reads is found by an index, so that ten years of payments make it no dearer."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import psycopg
import pytest

from backend import statements

from .conftest import Shop, outcome

#: What grows with people and with years.
GROWING = {
    "beneficiary",
    "card",
    "card_challenge",
    "card_proof",
    "code_miss",
    "ledger_account",
    "ledger_transfer",
    "payment",
    "pin_pad",
    "pin_reference",
    "terminal",
    "terminal_guard",
    "wallet",
}
# Rolled back with the connection: the planner counts rows by those of a page, and trusts no
# statistics of tables that earlier tests filled and emptied.
GROWN = """
WITH grown AS (
  UPDATE pg_class SET relpages = 1, reltuples = 100000
  WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname = ANY(%s)
  RETURNING oid
)
DELETE FROM pg_statistic WHERE starelid IN (SELECT oid FROM grown)
"""


def _scanned(plan: dict[str, Any]) -> Iterator[str]:
    """Give each table that a plan reads from end to end."""
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    # Bound by nothing but the whole index, it is as long as the table.
    if plan["Node Type"].startswith("Index") and "Index Cond" not in plan:
        yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from _scanned(part)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_no_statement_of_a_payment_reads_a_growing_table_through(shop: Shop) -> None:
    said: list[tuple[str, Any]] = []
    execute = statements.execute

    def note(cursor: Any, text: str, bound: Any, *, gives: object) -> Any:
        said.append((text, bound))
        return execute(cursor, text, bound, gives=gives)

    order = shop.order()
    with patch.object(statements, "execute", note):
        assert outcome(lambda: shop.pay(order)) == "approved"
    assert len(said) > 10
    address = shop.services.database.engine.url.render_as_string(hide_password=False)
    with psycopg.connect(address.replace("+psycopg", "")) as connection:
        # Small, a table is best read through; what grows is planned for as if it had grown.
        connection.execute("SET enable_seqscan = off")
        connection.execute(GROWN, [sorted(GROWING)])
        for text, bound in said:
            cursor = connection.execute(f"EXPLAIN (FORMAT JSON) {text}", bound)
            (row,) = cursor.fetchall()
            read_through = set(_scanned(row[0][0]["Plan"])) & GROWING
            assert not read_through, (read_through, text)
