"""What the vault's process is asked about second factors: one class each."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from backend.vault.message import Answer, Message
from backend.vault.vault import Vault

Typed = Annotated[str, Field(max_length=16)]


class SecondFactorSecret(Message):
    """The secret of a person's second factor, for their own application."""

    ask: Literal["second_factor_secret"] = "second_factor_secret"
    person_id: UUID
    generation: int
    key_version: int

    def perform(self, vault: Vault) -> Answer:
        """Ask it."""
        secret = vault.second_factor_secret(
            self.person_id, self.generation, key_version=self.key_version
        )
        return Answer(first=secret.reveal())


class VerifySecondFactor(Message):
    """Compare a one-time password with a person's second factor."""

    ask: Literal["verify_second_factor"] = "verify_second_factor"
    person_id: UUID
    generation: int
    key_version: int
    typed: Typed

    def perform(self, vault: Vault) -> Answer:
        """Ask it; no number is no match."""
        step = vault.verify_second_factor(
            self.person_id, self.generation, self.typed, key_version=self.key_version
        )
        return Answer(number=step)
