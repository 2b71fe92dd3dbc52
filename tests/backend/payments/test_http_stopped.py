"""A card or place that is stopped, and requests that are malformed, at the payments' routes."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from backend.cards.life import block_card
from backend.cards.tables import Card
from backend.partners.registry import revoke_terminal
from backend.partners.standing import (
    close_outlet,
    reopen_outlet,
    resume_partner,
    suspend_partner,
)
from backend.payments.orders import AMOUNT_CENTS_MAX
from simulator.chip.chip import Chip

from .chip_at_till import challenge_chip, put_a_chip_in_the_card
from .conftest import CODE, Body, Shop, Till, body_of


@pytest.fixture
def till(shop: Shop, client: TestClient) -> Till:
    return Till(shop, client)


STOPPED: dict[str, tuple[Callable[[Shop], object], int, dict[str, object]]] = {
    "lost": (
        lambda shop: _in_session(shop, lambda s: block_card(s, shop.card, "lost", _now(shop))),
        403,
        {"code": "card_blocked", "reason": "card_lost"},
    ),
    "stolen": (
        lambda shop: _in_session(shop, lambda s: block_card(s, shop.card, "stolen", _now(shop))),
        403,
        {"code": "card_blocked", "reason": "card_stolen"},
    ),
    "replaced": (
        lambda shop: _in_session(
            shop, lambda s: setattr(s.get_one(Card, shop.card), "state", "replaced")
        ),
        403,
        {"code": "card_not_active", "reason": "card_replaced"},
    ),
    "suspended": (
        lambda shop: _in_session(shop, lambda s: suspend_partner(s, shop.partner, _now(shop))),
        403,
        {"code": "partner_suspended", "reason": None},
    ),
    "closed": (
        lambda shop: _in_session(shop, lambda s: close_outlet(s, shop.outlet, _now(shop))),
        403,
        {"code": "outlet_closed", "reason": None},
    ),
    "revoked": (
        lambda shop: _in_session(
            shop,
            lambda s: revoke_terminal(s, shop.counters[0].terminal.terminal_id, _now(shop)),
        ),
        401,
        {"code": "terminal_revoked", "reason": None},
    ),
}


def _now(shop: Shop) -> datetime:
    return shop.services.now()


def _in_session(shop: Shop, act: Callable[[Session], object]) -> None:
    with shop.services.database.unit_of_work() as session:
        act(session)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_each_card_or_place_that_is_stopped_says_why(shop: Shop, till: Till) -> None:
    chip, told = put_a_chip_in_the_card(shop), {}
    for case, (stop, _, _) in STOPPED.items():
        answer, undo = _offer_card(shop, till, chip, stop)
        told[case] = (
            answer.status_code,
            {
                "code": answer.json()["code"],
                "reason": answer.json()["details"].get("reason"),
            },
        )
        assert answer.json()["message_fr"].endswith(".")
        assert len(answer.json()["pad_lines"]) == 2
        undo()
    assert told == {case: (status, said) for case, (_, status, said) in STOPPED.items()}


def _offer_card(
    shop: Shop, till: Till, chip: Chip, stop: Callable[[Shop], object]
) -> tuple[Any, Callable[[], None]]:
    """Stop something between the challenge and the chip's answer; how to undo it."""
    challenge_id, card_answer = challenge_chip(till, chip)
    stop(shop)
    answer = till.post(f"card-challenges/{challenge_id}/proof", {"card_answer": card_answer})

    def undo() -> None:
        with shop.services.database.unit_of_work() as session:
            card = session.get_one(Card, shop.card)
            card.state, card.state_reason = "active", None
            resume_partner(session, shop.partner)
            reopen_outlet(session, shop.outlet)

    return answer, undo


def _with_pin(**change: Any) -> Callable[[Body], Body]:
    return lambda body: body | {"pin": body["pin"] | change}


def _without(name: str) -> Callable[[Body], Body]:
    return lambda body: {key: value for key, value in body.items() if key != name}


MALFORMED: dict[str, Callable[[Body], object]] = {
    "no body": lambda _: None,
    "a list": lambda body: [body],
    "the block as text": lambda body: body["pin"]["block"],
    "no id": _without("payment_id"),
    "no pin": _without("pin"),
    "an id that is none": lambda body: body | {"payment_id": f"X{body['pin']['block']}"},
    "nothing": lambda body: body | {"amount_cents": 0},
    "less than nothing": lambda body: body | {"amount_cents": -1},
    "too much": lambda body: body | {"amount_cents": AMOUNT_CENTS_MAX + 1},
    "a fraction": lambda body: body | {"amount_cents": 12.5},
    "a float too large": lambda body: body | {"amount_cents": 1e30},
    "an amount in text": lambda body: body | {"amount_cents": "100"},
    "true": lambda body: body | {"amount_cents": True},
    "an odd benefit": lambda body: body | {"benefit": "Culture !"},
    "a benefit of 41 characters": lambda body: body | {"benefit": "c" * 41},
    "one field more": lambda body: body | {"pin_clear": "7294"},
    "a clear code in the pin": _with_pin(code="7294"),
    "another profile": _with_pin(profile="aes256-dukpt/iso4"),
    "no profile": lambda body: body | {"pin": _without("profile")(body["pin"])},
    "the profile of another pad": _with_pin(profile="tdes-dukpt/iso0"),
    "a short serial number": _with_pin(ksn="00" * 11),
    "a lower case serial number": _with_pin(ksn="ab" * 12),
    "a short block": lambda body: _with_pin(block=body["pin"]["block"][:-2])(body),
    "a long block": lambda body: _with_pin(block=body["pin"]["block"] + "00")(body),
    "a block that is not hex": _with_pin(block="7294" * 7 + "729G"),
    "a block with a newline": lambda body: _with_pin(block=body["pin"]["block"][:-1] + "\n")(body),
    "a block of numbers": _with_pin(block=7294),
}


def test_a_malformed_request_is_refused_and_never_repeated(shop: Shop, till: Till) -> None:
    answered = {case: _answer_to(shop, till, damage) for case, damage in MALFORMED.items()}
    assert answered == dict.fromkeys(MALFORMED, (422, "malformed_request"))
    assert shop.wallet() == 1000


def test_a_whole_number_may_be_written_as_json_allows(shop: Shop, till: Till) -> None:
    # 12.0 is an integer of JSON Schema's, and what some programs write.
    paid = till.post("payments", body_of(shop.order()) | {"amount_cents": 12.0})
    assert (paid.status_code, paid.json()["amount_cents"]) == (200, 12)


def _answer_to(shop: Shop, till: Till, damage: Callable[[Body], object]) -> tuple[int, str]:
    body = body_of(shop.order())
    answer = till.post("payments", damage(body))
    said = answer.text.upper()
    assert body["pin"]["block"][:8] not in said
    assert body["pin"]["ksn"] not in said
    assert CODE not in said
    assert till.get(f"payments/{body['payment_id']}").status_code == 404
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("amount", [1, AMOUNT_CENTS_MAX])
def test_the_smallest_and_the_largest_amount_are_taken(shop: Shop, till: Till, amount: int) -> None:
    shop.give(AMOUNT_CENTS_MAX)
    assert till.post("payments", body_of(shop.order(amount))).json()["status"] == "approved"
