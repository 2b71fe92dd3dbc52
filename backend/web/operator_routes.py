"""The operator's pages: the morning's page, finding anybody, the second factor again.

What is looked for is kept with the session: no name is ever in an address. The other pages are
in the modules this one gathers.
"""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from backend.accounts.signin.acts import ActKind
from backend.accounts.signin.email_change import list_email_changes
from backend.accounts.signin.errors import SignInRefused
from backend.http import ServicesDependency
from backend.operators.acting import note
from backend.operators.entering import prove_again, remember_search
from backend.operators.errors import SearchTooShort
from backend.operators.search import Cursor, Results, search
from backend.operators.watching import read_watch
from backend.web import (
    operator_money_routes,
    operator_organisation_routes,
    operator_people_routes,
    operator_place_routes,
    operator_request_routes,
    operator_seen_routes,
    operator_service_routes,
    operator_tie_routes,
)
from backend.web import operator_words as words
from backend.web.operator_pages import id_of, render
from backend.web.operator_who import PROOF, Entered, Looking, OperatorRoute
from backend.web.pages import Problem
from backend.web.signed_in import OPERATION, OwnForm, Token, go

SEARCH: Final = f"{OPERATION}/recherche"
SEARCH_FIELD_CHARACTERS_MAX: Final = 200

router = APIRouter(include_in_schema=False, route_class=OperatorRoute)
for part in (
    operator_people_routes,
    operator_place_routes,
    operator_request_routes,
    operator_money_routes,
    operator_service_routes,
    operator_tie_routes,
    operator_organisation_routes,
    operator_seen_routes,
):
    router.routes.extend(part.router.routes)


@router.get(OPERATION)
def home(services: ServicesDependency, token: Token, acting: Looking) -> HTMLResponse:
    """Show what wants a look this morning."""
    with services.database.reading() as session:
        watch = read_watch(session, services.now())
        changes = list_email_changes(session, services.now())
    return render(services, token, acting, "home", watch=watch, changes=changes)


@router.post(SEARCH, dependencies=[OwnForm])
def look_for(
    services: ServicesDependency,
    acting: Looking,
    wanted: Annotated[str, Form(max_length=SEARCH_FIELD_CHARACTERS_MAX)] = "",
) -> Response:
    """Keep what is looked for with the session, and show what fits."""
    with services.database.unit_of_work() as session:
        remember_search(session, acting, " ".join(wanted.split()))
    return go(SEARCH)


@router.get(SEARCH)
def results(
    services: ServicesDependency, token: Token, acting: Looking, suite: str = ""
) -> HTMLResponse:
    """Show what fits, a page at a time; how many people were shown is an act."""
    after, found, problem = _cursor(suite), Results([], [], None), None
    with services.database.unit_of_work() as session:
        try:
            if acting.searched:
                found = search(session, acting.searched, after)
        except SearchTooShort:
            problem = Problem("wanted", words.SEARCH_SHORT)
        if found.people:
            said = f"{len(found.people)} personne{'s' if len(found.people) > 1 else ''}"
            kind, now = ActKind.PEOPLE_SEARCHED, services.now()
            note(session, acting, kind, acting.account_id, now, words=said)
    values = {"found": found, "first": after is None}
    return render(services, token, acting, "results", problem=problem, **values)


@router.get(PROOF)
def proof_form(services: ServicesDependency, token: Token, acting: Entered) -> HTMLResponse:
    """Ask for a one-time password."""
    return render(services, token, acting, "proof")


@router.post(PROOF, dependencies=[OwnForm])
def prove(
    services: ServicesDependency,
    token: Token,
    acting: Entered,
    digits: Annotated[str, Form(max_length=16)] = "",
) -> Response:
    """Take it, and go on."""
    try:
        prove_again(services, acting, digits)
    except SignInRefused:
        problem = Problem("digits", words.DIGITS_WRONG)
        return render(services, token, acting, "proof", problem=problem)
    return go(OPERATION)


def _cursor(text: str) -> Cursor | None:
    way, _, person = text.partition(".")
    found: UUID | None = id_of(person)
    if found is None or not way.isdecimal() or len(way) > 2:
        return None
    return Cursor(int(way), found)
