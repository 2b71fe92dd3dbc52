"""Payments as JSON. A PIN block comes in hidden and is never part of anything that goes out."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, SecretStr
from pydantic_core import PydanticCustomError

from backend.payments.orders import AMOUNT_CENTS_MAX, Approved, Declined, Pending, Reversed
from backend.payments.reasons import DeclineReason

Moment = Annotated[
    datetime,
    PlainSerializer(
        lambda moment: moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), return_type=str
    ),
]
BenefitCode = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,40}$")]


def _refuse_other_than_hex(block: SecretStr) -> SecretStr:
    if not set(block.get_secret_value()) <= set("0123456789ABCDEF"):
        raise PydanticCustomError("not_hex", "upper case hex is expected")
    return block


HexBlock = Annotated[SecretStr, AfterValidator(_refuse_other_than_hex)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class AesPinBody(_Request):
    """A code encrypted by a pad with AES DUKPT in an ISO 9564 format 4 block."""

    profile: Literal["aes128-dukpt/iso4"]
    ksn: Annotated[str, Field(pattern=r"^[0-9A-F]{24}$", description="12 bytes")]
    block: Annotated[HexBlock, Field(min_length=32, max_length=32, description="16 bytes, hex")]


class TdesPinBody(_Request):
    """A code encrypted by a legacy pad with TDES DUKPT in an ISO 9564 format 0 block."""

    profile: Literal["tdes-dukpt/iso0"]
    ksn: Annotated[str, Field(pattern=r"^[0-9A-F]{20}$", description="10 bytes")]
    block: Annotated[HexBlock, Field(min_length=16, max_length=16, description="8 bytes, hex")]


class PaymentRequest(_Request):
    """A wish to pay; the id was written down by the terminal before it was sent."""

    payment_id: UUID
    proof_id: UUID
    benefit: BenefitCode
    amount_cents: Annotated[int, Field(ge=1, le=AMOUNT_CENTS_MAX, strict=True)]
    pin: Annotated[AesPinBody | TdesPinBody, Field(discriminator="profile")]


class ReversalRequest(_Request):
    """Nothing: the payment's id says all."""


class ProofRequest(_Request):
    """The chip's answer to our challenge."""

    card_answer: Annotated[str, Field(pattern=r"^[0-9A-F]{64}$", description="32 bytes")]


class BenefitBody(BaseModel):
    """A benefit that this card may spend at this partner."""

    benefit: str
    label: str


class ProofBody(BaseModel):
    """A genuine card, and what it may buy here."""

    proof_id: UUID
    card_number: str
    display_name: str
    expires_at: Moment
    benefits: list[BenefitBody]


class PendingBody(BaseModel):
    """Not decided yet."""

    payment_id: UUID
    status: Literal["pending"] = "pending"


class ApprovedBody(BaseModel):
    """Debited, once."""

    payment_id: UUID
    status: Literal["approved"] = "approved"
    authorisation_number: str
    benefit: str
    amount_cents: int
    remaining_cents: int
    decided_at: Moment


class DeclinedBody(BaseModel):
    """Refused: an answer, not an error. `message` is for the person, in French."""

    payment_id: UUID
    status: Literal["declined"] = "declined"
    reason: DeclineReason
    message: str
    tries_left: int | None
    decided_at: Moment


class ReversedBody(BaseModel):
    """Undone; `money_moved` says whether there was money to give back."""

    payment_id: UUID
    status: Literal["reversed"] = "reversed"
    money_moved: bool


DecisionBody = Annotated[ApprovedBody | DeclinedBody, Field(discriminator="status")]
PaymentBody = Annotated[
    PendingBody | ApprovedBody | DeclinedBody | ReversedBody, Field(discriminator="status")
]


def decision_body(decision: Approved | Declined) -> ApprovedBody | DeclinedBody:
    """Write a decision."""
    if isinstance(decision, Declined):
        return DeclinedBody(
            payment_id=decision.payment_id,
            reason=decision.reason,
            message=decision.sentence,
            tries_left=decision.tries_left,
            decided_at=decision.decided_at,
        )
    return ApprovedBody(
        payment_id=decision.payment_id,
        authorisation_number=decision.authorisation_number,
        benefit=decision.benefit_code,
        amount_cents=decision.amount_cents,
        remaining_cents=decision.remaining_cents,
        decided_at=decision.decided_at,
    )


def payment_body(
    answer: Pending | Approved | Declined | Reversed,
) -> PendingBody | ApprovedBody | DeclinedBody | ReversedBody:
    """Write what became of a payment."""
    if isinstance(answer, Pending):
        return PendingBody(payment_id=answer.payment_id)
    if isinstance(answer, Reversed):
        return reversed_body(answer)
    return decision_body(answer)


def reversed_body(answer: Reversed) -> ReversedBody:
    """Write a reversal's acknowledgement."""
    return ReversedBody(payment_id=answer.payment_id, money_moved=answer.money_moved)
