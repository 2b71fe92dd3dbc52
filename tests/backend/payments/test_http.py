"""Payments as a counter terminal speaks of them, from the chip to the reversal."""

import secrets
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from backend.cards.tables import Card
from backend.partners.authentication import TerminalKind
from backend.payments.orders import AMOUNT_CENTS_MAX
from simulator.chip.chip import Chip

from .conftest import CODE, WRONG_CODE, Body, Shop, Till, body_of

NOW = "2026-09-01T10:00:00Z"


@pytest.fixture
def till(shop: Shop, client: TestClient) -> Till:
    return Till(shop, client)


def _put_a_chip_in_the_card(shop: Shop) -> Chip:
    chip = Chip(secrets.token_bytes(7), secrets.token_bytes)
    chip.power_on()
    vault = shop.services.vault
    step = vault.begin_personalisation(chip.uid)
    while step.command is not None:
        step = vault.continue_personalisation(step.dialogue_id, chip.transmit(step.command))
    with shop.services.database.unit_of_work() as session:
        session.get_one(Card, shop.card).uid = chip.uid
    return chip


def test_from_the_chip_to_the_debit(shop: Shop, till: Till) -> None:
    chip = _put_a_chip_in_the_card(shop)
    chip.power_on()
    chip.transmit(bytes.fromhex("905A000003F5925000"))
    rnd_b = chip.transmit(bytes.fromhex("9071000002010000"))[:16]
    asked = {
        "uid": chip.uid.hex().upper(),
        "application": "benefits",
        "encrypted_rnd_b": rnd_b.hex().upper(),
    }
    challenge = till.post("card-challenges", asked).json()
    command = b"\x90\xaf\x00\x00\x20" + bytes.fromhex(challenge["answer"]) + b"\x00"
    card_answer = chip.transmit(command)[:-2].hex().upper()

    proof = till.post(
        f"card-challenges/{challenge['challenge_id']}/proof", {"card_answer": card_answer}
    )
    assert proof.status_code == 201
    told = proof.json()
    proof_id = told.pop("proof_id")
    assert told == {
        "card_number": shop.card_number,
        "display_name": "Léa",
        "expires_at": "2026-09-01T10:02:00Z",
        "benefits": [{"benefit": "culture", "label": "Culture"}],
    }
    paid = till.post("payments", body_of(shop.order(1000)) | {"proof_id": proof_id})
    assert paid.json()["status"] == "approved"
    assert shop.wallet() == 0


def test_an_approval(shop: Shop, till: Till) -> None:
    order = shop.order(350)
    answer = till.post("payments", body_of(order))
    assert answer.status_code == 200
    number = answer.json()["authorisation_number"]
    assert answer.json() == {
        "payment_id": str(order.payment_id),
        "status": "approved",
        "authorisation_number": number,
        "benefit": "culture",
        "amount_cents": 350,
        "remaining_cents": 650,
        "decided_at": NOW,
        "refunds": [],
    }
    assert till.post("payments", body_of(order)).json() == answer.json()
    assert till.get(f"payments/{order.payment_id}").json() == answer.json()


def test_a_decline_is_an_answer(shop: Shop, till: Till) -> None:
    order = shop.order(code=WRONG_CODE)
    answer = till.post("payments", body_of(order))
    assert answer.status_code == 200
    assert answer.json() == {
        "payment_id": str(order.payment_id),
        "status": "declined",
        "reason": "wrong_pin",
        "message": "Le code est faux : il vous reste 2 essais.",
        "message_en": "The code is wrong: you have 2 tries left.",
        "pad_lines": ["CODE FAUX", "RESTE 2 ESSAIS"],
        "tries_left": 2,
        "limit_cents": None,
        "choices": [],
        "decided_at": NOW,
    }
    assert till.get(f"payments/{order.payment_id}").json() == answer.json()


def test_a_reversal_is_acknowledged_each_time(shop: Shop, till: Till) -> None:
    order = shop.order(350)
    till.post("payments", body_of(order))
    path = f"payments/{order.payment_id}"
    answers = [till.post(f"{path}/reversal", {}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    told = {
        "payment_id": str(order.payment_id),
        "status": "reversed",
        "money_moved": True,
        "amount_cents": 350,
    }
    assert [answer.json() for answer in answers] == [told, told]
    assert till.get(path).json() == told


def test_a_reversal_before_its_payment(shop: Shop, till: Till) -> None:
    order = shop.order()
    reversal = till.post(f"payments/{order.payment_id}/reversal", {})
    assert reversal.json()["money_moved"] is False
    late = till.post("payments", body_of(order)).json()
    assert (late["status"], late["reason"]) == ("declined", "reversed_before_arrival")
    assert shop.tries_left() == 3


def test_a_payment_being_decided(shop: Shop, till: Till) -> None:
    order = shop.order()
    shop.pay_then_die(order)
    busy = till.post("payments", body_of(order))
    assert (busy.status_code, busy.json()["code"]) == (409, "payment_in_progress")
    pending = {"payment_id": str(order.payment_id), "status": "pending"}
    assert till.get(f"payments/{order.payment_id}").json() == pending


def test_another_content_is_a_conflict(shop: Shop, till: Till) -> None:
    order = shop.order()
    till.post("payments", body_of(order))
    answer = till.post("payments", body_of(order) | {"amount_cents": 1})
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_conflict")


def test_a_payment_is_its_own_terminal_s_alone(shop: Shop, till: Till, client: TestClient) -> None:
    order = shop.order()
    till.post("payments", body_of(order))
    stranger = Till(shop, client, shop.add_counter())
    path = f"payments/{order.payment_id}"
    for answer in (stranger.get(path), stranger.post(f"{path}/reversal", {})):
        assert (answer.status_code, answer.json()["code"]) == (404, "payment_not_found")
    taken = stranger.post("payments", body_of(order))
    assert (taken.status_code, taken.json()["code"]) == (409, "idempotency_conflict")
    assert shop.owed_to_the_shop() == 100


def test_without_a_token_nothing_is_told(shop: Shop, client: TestClient) -> None:
    order = shop.order()
    for answer in (
        client.post("/v1/payments", json=body_of(order)),
        client.get(f"/v1/payments/{order.payment_id}"),
        client.post(f"/v1/payments/{order.payment_id}/reversal", json={}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")


@pytest.mark.parametrize("kind", [TerminalKind.GATE, TerminalKind.DESK])
def test_only_a_counter_pays(shop: Shop, client: TestClient, kind: TerminalKind) -> None:
    till = Till(shop, client, shop.add_counter(kind))
    order = shop.order()
    for answer in (
        till.post("payments", body_of(order)),
        till.get(f"payments/{order.payment_id}"),
        till.post(f"payments/{order.payment_id}/reversal", {}),
        till.post(f"card-challenges/{uuid4()}/proof", {"card_answer": "00" * 32}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "terminal_kind_not_allowed")


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
    "a whole float": lambda body: body | {"amount_cents": 12.0},
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
