"""One's own tie to FranceConnect: made, shown, ended; and a card tied by it."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import select

from backend.accounts.families.errors import NotOldEnough, ProofRefused, TieTaken
from backend.accounts.families.own_tie import own_tie
from backend.accounts.signin.federation.linking import (
    find_linked,
    find_pending,
    link_pending,
    unlink,
)
from backend.accounts.signin.federation.signing_in import tie_by_identity
from backend.accounts.signin.passkeys.keeping import check_fresh
from backend.accounts.signin.tokens import new_token
from backend.cards.tables import Card
from backend.web import federation_words as words
from backend.web.federation_frame import OWN, Asks, address_of, hold, leaving
from backend.web.federation_ways import browser_token
from backend.web.own_page import AccountFrame, OwnPage
from backend.web.pages import Problem
from backend.web.signed_in import (
    SPACE,
    OwnForm,
    PageRoute,
    go,
)
from backend.web.words import CARD_NUMBER_FORM
from passcard.errors import InvalidCardNumber
from passcard.layout import parse_card_number

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get(OWN)
def own(request: Request, frame: AccountFrame, provider: Asks) -> HTMLResponse:
    """Show the identity one's account is tied to, or how to tie one."""
    return _show(request, frame, provider.issuer, None)


@router.post(f"{OWN}/aller", dependencies=[OwnForm])
def go_and_tie(request: Request, frame: AccountFrame, provider: Asks) -> Response:
    """Send the browser to the provider, to tie who is identified there to this account."""
    services = frame.services
    with services.database.unit_of_work() as session:
        check_fresh(session, frame.token, services.now())
    carried = browser_token(request) or new_token()
    address = address_of(services, provider, carried, frame.who.account_id)
    return hold(leaving(address), carried)


@router.post(f"{OWN}/rattachement", dependencies=[OwnForm])
def tie_here(request: Request, frame: AccountFrame) -> Response:
    """Tie who was identified in this browser to this account."""
    link_pending(frame.services, frame.who.account_id, frame.token, browser_token(request))
    return go(OWN)


@router.post(f"{OWN}/retrait", dependencies=[OwnForm])
def untie(provider: Asks, frame: AccountFrame) -> Response:
    """Untie this account."""
    unlink(frame.services, provider.issuer, frame.who.account_id, frame.token)
    return go(OWN)


@router.post(f"{OWN}/carte", dependencies=[OwnForm])
def tie_card(
    request: Request,
    frame: AccountFrame,
    provider: Asks,
    *,
    card_number: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Let this be the account of a card's holder, where FranceConnect says they are the same."""
    try:
        number = parse_card_number(card_number)
        with frame.services.database.reading() as session:
            found = session.scalar(select(Card.beneficiary_id).where(Card.number == number))
        tie_by_identity(frame.services, provider.issuer, frame.who.account_id, found)
    except InvalidCardNumber:
        text = CARD_NUMBER_FORM
    except ProofRefused:
        text = words.NOT_THE_SAME
    except TieTaken:
        text = words.CARD_TAKEN
    except NotOldEnough:
        text = words.TOO_YOUNG
    else:
        return frame.notice("good", words.TIED, way=SPACE)
    return _show(request, frame, provider.issuer, Problem("card_number", text))


def _show(request: Request, frame: OwnPage, issuer: str, problem: Problem | None) -> HTMLResponse:
    account_id, services = frame.who.account_id, frame.services
    with services.database.reading() as session:
        linked = find_linked(session, issuer, account_id)
        pending = find_pending(session, browser_token(request), services.now())
        person = own_tie(session, account_id)
    return frame.form(
        "federation_own.html",
        problem,
        linked=linked,
        since=None if linked is None else frame.at(linked.linked_at),
        pending=pending,
        has_card=person is not None,
    )
