"""The account's pages: choosing a code with a link, and asking for such a link.

What was typed is never in a page, an address or a log. A link opens a page; only its button acts.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import APIRouter, Form
from fastapi.responses import FileResponse, HTMLResponse

from backend.accounts.activation import find_link
from backend.accounts.beneficiaries import normal_email
from backend.accounts.errors import (
    ActivationExhausted,
    ActivationExpired,
    ActivationUnknown,
    ActivationUsed,
    BirthDateWrong,
    EmailInvalid,
)
from backend.accounts.signin.errors import TooManyRequests
from backend.accounts.strangers.seals import Door
from backend.errors import BackendError, NotFoundError
from backend.http import ServicesDependency, status_of
from backend.pins.errors import CodeBeingSet, CodeRefused, TooManyLinkRequests
from backend.pins.links import ask_for_link
from backend.pins.setting import activate_code
from backend.services import Services
from backend.web import kitchen, words
from backend.web.pages import FOLDER, Problem, form, notice, page
from backend.web.robots import FromStranger, RobotCheck, open_check, strangers_page
from backend.web.typed_dates import read_date
from backend.web.typed_fields import read_code
from passcard.errors import InvalidCardNumber
from passcard.layout import parse_card_number

TOKEN_CHARACTERS_MAX: Final = 128
FIELD_CHARACTERS_MAX: Final = 64
EMAIL_FIELD_CHARACTERS_MAX: Final = 320
STYLES: Final = {
    name: FOLDER / "static" / name
    for name in (
        "tokens.css",
        "account.css",
        "establishment.css",
        "holder.css",
        "kitchen.css",
        "operator.css",
        "camera.js",
        "kitchen.js",
        "passkey.js",
        "reveal.js",
        "robot.js",
        "unsaved.js",
    )
}
LINK_TROUBLE: Final[dict[type[BackendError], words.Notice]] = {
    ActivationUnknown: words.LINK_UNKNOWN,
    ActivationExpired: words.LINK_EXPIRED,
    ActivationUsed: words.LINK_USED,
    ActivationExhausted: words.LINK_EXHAUSTED,
}

router = APIRouter(include_in_schema=False)
router.routes.extend(kitchen.router.routes)
Typed = Annotated[str, Form(max_length=FIELD_CHARACTERS_MAX)]
TypedEmail = Annotated[str, Form(max_length=EMAIL_FIELD_CHARACTERS_MAX)]


class StyleUnknown(NotFoundError):
    """No such style sheet."""

    code = "style_not_found"
    message = "There is no such style sheet."


@router.get("/")
def home(services: ServicesDependency) -> HTMLResponse:
    """Say what this is to whoever opens the address."""
    return page("home.html", conformity=services.settings.accessibility.value)


@router.get("/static/{name}")
def style(name: str) -> FileResponse:
    """Send one of the pages' style sheets or scripts, by its name in a closed list."""
    if name not in STYLES:
        raise StyleUnknown
    return FileResponse(STYLES[name], headers={"Cache-Control": "max-age=3600"})


@router.get("/activation/{token}")
def activation(token: str, services: ServicesDependency) -> HTMLResponse:
    """Show the form, or why this link opens nothing. Opening it changes nothing."""
    return _code_form(services, token, None)


@router.post("/activation/{token}")
def choose_code(
    token: str,
    services: ServicesDependency,
    code: Typed = "",
    code_again: Typed = "",
    birth_date: Typed = "",
) -> HTMLResponse:
    """Set the code, or show the form again with the reason and empty fields."""
    try:
        _set(services, token[:TOKEN_CHARACTERS_MAX], (code, code_again), birth_date)
    except _Mistyped as mistyped:
        return _code_form(services, token, mistyped.problem)
    except CodeRefused as error:
        problem = Problem("code", words.WEAK[str(error.details["why"])])
        return _code_form(services, token, problem)
    except BirthDateWrong:
        return _code_form(services, token, Problem("birth_date", words.BIRTH_DATE_WRONG))
    except CodeBeingSet:
        return _code_form(services, token, Problem("code", words.CHANGED_MEANWHILE))
    except tuple(LINK_TROUBLE) as error:
        return _link_trouble(error)
    return notice("good", words.DONE)


@router.get("/code-oublie")
def forgotten(services: ServicesDependency) -> HTMLResponse:
    """Show the form that asks for a link."""
    return _forgotten_form(open_check(services, Door.CODE))


@router.post("/code-oublie")
def ask_again(
    services: ServicesDependency,
    stranger: FromStranger,
    card_number: Typed = "",
    email: TypedEmail = "",
) -> HTMLResponse:
    """Answer the same whoever has an account: only the form of what was typed is judged."""
    try:
        number = parse_card_number(card_number)
    except InvalidCardNumber:
        return _forgotten_form(open_check(services, Door.CODE), "card_number")
    try:
        normal_email(email)
        if not stranger.is_let_through(Door.CODE):
            typed = {"card_number": number, "email": email}
            return _forgotten_form(stranger.asked(Door.CODE), "robot_answer", typed)
        ask_for_link(services, number, email)
    except EmailInvalid:
        return _forgotten_form(open_check(services, Door.CODE), "email")
    except (TooManyLinkRequests, TooManyRequests) as error:
        return notice("stop", words.LATER, status_of(error))
    return notice("good", words.ASKED)


def _forgotten_form(
    robot: RobotCheck, wrong: str = "", typed: Mapping[str, str] = MappingProxyType({})
) -> HTMLResponse:
    """Show the form; what was typed is in it only where nothing of it was wrong."""
    texts = {"card_number": words.CARD_NUMBER_FORM, "email": words.EMAIL_FORM}
    problem = Problem(wrong, texts.get(wrong, robot.problem)) if wrong else None
    told = {"problem": problem, "typed": typed}
    return strangers_page("forgotten.html", robot, 422 if wrong else 200, **told)


class _Mistyped(Exception):
    """What was typed cannot be what was meant."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.field)
        self.problem = problem


def _set(services: Services, token: str, typed: tuple[str, str], birth_date: str) -> None:
    code, again = typed
    if code != again:
        raise _Mistyped(Problem("code_again", words.CODES_DIFFER))
    digits = services.settings.code_digits
    try:
        chosen = read_code(code, digits)
    except ValueError:
        raise _Mistyped(Problem("code", words.so_many_digits(digits))) from None
    with services.database.reading() as session:
        asks_birth_date = find_link(session, token, services.now()).asks_birth_date
    activate_code(services, token, chosen, _read_date(birth_date) if asks_birth_date else None)


def _read_date(text: str) -> date:
    """Read a date as people here write it; raise _Mistyped."""
    found = read_date(text)
    if found is None:
        raise _Mistyped(Problem("birth_date", words.BIRTH_DATE_FORM))
    return found


def _code_form(services: Services, token: str, problem: Problem | None) -> HTMLResponse:
    try:
        with services.database.reading() as session:
            link = find_link(session, token[:TOKEN_CHARACTERS_MAX], services.now())
    except tuple(LINK_TROUBLE) as error:
        return _link_trouble(error)
    digits = services.settings.code_digits
    return form("activation.html", problem, asks_birth_date=link.asks_birth_date, digits=digits)


def _link_trouble(error: BackendError) -> HTMLResponse:
    return notice("stop", LINK_TROUBLE[type(error)], status_of(error))
