"""What a payment costs the database in statements, and what it never touches.

The count is an upper bound to be lowered, not raised: each statement is a round trip that every
payment waits for.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import event

from backend import statements
from backend.payments.limits import LimitRule, limit_benefit

from .conftest import Shop, outcome

#: An approved payment after its proof, transaction statements and the code's own aside.
APPROVED_STATEMENTS_MAX = 7
#: The code's own: pad, guard, try and note before the vault; the verdict and the note after it.
CODE_STATEMENTS_MAX = 6
#: A payment refused before the code.
REFUSED_STATEMENTS_MAX = 5
LIMITED_STATEMENTS_MORE = 2

SHARED = ("partner", "outlet", "terminal", "benefit", "campaign", "partner_account")
TABLES_READ = re.compile(r"(?:FROM|JOIN) (\w+)")
CODE_TABLES = re.compile(r"\b(pin_pad|pin_reference|terminal_guard|code_miss)\b")


@contextmanager
def _recorded(shop: Shop) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(" ".join(statement.split()))

    def execute_and_note(cursor: Any, text: str, bound: object, *, gives: object) -> Any:
        note(None, None, text)
        return execute(cursor, text, bound, gives=gives)

    engine, execute = shop.services.database.engine, statements.execute
    event.listen(engine, "before_cursor_execute", note)
    with patch.object(statements, "execute", execute_and_note):
        yield said
    event.remove(engine, "before_cursor_execute", note)


def _all_statements(shop: Shop, *, amount: int = 100, **order: object) -> list[str]:
    wish = shop.order(amount, **order)  # type: ignore[arg-type]
    with _recorded(shop) as said:
        outcome(lambda: shop.pay(wish))
    return [one for one in said if not one.startswith("BEGIN")]


def _statements(shop: Shop, **order: Any) -> list[str]:
    return [one for one in _all_statements(shop, **order) if not CODE_TABLES.search(one)]


def test_a_payment_takes_few_statements(shop: Shop) -> None:
    _statements(shop)
    said = _all_statements(shop)
    of_code = [one for one in said if CODE_TABLES.search(one)]
    assert 0 < len(of_code) <= CODE_STATEMENTS_MAX, "\n".join(said)
    assert 0 < len(said) - len(of_code) <= APPROVED_STATEMENTS_MAX, "\n".join(said)
    assert not [one for one in said if one.startswith("SAVEPOINT")]


def test_a_refusal_takes_fewer(shop: Shop) -> None:
    said = _statements(shop, benefit_code="cinema")
    assert len(said) <= REFUSED_STATEMENTS_MAX, "\n".join(said)


def test_a_limit_by_day_takes_two_more(shop: Shop) -> None:
    _statements(shop)
    usual = len(_statements(shop))
    with shop.services.database.unit_of_work() as session:
        limit_benefit(session, "culture", LimitRule(per_day_cents=10_000))
    assert len(_statements(shop)) == usual + LIMITED_STATEMENTS_MORE


@pytest.mark.parametrize("what", ["approved", "short", "limited"])
def test_no_row_that_other_cards_use_is_changed_or_locked(shop: Shop, what: str) -> None:
    if what == "limited":
        with shop.services.database.unit_of_work() as session:
            limit_benefit(session, "culture", LimitRule(per_day_cents=10))
    for statement in _statements(shop, amount=5000 if what == "short" else 100):
        changed = re.match(r"(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)", statement)
        assert changed is None or changed[1] not in SHARED, statement
        locks = re.search(r" FOR (?:NO KEY )?UPDATE(?: OF (.+))?$", statement)
        if locks is not None:
            named = locks[1].split(", ") if locks[1] else re.findall(TABLES_READ, statement)
            assert not set(named) & set(SHARED), statement
