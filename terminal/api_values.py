"""What the backend answers, as values.

Every answer is checked against its type before anybody sees it: a missing or odd field is a
`ValidationError` for the client to translate. Fields that this version does not know are ignored,
because a terminal is updated on another day than the backend. Nothing here knows HTTP.
"""

import binascii
from dataclasses import dataclass, field
from datetime import UTC
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BeforeValidator, Field, TypeAdapter

from terminal.gate_event_values import Receipt

Cents = Annotated[int, Field(ge=0)]
Text = Annotated[str, Field(min_length=1, max_length=500)]
TerminalKind = Literal["counter", "gate", "desk"]


def _bytes_of_hex(text: object) -> bytes:
    if not isinstance(text, str):
        raise ValueError("hex text expected")  # noqa: TRY004 -- pydantic collects ValueError
    try:
        return binascii.unhexlify(text)
    except binascii.Error as cause:
        raise ValueError("hex text expected") from cause


HexBytes = Annotated[bytes, BeforeValidator(_bytes_of_hex)]
RndAnswer = Annotated[HexBytes, Field(min_length=32, max_length=32)]
CommandBytes = Annotated[HexBytes, Field(min_length=1, max_length=261)]
CardNumberText = Annotated[str, Field(pattern=r"^[0-9]{16}$")]
PadLines = tuple[str, str]
PathPart = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]  # goes into a path


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKeyJwk:
    """An Ed25519 public key (RFC 8037 §2)."""

    kty: Literal["OKP"] = "OKP"
    crv: Literal["Ed25519"] = "Ed25519"
    x: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]
    kid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalDescription:
    """Who this terminal is, as the backend knows it."""

    terminal_id: Text
    kind: TerminalKind
    name: str
    partner_name: str | None = None
    outlet_name: str | None = None
    establishment_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment(TerminalDescription):
    """The answer to a good enrolment code."""

    list_signing_key: PublicKeyJwk


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """A short-lived token; `expires_in` is in seconds."""

    access_token: Annotated[str, Field(min_length=1, max_length=4096)] = field(repr=False)
    token_type: Literal["Bearer"]
    expires_in: Annotated[int, Field(gt=0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardChallenge:
    """The backend's 32 bytes for the chip."""

    challenge_id: UUID
    answer: RndAnswer = field(repr=False)
    expires_at: AwareDatetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UsableBenefit:
    """A wallet that the holder may spend here."""

    benefit: Text
    label: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class CardProof:
    """The chip is genuine, and the card may pay here with these benefits."""

    proof_id: Text
    card_number: CardNumberText = field(repr=False)
    display_name: str = field(repr=False)
    expires_at: AwareDatetime
    benefits: tuple[UsableBenefit, ...]
    # A backend that does not say how long a code may be has codes of four digits.
    code_digits_min: Annotated[int, Field(ge=4, le=12)] = 4
    code_digits_max: Annotated[int, Field(ge=4, le=12)] = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundLine:
    """Money of a payment that came back later."""

    refund_id: UUID
    authorisation_number: Text
    amount_cents: Annotated[int, Field(gt=0)]
    refunded_at: AwareDatetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """The money is debited; `refunds` is what came back since."""

    payment_id: UUID
    status: Literal["approved"] = "approved"
    authorisation_number: Text
    benefit: Text
    amount_cents: Annotated[int, Field(gt=0)]
    remaining_cents: Cents
    decided_at: AwareDatetime
    refunds: tuple[RefundLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Voided:
    """The payment was approved, and undone on the same day: no money is out."""

    payment_id: UUID
    status: Literal["voided"] = "voided"
    authorisation_number: Text
    benefit: Text
    amount_cents: Annotated[int, Field(gt=0)]
    void_id: UUID
    decided_at: AwareDatetime
    voided_at: AwareDatetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Another benefit, and how much of the amount it would pay here."""

    benefit: Text
    label: Text
    accepts_cents: Annotated[int, Field(gt=0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """The backend said no; `message` is the French sentence for the holder.

    `pad_lines` says it on the pad, `choices` what would pay instead (after the right code only),
    `limit_cents` the largest amount that would be taken.
    """

    payment_id: UUID
    status: Literal["declined"] = "declined"
    reason: Text
    message: str
    message_en: str = ""
    pad_lines: PadLines | None = None
    tries_left: Annotated[int, Field(ge=0)] | None = None
    limit_cents: Annotated[int, Field(ge=0)] | None = None
    choices: tuple[Choice, ...] = ()
    decided_at: AwareDatetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """The backend has the payment and has not decided yet."""

    payment_id: UUID
    status: Literal["pending"] = "pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversed:
    """The payment was reversed: no money is out; `amount_cents` is what that gave back."""

    payment_id: UUID
    status: Literal["reversed"] = "reversed"
    amount_cents: Cents = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """The reversal is recorded; `money_moved` says whether it gave money back, and how much."""

    payment_id: UUID
    status: Literal["reversed"]
    money_moved: bool
    amount_cents: Cents = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedList:
    """An access list as it came: `jws` is not verified here; `etag` goes into the next request."""

    jws: str = field(repr=False)
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessListAnswer:
    """The body around a signed list."""

    list: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){2}(~[A-Za-z0-9_-]+)?$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class InterventionReport:
    """What a supervisor did at a gate, to hand over with its line."""

    kind: str
    supervisor: str
    reason: str
    note: str | None = None
    cancels: UUID | None = None
    day_code_id: UUID | None = None

    def as_json(self) -> dict[str, object]:
        """Return the value that the upload carries."""
        return {
            "kind": self.kind,
            "supervisor": self.supervisor,
            "reason": self.reason,
            "note": self.note,
            "cancels": None if self.cancels is None else str(self.cancels),
            "day_code_id": None if self.day_code_id is None else str(self.day_code_id),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageReport:
    """One line of a gate's journal, to hand over; `uid` is hidden from traces."""

    passage_id: UUID
    sequence: int
    occurred_at: AwareDatetime
    uid: bytes | None = field(repr=False)
    card_id: UUID | None
    service: str | None
    answer: str
    detail: str | None
    list_version: int | None
    intervention: InterventionReport | None = None

    def as_json(self) -> dict[str, object]:
        """Return the value that the upload carries."""
        line: dict[str, object] = {
            "passage_id": str(self.passage_id),
            "sequence": self.sequence,
            "occurred_at": self.occurred_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "uid": None if self.uid is None else self.uid.hex().upper(),
            "card_id": None if self.card_id is None else str(self.card_id),
            "service": self.service,
            "answer": self.answer,
            "detail": self.detail,
            "list_version": self.list_version,
        }
        if self.intervention is not None:
            line["intervention"] = self.intervention.as_json()
        return line


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedPassage:
    """A passage the backend keeps aside: it need not be sent again."""

    passage_id: UUID
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageReceipt(Receipt):
    """What became of passages."""

    quarantined: tuple[QuarantinedPassage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiblingAdmission:
    """An admission at another gate of the same establishment; `sequence` is that gate's count."""

    passage_id: UUID
    gate: UUID
    sequence: Annotated[int, Field(ge=1)]
    card_id: UUID | None
    service: Text
    occurred_at: AwareDatetime
    day_code_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiblingAddress:
    """Where another gate of the establishment listens on the school's own network."""

    gate: UUID
    address: Annotated[str, Field(max_length=60)]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateNews:
    """What a gate hears between two lists; `cursor` goes into the next question as it came."""

    cursor: Text
    blocked: tuple[UUID, ...]
    passages: tuple[SiblingAdmission, ...]
    cancelled: tuple[UUID, ...] = ()
    siblings: tuple[SiblingAddress, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalisationBegun:
    """The backend's first command for the card, and the number of the card it becomes or is."""

    personalisation_id: PathPart
    command: CommandBytes = field(repr=False)
    card_number: CardNumberText | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetirementBegun:
    """The backend's first command for a card that is to be one no longer, and its number."""

    retirement_id: PathPart
    command: CommandBytes = field(repr=False)
    card_number: CardNumberText = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardOrder:
    """A card to be made."""

    card_number: CardNumberText = field(repr=False)
    state: Text
    ordered_at: AwareDatetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CardOrderPage:
    """Some orders; `next_cursor` asks for the next page as it came, None at the end."""

    orders: tuple[CardOrder, ...]
    next_cursor: Text | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalisationStep:
    """The backend's next command, or the end: then `done` is true and `command` is None."""

    command: CommandBytes | None = field(repr=False)
    done: bool
    card_number: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.done is not (self.command is None):
            raise ValueError("either a command or done")


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBody:
    """The body of every refusal; `message_fr` and `pad_lines` are for who stands there."""

    code: Text
    message: str = ""
    details: dict[str, object] | None = None
    message_fr: str | None = None
    pad_lines: PadLines | None = None


# Built once: building one takes longer than using it a hundred times.
TERMINAL_DESCRIPTION = TypeAdapter(TerminalDescription)
ENROLMENT = TypeAdapter(Enrolment)
ACCESS_TOKEN = TypeAdapter(AccessToken)
CARD_CHALLENGE = TypeAdapter(CardChallenge)
CARD_PROOF = TypeAdapter(CardProof)
DECISION: TypeAdapter[Approved | Declined] = TypeAdapter(
    Annotated[Approved | Declined, Field(discriminator="status")]
)
PAYMENT: TypeAdapter[Approved | Declined | Pending | Reversed | Voided] = TypeAdapter(
    Annotated[Approved | Declined | Pending | Reversed | Voided, Field(discriminator="status")]
)
REVERSAL = TypeAdapter(Reversal)
ACCESS_LIST_ANSWER = TypeAdapter(AccessListAnswer)
PASSAGE_RECEIPT = TypeAdapter(PassageReceipt)
GATE_NEWS = TypeAdapter(GateNews)
PERSONALISATION_BEGUN = TypeAdapter(PersonalisationBegun)
PERSONALISATION_STEP = TypeAdapter(PersonalisationStep)
RETIREMENT_BEGUN = TypeAdapter(RetirementBegun)
CARD_ORDER_PAGE = TypeAdapter(CardOrderPage)
ERROR_BODY = TypeAdapter(ErrorBody)
