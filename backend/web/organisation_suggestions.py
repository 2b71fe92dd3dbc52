"""Where people would like to spend their Pass: suggested by whoever is signed in, and answered.

Promise: what somebody suggests is seen by themselves and those who run the service, and counted.
"""

from dataclasses import asdict
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.responses import HTMLResponse

from backend.partners.organisations.errors import AlreadyListed, OrganisationInvalid
from backend.partners.organisations.profile import communes
from backend.partners.organisations.suggesting import (
    SUGGESTIONS_MAX,
    TypedSuggestion,
    suggest,
    suggestions_of,
    withdraw_suggestion,
)
from backend.web import organisation_words as words
from backend.web.long_lists import written
from backend.web.organisation_routes import Framed
from backend.web.own_page import OwnPage
from backend.web.signed_in import SPACE, OwnForm, PageRoute, go
from backend.web.typed_fields import TypedLine

SUGGESTIONS: Final = f"{SPACE}/propositions"
router = APIRouter(include_in_schema=False, route_class=PageRoute)


def _typed(
    name: TypedLine = "",
    address: TypedLine = "",
    postcode: TypedLine = "",
    commune: TypedLine = "",
    number: TypedLine = "",
) -> TypedSuggestion:
    return TypedSuggestion(name, address, postcode, commune, number)


@router.get(SUGGESTIONS)
def suggestions(frame: Framed) -> HTMLResponse:
    """Show what somebody suggested, and the form."""
    return _show(frame, TypedSuggestion(), {})


@router.post(SUGGESTIONS, dependencies=[OwnForm])
def make(
    frame: Framed,
    typed: Annotated[TypedSuggestion, Depends(_typed)],
) -> Response:
    """Suggest a structure, or show what is to be put right."""
    try:
        with frame.services.database.unit_of_work() as session:
            suggest(session, frame.who.account_id, typed, frame.services.now())
    except OrganisationInvalid as refusal:
        return _show(frame, typed, refusal.problems)
    except AlreadyListed:
        return frame.notice("good", words.LISTED_ALREADY, way="/annuaire")
    return go(SUGGESTIONS)


@router.post(f"{SUGGESTIONS}/{{suggestion_id}}/fin", dependencies=[OwnForm])
def withdraw(suggestion_id: UUID, frame: Framed) -> Response:
    """Take a suggestion back."""
    with frame.services.database.unit_of_work() as session:
        withdraw_suggestion(session, frame.who.account_id, suggestion_id, frame.services.now())
    return go(SUGGESTIONS)


def _show(frame: OwnPage, typed: TypedSuggestion, wrong: dict[str, str]) -> HTMLResponse:
    with frame.services.database.reading() as session:
        own = suggestions_of(session, frame.who.account_id)
        known = communes(session)
        return frame.show(
            "suggestions.html",
            422 if wrong else 200,
            own=own,
            states=words.SUGGESTED,
            full=len(own) >= SUGGESTIONS_MAX,
            typed=asdict(typed),
            communes=written(known),
            problems={field: words.PROBLEMS[word] for field, word in wrong.items()},
        )
