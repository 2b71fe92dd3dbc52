"""Who may command the till: its page, programs with the token, and nobody else's page."""

import dataclasses
import stat
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from terminal.counter import words
from terminal.counter.api import create_app
from terminal.counter.callers import TOKEN_FILE, load_token
from terminal.counter.till import Till
from terminal.errors import SettingsError
from tests.terminal.counter.shop import Shop

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

HERE = "http://127.0.0.1:9251"
TOKEN = "5e" * 32
SALE = {"amount_cents": 1250}


@pytest.fixture
def till(shop: Shop) -> Iterator[TestClient]:
    """The shop's till, with a token."""
    with TestClient(create_app(with_token(shop)), base_url=HERE) as client:
        yield client


def with_token(shop: Shop) -> Till:
    return dataclasses.replace(shop.till, token=TOKEN)


def sell(till: TestClient, **headers: str) -> tuple[int, str | None]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = till.post("/sales", json=SALE, headers=named)
    if answer.status_code == 201:
        return 201, None
    assert answer.json()["message"] == words.API_SENTENCES[answer.json()["code"]]
    return answer.status_code, answer.json()["code"]


def test_the_tills_own_page_sells(till: TestClient, shop: Shop) -> None:
    assert sell(till, Origin=HERE, Sec_Fetch_Site="same-origin") == (201, None)
    shop.wait_for_rest()


def test_a_program_sells_with_the_token_only(till: TestClient, shop: Shop) -> None:
    assert sell(till) == (401, "token_refused")
    assert sell(till, Authorization="Bearer " + "00" * 32) == (401, "token_refused")
    assert sell(till, Authorization=f"Basic {TOKEN}") == (401, "token_refused")
    foreign = till.post("/sales", json=SALE, headers={"Authorization": "Bearer é".encode()})
    assert foreign.status_code == 401
    assert shop.views == []
    assert sell(till, Authorization=f"Bearer {TOKEN}") == (201, None)
    shop.wait_for_rest()


@pytest.mark.parametrize(
    "path", ["/sales/current/cancel", "/sales/current/benefit", "/sales/x/receipt/print"]
)
def test_nothing_is_changed_without_the_token(till: TestClient, path: str) -> None:
    assert till.put("/sales").status_code == 405
    assert till.post(path, json={}).json()["code"] == "token_refused"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://localhost:9251"},
        {"Host": "evil.example"},
        {"Host": "evil.example:9251", "Origin": "http://evil.example:9251"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors"},
    ],
)
def test_another_sites_page_cannot_sell_even_with_the_token(
    till: TestClient, shop: Shop, headers: dict[str, str]
) -> None:
    assert sell(till, Authorization=f"Bearer {TOKEN}", **headers) == (403, "origin_refused")
    assert shop.views == []


@pytest.mark.parametrize("path", ["/state", "/sales", "/health", "/events"])
def test_another_sites_page_cannot_look(till: TestClient, path: str) -> None:
    for headers in (
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"},
    ):
        assert till.get(path, headers=headers).json()["code"] == "origin_refused"


def test_looking_needs_no_token_and_a_link_may_lead_to_the_page(till: TestClient) -> None:
    assert till.get("/state").status_code == 200
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert till.get("/", headers=link).status_code == 200


def test_no_answer_lets_another_site_read(till: TestClient) -> None:
    answer = till.options("/sales", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_the_token_is_made_once_and_is_for_us_alone(tmp_path: Path) -> None:
    token = load_token(tmp_path)
    assert load_token(tmp_path) == token
    assert stat.S_IMODE((tmp_path / TOKEN_FILE).stat().st_mode) == 0o600
    (tmp_path / TOKEN_FILE).write_text("short")
    with pytest.raises(SettingsError, match="damaged"):
        load_token(tmp_path)
    with pytest.raises(SettingsError, match="cannot be made"):
        load_token(tmp_path / "nowhere")
