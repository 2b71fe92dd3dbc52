"""The form of every message between the backend and the vault's process.

Promise: bytes travel as hexadecimal; nothing here prints its content, and what does not fit is
refused without being quoted. Not here: what can be asked.
"""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from backend.vault.values import PinReference, PinVerdict

Short = Annotated[bytes, Field(max_length=1024)]


class Message(BaseModel):
    """A question or an answer; silent about what is in it."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        ser_json_bytes="hex",
        val_json_bytes="hex",
    )

    def __repr__(self) -> str:
        return f"{type(self).__name__}(hidden)"

    __str__ = __repr__


class Answer(Message):
    """Any answer; which fields count is the question's to know."""

    number: int | None = None
    truth: bool | None = None
    text: str | None = None
    first: bytes | None = None
    second: bytes | None = None
    dialogue_id: UUID | None = None
    verdict: PinVerdict | None = None
    reference: "ReferenceFields | None" = None
    jwk: dict[str, str] | None = None
    check_values: tuple[tuple[str, int, str], ...] | None = None


class Refusal(Message):
    """A refusal: the code and details of an error of ours."""

    refused: str
    details: dict[str, str | int | None] = {}


class ReferenceFields(Message):
    """A PIN reference on the wire."""

    generation: int
    key_version: int
    salt: Short
    tag: Short

    @classmethod
    def of(cls, reference: PinReference) -> "ReferenceFields":
        """Write a reference for the wire."""
        return cls(
            generation=reference.generation,
            key_version=reference.key_version,
            salt=reference.salt,
            tag=reference.tag,
        )

    def value(self) -> PinReference:
        """Read it back."""
        return PinReference(self.generation, self.key_version, self.salt, self.tag)
