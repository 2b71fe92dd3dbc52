"""A lycée with a lunch, two gates that enrolled, and three pupils with cards."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi.testclient import TestClient
from httpx import Response
from jwt.utils import base64url_decode

from backend.access.establishments import (
    add_service,
    assign_gate,
    create_establishment,
    enrol_pupil,
)
from backend.accounts.beneficiaries import create_beneficiary
from backend.cards.life import move, order_card
from backend.cards.states import CardEvent
from backend.partners.enrolment import create_terminal, enrol_terminal
from backend.partners.tables import Terminal, TerminalKind
from backend.partners.tokens import issue_token
from backend.services import Services

LUNCH_HOURS = (time(11, 30), time(13, 30))
SCHOOL_DAYS = [1, 2, 3, 4, 5]


@dataclass
class School:
    """What a test of the access room stands on, and how it asks."""

    services: Services
    client: TestClient
    establishment_id: UUID
    gate_id: UUID
    other_gate_id: UUID
    serial: int = 0

    def add_pupil(
        self, given_name: str, uid: str | None, services: list[str] | None = None
    ) -> UUID:
        """Enrol a pupil with an active card (or one still to be made); return the card's id."""
        self.serial += 1
        rights = ["lunch"] if services is None else services
        with self.services.database.unit_of_work() as session:
            now = self.services.now()
            person = create_beneficiary(
                session,
                given_name=given_name,
                family_name="Martin",
                birth_date=date(2010, 1, 2),
                now=now,
            )
            card = order_card(session, person.id, self.serial, now)
            if uid is not None:
                card.uid = bytes.fromhex(uid)
                move(card, CardEvent.PERSONALISED, now)
            enrol_pupil(session, self.establishment_id, person.id, rights)
            return card.id

    def add_gate(self, name: str, establishment_id: UUID | None = None) -> UUID:
        """Create a gate, assigned here unless told otherwise, and let it enrol."""
        with self.services.database.unit_of_work() as session:
            new = create_terminal(
                session, kind=TerminalKind.GATE, name=name, now=self.services.now()
            )
            assign_gate(session, new.terminal_id, establishment_id or self.establishment_id)
            own = Ed25519PrivateKey.from_private_bytes(new.terminal_id.bytes * 2)
            key = own.public_key().public_bytes_raw()
            enrol_terminal(session, new.enrolment_code, key, self.services.now())
        return new.terminal_id

    def headers(self, gate_id: UUID | None = None) -> dict[str, str]:
        """Return what a terminal authenticates with."""
        terminal_id = gate_id or self.gate_id
        return {"Authorization": f"Bearer {token_of(self.services, terminal_id)}"}

    def fetch(self, etag: str | None = None, gate_id: UUID | None = None) -> Response:
        """Ask for the list, as a gate does."""
        more = {} if etag is None else {"If-None-Match": etag}
        headers = {**self.headers(gate_id), **more}
        answer: Response = self.client.get("/v1/access-list", headers=headers)
        return answer

    def fetch_list(self, gate_id: UUID | None = None) -> dict[str, Any]:
        """Return the payload of the list, its signature verified."""
        return self.open(self.fetch(gate_id=gate_id).json()["list"])

    def open(self, jws: str) -> dict[str, Any]:
        """Verify a list with the vault's public key and return it, its cards in place."""
        key = jwt.PyJWK(self.services.vault.public_signing_key(), algorithm="EdDSA")
        signed, _, beside = jws.partition("~")
        payload: dict[str, Any] = jwt.decode(
            signed, key.key, algorithms=["EdDSA"], options={"verify_exp": False}
        )
        cards = base64url_decode(beside)
        assert payload.pop("cards_sha256") == sha256(cards).hexdigest()
        return payload | {"cards": json.loads(cards)}

    def upload(self, *passages: dict[str, Any], gate_id: UUID | None = None) -> Response:
        """Hand passages over, as a gate does."""
        body = {"passages": list(passages)}
        answer: Response = self.client.post(
            "/v1/passages", json=body, headers=self.headers(gate_id)
        )
        return answer


def token_of(services: Services, terminal_id: UUID) -> str:
    """Give a terminal its key, the same each time, and a token signed with it."""
    key = Ed25519PrivateKey.from_private_bytes(terminal_id.bytes * 2)
    now = services.now()
    claims = {
        "iss": str(terminal_id),
        "sub": str(terminal_id),
        "aud": "pass-backend",
        "iat": now,
        "exp": now + timedelta(seconds=60),
        "jti": str(uuid4()),
    }
    with services.database.unit_of_work() as session:
        terminal = session.get_one(Terminal, terminal_id)
        terminal.public_key = key.public_key().public_bytes_raw()
        terminal.enrolled_at = now
        session.flush()
        assertion = jwt.encode(claims, key, algorithm="EdDSA")
        return issue_token(session, assertion, now=now, token_seconds=300).access_token


@pytest.fixture
def school(services: Services, client: TestClient) -> School:
    with services.database.unit_of_work() as session:
        place = create_establishment(session, "Lycée du Parc")
        add_service(
            session,
            place.id,
            code="lunch",
            label="Déjeuner",
            days=SCHOOL_DAYS,
            hours=LUNCH_HOURS,
        )
    school = School(services, client, place.id, UUID(int=0), UUID(int=0))
    school.gate_id = school.add_gate("Entrée")
    school.other_gate_id = school.add_gate("Sortie")
    return school


@pytest.fixture
def noon() -> datetime:
    return datetime(2026, 9, 1, 10, 4, tzinfo=UTC)  # a Tuesday, 12:04 in Paris
