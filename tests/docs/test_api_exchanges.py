"""The examples of the API: played against the backend, and what is committed is what was said."""

import json
from collections import Counter
from typing import Any

import pytest

from scripts.docs import exchanges
from scripts.docs.sources import ROOT

CONTRACT = ROOT / "docs" / "api" / "openapi.json"
AGAIN = "an example changed: run `make openapi` and read the difference"


@pytest.fixture(scope="module")
def played() -> list[dict[str, Any]]:
    return exchanges.play()


def test_what_is_shown_is_what_the_backend_says(played: list[dict[str, Any]]) -> None:
    committed = json.loads(exchanges.FILE.read_text(encoding="utf-8"))
    assert [one["title"] for one in committed] == [one["title"] for one in played], AGAIN
    for shown, said in zip(committed, played, strict=True):
        assert said == shown, AGAIN


def test_every_operation_has_an_example(played: list[dict[str, Any]]) -> None:
    contract = json.loads(CONTRACT.read_text(encoding="utf-8"))
    shown = Counter(one["operation"] for one in played)
    assert set(exchanges.operations(contract)) == set(shown)
    good = {one["operation"] for one in played if one["status"] < 400}
    assert set(shown) - good == {"GET /v1/gate-photos/{sha256}"}


def test_no_example_shows_a_code_or_what_is_secret(played: list[dict[str, Any]]) -> None:
    text = json.dumps(played)
    for code in (exchanges.CODE, exchanges.WRONG_CODE, '"1234"'):
        assert code not in text
    assert "Bearer " not in text
    assert "eyJ" not in text
