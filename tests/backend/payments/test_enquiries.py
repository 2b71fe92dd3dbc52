"""Balance enquiries, and finding a card's payments: what is told, to whom, and what it costs."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from starlette.testclient import TestClient

from backend.cards.errors import ProofExpired, ProofUnknown
from backend.cards.life import block_card
from backend.partners.authentication import TerminalKind
from backend.partners.standing import suspend_partner
from backend.payments.enquiry import EnquiryOrder, HeldBenefit, NotTold, Told, enquire
from backend.payments.enquiry_card import payments_of_card
from backend.payments.enquiry_tables import BalanceEnquiry
from backend.payments.errors import IdempotencyConflict, PaymentInProgress
from backend.payments.orders import Approved
from backend.payments.reasons import DeclineReason
from backend.vault.vault import Vault

from .conftest import (
    CODE,
    WRONG_CODE,
    Counter,
    InterruptedVault,
    PowerCut,
    Shop,
    Till,
    cut_the_power,
)


def order(shop: Shop, code: str = CODE, counter: Counter | None = None, **change: Any) -> Any:
    counter = counter or shop.counters[0]
    proof_id = change.pop("proof_id", None) or shop.prove(counter)
    asked = EnquiryOrder(uuid4(), proof_id, counter.pad.type(code, shop.card_number))
    return replace(asked, **change)


def ask(shop: Shop, asked: EnquiryOrder, counter: Counter | None = None) -> Told | NotTold:
    return enquire(shop.services, (counter or shop.counters[0]).terminal, asked)


def test_the_right_code_tells_what_can_be_spent_here(shop: Shop) -> None:
    answer = ask(shop, order(shop))
    assert isinstance(answer, Told)
    assert answer.balances == (HeldBenefit("culture", "Culture", 1000),)
    assert shop.wallet() == 1000


def test_the_proof_still_pays_afterwards(shop: Shop) -> None:
    asked = order(shop)
    ask(shop, asked)
    paid = shop.pay(shop.order(400, proof_id=asked.proof_id))
    assert isinstance(paid, Approved)
    assert ask(shop, order(shop)).balances == (HeldBenefit("culture", "Culture", 600),)  # type: ignore[union-attr]


def test_a_wrong_code_uses_a_try_as_in_a_payment(shop: Shop) -> None:
    left = []
    for _ in range(3):
        answer = ask(shop, order(shop, WRONG_CODE))
        assert isinstance(answer, NotTold)
        left.append((answer.reason, answer.tries_left))
    assert left == [
        (DeclineReason.WRONG_PIN, 2),
        (DeclineReason.WRONG_PIN, 1),
        (DeclineReason.PIN_BLOCKED, 0),
    ]
    assert shop.tries_left() == 0
    blocked = shop.pay(shop.order(100))
    assert getattr(blocked, "reason", None) is DeclineReason.PIN_BLOCKED


def test_tries_are_shared_with_payments_and_given_back_by_the_right_code(shop: Shop) -> None:
    shop.pay(shop.order(100, code=WRONG_CODE))
    assert getattr(ask(shop, order(shop, WRONG_CODE)), "tries_left", None) == 1
    assert isinstance(ask(shop, order(shop)), Told)
    assert shop.tries_left() == 3


def test_the_same_enquiry_gets_the_same_answer(shop: Shop) -> None:
    right, wrong = order(shop), order(shop, WRONG_CODE)
    first, refused = ask(shop, right), ask(shop, wrong)
    shop.pay(shop.order(400))
    assert ask(shop, right) == first
    assert ask(shop, wrong) == refused
    assert shop.tries_left() == 3  # the payment's right code gave them back; nothing was used again


def test_an_id_serves_one_enquiry_of_one_terminal(shop: Shop) -> None:
    asked = order(shop)
    ask(shop, asked)
    with pytest.raises(IdempotencyConflict):
        ask(shop, order(shop, enquiry_id=asked.enquiry_id))
    other = shop.add_counter()
    with pytest.raises(IdempotencyConflict):
        ask(shop, asked, other)


def test_a_block_serves_once(shop: Shop) -> None:
    asked = order(shop)
    ask(shop, asked)
    again = ask(shop, replace(asked, enquiry_id=uuid4()))
    assert getattr(again, "reason", None) is DeclineReason.PIN_REPLAYED


def test_what_is_refused_before_the_code_costs_no_try(shop: Shop) -> None:
    unknown = ask(shop, order(shop, WRONG_CODE, proof_id=uuid4()))
    assert getattr(unknown, "reason", None) is DeclineReason.PROOF_UNKNOWN
    proof_id = shop.prove()
    with shop.services.database.unit_of_work() as session:
        block_card(session, shop.card, "lost", shop.services.now())
    blocked = ask(shop, order(shop, WRONG_CODE, proof_id=proof_id))
    assert getattr(blocked, "reason", None) is DeclineReason.CARD_LOST
    with shop.services.database.unit_of_work() as session:
        suspend_partner(session, shop.partner, shop.services.now())
    suspended = ask(shop, order(shop, WRONG_CODE))
    assert getattr(suspended, "reason", None) is DeclineReason.PARTNER_SUSPENDED
    assert shop.tries_left() == 3


def test_a_backend_that_dies_leaves_an_enquiry_that_ends(shop: Shop) -> None:
    asked = order(shop)
    vault = cast("Vault", InterruptedVault(shop.services.vault, cut_the_power))
    with pytest.raises(PowerCut):
        enquire(replace(shop.services, vault=vault), shop.counters[0].terminal, asked)
    with pytest.raises(PaymentInProgress):
        ask(shop, asked)
    later = replace(shop.services, now=lambda: shop.services.now() + timedelta(seconds=31))
    ended = enquire(later, shop.counters[0].terminal, asked)
    assert getattr(ended, "reason", None) is DeclineReason.INTERRUPTED


def test_an_enquiry_is_forgotten_after_a_day(shop: Shop) -> None:
    asked = order(shop)
    ask(shop, asked)
    tomorrow = shop.services.now() + timedelta(days=1, seconds=1)
    later = replace(shop.services, now=lambda: tomorrow)
    enquire(later, shop.counters[0].terminal, order(shop))
    with shop.services.database.reading() as session:
        assert session.get(BalanceEnquiry, asked.enquiry_id) is None


def body_of(asked: EnquiryOrder) -> dict[str, object]:
    pin = asked.pin
    return {
        "enquiry_id": str(asked.enquiry_id),
        "proof_id": str(asked.proof_id),
        "pin": {
            "profile": pin.profile.value,
            "ksn": pin.key_serial_number.hex().upper(),
            "block": pin.block.hex().upper(),
        },
    }


def test_over_http(shop: Shop, client: TestClient) -> None:
    till = Till(shop, client)
    asked = order(shop)
    answer = till.post("balance-enquiries", body_of(asked)).json()
    assert answer["status"] == "answered"
    assert answer["balances"] == [
        {"benefit": "culture", "label": "Culture", "available_cents": 1000}
    ]
    refused = till.post("balance-enquiries", body_of(order(shop, WRONG_CODE))).json()
    assert (refused["reason"], refused["tries_left"]) == ("wrong_pin", 2)
    assert all(refused[words] for words in ("message", "message_en", "pad_lines"))
    gate = Till(shop, client, shop.add_counter(TerminalKind.GATE))
    assert gate.post("balance-enquiries", body_of(order(shop))).status_code == 403
    assert till.post("balance-enquiries", {"pin": {"block": CODE}}).status_code == 422


def test_a_cards_payments_are_listed_where_they_were_made(shop: Shop, client: TestClient) -> None:
    paid = [shop.order(amount) for amount in (100, 200, 300)]
    for each in paid:
        shop.pay(each)
    shop.void(paid[1].payment_id)
    shop.refund(paid[2].payment_id, 50)
    till, proof_id = Till(shop, client), shop.prove()
    path = f"card-proofs/{proof_id}/payments"
    listed = till.get(path).json()["payments"]
    left = {one["payment"]["payment_id"]: one["left_cents"] for one in listed}
    assert left == {str(paid[0].payment_id): 100, str(paid[2].payment_id): 250}
    assert shop.card_number not in str(listed)
    first = till.get(f"{path}?limit=1").json()
    second = till.get(f"{path}?limit=1&cursor={first['next_cursor']}").json()
    assert first["payments"] + second["payments"] == listed
    assert second["next_cursor"] is None


def test_a_cards_payments_need_a_proof_that_stands_here(shop: Shop) -> None:
    terminal = shop.counters[0].terminal
    with pytest.raises(ProofUnknown):
        payments_of_card(shop.services, terminal, uuid4())
    elsewhere: UUID = shop.prove(shop.add_counter())
    with pytest.raises(ProofUnknown):
        payments_of_card(shop.services, terminal, elsewhere)
    proof_id, later = shop.prove(), shop.services.now() + timedelta(minutes=3)
    with pytest.raises(ProofExpired):
        payments_of_card(replace(shop.services, now=lambda: later), terminal, proof_id)
