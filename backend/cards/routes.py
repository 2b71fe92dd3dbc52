"""Proving, making and retiring cards: what terminals ask. The proof itself: payments."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, StringConstraints

from backend.cards.desk import DeskStep
from backend.cards.orders import ORDERS_PER_PAGE_MAX, list_orders
from backend.cards.personalising import begin_personalisation, continue_personalisation
from backend.cards.proving import challenge_card
from backend.cards.retiring import begin_retirement, continue_retirement
from backend.cards.states import CardState
from backend.cursors import cursor_field, read_cursor, write_cursor
from backend.http import ServicesDependency
from backend.partners.authentication import (
    CurrentCounter,
    CurrentTerminal,
    TerminalKind,
    require_kind,
)
from backend.partners.quick_route import QuickRoute
from passcard.layout import Application

#: What its cursors are bound to.
ORDERS_LIST = "card-orders"
RESPONSE_BYTES_MAX = 258  # a short APDU response: 256 bytes and a status word (ISO 7816-4 §5.1)

router = APIRouter(prefix="/v1", tags=["cards"])
quick = APIRouter(route_class=QuickRoute)


UidText = Annotated[str, StringConstraints(pattern=r"^[0-9A-F]{14}$")]
BlockText = Annotated[str, StringConstraints(pattern=r"^[0-9A-F]{32}$")]
CardNumberText = Annotated[str, StringConstraints(pattern=r"^[0-9]{16}$")]
ResponseText = Annotated[
    str,
    StringConstraints(pattern=r"^([0-9A-F]{2})+$", min_length=4, max_length=2 * RESPONSE_BYTES_MAX),
]


class ChallengeRequest(BaseModel):
    """What a chip asked a terminal."""

    model_config = ConfigDict(extra="forbid")

    uid: UidText
    application: Application
    encrypted_rnd_b: BlockText


class ChallengeBody(BaseModel):
    """What to answer the chip, before `expires_at`."""

    challenge_id: UUID
    answer: str
    expires_at: datetime


class PersonalisationRequest(BaseModel):
    """A chip on a desk's reader, and the card it shall become; None: the card it is already."""

    model_config = ConfigDict(extra="forbid")

    uid: UidText
    card_number: CardNumberText | None = None


class PersonalisationBody(BaseModel):
    """The first command for the chip."""

    personalisation_id: UUID
    command: str
    card_number: str


class RetirementRequest(BaseModel):
    """A chip on a desk's reader that shall no longer be a card."""

    model_config = ConfigDict(extra="forbid")

    uid: UidText


class RetirementBody(BaseModel):
    """The first command for the chip, and the card it was."""

    retirement_id: UUID
    command: str
    card_number: str


class ResponseRequest(BaseModel):
    """What the chip answered, status word included."""

    model_config = ConfigDict(extra="forbid")

    response: ResponseText


class StepBody(BaseModel):
    """The next command for the chip, or the end."""

    command: str | None
    done: bool
    card_number: str


class OrderBody(BaseModel):
    """A card, as far as a desk must know it."""

    card_number: str
    state: CardState
    ordered_at: datetime


Cursor = Annotated[str, cursor_field(ORDERS_LIST)]


class OrderPageBody(BaseModel):
    """Some orders; ask for the next page with `cursor` = `next_cursor`, null at the end."""

    orders: list[OrderBody]
    next_cursor: str | None


@quick.post("/card-challenges", status_code=201)
def create_challenge(
    body: ChallengeRequest, terminal: CurrentCounter, services: ServicesDependency
) -> ChallengeBody:
    """Answer a chip's challenge; its reply goes to the proof route within ten seconds."""
    challenge = challenge_card(
        services,
        terminal,
        uid=bytes.fromhex(body.uid),
        application=body.application,
        encrypted_rnd_b=bytes.fromhex(body.encrypted_rnd_b),
    )
    return ChallengeBody(
        challenge_id=challenge.challenge_id,
        answer=challenge.answer.hex().upper(),
        expires_at=challenge.expires_at,
    )


router.include_router(quick)


@router.post("/personalisations", status_code=201)
def create_personalisation(
    body: PersonalisationRequest, terminal: CurrentTerminal, services: ServicesDependency
) -> PersonalisationBody:
    """Start personalising a chip as an ordered card."""
    require_kind(terminal, TerminalKind.DESK)
    step = begin_personalisation(services, terminal, bytes.fromhex(body.uid), body.card_number)
    return PersonalisationBody(
        personalisation_id=step.dialogue_id,
        command=_first_command(step),
        card_number=step.card_number,
    )


@router.post("/personalisations/{personalisation_id}/responses")
def answer_personalisation(
    personalisation_id: UUID,
    body: ResponseRequest,
    terminal: CurrentTerminal,
    services: ServicesDependency,
) -> StepBody:
    """Give the chip's response, get the next command."""
    require_kind(terminal, TerminalKind.DESK)
    response = bytes.fromhex(body.response)
    return _step_body(continue_personalisation(services, terminal, personalisation_id, response))


@router.post("/retirements", status_code=201)
def create_retirement(
    body: RetirementRequest, terminal: CurrentTerminal, services: ServicesDependency
) -> RetirementBody:
    """Start taking everything of ours off a chip."""
    require_kind(terminal, TerminalKind.DESK)
    step = begin_retirement(services, terminal, bytes.fromhex(body.uid))
    return RetirementBody(
        retirement_id=step.dialogue_id,
        command=_first_command(step),
        card_number=step.card_number,
    )


@router.post("/retirements/{retirement_id}/responses")
def answer_retirement(
    retirement_id: UUID,
    body: ResponseRequest,
    terminal: CurrentTerminal,
    services: ServicesDependency,
) -> StepBody:
    """Give the chip's response, get the next command."""
    require_kind(terminal, TerminalKind.DESK)
    response = bytes.fromhex(body.response)
    return _step_body(continue_retirement(services, terminal, retirement_id, response))


@router.get("/card-orders")
def read_orders(
    terminal: CurrentTerminal,
    services: ServicesDependency,
    state: CardState = CardState.ORDERED,
    limit: Annotated[int, Query(ge=1, le=ORDERS_PER_PAGE_MAX)] = 100,
    cursor: Cursor | None = None,
) -> OrderPageBody:
    """List the cards in a state, by card number; a desk makes those that are ordered."""
    require_kind(terminal, TerminalKind.DESK)
    after = None if cursor is None else read_cursor(ORDERS_LIST, cursor)
    with services.database.reading() as session:
        page = list_orders(session, state=state, limit=limit, after=after)
    return OrderPageBody(
        orders=[
            OrderBody(card_number=one.card_number, state=one.state, ordered_at=one.ordered_at)
            for one in page.orders
        ],
        next_cursor=None if page.next_after is None else write_cursor(ORDERS_LIST, page.next_after),
    )


def _first_command(step: DeskStep) -> str:
    assert step.command is not None, "a dialogue begins with a command"
    return step.command.hex().upper()


def _step_body(step: DeskStep) -> StepBody:
    command = None if step.command is None else step.command.hex().upper()
    return StepBody(command=command, done=command is None, card_number=step.card_number)
