"""Proving a card genuine, personalising it: what terminals ask. The proof itself: payments."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, StringConstraints

from backend.cards.personalising import begin_personalisation, continue_personalisation
from backend.cards.proving import challenge_card
from backend.http import ServicesDependency
from backend.partners.authentication import CurrentTerminal, TerminalKind, require_kind
from passcard.layout import Application

RESPONSE_BYTES_MAX = 258  # a short APDU response: 256 bytes and a status word (ISO 7816-4 §5.1)

router = APIRouter(prefix="/v1", tags=["cards"])


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
    """A chip on a desk's reader, and the card it shall become."""

    model_config = ConfigDict(extra="forbid")

    uid: UidText
    card_number: CardNumberText


class PersonalisationBody(BaseModel):
    """The first command for the chip."""

    personalisation_id: UUID
    command: str


class ResponseRequest(BaseModel):
    """What the chip answered, status word included."""

    model_config = ConfigDict(extra="forbid")

    response: ResponseText


class StepBody(BaseModel):
    """The next command for the chip, or the end."""

    command: str | None
    done: bool
    card_number: str


@router.post("/card-challenges", status_code=201)
def create_challenge(
    body: ChallengeRequest, terminal: CurrentTerminal, services: ServicesDependency
) -> ChallengeBody:
    """Answer a chip's challenge; its reply goes to the proof route within ten seconds."""
    require_kind(terminal, TerminalKind.COUNTER)
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


@router.post("/personalisations", status_code=201)
def create_personalisation(
    body: PersonalisationRequest, terminal: CurrentTerminal, services: ServicesDependency
) -> PersonalisationBody:
    """Start personalising a chip as an ordered card."""
    require_kind(terminal, TerminalKind.DESK)
    step = begin_personalisation(services, terminal, bytes.fromhex(body.uid), body.card_number)
    assert step.command is not None
    return PersonalisationBody(
        personalisation_id=step.personalisation_id, command=step.command.hex().upper()
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
    step = continue_personalisation(services, terminal, personalisation_id, response)
    command = None if step.command is None else step.command.hex().upper()
    return StepBody(command=command, done=command is None, card_number=step.card_number)
