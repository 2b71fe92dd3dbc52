"""A signing key, lists made by hand, and a clock the test moves."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

GATE = "3f0c1df0-5a36-4b6e-9a3c-000000000001"
LEA_UID = "04AABBCCDDEE01"
NOAH_UID = "04AABBCCDDEE02"
BLOCKED_UID = "04AABBCCDDEE03"
NOON = datetime(2026, 11, 17, 11, 4, tzinfo=UTC)  # a Tuesday, 12:04 in Paris

#: Makes the content of a list; what is named replaces its fields.
Payload = Callable[..., dict[str, Any]]


@dataclass
class Clock:
    """Stands still until the test moves it."""

    moment: datetime = NOON

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **by: float) -> None:
        self.moment += timedelta(**by)


@dataclass
class Signer:
    """Signs lists as the vault does: by hand, with nothing of the backend."""

    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def key(self) -> Ed25519PublicKey:
        return self.private.public_key()

    def sign(self, payload: object, header: object = None) -> str:
        head = _base64url(json.dumps(header or {"alg": "EdDSA"}).encode())
        body = _base64url(json.dumps(payload).encode())
        return f"{head}.{body}.{_base64url(self.private.sign(f'{head}.{body}'.encode()))}"


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def list_payload(**changes: Any) -> dict[str, Any]:
    """Return a list of three pupils; `changes` replace its fields."""
    issued = changes.pop("issued", NOON - timedelta(hours=1))
    payload: dict[str, Any] = {
        "format": 2,
        "gate": GATE,
        "establishment": "Lycée du Parc",
        "version": 7,
        "issued_at": f"{issued:%Y-%m-%dT%H:%M:%SZ}",
        "valid_until": f"{issued + timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}",
        "timezone": "Europe/Paris",
        "services": [
            {
                "service": "lunch",
                "label": "Déjeuner",
                "days": [1, 2, 3, 4, 5],
                "opens": "11:30",
                "closes": "13:30",
                "passages_max": 1,
            }
        ],
        "closed_days": [],
        "counted": {},
        "cards": [
            listed_card(LEA_UID, "Léa", 1),
            listed_card(NOAH_UID, "Noah", 2, rights=[]),
            listed_card(BLOCKED_UID, "Inès", 3, state="blocked"),
        ],
    }
    payload.update(changes)
    return payload


def listed_card(uid: str, name: str, number: int, **changes: Any) -> dict[str, Any]:
    card = {
        "uid": uid,
        "card_id": f"00000000-0000-4000-8000-{number:012d}",
        "key": f"{number:032X}",
        "display_name": name,
        "state": "active",
        "rights": [{"service": "lunch"}],
    }
    card.update(changes)
    return card
