"""Where people would like to spend their Pass: suggested by whoever is signed in, and answered.

Promise: what somebody suggests is seen by themselves and those who run the service, and counted.
"""

from dataclasses import asdict
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import HTMLResponse

from backend.accounts.signin.tokens import form_token
from backend.http import ServicesDependency
from backend.partners.organisations.errors import AlreadyListed, OrganisationInvalid
from backend.partners.organisations.profile import communes
from backend.partners.organisations.suggesting import (
    SUGGESTIONS_MAX,
    TypedSuggestion,
    suggest,
    suggestions_of,
    withdraw_suggestion,
)
from backend.services import Services
from backend.web import organisation_words as words
from backend.web.long_lists import written
from backend.web.moments import moment
from backend.web.pages import notice, page
from backend.web.signed_in import SPACE, OwnForm, PageRoute, Token, Who, go

SUGGESTIONS: Final = f"{SPACE}/propositions"
router = APIRouter(include_in_schema=False, route_class=PageRoute)
TypedLine = Annotated[str, Form(max_length=400)]


def _typed(
    name: TypedLine = "",
    address: TypedLine = "",
    postcode: TypedLine = "",
    commune: TypedLine = "",
    number: TypedLine = "",
) -> TypedSuggestion:
    return TypedSuggestion(name, address, postcode, commune, number)


@router.get(SUGGESTIONS)
def suggestions(services: ServicesDependency, token: Token, who: Who) -> HTMLResponse:
    """Show what somebody suggested, and the form."""
    return _show(services, token, who.account_id, TypedSuggestion(), {})


@router.post(SUGGESTIONS, dependencies=[OwnForm])
def make(
    services: ServicesDependency,
    token: Token,
    who: Who,
    typed: Annotated[TypedSuggestion, Depends(_typed)],
) -> Response:
    """Suggest a structure, or show what is to be put right."""
    try:
        with services.database.unit_of_work() as session:
            suggest(session, who.account_id, typed, services.now())
    except OrganisationInvalid as refusal:
        return _show(services, token, who.account_id, typed, refusal.problems)
    except AlreadyListed:
        return notice("good", words.LISTED_ALREADY, way="/annuaire")
    return go(SUGGESTIONS)


@router.post(f"{SUGGESTIONS}/{{suggestion_id}}/fin", dependencies=[OwnForm])
def withdraw(suggestion_id: UUID, services: ServicesDependency, who: Who) -> Response:
    """Take a suggestion back."""
    with services.database.unit_of_work() as session:
        withdraw_suggestion(session, who.account_id, suggestion_id, services.now())
    return go(SUGGESTIONS)


def _show(
    services: Services,
    token: str,
    account_id: UUID,
    typed: TypedSuggestion,
    wrong: dict[str, str],
) -> HTMLResponse:
    with services.database.reading() as session:
        own = suggestions_of(session, account_id)
        known = communes(session)
        return page(
            "suggestions.html",
            422 if wrong else 200,
            own=own,
            states=words.SUGGESTED,
            full=len(own) >= SUGGESTIONS_MAX,
            typed=asdict(typed),
            communes=written(known),
            problems={field: words.PROBLEMS[word] for field, word in wrong.items()},
            at=lambda when: moment(when, services),
            form_token=form_token(token),
        )
