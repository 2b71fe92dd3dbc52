"""The client against a real server that plays each misfortune."""

from typing import Any

import pytest

from terminal import backend_client
from terminal.api_values import (
    Approved,
    Declined,
    PassageReport,
    Pending,
    PublicKeyJwk,
    QuarantinedPassage,
    Reversed,
    UsableBenefit,
)
from terminal.backend_client import BackendClient
from terminal.errors import BackendGarbled, BackendRefused
from tests.terminal.backend_calls import (
    APPROVED,
    CHALLENGE_ID,
    ME,
    NOON,
    PAYMENT_ID,
    STAMP,
    UID,
    pay,
    refusal,
)
from tests.terminal.scripted_backend import Reply, ScriptedBackend

# --- each route ---


def test_a_card_is_challenged_and_proved(backend: ScriptedBackend, client: BackendClient) -> None:
    backend.script(
        "/v1/card-challenges",
        Reply(201, {"challenge_id": str(CHALLENGE_ID), "answer": "0A" * 32, "expires_at": STAMP}),
    )
    challenge = client.challenge_card(UID, "benefits", bytes(range(16)))
    assert challenge.answer == b"\x0a" * 32
    assert challenge.expires_at == NOON
    assert backend.seen[-1].json() == {
        "uid": "04A1B2C3D4E5F6",
        "application": "benefits",
        "encrypted_rnd_b": "000102030405060708090A0B0C0D0E0F",
    }
    path = f"/v1/card-challenges/{CHALLENGE_ID}/proof"
    body = {
        "proof_id": "proof-1",
        "card_number": "9250000000000018",
        "display_name": "Léa",
        "expires_at": STAMP,
        "benefits": [{"benefit": "culture", "label": "Culture", "colour": "new field"}],
    }
    backend.script(path, Reply(201, body))
    proof = client.prove_card(challenge.challenge_id, b"\xff" * 32)
    assert proof.benefits == (UsableBenefit(benefit="culture", label="Culture"),)
    assert backend.seen[-1].json() == {"card_answer": "FF" * 32}
    assert "9250" not in repr(proof)
    assert "Léa" not in repr(proof)


def test_a_payment_is_approved(backend: ScriptedBackend, client: BackendClient) -> None:
    backend.script("/v1/payments", Reply(body=APPROVED))
    decision = pay(client)
    assert isinstance(decision, Approved)
    assert (decision.authorisation_number, decision.remaining_cents) == ("A1B2C3", 8750)
    assert backend.seen[-1].json() == {
        "payment_id": str(PAYMENT_ID),
        "proof_id": "proof-1",
        "benefit": "culture",
        "amount_cents": 1250,
        "pin": {
            "profile": "aes128-dukpt/iso4",
            "ksn": "123456789012345600000001",
            "block": "AB" * 16,
        },
    }


@pytest.mark.parametrize("tries", [2, 0, None])
def test_a_declined_payment_is_an_answer(
    backend: ScriptedBackend, client: BackendClient, tries: int | None
) -> None:
    body = {
        "payment_id": str(PAYMENT_ID),
        "status": "declined",
        "reason": "a_reason_of_tomorrow",
        "message": "Code incorrect.",
        "tries_left": tries,
        "decided_at": STAMP,
    }
    backend.script("/v1/payments", Reply(body=body))
    decision = pay(client)
    assert isinstance(decision, Declined)
    assert (decision.reason, decision.tries_left) == ("a_reason_of_tomorrow", tries)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("payment_id", str(CHALLENGE_ID), id="another payment"),
        pytest.param("amount_cents", 1251, id="another amount"),
        pytest.param("benefit", "sport", id="another wallet"),
        pytest.param("amount_cents", "1250", id="text for a number"),
        pytest.param("amount_cents", 12.5, id="a fraction"),
        pytest.param("remaining_cents", -1, id="below zero"),
        pytest.param("remaining_cents", None, id="nothing for a number"),
        pytest.param("decided_at", "2026-11-21T11:04:00", id="time of nowhere"),
        pytest.param("status", "pending", id="not a decision"),
        pytest.param("status", "APPROVED", id="a word it does not know"),
    ],
)
def test_an_approval_of_something_else_is_none(
    backend: ScriptedBackend, client: BackendClient, field: str, value: object
) -> None:
    backend.script("/v1/payments", Reply(body={**APPROVED, field: value}))
    with pytest.raises(BackendGarbled) as garbled:
        pay(client)
    assert "1251" not in str(garbled.value)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (APPROVED, Approved),
        ({"payment_id": str(PAYMENT_ID), "status": "pending"}, Pending),
        ({"payment_id": str(PAYMENT_ID), "status": "reversed", "decided_at": STAMP}, Reversed),
    ],
)
def test_a_payment_is_found(
    backend: ScriptedBackend, client: BackendClient, body: dict[str, Any], kind: type
) -> None:
    backend.script(f"/v1/payments/{PAYMENT_ID}", Reply(body=body))
    assert type(client.find_payment(PAYMENT_ID)) is kind


def test_an_unknown_payment_is_none_and_another_404_is_not(
    backend: ScriptedBackend, client: BackendClient
) -> None:
    path = f"/v1/payments/{PAYMENT_ID}"
    backend.script(path, refusal(404, "payment_not_found"), refusal(404, "route_not_found"))
    assert client.find_payment(PAYMENT_ID) is None
    with pytest.raises(BackendRefused):
        client.find_payment(PAYMENT_ID)


def test_a_payment_is_reversed(backend: ScriptedBackend, client: BackendClient) -> None:
    path = f"/v1/payments/{PAYMENT_ID}/reversal"
    body = {"payment_id": str(PAYMENT_ID), "status": "reversed", "money_moved": True}
    backend.script(path, Reply(body=body), Reply(body={**body, "status": "approved"}))
    assert client.reverse_payment(PAYMENT_ID).money_moved
    assert backend.seen[-1].json() == {}
    with pytest.raises(BackendGarbled):
        client.reverse_payment(PAYMENT_ID)


def test_an_access_list_comes_once(backend: ScriptedBackend, client: BackendClient) -> None:
    backend.script(
        "/v1/access-list",
        Reply(body={"list": "aa.bb.cc"}, headers={"ETag": '"7"'}),
        Reply(304, headers={"ETag": '"7"'}),
    )
    signed = client.fetch_access_list()
    assert signed is not None
    assert (signed.jws, signed.etag) == ("aa.bb.cc", '"7"')
    assert "if-none-match" not in backend.seen[-1].headers
    assert client.fetch_access_list(signed.etag) is None
    assert backend.seen[-1].headers["if-none-match"] == '"7"'


def test_not_modified_without_a_list_in_hand_is_garbled(
    backend: ScriptedBackend, client: BackendClient
) -> None:
    backend.script("/v1/access-list", Reply(304))
    with pytest.raises(BackendGarbled):
        client.fetch_access_list()


def test_passages_are_handed_over(backend: ScriptedBackend, client: BackendClient) -> None:
    passage = PassageReport(
        passage_id=PAYMENT_ID,
        sequence=41,
        occurred_at=NOON.astimezone(),
        uid=UID,
        card_id=None,
        service="lunch",
        answer="OK",
        detail=None,
        list_version=7,
    )
    receipt = {
        "recorded": [],
        "already_recorded": [str(PAYMENT_ID)],
        "quarantined": [{"passage_id": str(CHALLENGE_ID), "reason": "unknown_card"}],
    }
    backend.script("/v1/passages", Reply(body=receipt))
    answer = client.upload_passages([passage])
    assert answer.already_recorded == (PAYMENT_ID,)
    assert answer.quarantined == (
        QuarantinedPassage(passage_id=CHALLENGE_ID, reason="unknown_card"),
    )
    assert backend.seen[-1].json()["passages"] == [
        {
            "passage_id": str(PAYMENT_ID),
            "sequence": 41,
            "occurred_at": STAMP,
            "uid": "04A1B2C3D4E5F6",
            "card_id": None,
            "service": "lunch",
            "answer": "OK",
            "detail": None,
            "list_version": 7,
        }
    ]
    assert UID.hex() not in repr(passage).lower()


def test_a_personalisation_is_driven(backend: ScriptedBackend, client: BackendClient) -> None:
    backend.script(
        "/v1/personalisations", Reply(201, {"personalisation_id": "p-1", "command": "9060000000"})
    )
    begun = client.begin_personalisation(UID, "9250000000000018")
    assert begun.command == bytes.fromhex("9060000000")
    path = "/v1/personalisations/p-1/responses"
    backend.script(
        path,
        Reply(body={"command": "90AF000000", "done": False, "card_number": "9250000000000018"}),
        Reply(body={"command": None, "done": True, "card_number": "9250000000000018"}),
        Reply(body={"command": None, "done": False, "card_number": "9250000000000018"}),
    )
    assert client.continue_personalisation("p-1", b"\x91\xaf").command is not None
    assert backend.seen[-1].json() == {"response": "91AF"}
    assert client.continue_personalisation("p-1", b"\x91\x00").done
    with pytest.raises(BackendGarbled):
        client.continue_personalisation("p-1", b"\x91\x00")


def test_a_personalisation_id_cannot_climb_out_of_its_path(
    backend: ScriptedBackend, client: BackendClient
) -> None:
    body = {"personalisation_id": "../payments", "command": "90"}
    backend.script("/v1/personalisations", Reply(201, body))
    with pytest.raises(BackendGarbled):
        client.begin_personalisation(UID, "9250000000000018")


def test_a_card_is_renewed_without_its_number_and_another_number_is_garbled(
    backend: ScriptedBackend, client: BackendClient
) -> None:
    body = {"personalisation_id": "p-1", "command": "90", "card_number": "9250000000000018"}
    backend.script("/v1/personalisations", Reply(201, body))
    assert client.begin_personalisation(UID, None).card_number == "9250000000000018"
    assert backend.seen[-1].json() == {"uid": "04A1B2C3D4E5F6"}
    with pytest.raises(BackendGarbled):
        client.begin_personalisation(UID, "9250000000000026")


def test_a_retirement_is_driven(backend: ScriptedBackend, client: BackendClient) -> None:
    body = {"retirement_id": "r-1", "command": "90", "card_number": "9250000000000018"}
    backend.script("/v1/retirements", Reply(201, body))
    begun = client.begin_retirement(UID)
    assert backend.seen[-1].json() == {"uid": "04A1B2C3D4E5F6"}
    end = {"command": None, "done": True, "card_number": "9250000000000018"}
    backend.script("/v1/retirements/r-1/responses", Reply(body=end))
    assert client.continue_retirement(begun.retirement_id, b"\x91\x00").done
    assert "9250" not in repr(begun)


def test_orders_are_listed_page_by_page(backend: ScriptedBackend, client: BackendClient) -> None:
    order = {"card_number": "9250000000000018", "state": "ordered", "ordered_at": STAMP}
    path = "/v1/card-orders?state=ordered&limit=500"
    backend.script(path, Reply(body={"orders": [order], "next_cursor": "b3BhcXVl"}))
    page = client.list_card_orders()
    assert [one.card_number for one in page.orders] == ["9250000000000018"]
    after = f"{path}&cursor=b3BhcXVl"
    backend.script(after, Reply(body={"orders": [], "next_cursor": None}))
    assert client.list_card_orders(page.next_cursor).orders == ()
    assert "9250" not in repr(page)


def test_a_terminal_enrols(backend: ScriptedBackend) -> None:
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "A" * 43, "use": "sig"}
    path = "/v1/terminals/enrolments"
    backend.script(
        path, Reply(201, {**ME, "list_signing_key": jwk}), refusal(410, "enrolment_code_used")
    )
    enrolment = backend_client.enrol(backend.url, "ABCD-1234", PublicKeyJwk(x="B" * 43))
    assert enrolment.list_signing_key.x == "A" * 43
    assert backend.seen[-1].json() == {
        "code": "ABCD-1234",
        "public_key": {"kty": "OKP", "crv": "Ed25519", "x": "B" * 43},
    }
    assert "authorization" not in backend.seen[-1].headers
    with pytest.raises(BackendRefused) as refused:
        backend_client.enrol(backend.url, "ABCD-1234", PublicKeyJwk(x="B" * 43))
    assert refused.value.code == "enrolment_code_used"
