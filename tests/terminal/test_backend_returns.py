"""What comes back over the counter, and the close of a day, against a real server."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest

from terminal.api_returns import DayLine, LineKind
from terminal.api_values import Approved, Declined, Voided
from terminal.backend_client import BackendClient
from terminal.errors import BackendGarbled, BackendRefused
from tests.terminal.backend_calls import APPROVED, NOON, PAYMENT_ID, STAMP
from tests.terminal.scripted_backend import Reply, ScriptedBackend

RETURN_ID = UUID("0192f3a0-0000-7000-8000-000000000002")
PATH = f"/v1/payments/{PAYMENT_ID}"
DAY = date(2026, 11, 21)
RECEIPT = {
    "kind": "refund",
    "partner_name": "Librairie du Parc",
    "outlet_name": "Centre",
    "terminal_name": "Caisse 1",
    "benefit_label": "Culture",
    "card_number_masked": "9250 •••• •••• 0018",
    "amount_cents": 300,
    "authorisation_number": "R1B2C3",
    "payment_number": "A1B2C3",
    "recorded_at": STAMP,
}
REFUND = {
    "refund_id": str(RETURN_ID),
    "payment_id": str(PAYMENT_ID),
    "status": "refunded",
    "authorisation_number": "R1B2C3",
    "amount_cents": 300,
    "left_cents": 950,
    "refunded_at": STAMP,
    "receipt": RECEIPT,
}
VOID = {
    "void_id": str(RETURN_ID),
    "payment_id": str(PAYMENT_ID),
    "status": "voided",
    "authorisation_number": "R1B2C3",
    "amount_cents": 1250,
    "voided_at": STAMP,
    "receipt": RECEIPT | {"kind": "void"},
}
RETURNED = APPROVED | {
    "refunds": [
        {
            "refund_id": str(RETURN_ID),
            "authorisation_number": "R1B2C3",
            "amount_cents": 300,
            "refunded_at": STAMP,
        }
    ],
}
VOIDED = RETURNED | {"status": "voided", "void_id": str(RETURN_ID), "voided_at": STAMP}
NONE = {"count": 0, "amount_cents": 0}
TOTALS = {
    "terminal_id": str(RETURN_ID),
    "day": "2026-11-21",
    "approved": {"count": 2, "amount_cents": 1650},
    "voided": NONE,
    "refunded": {"count": 1, "amount_cents": 300},
    "reversed": NONE,
}


class FixedIdentity:
    def client_assertion(self, now: datetime) -> str:
        return f"signed at {now}"


@pytest.fixture
def client(backend: ScriptedBackend) -> Iterator[BackendClient]:
    with BackendClient(backend.url, FixedIdentity(), lambda: NOON) as opened:
        yield opened


def refusal(code: str, **said: object) -> Reply:
    return Reply(409, {"code": code, "message": "No.", "details": {}} | said)


def test_a_refund_is_asked_again_with_its_id(
    backend: ScriptedBackend, client: BackendClient
) -> None:
    backend.script(f"{PATH}/refunds", Reply(body=REFUND))
    answers = {client.refund_payment(PAYMENT_ID, RETURN_ID, 300) for _ in range(2)}
    assert {(answer.left_cents, answer.receipt.payment_number) for answer in answers} == {
        (950, "A1B2C3")
    }
    assert len(answers) == 1
    sent = {seen.body for seen in backend.requests_to(f"{PATH}/refunds")}
    assert len(sent) == 1
    assert backend.seen[-1].json() == {"refund_id": str(RETURN_ID), "amount_cents": 300}


@pytest.mark.parametrize(
    "change",
    [{"amount_cents": 301}, {"refund_id": str(PAYMENT_ID)}, {"payment_id": str(RETURN_ID)}],
)
def test_a_refund_of_something_else_is_none(
    backend: ScriptedBackend, client: BackendClient, change: dict[str, Any]
) -> None:
    backend.script(f"{PATH}/refunds", Reply(body=REFUND | change))
    with pytest.raises(BackendGarbled):
        client.refund_payment(PAYMENT_ID, RETURN_ID, 300)


def test_a_void(backend: ScriptedBackend, client: BackendClient) -> None:
    other = Reply(body=VOID | {"void_id": str(PAYMENT_ID)})
    backend.script(f"{PATH}/void", Reply(body=VOID), other)
    assert client.void_payment(PAYMENT_ID, RETURN_ID).amount_cents == 1250
    assert backend.seen[-1].json() == {"void_id": str(RETURN_ID)}
    with pytest.raises(BackendGarbled):
        client.void_payment(PAYMENT_ID, RETURN_ID)


def test_a_refusal_keeps_what_it_says_to_people(
    backend: ScriptedBackend, client: BackendClient
) -> None:
    said = {"message_fr": "Remboursez-le.", "pad_lines": ["PAS DU JOUR", "REMBOURSER"]}
    backend.script(f"{PATH}/void", refusal("void_too_late", **said))
    with pytest.raises(BackendRefused) as refused:
        client.void_payment(PAYMENT_ID, RETURN_ID)
    assert refused.value.code == "void_too_late"
    assert refused.value.message_fr == "Remboursez-le."
    assert refused.value.pad_lines == ("PAS DU JOUR", "REMBOURSER")


def test_what_became_of_a_payment_since(backend: ScriptedBackend, client: BackendClient) -> None:
    backend.script(PATH, Reply(body=RETURNED), Reply(body=VOIDED))
    refunded, voided = client.find_payment(PAYMENT_ID), client.find_payment(PAYMENT_ID)
    assert isinstance(refunded, Approved)
    assert [one.amount_cents for one in refunded.refunds] == [300]
    assert isinstance(voided, Voided)
    assert voided.void_id == RETURN_ID


def test_a_decline_says_what_would_work(backend: ScriptedBackend, client: BackendClient) -> None:
    body = {
        "payment_id": str(PAYMENT_ID),
        "status": "declined",
        "reason": "insufficient_funds",
        "message": "Sport épuisé ; Culture accepte 12,00 €.",
        "message_en": "Sport is used up; Culture accepts €12.00.",
        "pad_lines": ["SPORT EPUISE", "CULTURE 12,00"],
        "tries_left": None,
        "limit_cents": None,
        "choices": [{"benefit": "culture", "label": "Culture", "accepts_cents": 1200}],
        "decided_at": STAMP,
    }
    backend.script(PATH, Reply(body=body))
    declined = client.find_payment(PAYMENT_ID)
    assert isinstance(declined, Declined)
    assert declined.pad_lines == ("SPORT EPUISE", "CULTURE 12,00")
    assert [one.accepts_cents for one in declined.choices] == [1200]


def test_a_receipt_is_looked_up(backend: ScriptedBackend, client: BackendClient) -> None:
    path = "/v1/payments?authorisation_number=A1B2C3&day=2026-11-21"
    found = {"payment": RETURNED, "receipt": RECEIPT, "left_cents": 950, "may_be_voided": False}
    unknown = Reply(404, {"code": "payment_not_found", "message": "", "details": {}})
    backend.script(path, Reply(body=found), unknown, refusal("other"))
    payment = client.find_by_receipt("A1B2C3", DAY)
    assert payment is not None
    assert payment.payment.payment_id == PAYMENT_ID
    assert client.find_by_receipt("A1B2C3", DAY) is None
    with pytest.raises(BackendRefused):
        client.find_by_receipt("A1B2C3", DAY)


def test_a_day_is_added_up_and_reconciled(backend: ScriptedBackend, client: BackendClient) -> None:
    backend.script("/v1/totals?day=2026-11-21", Reply(body=TOTALS))
    assert client.read_totals(DAY).refunded.amount_cents == 300
    difference = {
        "kind": "payment",
        "id": str(PAYMENT_ID),
        "problem": "amount_differs",
        "backend_cents": 1250,
        "terminal_cents": 1251,
    }
    body = {"reconciled": False, "totals": TOTALS, "differences": [difference]}
    backend.script("/v1/totals/2026-11-21", Reply(body=body))
    line = DayLine(kind=LineKind.PAYMENT, id=PAYMENT_ID, amount_cents=1251)
    found = client.reconcile_day(DAY, [line])
    assert (found.reconciled, found.differences[0].problem) == (False, "amount_differs")
    sent = {"kind": "payment", "id": str(PAYMENT_ID), "amount_cents": 1251}
    assert backend.seen[-1].json() == {"lines": [sent]}


def test_another_day_is_no_answer(backend: ScriptedBackend, client: BackendClient) -> None:
    backend.script("/v1/totals?day=2026-11-22", Reply(body=TOTALS))
    with pytest.raises(BackendGarbled):
        client.read_totals(date(2026, 11, 22))
