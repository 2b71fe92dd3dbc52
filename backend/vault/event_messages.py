"""What the vault's process is asked about the signatures of events: one class each."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from backend.vault.message import Answer, Message
from backend.vault.vault import Vault

#: An event and its header; named also where events are written.
SIGNED_BYTES_MAX = 16 * 1024
Signed = Annotated[bytes, Field(max_length=SIGNED_BYTES_MAX)]


class EventSecret(Message):
    """The secret of a partner's endpoint, for that partner."""

    ask: Literal["event_secret"] = "event_secret"
    endpoint_id: UUID
    generation: int
    key_version: int

    def perform(self, vault: Vault) -> Answer:
        """Ask it."""
        secret = vault.event_secret(self.endpoint_id, self.generation, key_version=self.key_version)
        return Answer(first=secret.reveal())


class SignEvent(Message):
    """Sign what is sent to an endpoint."""

    ask: Literal["sign_event"] = "sign_event"
    endpoint_id: UUID
    generation: int
    key_version: int
    signed: Signed

    def perform(self, vault: Vault) -> Answer:
        """Ask it."""
        signature = vault.sign_event(
            self.endpoint_id, self.generation, self.signed, key_version=self.key_version
        )
        return Answer(first=signature)
