"""The three requests of a sale, answered in one turn: like any other route's, and as fresh."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from backend.partners import tokens
from backend.partners.authentication import TerminalKind
from backend.partners.registry import revoke_terminal
from backend.partners.tokens import TRUSTED_SECONDS_MAX

from .conftest import Body, Shop, Till, body_of

JSON = "application/json"
#: Not the very words a quick route knows: FastAPI answers.
USUAL = "application/json; charset=utf-8"
NOBODY = uuid4()


@pytest.fixture
def till(shop: Shop, client: TestClient) -> Till:
    return Till(shop, client)


def asked(shop: Shop) -> dict[str, tuple[str, Body]]:
    """Each of a sale's requests: those before the payment are about strangers."""
    chip = {"uid": "04112233445566", "application": "benefits", "encrypted_rnd_b": "00" * 16}
    return {
        "challenge": ("card-challenges", chip),
        "proof": (f"card-challenges/{NOBODY}/proof", {"card_answer": "00" * 32}),
        "payment": ("payments", body_of(shop.order())),
    }


def answers(till: Till, wanted: dict[str, tuple[str, Body]]) -> dict[str, str]:
    told = {name: till.post(path, body) for name, (path, body) in wanted.items()}
    return {
        name: answer.json().get("code") or answer.json()["status"] for name, answer in told.items()
    }


def test_a_revocation_is_immediate_though_the_token_was_just_read(shop: Shop, till: Till) -> None:
    healthy = answers(till, asked(shop))
    assert healthy == {
        "challenge": "card_unknown",
        "proof": "challenge_not_found",
        "payment": "approved",
    }
    with shop.services.database.unit_of_work() as session:
        revoke_terminal(session, shop.counters[0].terminal.terminal_id, shop.services.now())
    told = answers(till, asked(shop))
    # A challenge that is nobody's says nothing about its terminal.
    assert told == {**dict.fromkeys(healthy, "terminal_revoked"), "proof": "challenge_not_found"}
    assert shop.owed_to_the_shop() == 100
    assert shop.tries_left() == 3


def test_a_token_is_read_once_in_a_sale_and_again_for_the_next(shop: Shop, till: Till) -> None:
    read: list[object] = []
    holder = tokens._holder

    def count(*asked: Any) -> Any:
        read.append(asked)
        return holder(*asked)

    with patch.object(tokens, "_holder", count):
        answers(till, asked(shop))
        assert len(read) == 1
        shop.services.now.advance(seconds=TRUSTED_SECONDS_MAX)  # type: ignore[attr-defined]
        answers(till, asked(shop))
    assert len(read) == 2


def test_a_token_that_expires_meanwhile_is_refused(shop: Shop, till: Till) -> None:
    shop.services.now.advance(seconds=295)  # type: ignore[attr-defined]
    assert set(answers(till, asked(shop)).values()) >= {"approved"}
    shop.services.now.advance(seconds=5)  # type: ignore[attr-defined]
    assert set(answers(till, asked(shop)).values()) == {"token_expired"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_malformed_is_refused_in_the_usual_words(shop: Shop, client: TestClient) -> None:
    headers = [shop.token() | {"Content-Type": kind} for kind in (JSON, USUAL)]
    for wrong in (b"", b"{", b"[]", b'{"amount_cents": 1.5}', b"\xff"):
        for path, _ in asked(shop).values():
            told = [client.post(f"/v1/{path}", content=wrong, headers=one) for one in headers]
            assert told[0].status_code in {400, 422}
            assert (told[0].status_code, told[0].json()) == (told[1].status_code, told[1].json())


def test_both_ways_give_the_same_answer(shop: Shop, client: TestClient) -> None:
    order = body_of(shop.order())
    told = []
    for kind in (JSON, USUAL):
        headers = shop.token() | {"Content-Type": kind}
        told.append(client.post("/v1/payments", json=order, headers=headers))
    assert told[0].json()["status"] == "approved"
    assert told[0].content == told[1].content
    assert told[0].headers["content-type"] == told[1].headers["content-type"]


def test_nobody_else_gets_in(shop: Shop, client: TestClient, sign_in: Callable[..., Any]) -> None:
    gate = sign_in(TerminalKind.GATE)
    strangers = {
        "token_missing": {},
        "token_invalid": {"Authorization": f"Bearer {'0' * 64}"},
        "terminal_kind_not_allowed": gate.headers,
    }
    for code, headers in strangers.items():
        for path, body in asked(shop).values():
            answer = client.post(f"/v1/{path}", json=body, headers=headers)
            assert answer.json()["code"] == code, path
    assert shop.owed_to_the_shop() == 0
