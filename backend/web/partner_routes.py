"""A partner's space: its outlets, its counters, and the codes they enrol with."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from backend.partners.enrolment import NewTerminal
from backend.partners.space import (
    PartnerSpace,
    make_counter,
    read_space,
    renew_code,
    revoke_counter,
)
from backend.partners.tables import NAME_CHARACTERS_MAX
from backend.payments.day_sums import DaySum, day_sums
from backend.payments.days import day_of
from backend.web import sign_in_words as words
from backend.web.pages import Problem
from backend.web.partner_frame import Frame, Framed
from backend.web.signed_in import SPACE, OwnForm, PageRoute, go

router = APIRouter(
    prefix=f"{SPACE}/partenaire/{{partner_id}}", include_in_schema=False, route_class=PageRoute
)


@router.get("")
def show(frame: Framed) -> HTMLResponse:
    """Show the partner's outlets and counters, and what they took today."""
    return _show(frame, None)


@router.post("/caisses", dependencies=[OwnForm])
def add_counter(
    frame: Framed,
    *,
    outlet_id: Annotated[UUID, Form()],
    name: Annotated[str, Form(max_length=4 * NAME_CHARACTERS_MAX)] = "",
) -> Response:
    """Record a counter and show its code, this once."""
    named = " ".join(name.split())[:NAME_CHARACTERS_MAX]
    if not named:
        return _show(frame, Problem(f"name-{outlet_id}", words.NAME_MISSING))
    with frame.services.database.unit_of_work() as session:
        read_space(session, frame.account_id, frame.partner_id, frame.now)
        made = make_counter(session, frame.account_id, outlet_id, named, frame.now)
    return _show_code(frame, made)


@router.post("/caisses/{terminal_id}/code", dependencies=[OwnForm])
def another_code(terminal_id: UUID, frame: Framed) -> Response:
    """Give a counter that has not enrolled another code, and show it, this once."""
    with frame.services.database.unit_of_work() as session:
        made = renew_code(session, frame.account_id, terminal_id, frame.now)
    return _show_code(frame, made)


@router.post("/caisses/{terminal_id}/revocation", dependencies=[OwnForm])
def revoke(terminal_id: UUID, frame: Framed) -> Response:
    """Revoke a counter."""
    with frame.services.database.unit_of_work() as session:
        revoke_counter(session, frame.account_id, terminal_id, frame.now)
    return go(frame.path)


def _show(frame: Frame, problem: Problem | None) -> HTMLResponse:
    with frame.services.database.reading() as session:
        found = read_space(session, frame.account_id, frame.partner_id, frame.now)
        counters = [one.terminal_id for part in found.outlets for one in part.counters]
        sums = day_sums(session, counters, day_of(frame.now))
    return frame.show("partner.html", problem, space=found, lines=_lines(found, sums, frame))


def _lines(
    found: PartnerSpace, sums: dict[UUID, DaySum], frame: Frame
) -> dict[UUID, dict[str, str]]:
    return {
        one.terminal_id: {
            "state": frame.voice.said(words.STATES[one.state]),
            "since": frame.at(one.since),
            "today": _today(sums.get(one.terminal_id, DaySum()), frame),
        }
        for outlet in found.outlets
        for one in outlet.counters
    }


def _today(one: DaySum, frame: Frame) -> str:
    said = f"{one.sales} · {frame.voice.euros(one.taken_cents)}"
    if not one.given_back_cents:
        return said
    back = frame.voice.euros(one.given_back_cents)
    return f"{said}, {frame.voice.say('rendu {amount}', amount=back)}"


def _show_code(frame: Frame, made: NewTerminal) -> HTMLResponse:
    return frame.show("counter_code.html", code=made.enrolment_code)
