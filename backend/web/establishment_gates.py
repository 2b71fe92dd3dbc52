"""An establishment's gates: whether they are heard, what happened at their doors, who did what."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import Form
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.access.day_codes import DayCodeTerms, end_day_code, make_day_code
from backend.access.errors import DayCodeInvalid
from backend.access.gate_events import list_gate_events
from backend.access.interventions import list_for_review
from backend.access.office_tables import DayCode
from backend.access.staff import check_pupil
from backend.access.tables import (
    NAME_CHARACTERS_MAX,
    SERVICE_CODE_CHARACTERS_MAX,
    Gate,
    Service,
)
from backend.accounts.errors import NotYours
from backend.accounts.signin.acts import ActKind, record_act
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.tables import Beneficiary
from backend.cards.states import CardState
from backend.cards.tables import Card
from backend.partners.tables import Terminal
from backend.web import establishment_words as words
from backend.web.establishment_frame import Frame, StaffFrame, list_services, new_router
from backend.web.signed_in import OwnForm

#: A gate that is well asks for news every few seconds.
SILENT_AFTER: Final = timedelta(minutes=2)
REVIEWED: Final = timedelta(days=7)
REVIEWED_MAX: Final = 40
GATES_MAX: Final = 200
CODES_MAX: Final = 50

router = new_router()


@dataclass(frozen=True, slots=True)
class GateLine:
    """One gate: what is known of it here."""

    name: str
    #: `good`, `wait` (silent for a while) or `stop` (never heard, revoked).
    tone: str
    said: str
    list_version: int


@router.get("/portiques")
def gates(frame: Frame, fait: str = "") -> HTMLResponse:
    """Show gates, services, one-day codes that still serve, what happened and who did what."""
    now = frame.services.now()
    with frame.reading() as session:
        services = list_services(session, frame.establishment_id)
        lines = _gates(session, frame, now)
        codes = _codes(session, frame, now)
        since, most = now - REVIEWED, REVIEWED_MAX
        reviewed = list_for_review(session, frame.establishment_id, since, most)
        happened = list_gate_events(
            session, establishment_id=frame.establishment_id, since=since, count_max=most
        )
    return frame.show(
        "establishment_gates.html",
        "/portiques",
        done=fait,
        gates=lines,
        services=services,
        days=lambda days: _days(frame, days),
        codes=codes,
        reviewed=reviewed,
        did=words.INTERVENTIONS,
        why=lambda reason: frame.voice.told(words.SUPERVISORS_REASONS, reason),
        happened=happened,
        happened_words=words.HAPPENED,
        today=now.astimezone(frame.zone).date(),
    )


@router.post("/portiques/codes", dependencies=[OwnForm])
def guest_code(
    frame: Frame,
    *,
    service: Annotated[str, Form(max_length=SERVICE_CODE_CHARACTERS_MAX)],
    jour: Annotated[date, Form()],
    nom: Annotated[str, Form(max_length=NAME_CHARACTERS_MAX)] = "",
    passages: Annotated[int, Form(ge=1, le=200)] = 1,
) -> Response:
    """Make a guest's, or a group's, code for one service of one day; show it, this once."""
    terms = DayCodeTerms(service=service, day=jour, label=nom, passages_max=passages)
    return _make(frame, terms, "/portiques")


@router.post("/eleves/{enrolment_id}/code-du-jour", dependencies=[OwnForm])
def pupils_code(
    frame: Frame,
    enrolment_id: UUID,
    service: Annotated[str, Form(max_length=SERVICE_CODE_CHARACTERS_MAX)],
) -> Response:
    """Make a code for a pupil whose card is at home, or lost: today, once."""
    way, now = f"/eleves/{enrolment_id}", frame.services.now()
    with frame.reading() as session:
        enrolment = check_pupil(session, frame.account_id, frame.establishment_id, enrolment_id)
        card = session.scalar(
            select(Card)
            .where(
                Card.beneficiary_id == enrolment.beneficiary_id,
                Card.state != CardState.CANCELLED.value,
            )
            .order_by(
                (Card.state == CardState.ACTIVE.value).desc(),
                Card.uid.is_(None),
                Card.ordered_at.desc(),
            )
            .limit(1)
        )
        person = session.get_one(Beneficiary, enrolment.beneficiary_id)
        label = f"{person.given_name} {person.family_name}"[:NAME_CHARACTERS_MAX]
    if card is None:
        return frame.refuse(DayCodeInvalid(), way)
    today = now.astimezone(frame.zone).date()
    terms = DayCodeTerms(service=service, day=today, label=label, card_id=card.id)
    return _make(frame, terms, way)


@router.post("/portiques/codes/{code_id}/fin", dependencies=[OwnForm])
def end_code(frame: Frame, code_id: UUID) -> Response:
    """End a one-day code."""
    with frame.services.database.unit_of_work() as session:
        here = session.scalar(
            select(Service.establishment_id)
            .join(DayCode, DayCode.service_id == Service.id)
            .where(DayCode.id == code_id)
        )
        if here != frame.establishment_id:
            raise NotYours
        end_day_code(session, code_id, frame.services.now())
    return frame.back("/portiques", "code-fini")


def _make(frame: StaffFrame, terms: DayCodeTerms, way: str) -> Response:
    now = frame.services.now()
    try:
        with frame.services.database.unit_of_work() as session:
            held = session.scalar(
                select(Service.id).where(
                    Service.establishment_id == frame.establishment_id,
                    Service.code == terms.service,
                )
            )
            if held is None:
                raise NotYours
            person = session.get_one(SignInAccount, frame.account_id)
            by = f"{person.given_name} {person.family_name}"[:NAME_CHARACTERS_MAX]
            place = frame.establishment_id
            made = make_day_code(session, place, terms, made_by=by, now=now)
            record_act(session, ActKind.DAY_CODE_GIVEN, frame.account_id, made.id, now)
    except DayCodeInvalid as refusal:
        return frame.refuse(refusal, way)
    return frame.show(
        "establishment_day_code.html", way, code=made.code, terms=terms, way=frame.path + way
    )


def _gates(session: Session, frame: StaffFrame, now: datetime) -> list[GateLine]:
    rows = session.execute(
        select(Terminal.name, Terminal.revoked_at, Gate.heard_at, Gate.list_version)
        .join(Gate, Gate.terminal_id == Terminal.id)
        .where(Gate.establishment_id == frame.establishment_id)
        .order_by(Terminal.revoked_at.is_not(None), Terminal.name, Terminal.id)
        .limit(GATES_MAX)
    )
    return [
        GateLine(row.name, *_heard(frame, now, row.revoked_at, row.heard_at), row.list_version)
        for row in rows
    ]


def _heard(
    frame: StaffFrame, now: datetime, revoked_at: datetime | None, heard_at: datetime | None
) -> tuple[str, str]:
    """Return a tone, and what is known of a gate in words."""
    if revoked_at is not None:
        return "stop", frame.voice.say("révoqué le {at}", at=frame.at(revoked_at))
    if heard_at is None:
        return "stop", frame.voice.say("ne s’est pas encore annoncé")
    if now - heard_at > SILENT_AFTER:
        silent = (
            "sans nouvelles depuis le {at} : il continue avec sa liste, ses passages attendent "
            "chez lui"
        )
        return "wait", frame.voice.say(silent, at=frame.at(heard_at))
    return "good", frame.voice.say("en liaison, entendu le {at}", at=frame.at(heard_at))


def _codes(session: Session, frame: StaffFrame, now: datetime) -> list[tuple[DayCode, str]]:
    today = now.astimezone(frame.zone).date()
    rows = session.execute(
        select(DayCode, Service.label)
        .join(Service, Service.id == DayCode.service_id)
        .where(
            Service.establishment_id == frame.establishment_id,
            DayCode.day >= today,
            DayCode.ended_at.is_(None),
        )
        .order_by(DayCode.day, Service.opens, DayCode.label)
        .limit(CODES_MAX)
    )
    return [(code, label) for code, label in rows]


def _days(frame: StaffFrame, days: str) -> str:
    return ", ".join(frame.voice.said(words.WEEKDAYS[int(day) - 1]) for day in days)
