"""What the backend answers to an errand: balances for their holder, a card's payments. Checked.

One class for each body of `docs/api/openapi.json` that a counter reads. It sends nothing.
"""

from dataclasses import dataclass, field
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, TypeAdapter

from terminal.api_returns import FoundPayment
from terminal.api_values import Cents, PadLines, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """A benefit that can be spent here, and what it has left to spend."""

    benefit: Text
    label: Text
    available_cents: Cents


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancesTold:
    """The code was right: for the holder's eyes, so hidden in the repr."""

    enquiry_id: UUID
    status: Literal["answered"]
    balances: tuple[Balance, ...] = field(repr=False)
    decided_at: AwareDatetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancesRefused:
    """The backend said no; `message` is the French sentence, `pad_lines` says it on the pad."""

    enquiry_id: UUID
    status: Literal["declined"]
    reason: Text
    message: str
    message_en: str = ""
    pad_lines: PadLines | None = None
    tries_left: Annotated[int, Field(ge=0)] | None = None
    decided_at: AwareDatetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPayments:
    """The payments of a card that may be given back here, newest first."""

    payments: tuple[FoundPayment, ...]


BALANCES: TypeAdapter[BalancesTold | BalancesRefused] = TypeAdapter(
    Annotated[BalancesTold | BalancesRefused, Field(discriminator="status")]
)
CARD_PAYMENTS = TypeAdapter(CardPayments)
