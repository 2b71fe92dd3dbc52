"""The till's API is what its own description says: Schemathesis finds nothing wrong."""

from typing import Any

import pytest
import schemathesis
from hypothesis import strategies as st

from terminal.counter.api import create_app
from tests.conformance import Asking, ask
from tests.terminal.counter.shop import Shop

HOST = {"Host": "127.0.0.1:9251"}
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


def operations(sale_id: str) -> list[dict[str, Any]]:
    there = {"include-path-regex": "^/sales/{sale_id}", "parameters": {"path.sale_id": sale_id}}
    return [*OPERATIONS, there]


def test_all_that_is_described_is_so(shop: Shop, sold: str) -> None:
    asking = Asking(
        seed=1, examples=1, phases=["fuzzing"], headers=HOST, operations=operations(sold)
    )
    asked = ask(create_app(shop.till), asking)
    assert not asked.wrong, asked.words()
    assert asked.calls > 15


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_everything_and_from_answer_to_answer(shop: Shop, sold: str) -> None:
    for seed in (2, 3):
        asking = Asking(seed=seed, examples=40, headers=HOST, operations=operations(sold))
        asked = ask(create_app(shop.till), asking)
        assert not asked.wrong, asked.words(50)
        assert asked.calls > 1000
