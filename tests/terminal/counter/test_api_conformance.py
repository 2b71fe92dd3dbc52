"""The till's API is what its own description says: Schemathesis finds nothing wrong."""

from dataclasses import replace
from typing import Any

import pytest
import schemathesis
from hypothesis import strategies as st

from terminal.counter.api import create_app
from terminal.counter.till import Till
from tests.conformance import Asking, ask
from tests.terminal.counter.shop import Shop

HOST = {"Host": "127.0.0.1:9251"}
TOKEN = "7f" * 32
OPERATIONS: list[dict[str, Any]] = [
    # A stream of events does not end.
    {"include-path-regex": "/events$", "enabled": False},
]


@pytest.fixture
def sold(shop: Shop) -> str:
    """A sale, whose id is a place in the list of sales too."""
    sale_id = shop.sell()
    shop.wait_for_rest()
    schemathesis.openapi.format("sales-cursor", st.just(sale_id))
    return sale_id


def asking(who: str, sale_id: str, **how: Any) -> Asking:
    """Ask as a program that has the till's token, or as one that has none."""
    headers = HOST | ({"Authorization": f"Bearer {TOKEN}"} if who == "program" else {})
    return Asking(headers=headers, operations=operations(sale_id), **how)


def operations(sale_id: str) -> list[dict[str, Any]]:
    there = {"include-path-regex": "^/sales/{sale_id}", "parameters": {"path.sale_id": sale_id}}
    return [*OPERATIONS, there]


@pytest.fixture
def till(shop: Shop) -> Till:
    return replace(shop.till, token=TOKEN)


def test_all_that_is_described_is_so(till: Till, sold: str) -> None:
    asked = ask(create_app(till), asking("program", sold, seed=1, examples=1, phases=["fuzzing"]))
    assert not asked.wrong, asked.words()
    assert asked.calls > 15


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("who", ["program", "anybody"])
def test_everything_and_from_answer_to_answer(till: Till, sold: str, who: str) -> None:
    for seed in (2, 3):
        asked = ask(create_app(till), asking(who, sold, seed=seed, examples=40))
        assert not asked.wrong, asked.words()
        assert asked.calls > 1000
