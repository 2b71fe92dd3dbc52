"""Plans as PostgreSQL makes them once tables have grown: what of them is read from end to end."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Connection, text

#: What grows with people and with years.
GROWING: Final = (
    "activation",
    "beneficiary",
    "card",
    "card_history",
    "card_request",
    "code_record",
    "consent",
    "enrolment",
    "enrolment_service",
    "family_child",
    "family_member",
    "grant_decision",
    "ledger_account",
    "ledger_seal",
    "ledger_transfer",
    "notice",
    "passage",
    "passage_cancellation",
    "payment",
    "payment_return",
    "person_key",
    "pin_reference",
    "pupil",
    "reservation",
    "sign_in_account",
    "sign_in_act",
    "sign_in_session",
    "tie",
    "wallet",
)
#: One family and one tie each, which a planner without statistics does not know.
FAMILIES: Final = ("family_child", "family_member", "tie")
# Rolled back with the connection: the planner counts rows by those of a page.
_GROWN: Final = text(
    "WITH grown AS (UPDATE pg_class SET relpages = 1, reltuples = 400000"
    " WHERE relkind = 'r' AND relname = ANY(:names) RETURNING oid)"
    " DELETE FROM pg_statistic WHERE starelid IN (SELECT oid FROM grown)"
)


def grow(connection: Connection) -> None:
    """Let what grows look grown until the transaction is rolled back; small tables stay small."""
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    connection.execute(_GROWN, {"names": list(GROWING)})


def read_through(connection: Connection, statement: str, bound: Any) -> set[str]:
    """Return which growing tables a statement would read from end to end."""
    explained = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", bound)
    return set(_through(explained.scalar_one()[0]["Plan"])) & set(GROWING)


def _through(plan: dict[str, Any], *, first_rows: bool = False) -> Iterator[str]:
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    # Bound by nothing but the whole index, it is as long as the table, unless it stops at once.
    whole = plan["Node Type"].startswith("Index") and "Index Cond" not in plan
    if whole and not first_rows and plan.get("Relation Name") not in FAMILIES:
        yield plan.get("Relation Name", "")
    # A loop over what comes first stops with the page, too.
    loops = first_rows and plan["Node Type"] == "Nested Loop"
    for place, part in enumerate(plan.get("Plans", ())):
        stops = plan["Node Type"] == "Limit" or (loops and place == 0)
        yield from _through(part, first_rows=stops)
