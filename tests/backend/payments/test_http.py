"""Payments as a counter terminal speaks of them, from the chip to the reversal."""

from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from backend.partners.authentication import TerminalKind

from .chip_at_till import challenge_chip, put_a_chip_in_the_card
from .conftest import WRONG_CODE, Shop, Till, body_of

NOW = "2026-09-01T10:00:00Z"


@pytest.fixture
def till(shop: Shop, client: TestClient) -> Till:
    return Till(shop, client)


def test_from_the_chip_to_the_debit(shop: Shop, till: Till) -> None:
    challenge_id, card_answer = challenge_chip(till, put_a_chip_in_the_card(shop))
    proof = till.post(f"card-challenges/{challenge_id}/proof", {"card_answer": card_answer})
    assert proof.status_code == 201
    told = proof.json()
    proof_id = told.pop("proof_id")
    assert told == {
        "card_number": shop.card_number,
        "display_name": "Léa",
        "expires_at": "2026-09-01T10:02:00Z",
        "benefits": [{"benefit": "culture", "label": "Culture"}],
        "code_digits_min": 4,
        "code_digits_max": 4,
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
        till.post(f"payments/{order.payment_id}/void", {}),
        till.post(
            f"payments/{order.payment_id}/refunds",
            {"refund_id": str(uuid4()), "amount_cents": 1},
        ),
        till.get("payments?authorisation_number=A1B2C3&day=2026-09-01"),
        till.get("totals?day=2026-09-01"),
        till.post("totals/2026-09-01", {"lines": []}),
        till.post(f"card-challenges/{uuid4()}/proof", {"card_answer": "00" * 32}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "terminal_kind_not_allowed")


def test_a_void_and_a_refund_with_their_receipts(shop: Shop, till: Till) -> None:
    order, refund_id = shop.order(350), str(uuid4())
    paid = till.post("payments", body_of(order)).json()
    path = f"payments/{order.payment_id}"
    asked = {"refund_id": refund_id, "amount_cents": 100}
    answers = [till.post(f"{path}/refunds", asked) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    told = answers[0].json()
    assert answers[1].json() == told
    number = told.pop("authorisation_number")
    assert told == {
        "refund_id": refund_id,
        "payment_id": str(order.payment_id),
        "status": "refunded",
        "amount_cents": 100,
        "left_cents": 250,
        "refunded_at": NOW,
        "receipt": {
            "kind": "refund",
            "partner_name": "Librairie du Parc",
            "outlet_name": "Centre",
            "terminal_name": "Caisse",
            "benefit_label": "Culture",
            "card_number_masked": f"9250 •••• •••• {shop.card_number[-4:]}",
            "amount_cents": 100,
            "authorisation_number": number,
            "payment_number": paid["authorisation_number"],
            "recorded_at": NOW,
        },
    }
    refund = {"refund_id": refund_id, "authorisation_number": number, "amount_cents": 100}
    assert till.get(path).json() == paid | {"refunds": [refund | {"refunded_at": NOW}]}
    other = shop.order(60)
    paid = till.post("payments", body_of(other)).json()
    void = till.post(f"payments/{other.payment_id}/void", {}).json()
    assert (void["status"], void["amount_cents"]) == ("voided", 60)
    assert till.post(f"payments/{other.payment_id}/void", {}).json() == void
    del paid["refunds"]
    since = {"status": "voided", "void_id": void["void_id"], "voided_at": NOW}
    assert till.get(f"payments/{other.payment_id}").json() == paid | since


def test_a_refused_refund_says_what_would_work(shop: Shop, till: Till) -> None:
    order = shop.order(350)
    till.post("payments", body_of(order))
    asked = {"refund_id": str(uuid4()), "amount_cents": 351}
    answer = till.post(f"payments/{order.payment_id}/refunds", asked)
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "/problems/refund_too_large",
        "title": "Refund too large",
        "status": 409,
        "detail": "This is more than is left of the payment.",
        "code": "refund_too_large",
        "message": "This is more than is left of the payment.",
        "details": {"left_cents": 350},
        "message_fr": "C'est plus que ce qui reste du paiement : remboursez 3,50\u00a0€ au plus.",
        "pad_lines": ["TROP ELEVE", "MAX 3,50 EUR"],
    }


def test_a_receipt_is_looked_up(shop: Shop, till: Till) -> None:
    order = shop.order(350)
    paid = till.post("payments", body_of(order)).json()
    number = paid["authorisation_number"]
    found = till.get(f"payments?authorisation_number={number}&day=2026-09-01").json()
    assert found["payment"] == paid
    assert (found["left_cents"], found["may_be_voided"]) == (350, True)
    assert found["receipt"]["payment_number"] == number
    for query, status in (
        (f"authorisation_number={number}&day=2026-09-02", 404),
        (f"authorisation_number={number}", 422),
        ("authorisation_number=%25&day=2026-09-01", 422),
    ):
        assert till.get(f"payments?{query}").status_code == status


def test_a_day_is_added_up_and_reconciled(shop: Shop, till: Till) -> None:
    order = shop.order(350)
    till.post("payments", body_of(order))
    none = {"count": 0, "amount_cents": 0}
    totals = {
        "terminal_id": str(shop.counters[0].terminal.terminal_id),
        "day": "2026-09-01",
        "approved": {"count": 1, "amount_cents": 350},
        "voided": none,
        "refunded": none,
        "reversed": none,
    }
    assert till.get("totals?day=2026-09-01").json() == totals
    line = {"kind": "payment", "id": str(order.payment_id), "amount_cents": 350}
    agreed = till.post("totals/2026-09-01", {"lines": [line]}).json()
    assert agreed == {"reconciled": True, "totals": totals, "differences": []}
    missing = till.post("totals/2026-09-01", {"lines": []}).json()
    assert missing["reconciled"] is False
    assert missing["differences"] == [
        {
            "kind": "payment",
            "id": str(order.payment_id),
            "problem": "only_at_backend",
            "backend_cents": 350,
            "terminal_cents": None,
        }
    ]
    twice = till.post("totals/2026-09-01", {"lines": [line, line]})
    assert (twice.status_code, twice.json()["code"]) == (409, "lines_repeated")
    assert till.post("totals/today", {"lines": []}).status_code == 422


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_are_days_without_a_payment(till: Till, day: str) -> None:
    assert till.get(f"totals?day={day}").json()["approved"]["count"] == 0
    assert till.post(f"totals/{day}", {"lines": []}).status_code == 200
    assert till.get(f"payments?authorisation_number=A1B2C3&day={day}").status_code == 404


def test_a_decline_offers_what_would_pay(shop: Shop, till: Till) -> None:
    answer = till.post("payments", body_of(shop.order(1200))).json()
    assert answer["message"] == "Culture ne suffit pas ; Culture accepte au plus 10,00\u00a0€."
    assert answer["choices"] == [{"benefit": "culture", "label": "Culture", "accepts_cents": 1000}]
    assert answer["pad_lines"] == ["CULTURE COURT", "CULTURE 10,00"]
