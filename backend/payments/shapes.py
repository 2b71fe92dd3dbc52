"""Payments as JSON. A PIN block comes in hidden and is never part of anything that goes out."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, SecretStr
from pydantic_core import PydanticCustomError

from backend.payments.orders import (
    AMOUNT_CENTS_MAX,
    Answer,
    Approved,
    Declined,
    Pending,
    Refund,
    Reversed,
    Voided,
)
from backend.payments.reasons import DeclineReason
from backend.wire_types import WHOLE

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


class Request(BaseModel):
    """What comes in: closed, and never repeated in an error."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class AesPinBody(Request):
    """A code encrypted by a pad with AES DUKPT in an ISO 9564 format 4 block."""

    profile: Literal["aes128-dukpt/iso4"]
    ksn: Annotated[str, Field(pattern=r"^[0-9A-F]{24}$", description="12 bytes")]
    block: Annotated[
        HexBlock,
        Field(
            min_length=32,
            max_length=32,
            description="16 bytes, hex",
            json_schema_extra={"pattern": "^[0-9A-F]{32}$"},
        ),
    ]


class TdesPinBody(Request):
    """A code encrypted by a legacy pad with TDES DUKPT in an ISO 9564 format 0 block."""

    profile: Literal["tdes-dukpt/iso0"]
    ksn: Annotated[str, Field(pattern=r"^[0-9A-F]{20}$", description="10 bytes")]
    block: Annotated[
        HexBlock,
        Field(
            min_length=16,
            max_length=16,
            description="8 bytes, hex",
            json_schema_extra={"pattern": "^[0-9A-F]{16}$"},
        ),
    ]


class PaymentRequest(Request):
    """A wish to pay; the id was written down by the terminal before it was sent."""

    payment_id: UUID
    proof_id: UUID
    benefit: BenefitCode
    amount_cents: Annotated[int, Field(ge=1, le=AMOUNT_CENTS_MAX, strict=True), WHOLE]
    pin: Annotated[AesPinBody | TdesPinBody, Field(discriminator="profile")]


class ReversalRequest(Request):
    """Nothing: the payment's id says all."""


class ProofRequest(Request):
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
    #: How many digits the pad takes for a code.
    code_digits_min: int
    code_digits_max: int


class PendingBody(BaseModel):
    """Not decided yet."""

    payment_id: UUID
    status: Literal["pending"] = "pending"


class RefundLine(BaseModel):
    """Money of a payment that came back later."""

    refund_id: UUID
    authorisation_number: str
    amount_cents: int
    refunded_at: Moment


class ApprovedBody(BaseModel):
    """Debited, once; `refunds` is what came back since, oldest first."""

    payment_id: UUID
    status: Literal["approved"] = "approved"
    authorisation_number: str
    benefit: str
    amount_cents: int
    remaining_cents: int
    decided_at: Moment
    refunds: list[RefundLine] = []


class VoidedBody(BaseModel):
    """Approved, with this answer, and undone on the same day: no money is out."""

    payment_id: UUID
    status: Literal["voided"] = "voided"
    authorisation_number: str
    benefit: str
    amount_cents: int
    remaining_cents: int
    decided_at: Moment
    void_id: UUID
    voided_at: Moment


class ChoiceBody(BaseModel):
    """A benefit that would pay `accepts_cents` of the amount here."""

    benefit: str
    label: str
    accepts_cents: int


class DeclinedBody(BaseModel):
    """Refused: an answer, not an error.

    `message` is for the person, in French, `message_en` the same in English, and `pad_lines` its
    short form for the PIN pad. `choices` is what would pay instead, best first; it is there only
    after the right code.
    """

    payment_id: UUID
    status: Literal["declined"] = "declined"
    reason: DeclineReason
    message: str
    message_en: str
    pad_lines: tuple[str, str]
    tries_left: int | None
    #: What one payment may be, or the day has left.
    limit_cents: int | None
    choices: list[ChoiceBody]
    decided_at: Moment


class ReversedBody(BaseModel):
    """Undone; `money_moved` says whether there was money to give back.

    `amount_cents` is what the reversal itself gave back: less than the payment after refunds.
    """

    payment_id: UUID
    status: Literal["reversed"] = "reversed"
    money_moved: bool
    amount_cents: int


DecisionBody = Annotated[ApprovedBody | DeclinedBody, Field(discriminator="status")]
AnyPaymentBody = PendingBody | ApprovedBody | DeclinedBody | ReversedBody | VoidedBody
PaymentBody = Annotated[AnyPaymentBody, Field(discriminator="status")]


def decision_body(decision: Approved | Declined) -> ApprovedBody | DeclinedBody:
    """Write a decision."""
    if isinstance(decision, Declined):
        return _declined_body(decision)
    return ApprovedBody(
        payment_id=decision.payment_id,
        authorisation_number=decision.authorisation_number,
        benefit=decision.benefit_code,
        amount_cents=decision.amount_cents,
        remaining_cents=decision.remaining_cents,
        decided_at=decision.decided_at,
        refunds=[_refund_line(one) for one in decision.refunds],
    )


def payment_body(answer: Answer) -> AnyPaymentBody:
    """Write what became of a payment."""
    match answer:
        case Pending():
            return PendingBody(payment_id=answer.payment_id)
        case Reversed():
            return reversed_body(answer)
        case Voided():
            return _voided_body(answer)
        case _:
            return decision_body(answer)


def reversed_body(answer: Reversed) -> ReversedBody:
    """Write a reversal's acknowledgement."""
    return ReversedBody(
        payment_id=answer.payment_id,
        money_moved=answer.money_moved,
        amount_cents=answer.amount_cents,
    )


def _declined_body(declined: Declined) -> DeclinedBody:
    sentence, advice = declined.sentence, declined.advice
    choices = [
        ChoiceBody(benefit=one.benefit_code, label=one.label, accepts_cents=one.accepts_cents)
        for one in advice.choices
    ]
    day_left = None if advice.benefit_label else advice.left_cents
    return DeclinedBody(
        payment_id=declined.payment_id,
        reason=declined.reason,
        message=sentence.fr,
        message_en=sentence.en,
        pad_lines=sentence.pad,
        tries_left=declined.tries_left,
        limit_cents=advice.limit_cents if day_left is None else day_left,
        choices=choices,
        decided_at=declined.decided_at,
    )


def _voided_body(voided: Voided) -> VoidedBody:
    return VoidedBody(
        payment_id=voided.approved.payment_id,
        authorisation_number=voided.approved.authorisation_number,
        benefit=voided.approved.benefit_code,
        amount_cents=voided.approved.amount_cents,
        remaining_cents=voided.approved.remaining_cents,
        decided_at=voided.approved.decided_at,
        void_id=voided.void_id,
        voided_at=voided.voided_at,
    )


def _refund_line(refund: Refund) -> RefundLine:
    return RefundLine(
        refund_id=refund.refund_id,
        authorisation_number=refund.authorisation_number,
        amount_cents=refund.amount_cents,
        refunded_at=refund.refunded_at,
    )
