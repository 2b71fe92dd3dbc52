"""Enrolment over HTTP: one code, one key, 48 hours."""

import string
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import jwt
import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from backend.partners.enrolment import LOW_ORDER_KEYS, revoke_terminal
from backend.partners.errors import TerminalUnknown
from backend.partners.registry import create_outlet, create_partner
from backend.partners.tables import Terminal, TerminalKind
from backend.services import Services

NewTerminal = Callable[..., Any]
ENROL = "/v1/terminals/enrolments"


def test_a_counter_enrols_and_learns_where_it_stands(
    client: TestClient, services: Services, new_terminal: NewTerminal
) -> None:
    with services.database.unit_of_work() as session:
        partner = create_partner(session, "Librairie des Halles")
        outlet = create_outlet(session, partner.id, "Rue du Port")
    terminal = new_terminal(outlet_id=outlet.id)
    answer = client.post(ENROL, json=terminal.enrolment())
    assert answer.status_code == 201
    body = answer.json()
    key = body.pop("list_signing_key")
    assert body == {
        "terminal_id": str(terminal.terminal_id),
        "kind": "counter",
        "name": "Caisse 1",
        "partner_name": "Librairie des Halles",
        "outlet_name": "Rue du Port",
        "establishment_name": None,
    }
    signed = services.vault.sign(b'{"a":1}')
    assert jwt.decode(signed, jwt.PyJWK(key), algorithms=["EdDSA"]) == {"a": 1}


def test_a_gate_learns_its_establishment(client: TestClient, new_terminal: NewTerminal) -> None:
    terminal = new_terminal(TerminalKind.GATE, establishment_name="Lycée Jean-Moulin")
    body = client.post(ENROL, json=terminal.enrolment()).json()
    assert (body["kind"], body["establishment_name"]) == ("gate", "Lycée Jean-Moulin")


def test_a_code_serves_one_key_only(client: TestClient, new_terminal: NewTerminal) -> None:
    terminal, thief = new_terminal(), new_terminal()
    assert client.post(ENROL, json=terminal.enrolment()).status_code == 201
    thief.code = terminal.code
    answer = client.post(ENROL, json=thief.enrolment())
    assert (answer.status_code, answer.json()["code"]) == (410, "enrolment_code_used")


def test_a_lost_enrolment_answer_can_be_asked_again(
    client: TestClient, new_terminal: NewTerminal
) -> None:
    terminal = new_terminal()
    first = client.post(ENROL, json=terminal.enrolment())
    again = client.post(ENROL, json=terminal.enrolment())
    assert (again.status_code, again.json()) == (201, first.json())


def test_a_code_may_be_typed_carelessly(client: TestClient, new_terminal: NewTerminal) -> None:
    terminal = new_terminal()
    terminal.code = f" {terminal.code.lower().replace('-', ' ')} "
    assert client.post(ENROL, json=terminal.enrolment()).status_code == 201


@pytest.mark.parametrize(("hours", "status"), [(47.99, 201), (48, 410), (500, 410)])
def test_a_code_lives_48_hours(
    client: TestClient, clock: Any, new_terminal: NewTerminal, hours: float, status: int
) -> None:
    terminal = new_terminal()
    clock.advance(hours=hours)
    answer = client.post(ENROL, json=terminal.enrolment())
    assert answer.status_code == status
    if status == 410:
        assert answer.json()["code"] == "enrolment_code_expired"


def test_a_revoked_terminal_cannot_enrol_any_more(
    client: TestClient, services: Services, new_terminal: NewTerminal
) -> None:
    terminal = new_terminal()
    with services.database.unit_of_work() as session:
        revoke_terminal(session, terminal.terminal_id, services.now())
    answer = client.post(ENROL, json=terminal.enrolment())
    assert (answer.status_code, answer.json()["code"]) == (410, "enrolment_code_expired")


def test_an_unknown_code_is_said_so(client: TestClient, new_terminal: NewTerminal) -> None:
    terminal = new_terminal()
    terminal.code = "AAAA-BBBB-CCCC-DDDD"
    answer = client.post(ENROL, json=terminal.enrolment())
    assert (answer.status_code, answer.json()["code"]) == (404, "enrolment_code_unknown")


def another_spelling(enrolment: Any) -> str:
    """Return the same 32 bytes with one of the last character's unused bits set."""
    x: str = enrolment["public_key"]["x"]
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    return x[:-1] + alphabet[alphabet.index(x[-1]) + 1]


def test_only_an_ed25519_public_key_is_well_formed(
    client: TestClient, new_terminal: NewTerminal
) -> None:
    terminal = new_terminal()
    for changes, code in (
        ({"kty": "RSA"}, "malformed_request"),
        ({"crv": "X25519"}, "malformed_request"),
        ({"x": "short"}, "malformed_request"),
        ({"x": "A" * 44}, "malformed_request"),
        ({"x": "é" * 43}, "malformed_request"),
        ({"x": None}, "malformed_request"),
        # A terminal that sends its private key must notice.
        ({"d": "A" * 43}, "malformed_request"),
        ({"x": "A" * 43}, "public_key_invalid"),  # of low order
        ({"x": another_spelling(terminal.enrolment())}, "malformed_request"),
    ):
        answer = client.post(ENROL, json=terminal.enrolment(**changes))
        assert (answer.status_code, answer.json()["code"]) == (422, code), changes
    assert client.post(ENROL, json=terminal.enrolment()).status_code == 201


def test_the_low_order_keys_are_32_bytes() -> None:
    assert {len(key) for key in LOW_ORDER_KEYS} == {32}


def test_the_code_is_stored_as_a_hash_only(services: Services, new_terminal: NewTerminal) -> None:
    terminal = new_terminal()
    with services.database.reading() as session:
        row = session.scalars(select(Terminal)).one()
    stored = " ".join(str(getattr(row, column.key)) for column in Terminal.__table__.columns)
    assert terminal.code not in stored
    assert terminal.code.replace("-", "") not in stored


def test_revoking_nobody_is_refused(services: Services) -> None:
    with services.database.unit_of_work() as session, pytest.raises(TerminalUnknown):
        revoke_terminal(session, uuid4(), services.now())
