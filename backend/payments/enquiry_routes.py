"""What a card is presented for besides a payment: to read its balances, to give one back."""

from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from backend.cursors import CursorInvalid, cursor_field, read_cursor, read_moment, write_cursor
from backend.http import ServicesDependency
from backend.payments.advice import NO_ADVICE
from backend.payments.enquiry import EnquiryOrder, NotTold, Told, enquire
from backend.payments.enquiry_card import LISTED, LISTED_MAX, Place, payments_of_card
from backend.payments.reasons import DeclineReason
from backend.payments.return_shapes import FoundBody, found_body
from backend.payments.routes import Counter
from backend.payments.shapes import AesPinBody, Moment, Request, TdesPinBody
from backend.payments.words import decline_sentence
from backend.pins.checking import EncryptedPinBlock, PinProfile

router = APIRouter(prefix="/v1", tags=["payments"])

#: What its cursors are bound to.
CARD_LIST: Final = "card-payments"
Cursor = Annotated[str, cursor_field(CARD_LIST)]


class EnquiryRequest(Request):
    """A wish to know what the benefits hold; the id is the terminal's."""

    enquiry_id: UUID
    proof_id: UUID
    pin: Annotated[AesPinBody | TdesPinBody, Field(discriminator="profile")]


class BalanceBody(BaseModel):
    """A benefit that can be spent here, and what it has left to spend."""

    benefit: str
    label: str
    available_cents: int


class AnsweredBody(BaseModel):
    """The code was right: for the holder's eyes."""

    enquiry_id: UUID
    status: Literal["answered"] = "answered"
    balances: list[BalanceBody]
    decided_at: Moment


class EnquiryDeclinedBody(BaseModel):
    """Refused: an answer, not an error. The words are those of a payment's refusal."""

    enquiry_id: UUID
    status: Literal["declined"] = "declined"
    reason: DeclineReason
    message: str
    message_en: str
    pad_lines: tuple[str, str]
    tries_left: int | None
    decided_at: Moment


class CardPaymentsBody(BaseModel):
    """The payments of a card that may be given back here, newest first.

    Ask for the next page with `cursor` = `next_cursor`, null at the end.
    """

    payments: list[FoundBody]
    next_cursor: str | None


EnquiryBody = Annotated[AnsweredBody | EnquiryDeclinedBody, Field(discriminator="status")]


@router.post("/balance-enquiries", response_model=EnquiryBody)
def create_enquiry(
    body: EnquiryRequest, terminal: Counter, services: ServicesDependency
) -> AnsweredBody | EnquiryDeclinedBody:
    """Tell what can be spent here, to who typed the code; the same request, the same answer."""
    order = EnquiryOrder(
        enquiry_id=body.enquiry_id,
        proof_id=body.proof_id,
        pin=EncryptedPinBlock(
            profile=PinProfile(body.pin.profile),
            key_serial_number=bytes.fromhex(body.pin.ksn),
            block=bytes.fromhex(body.pin.block.get_secret_value()),
        ),
    )
    return _body(enquire(services, terminal, order))


@router.get("/card-proofs/{proof_id}/payments")
def list_card_payments(
    proof_id: UUID,
    terminal: Counter,
    services: ServicesDependency,
    limit: Annotated[int, Query(ge=1, le=LISTED_MAX)] = LISTED,
    cursor: Cursor | None = None,
) -> CardPaymentsBody:
    """List this outlet's latest payments of the card that gave this proof, to give one back."""
    after = None if cursor is None else _place(cursor)
    page = payments_of_card(services, terminal, proof_id, limit=limit, after=after)
    last = page.after
    return CardPaymentsBody(
        payments=[found_body(one) for one in page.payments],
        next_cursor=None
        if last is None
        else write_cursor(CARD_LIST, f"{last.decided_at.isoformat()} {last.payment_id}"),
    )


def _place(cursor: str) -> Place:
    moment, _, payment_id = read_cursor(CARD_LIST, cursor).partition(" ")
    try:
        return Place(read_moment(moment), UUID(payment_id))
    except ValueError:
        raise CursorInvalid from None


def _body(answer: Told | NotTold) -> AnsweredBody | EnquiryDeclinedBody:
    if isinstance(answer, Told):
        balances = [
            BalanceBody(benefit=one.code, label=one.label, available_cents=one.available_cents)
            for one in answer.balances
        ]
        return AnsweredBody(
            enquiry_id=answer.enquiry_id, balances=balances, decided_at=answer.decided_at
        )
    sentence = decline_sentence(answer.reason, answer.tries_left, NO_ADVICE)
    return EnquiryDeclinedBody(
        enquiry_id=answer.enquiry_id,
        reason=answer.reason,
        message=sentence.fr,
        message_en=sentence.en,
        pad_lines=sentence.pad,
        tries_left=answer.tries_left,
        decided_at=answer.decided_at,
    )
