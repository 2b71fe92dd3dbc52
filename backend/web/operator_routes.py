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
from backend.accounts.signin.own_account import choose_language
from backend.accounts.signin.tables import Language
from backend.operators.acting import note
from backend.operators.entering import prove_again, remember_search
from backend.operators.errors import SearchTooShort
from backend.operators.search import Cursor, Results, search
from backend.operators.watching import read_watch
from backend.privacy.requests import count_requests
from backend.web import (
    operator_money_routes,
    operator_organisation_routes,
    operator_people_routes,
    operator_place_routes,
    operator_request_routes,
    operator_seen_routes,
    operator_service_routes,
    operator_structure_routes,
    operator_tie_routes,
)
from backend.web import operator_words as words
from backend.web.operator_pages import id_of, own_page
from backend.web.operator_who import PROOF, Entered, Looking, OperatorRoute
from backend.web.pages import Problem
from backend.web.signed_in import OPERATION, OwnForm, go

SEARCH: Final = f"{OPERATION}/recherche"
LANGUAGE: Final = f"{OPERATION}/langue"
SEARCH_FIELD_CHARACTERS_MAX: Final = 200
PAGE_CHARACTERS_MAX: Final = 200

router = APIRouter(include_in_schema=False, route_class=OperatorRoute)
for part in (
    operator_people_routes,
    operator_place_routes,
    operator_request_routes,
    operator_money_routes,
    operator_service_routes,
    operator_tie_routes,
    operator_organisation_routes,
    operator_structure_routes,
    operator_seen_routes,
):
    router.routes.extend(part.router.routes)


@router.get(OPERATION)
def home(frame: Looking) -> HTMLResponse:
    """Show what wants a look this morning."""
    with frame.services.database.reading() as session:
        watch = read_watch(session, frame.now)
        changes = list_email_changes(session, frame.now)
        erasures, late = count_requests(session, frame.now)
    return frame.show("home", watch=watch, changes=changes, erasures=erasures, late=late)


@router.post(SEARCH, dependencies=[OwnForm])
def look_for(
    frame: Looking,
    wanted: Annotated[str, Form(max_length=SEARCH_FIELD_CHARACTERS_MAX)] = "",
) -> Response:
    """Keep what is looked for with the session, and show what fits."""
    with frame.services.database.unit_of_work() as session:
        remember_search(session, frame.acting, " ".join(wanted.split()))
    return go(SEARCH)


@router.get(SEARCH)
def results(frame: Looking, suite: str = "") -> HTMLResponse:
    """Show what fits, a page at a time; how many people were shown is an act."""
    after, found, problem = _cursor(suite), Results([], [], None), None
    acting, now = frame.acting, frame.now
    with frame.services.database.unit_of_work() as session:
        try:
            if acting.searched:
                found = search(session, acting.searched, after)
        except SearchTooShort:
            problem = Problem("wanted", words.SEARCH_SHORT)
        if found.people:
            shown, kind = str(len(found.people)), ActKind.PEOPLE_SEARCHED
            note(session, acting, kind, acting.account_id, now, words=shown)
    return frame.show("results", problem=problem, found=found, first=after is None)


@router.get(PROOF)
def proof_form(frame: Entered) -> HTMLResponse:
    """Ask for a one-time password."""
    return frame.show("proof")


@router.post(PROOF, dependencies=[OwnForm])
def prove(frame: Entered, digits: Annotated[str, Form(max_length=16)] = "") -> Response:
    """Take it, and go on."""
    try:
        prove_again(frame.services, frame.acting, digits)
    except SignInRefused:
        return frame.show("proof", problem=Problem("digits", words.DIGITS_WRONG))
    return go(OPERATION)


@router.post(LANGUAGE, dependencies=[OwnForm])
def choose(
    frame: Entered,
    language: Annotated[str, Form(max_length=10)] = "",
    page: Annotated[str, Form(max_length=PAGE_CHARACTERS_MAX)] = "",
) -> Response:
    """Write the pages, and the mails, in another language, and lead back to the page."""
    if language in tuple(Language):
        with frame.services.database.unit_of_work() as session:
            choose_language(session, frame.acting.account_id, Language(language))
    return frame.back(own_page(page), "langue")


def _cursor(text: str) -> Cursor | None:
    way, _, person = text.partition(".")
    found: UUID | None = id_of(person)
    if found is None or not way.isdecimal() or len(way) > 2:
        return None
    return Cursor(int(way), found)
