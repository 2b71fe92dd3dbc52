"""A partner's space: its outlets, its counters, and the codes they enrol with."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from backend.accounts.signin.tokens import form_token
from backend.http import ServicesDependency
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
from backend.payments.words import euros
from backend.services import Services
from backend.web import sign_in_words as words
from backend.web.moments import moment
from backend.web.pages import Problem, form, page
from backend.web.signed_in import SPACE, FreshWho, OwnForm, PageRoute, Token, go

router = APIRouter(
    prefix=f"{SPACE}/partenaire/{{partner_id}}", include_in_schema=False, route_class=PageRoute
)


@router.get("")
def show(
    partner_id: UUID, services: ServicesDependency, token: Token, who: FreshWho
) -> HTMLResponse:
    """Show the partner's outlets and counters, and what they took today."""
    return _show(services, token, who.account_id, partner_id, None)


@router.post("/caisses", dependencies=[OwnForm])
def add_counter(
    partner_id: UUID,
    services: ServicesDependency,
    token: Token,
    who: FreshWho,
    *,
    outlet_id: Annotated[UUID, Form()],
    name: Annotated[str, Form(max_length=4 * NAME_CHARACTERS_MAX)] = "",
) -> Response:
    """Record a counter and show its code, this once."""
    named = " ".join(name.split())[:NAME_CHARACTERS_MAX]
    if not named:
        problem = Problem(f"name-{outlet_id}", words.NAME_MISSING)
        return _show(services, token, who.account_id, partner_id, problem)
    with services.database.unit_of_work() as session:
        read_space(session, who.account_id, partner_id, services.now())
        made = make_counter(session, who.account_id, outlet_id, named, services.now())
    return _show_code(partner_id, made)


@router.post("/caisses/{terminal_id}/code", dependencies=[OwnForm])
def another_code(
    partner_id: UUID, terminal_id: UUID, services: ServicesDependency, who: FreshWho
) -> Response:
    """Give a counter that has not enrolled another code, and show it, this once."""
    with services.database.unit_of_work() as session:
        made = renew_code(session, who.account_id, terminal_id, services.now())
    return _show_code(partner_id, made)


@router.post("/caisses/{terminal_id}/revocation", dependencies=[OwnForm])
def revoke(
    partner_id: UUID, terminal_id: UUID, services: ServicesDependency, who: FreshWho
) -> Response:
    """Revoke a counter."""
    with services.database.unit_of_work() as session:
        revoke_counter(session, who.account_id, terminal_id, services.now())
    return go(f"{SPACE}/partenaire/{partner_id}")


def _show(
    services: Services, token: str, account_id: UUID, partner_id: UUID, problem: Problem | None
) -> HTMLResponse:
    with services.database.reading() as session:
        found = read_space(session, account_id, partner_id, services.now())
        counters = [one.terminal_id for part in found.outlets for one in part.counters]
        sums = day_sums(session, counters, day_of(services.now()))
    return form(
        "partner.html",
        problem,
        space=found,
        lines=_lines(found, sums, services),
        form_token=form_token(token),
    )


def _lines(
    found: PartnerSpace, sums: dict[UUID, DaySum], services: Services
) -> dict[UUID, dict[str, object]]:
    return {
        one.terminal_id: {
            "state": words.STATES[one.state],
            "since": moment(one.since, services),
            "today": _today(sums.get(one.terminal_id, DaySum())),
        }
        for outlet in found.outlets
        for one in outlet.counters
    }


def _today(one: DaySum) -> str:
    said = f"{one.sales} · {euros(one.taken_cents)}"
    return f"{said}, rendu {euros(one.given_back_cents)}" if one.given_back_cents else said


def _show_code(partner_id: UUID, made: NewTerminal) -> HTMLResponse:
    return page("counter_code.html", partner_id=partner_id, code=made.enrolment_code)
