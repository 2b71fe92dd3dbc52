"""A terminal that keeps its own key, as the real one does."""

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backend.partners.enrolment import create_terminal
from backend.partners.tables import TerminalKind
from backend.services import Services

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass
class FakeTerminal:
    """The other end: a key pair and what enrolment told it."""

    services: Services
    terminal_id: UUID
    code: str
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def public_raw(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    def enrolment(self, **changes: Any) -> dict[str, Any]:
        x = base64.urlsafe_b64encode(self.public_raw).rstrip(b"=").decode()
        key = {"kty": "OKP", "crv": "Ed25519", "x": x}
        return {"code": self.code, "public_key": key | changes}

    def claims(self, **changes: Any) -> dict[str, Any]:
        name = str(self.terminal_id)
        claims = {
            "iss": name,
            "sub": name,
            "aud": "pass-backend",
            "exp": int(self.services.now().timestamp()) + 30,
            "jti": secrets.token_hex(16),
        } | changes
        return {name: value for name, value in claims.items() if value is not None}

    def assertion(self, **changes: Any) -> str:
        return jwt.encode(self.claims(**changes), self.key, algorithm="EdDSA")

    def form(self, assertion: str | None = None) -> dict[str, str]:
        return {
            "grant_type": "client_credentials",
            "client_assertion_type": JWT_BEARER,
            "client_assertion": assertion or self.assertion(),
        }


@pytest.fixture
def new_terminal(services: Services) -> Callable[..., FakeTerminal]:
    """Make a terminal that has its code and has not enrolled yet."""

    def make(kind: TerminalKind = TerminalKind.COUNTER, **where: Any) -> FakeTerminal:
        with services.database.unit_of_work() as session:
            made = create_terminal(session, kind=kind, name="Caisse 1", now=services.now(), **where)
        return FakeTerminal(services, made.terminal_id, made.enrolment_code)

    return make
