"""The page on which somebody of 15 or more says: this card is mine.

Shown by the code handed over with the card, or by its number where the address is on record; else
the establishment is asked. A wrong try is counted, whatever was named.
"""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import select

from backend.accounts.families.errors import ProofRefused
from backend.accounts.families.own_tie import own_tie, tie_by_code, tie_by_record
from backend.accounts.families.requests import (
    Named,
    ask_tie,
    requests_for_oneself,
    withdraw_tie,
)
from backend.accounts.signin.errors import BirthDateUnlikely
from backend.accounts.signin.tables import SignInAccount
from backend.cards.tables import Card
from backend.http import ServicesDependency
from backend.services import Services
from backend.web import family_words as words
from backend.web.family_frame import FamilyFrame, Frame, Framed
from backend.web.sign_up_routes import Problems
from backend.web.signed_in import SPACE, OwnForm, PageRoute, Who, go
from backend.web.typed_dates import read_date
from backend.web.typed_fields import TypedCode, TypedWord
from passcard.errors import InvalidCardNumber
from passcard.layout import parse_card_number

OWN_CARD: Final = f"{SPACE}/ma-carte"
router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get(OWN_CARD)
def own_card(services: ServicesDependency, frame: Frame, who: Who) -> Response:
    """Show the ways to say that a card is one's own."""
    return _show(services, frame, who.account_id, {})


@router.post(f"{OWN_CARD}/code", dependencies=[Framed, OwnForm])
def by_code(
    services: ServicesDependency,
    frame: Frame,
    who: Who,
    code: TypedCode = "",
    birth_date: TypedWord = "",
) -> Response:
    """Show the code handed over with the card."""
    born = read_date(birth_date)
    if born is None:
        return _show(services, frame, who.account_id, {"birth_date": words.BIRTH_DATE})
    try:
        tie_by_code(services, who.account_id, code, born)
    except ProofRefused:
        return _show(services, frame, who.account_id, {"code": words.PROOF})
    return frame.notice("good", words.TIED, way=SPACE)


@router.post(f"{OWN_CARD}/numero", dependencies=[Framed, OwnForm])
def by_number(
    services: ServicesDependency,
    frame: Frame,
    who: Who,
    card_number: TypedWord = "",
    birth_date: TypedWord = "",
) -> Response:
    """Show the card's number and the birth date, where one's address is on record."""
    try:
        number = parse_card_number(card_number)
    except InvalidCardNumber:
        return _show(services, frame, who.account_id, {"card_number": words.CARD_NUMBER})
    born = read_date(birth_date)
    if born is None:
        problem = {"number_birth_date": words.BIRTH_DATE}
        return _show(services, frame, who.account_id, problem)
    with services.database.reading() as session:
        found = session.scalar(select(Card.beneficiary_id).where(Card.number == number))
    try:
        tie_by_record(services, who.account_id, found, born)
    except ProofRefused:
        return _show(services, frame, who.account_id, {"card_number": words.RECORD})
    return frame.notice("good", words.TIED, way=SPACE)


@router.post(f"{OWN_CARD}/demande", dependencies=[Framed, OwnForm])
def by_request(
    services: ServicesDependency, frame: Frame, who: Who, birth_date: TypedWord = ""
) -> Response:
    """Ask the establishment, under the name of the account."""
    with services.database.reading() as session:
        account = session.get_one(SignInAccount, who.account_id)
    born = account.birth_date or read_date(birth_date)
    problem = {"asked_birth_date": words.BIRTH_DATE}
    if born is None:
        return _show(services, frame, who.account_id, problem)
    named = Named(account.given_name, account.family_name, born)
    try:
        with services.database.unit_of_work() as session:
            ask_tie(session, who.account_id, named, None, services.now())
    except BirthDateUnlikely:
        return _show(services, frame, who.account_id, problem)
    return frame.notice("good", words.ASKED, way=SPACE)


@router.post(f"{OWN_CARD}/demande/{{request_id}}/fin", dependencies=[Framed, OwnForm])
def take_back(request_id: UUID, services: ServicesDependency, who: Who) -> Response:
    """Take one's own request back."""
    with services.database.unit_of_work() as session:
        withdraw_tie(session, who.account_id, request_id, services.now())
    return go(OWN_CARD)


def _show(
    services: Services, frame: FamilyFrame, account_id: UUID, problems: Problems
) -> HTMLResponse:
    with services.database.reading() as session:
        account = session.get_one(SignInAccount, account_id)
        person = own_tie(session, account_id)
        waiting = requests_for_oneself(session, account_id)
    return frame.show(
        "own_card.html",
        problems,
        account=account,
        person=person,
        waiting=[one.id for one in waiting],
    )
