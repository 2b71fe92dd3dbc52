"""What tests ask of a backend through the client: who asks, when, for what, and answers to it."""

from datetime import UTC, datetime
from uuid import UUID

from terminal.api_values import (
    Approved,
    Declined,
)
from terminal.backend_client import BackendClient
from terminal.pin.pad import EncryptedPinBlock, PinProfile
from tests.terminal.scripted_backend import Reply

PAYMENT_ID = UUID("0192f3a0-0000-7000-8000-000000000001")
CHALLENGE_ID = UUID("0192f3a0-0000-7000-8000-000000000002")
UID = bytes.fromhex("04A1B2C3D4E5F6")
PIN = EncryptedPinBlock(PinProfile.AES128_DUKPT_ISO4, "123456789012345600000001", "AB" * 16)
NOON = datetime(2026, 11, 21, 11, 4, tzinfo=UTC)
STAMP = "2026-11-21T11:04:00Z"
ME = {"terminal_id": "t-1", "kind": "counter", "name": "Caisse 1", "partner_name": "Librairie"}
ME_PATH = "/v1/terminals/me"
APPROVED = {
    "payment_id": str(PAYMENT_ID),
    "status": "approved",
    "authorisation_number": "A1B2C3",
    "benefit": "culture",
    "amount_cents": 1250,
    "remaining_cents": 8750,
    "decided_at": STAMP,
}


class FixedIdentity:
    def __init__(self) -> None:
        self.asked_at: list[datetime] = []

    def client_assertion(self, now: datetime) -> str:
        self.asked_at.append(now)
        return "signed-assertion"


class SettableClock:
    def __init__(self) -> None:
        self.moment = NOON

    def __call__(self) -> datetime:
        return self.moment


def refusal(status: int, code: str, **details: object) -> Reply:
    return Reply(status, {"code": code, "message": "said in English", "details": details})


def pay(client: BackendClient) -> Approved | Declined:
    return client.pay(PAYMENT_ID, "proof-1", "culture", 1250, pin=PIN)
