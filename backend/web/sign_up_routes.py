"""The pages for signing up: the form, the mailed link, the terms of use.

What is answered does not tell whether an address is known. A link opens a page; its button acts. A
password is never shown again; the rest that was typed is, in the form that is to be put right.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse

from backend.accounts.beneficiaries import normal_email
from backend.accounts.errors import EmailInvalid, NameInvalid
from backend.accounts.likely_domains import likely_domain
from backend.accounts.names import normal_name
from backend.accounts.signin.errors import (
    BirthDateUnlikely,
    PasswordRefused,
    TermsChanged,
    TooYoung,
)
from backend.accounts.signin.own_account import accept_new_terms
from backend.accounts.signin.sessions import find_session
from backend.accounts.signin.sign_up import (
    Asked,
    Waiting,
    ask_for_another_link,
    ask_to_sign_up,
    check_birth_date,
    find_waiting,
    open_account,
)
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.signin.terms import TERMS, terms_in_force
from backend.accounts.signin.tokens import TOKEN_CHARACTERS_MAX, form_token
from backend.accounts.strangers.seals import Door
from backend.errors import NotFoundError
from backend.http import ServicesDependency
from backend.services import Services
from backend.web import sign_in_words
from backend.web import sign_up_words as words
from backend.web.federation_ways import browser_token, opens_link_here, ways_in
from backend.web.languages import language_of, voice_in
from backend.web.link_english import ENGLISH
from backend.web.pages import Problem, form, let_script, notice, page
from backend.web.reader import reader, reads, reads_by_link
from backend.web.robots import FromStranger, RobotCheck, open_check, strangers_page
from backend.web.signed_in import (
    SIGN_IN,
    OwnForm,
    OwnSite,
    PageRoute,
    Token,
    admit,
    network_of_request,
)
from backend.web.signed_in import TERMS as NEW_TERMS
from backend.web.typed_dates import read_date
from backend.web.typed_fields import TypedEmail, TypedLine, TypedWord
from backend.web.words import Text

SIGN_UP: Final = "/inscription"
router = APIRouter(include_in_schema=False, route_class=PageRoute)
Problems = dict[str, Text]
TypedPassword = Annotated[str, Form(max_length=512)]


class TermsUnknown(NotFoundError):
    """There never were terms of this number."""

    code = "terms_not_found"
    message = "There are no such terms of use."


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed into the form, as they typed it; no password is among it."""

    given_name: str = ""
    family_name: str = ""
    birth_date: str = ""
    email: str = ""
    email_again: str = ""
    language: str = ""
    terms: str = ""
    #: The address whose provider looked mistyped, and was sent again all the same.
    sure: str = ""


def _typed(  # noqa: PLR0917
    given_name: TypedLine = "",
    family_name: TypedLine = "",
    birth_date: TypedWord = "",
    email: TypedEmail = "",
    email_again: TypedEmail = "",
    language: TypedWord = "",
    terms: TypedWord = "",
    sure: TypedEmail = "",
) -> Typed:
    return Typed(given_name, family_name, birth_date, email, email_again, language, terms, sure)


@router.get(SIGN_UP)
def sign_up_form(services: ServicesDependency) -> HTMLResponse:
    """Show the form."""
    return _form(services, Typed(), {})


@router.post(SIGN_UP, dependencies=[OwnSite])
def sign_up(
    request: Request,
    services: ServicesDependency,
    typed: Annotated[Typed, Depends(_typed)],
    stranger: FromStranger,
) -> HTMLResponse:
    """Take the form, or show it again with what is to be put right at each field."""
    problems = _problems(typed, services.now())
    born = read_date(typed.birth_date)
    if problems or born is None:
        return _form(services, typed, problems)
    if not stranger.is_let_through(Door.SIGN_UP):
        robot = stranger.asked(Door.SIGN_UP)
        return _form(services, typed, {"robot_answer": robot.problem}, robot)
    asked = Asked(
        typed.email,
        typed.given_name,
        typed.family_name,
        born,
        language_of(typed.language),
        int(typed.terms),
    )
    try:
        ask_to_sign_up(services, asked, network_of_request(request))
    except TermsChanged:
        return _form(services, typed, {"terms": words.TERMS})
    return notice("good", words.ASKED, way=f"{SIGN_UP}/nouveau-lien")


@router.get(f"{SIGN_UP}/nouveau-lien")
def another_link_form(services: ServicesDependency) -> HTMLResponse:
    """Show the form that asks for another link."""
    return _link_form(open_check(services, Door.ANOTHER_LINK), "", {})


@router.post(f"{SIGN_UP}/nouveau-lien", dependencies=[OwnSite])
def another_link(
    request: Request,
    services: ServicesDependency,
    stranger: FromStranger,
    email: TypedEmail = "",
) -> HTMLResponse:
    """Answer the same whether somebody waits or not."""
    try:
        normal_email(email)
        if not stranger.is_let_through(Door.ANOTHER_LINK):
            robot = stranger.asked(Door.ANOTHER_LINK)
            return _link_form(robot, email, {"robot_answer": robot.problem})
        ask_for_another_link(services, email, network_of_request(request))
    except EmailInvalid:
        return _link_form(open_check(services, Door.ANOTHER_LINK), "", {"email": words.EMAIL})
    return notice("good", words.LINK_ASKED, way=SIGN_IN)


@router.get(f"{SIGN_UP}/{{link}}")
def password_form(link: str, request: Request, services: ServicesDependency) -> HTMLResponse:
    """Show the form of a link. Opening it changes nothing."""
    here = opens_link_here(services, link, browser_token(request))
    return _password_form(services, link, None, here=here)


@router.post(f"{SIGN_UP}/{{link}}", dependencies=[OwnSite])
def activate(
    link: str,
    services: ServicesDependency,
    password: TypedPassword = "",
    password_again: TypedPassword = "",
) -> HTMLResponse:
    """Open the account with this password, or show the form again with the reason."""
    if password != password_again:
        problem = Problem("password_again", sign_in_words.PASSWORDS_DIFFER)
        return _password_form(services, link, problem)
    _waiting(services, link)
    try:
        open_account(services, link[:TOKEN_CHARACTERS_MAX], password)
    except PasswordRefused as refusal:
        why = sign_in_words.WEAK[str(refusal.details["why"])]
        return _password_form(services, link, Problem("password", why))
    return notice("good", words.OPENED, way=SIGN_IN)


@router.get("/conditions")
def terms(services: ServicesDependency) -> HTMLResponse:
    """Show the terms that are in force."""
    return _terms(services, terms_in_force(services.now()).version)


@router.get("/conditions/{version}")
def terms_of(version: int, services: ServicesDependency) -> HTMLResponse:
    """Show the terms of a number, in force or not."""
    return _terms(services, version)


@router.get(NEW_TERMS)
def new_terms(services: ServicesDependency, token: Token) -> HTMLResponse:
    """Show what has changed, and the box that accepts it."""
    return _new_terms(services, token, {})


@router.post(NEW_TERMS, dependencies=[OwnForm])
def take_new_terms(
    request: Request, services: ServicesDependency, token: Token, terms: TypedWord = ""
) -> Response:
    """Go on with a session that waited for this."""
    if not terms.isdecimal():
        return _new_terms(services, token, {"terms": words.TERMS})
    try:
        started = accept_new_terms(services, token, int(terms))
    except TermsChanged:
        return _new_terms(services, token, {"terms": words.TERMS})
    return admit(request, services, started)


def _problems(typed: Typed, now: datetime) -> Problems:
    """Return what is to be put right, in the order of the fields."""
    problems: Problems = {}
    for field, text in (("given_name", words.GIVEN_NAME), ("family_name", words.FAMILY_NAME)):
        try:
            normal_name(getattr(typed, field))
        except NameInvalid:
            problems[field] = text
    trouble = birth_date_problem(typed.birth_date, now)
    if trouble is not None:
        problems["birth_date"] = trouble
    try:
        email = normal_email(typed.email)
    except EmailInvalid:
        problems["email"] = words.EMAIL
    else:
        if typed.email_again.strip().lower() != email:
            problems["email_again"] = words.EMAILS_DIFFER
        likely = likely_domain(email)
        if likely is not None and typed.sure != email:
            problems["email"] = words.likely_domain(email.rpartition("@")[0], likely)
    if not (typed.terms.isascii() and typed.terms.isdecimal()):
        problems["terms"] = words.TERMS
    return problems


def _doubted(typed: str) -> str:
    """Return an address whose provider looks mistyped: sent again, it is believed."""
    try:
        email = normal_email(typed)
    except EmailInvalid:
        return ""
    return "" if likely_domain(email) is None else email


def birth_date_problem(text: str, now: datetime) -> Text | None:
    """Return what is wrong with the birth date of somebody who would have an account."""
    born = read_date(text)
    if born is None:
        return words.BIRTH_DATE
    try:
        check_birth_date(born, now.date())
    except BirthDateUnlikely:
        return words.BIRTH_DATE
    except TooYoung:
        return words.TOO_YOUNG
    return None


def _link_form(robot: RobotCheck, email: str, problems: Problems) -> HTMLResponse:
    status = 422 if problems else 200
    return strangers_page("sign_up_link.html", robot, status, email=email, problems=problems)


def _form(
    services: Services, typed: Typed, problems: Problems, robot: RobotCheck | None = None
) -> HTMLResponse:
    version = terms_in_force(services.now()).version
    return strangers_page(
        "sign_up.html",
        robot or open_check(services, Door.SIGN_UP),
        422 if problems else 200,
        typed=asdict(typed),
        sure=_doubted(typed.email),
        problems=problems,
        terms_version=version,
        ways=ways_in(services.settings),
    )


def _password_form(
    services: Services, link: str, problem: Problem | None, *, here: bool = False
) -> HTMLResponse:
    """Ask for a password; `here`, FranceConnect identified them and it may open the account."""
    waiting = _waiting(services, link)
    around = voice_in(reader().language, ENGLISH).around()
    told = {"waiting": waiting, "link": link if here else None}
    return let_script(form("sign_up_password.html", problem, **around, **told))


def _waiting(services: Services, link: str) -> Waiting:
    """Return who a link was mailed to; what is said from here on is in their language."""
    with services.database.reading() as session:
        waiting = find_waiting(session, link[:TOKEN_CHARACTERS_MAX], services.now())
    reads_by_link(waiting.language)
    return waiting


def _terms(services: Services, version: int) -> HTMLResponse:
    now = services.now()
    found = next((one for one in TERMS if one.version == version), None)
    if found is None:
        raise TermsUnknown
    zone = ZoneInfo(services.settings.time_zone)
    since = f"{found.in_force_from.astimezone(zone):%d/%m/%Y}"
    current = terms_in_force(now).version == version
    return page("terms.html", version=version, since=since, current=current)


def _new_terms(services: Services, token: str, problems: Problems) -> HTMLResponse:
    now = services.now()
    with services.database.reading() as session:
        account_id = find_session(session, token, now).account_id
        reads(session.get_one(SignInAccount, account_id).language)
    told = {
        "problems": problems,
        "terms_version": terms_in_force(now).version,
        "form_token": form_token(token),
    }
    around = voice_in(reader().language, ENGLISH).around()
    return page("new_terms.html", 422 if problems else 200, **around, **told)
