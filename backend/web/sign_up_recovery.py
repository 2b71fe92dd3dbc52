"""The pages for getting back in: a forgotten identifier, and the two ends of a change of address.

What is answered does not tell what is known. A link opens a page; its button acts.
"""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select

from backend.accounts.composing import masked
from backend.accounts.signin.email_change import (
    agree_from_old_address,
    answer_at_new_address,
    find_email_change,
    object_from_old_address,
)
from backend.accounts.signin.errors import AccountExists
from backend.accounts.signin.quota import Quota, door_of, take_use
from backend.accounts.signin.recovery import remind_of_identifier
from backend.accounts.signin.sign_up_tables import AddressLinkKind
from backend.accounts.signin.tokens import TOKEN_CHARACTERS_MAX
from backend.accounts.strangers.seals import Door
from backend.cards.tables import Card
from backend.http import ServicesDependency, status_of
from backend.web import sign_up_words as words
from backend.web.languages import voice_in
from backend.web.link_english import ENGLISH
from backend.web.pages import notice, page
from backend.web.reader import reads_by_link
from backend.web.robots import FromStranger, RobotCheck, open_check, strangers_page
from backend.web.sign_up_routes import Problems
from backend.web.signed_in import SIGN_IN, OwnSite, PageRoute, network_of_request
from backend.web.typed_dates import read_date
from backend.web.typed_fields import TypedWord
from backend.web.words import Text
from passcard.errors import InvalidCardNumber
from passcard.layout import parse_card_number

IDENTIFIER: Final = "/identifiant-oublie"
EMAIL_CHANGE: Final = "/adresse"
FROM_NETWORK: Final = Quota(60, timedelta(hours=1))
router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get(IDENTIFIER)
def identifier_form(services: ServicesDependency) -> HTMLResponse:
    """Show the form."""
    return _identifier_form(open_check(services, Door.IDENTIFIER))


@router.post(IDENTIFIER, dependencies=[OwnSite])
def remind(
    request: Request,
    services: ServicesDependency,
    stranger: FromStranger,
    card_number: TypedWord = "",
    birth_date: TypedWord = "",
) -> HTMLResponse:
    """Answer the same whatever is known: only the form of what was typed is judged."""
    problems: Problems = {}
    number, born = "", read_date(birth_date)
    try:
        number = parse_card_number(card_number)
    except InvalidCardNumber:
        problems["card_number"] = words.CARD_NUMBER
    if born is None:
        problems["birth_date"] = words.BIRTH_DATE
    if problems or born is None:
        return _identifier_form(open_check(services, Door.IDENTIFIER), problems)
    if not stranger.is_let_through(Door.IDENTIFIER):
        robot = stranger.asked(Door.IDENTIFIER)
        typed = {"card_number": number, "birth_date": birth_date}
        return _identifier_form(robot, {"robot_answer": robot.problem}, typed)
    with services.database.unit_of_work() as session:
        now = services.now()
        take_use(session, door_of("identifier", network_of_request(request)), FROM_NETWORK, now)
        card = session.scalar(select(Card.beneficiary_id).where(Card.number == number))
        remind_of_identifier(session, number, card, born, now)
    return notice("good", words.IDENTIFIER_ASKED, way=SIGN_IN)


def _identifier_form(
    robot: RobotCheck,
    problems: Mapping[str, Text] = MappingProxyType({}),
    typed: Mapping[str, str] = MappingProxyType({}),
) -> HTMLResponse:
    """Show the form; what was typed is in it only where nothing of it was wrong."""
    status = 422 if problems else 200
    return strangers_page("identifier.html", robot, status, typed=typed, problems=problems)


@router.get(f"{EMAIL_CHANGE}/{{link}}")
def email_change_form(link: str, services: ServicesDependency) -> HTMLResponse:
    """Show what a link asks. Opening it changes nothing."""
    with services.database.reading() as session:
        change = find_email_change(session, link[:TOKEN_CHARACTERS_MAX], services.now())
    around = voice_in(reads_by_link(change.language), ENGLISH).around()
    old_side, other = change.kind is AddressLinkKind.OLD_ADDRESS, masked(change.other)
    return page("email_change.html", 200, **around, old_side=old_side, other=other)


@router.post(f"{EMAIL_CHANGE}/{{link}}", dependencies=[OwnSite])
def answer_email_change(
    link: str, services: ServicesDependency, answer: TypedWord = ""
) -> HTMLResponse:
    """Agree, object, or show that the new address is read."""
    token = link[:TOKEN_CHARACTERS_MAX]
    try:
        with services.database.unit_of_work() as session:
            now = services.now()
            change = find_email_change(session, token, now)
            reads_by_link(change.language)
            if change.kind is AddressLinkKind.OLD_ADDRESS and answer != "yes":
                object_from_old_address(session, token, now)
                return notice("good", words.OBJECTED, way=SIGN_IN)
            if change.kind is AddressLinkKind.OLD_ADDRESS:
                changed = agree_from_old_address(session, token, now)
            else:
                changed = answer_at_new_address(session, token, now)
    except AccountExists as refusal:
        return notice("stop", words.ADDRESS_TAKEN, status_of(refusal), way=SIGN_IN)
    return notice("good", words.CHANGED if changed else words.AGREED, way=SIGN_IN)
