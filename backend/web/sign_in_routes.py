"""The pages for signing in: password, second factor, a mailed link, and one's own account.

What was typed is never in a page, an address or a log. A link opens a page; only its button acts.
"""

from typing import Annotated, Final

import segno
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse

from backend.accounts.beneficiaries import normal_email
from backend.accounts.errors import EmailInvalid
from backend.accounts.signin.errors import PasswordRefused, SignInRefused
from backend.accounts.signin.factor import (
    NewFactor,
    begin_factor,
    begun_factor,
    confirm_new_factor,
)
from backend.accounts.signin.links import find_account
from backend.accounts.signin.sessions import (
    end_by_token,
    find_session,
)
from backend.accounts.signin.signing_in import (
    ask_for_password_link,
    choose_password,
    confirm_factor,
    sign_in,
)
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.signin.tokens import TOKEN_CHARACTERS_MAX
from backend.accounts.strangers.seals import Door
from backend.http import ServicesDependency
from backend.services import Services
from backend.web import sign_in_words as words
from backend.web.account_english import ENGLISH
from backend.web.federation_ways import way_out, ways_in
from backend.web.languages import voice_in
from backend.web.link_english import ENGLISH as LINK_ENGLISH
from backend.web.own_page import AccountFrame, OwnPage
from backend.web.pages import Problem, form, let_script, notice
from backend.web.reader import reader, reads_by_link
from backend.web.robots import FromStranger, RobotCheck, open_check, strangers_page
from backend.web.roles import may_stay
from backend.web.signed_in import (
    ACCOUNT,
    FACTOR,
    PASSKEY_FACTOR,
    SIGN_IN,
    SPACE,
    OwnForm,
    OwnSite,
    PageRoute,
    Token,
    admit,
    browser_of,
    go,
    network_of_request,
    take_cookie,
)
from backend.web.typed_fields import TypedEmail

PASSWORD_FIELD_CHARACTERS_MAX: Final = 512
router = APIRouter(include_in_schema=False, route_class=PageRoute)
TypedPassword = Annotated[str, Form(max_length=PASSWORD_FIELD_CHARACTERS_MAX)]
TypedDigits = Annotated[str, Form(max_length=16)]


@router.get(SIGN_IN)
def sign_in_form(services: ServicesDependency) -> HTMLResponse:
    """Show the form."""
    return _sign_in_form(services, None)


@router.post(SIGN_IN, dependencies=[OwnSite])
def start(
    request: Request,
    services: ServicesDependency,
    email: TypedEmail = "",
    password: TypedPassword = "",
    stay: Annotated[str, Form(max_length=8)] = "",
) -> Response:
    """Sign in, or show the form again, empty; stay signed in where that was asked and may be."""
    wish = may_stay if stay else None
    network, browser = network_of_request(request), browser_of(request)
    try:
        started = sign_in(services, email, password, browser, network=network, may_stay=wish)
    except SignInRefused:
        return _sign_in_form(services, Problem("email", words.REFUSED))
    return admit(request, services, started)


@router.get(FACTOR)
def factor_form(services: ServicesDependency, token: Token) -> Response:
    """Ask for the one-time password, or for a passkey where there is nothing else."""
    return _factor_form(services, token, None)


@router.post(FACTOR, dependencies=[OwnSite])
def finish(
    request: Request, services: ServicesDependency, token: Token, digits: TypedDigits = ""
) -> Response:
    """Finish signing in; the session gets another token."""
    try:
        started = confirm_factor(services, token, digits)
    except SignInRefused:
        return _factor_form(services, token, Problem("digits", words.FACTOR_REFUSED))
    return admit(request, services, started)


@router.post("/deconnexion", dependencies=[OwnForm])
def sign_out(request: Request, services: ServicesDependency, token: Token) -> Response:
    """End this session."""
    with services.database.unit_of_work() as session:
        end_by_token(session, token)
    return take_cookie(go(way_out(request)))


@router.get("/mot-de-passe")
def forgotten_form(services: ServicesDependency) -> HTMLResponse:
    """Show the form that asks for a link."""
    return _forgotten_form(open_check(services, Door.PASSWORD))


@router.post("/mot-de-passe", dependencies=[OwnSite])
def ask_link(
    request: Request,
    services: ServicesDependency,
    stranger: FromStranger,
    email: TypedEmail = "",
) -> HTMLResponse:
    """Answer the same whoever has an account."""
    try:
        normal_email(email)
        if not stranger.is_let_through(Door.PASSWORD):
            robot = stranger.asked(Door.PASSWORD)
            return _forgotten_form(robot, Problem("robot_answer", robot.problem), email)
        ask_for_password_link(services, email, network_of_request(request))
    except EmailInvalid:
        robot = open_check(services, Door.PASSWORD)
        return _forgotten_form(robot, Problem("email", words.EMAIL_FORM))
    return notice("good", words.LINK_ASKED)


@router.get("/mot-de-passe/{link}")
def password_form(link: str, services: ServicesDependency) -> HTMLResponse:
    """Show the form of a link. Opening it changes nothing."""
    return _password_form(services, link, None)


@router.post("/mot-de-passe/{link}", dependencies=[OwnSite])
def set_password(
    link: str,
    services: ServicesDependency,
    password: TypedPassword = "",
    password_again: TypedPassword = "",
) -> HTMLResponse:
    """Set the password, or show the form again with the reason and empty fields."""
    if password != password_again:
        return _password_form(services, link, Problem("password_again", words.PASSWORDS_DIFFER))
    _email_of(services, link)
    try:
        choose_password(services, link[:TOKEN_CHARACTERS_MAX], password)
    except PasswordRefused as refusal:
        why = words.WEAK[str(refusal.details["why"])]
        return _password_form(services, link, Problem("password", why))
    return notice("good", words.PASSWORD_SET, way=SIGN_IN)


@router.post(f"{SPACE}/verification", dependencies=[OwnForm])
def begin(frame: AccountFrame) -> Response:
    """Begin a second factor; where one is in place, there is nothing to begin."""
    try:
        begin_factor(frame.services, frame.who.account_id)
    except SignInRefused:
        return go(SPACE)
    return go(f"{SPACE}/verification")


@router.get(f"{SPACE}/verification")
def new_factor_form(frame: AccountFrame) -> Response:
    """Show the second factor that was begun."""
    return _new_factor_form(frame, None)


@router.post(f"{SPACE}/verification/confirmation", dependencies=[OwnForm])
def confirm(frame: AccountFrame, digits: TypedDigits = "") -> Response:
    """Put the second factor in place, or show it again."""
    try:
        confirm_new_factor(frame.services, frame.who.account_id, digits)
    except SignInRefused:
        return _new_factor_form(frame, Problem("digits", words.FACTOR_REFUSED))
    return go(ACCOUNT)


def _forgotten_form(
    robot: RobotCheck, problem: Problem | None = None, email: str = ""
) -> HTMLResponse:
    told = {"problem": problem, "email": email}
    return strangers_page("password_forgotten.html", robot, 422 if problem else 200, **told)


def _sign_in_form(services: Services, problem: Problem | None) -> HTMLResponse:
    return form("sign_in.html", problem, ways=ways_in(services.settings))


def _factor_form(services: Services, token: str, problem: Problem | None) -> Response:
    with services.database.reading() as session:
        account_id = find_session(session, token, services.now()).account_id
        account = session.get_one(SignInAccount, account_id)
        has_digits, has_passkey = account.factor_confirmed_at is not None, account.passkeys > 0
        told = voice_in(account.language, ENGLISH).around()
    if has_passkey and not has_digits:
        return go(PASSKEY_FACTOR)
    return form("factor.html", problem, has_passkey=has_passkey, **told)


def _new_factor_form(frame: OwnPage, problem: Problem | None) -> Response:
    try:
        begun: NewFactor = begun_factor(frame.services, frame.who.account_id)
    except SignInRefused:
        return go(SPACE) if frame.who.has_factor else frame.show("demanded_factor.html")
    picture = segno.make(begun.uri, error="m").svg_data_uri(scale=5, border=4, light="white")
    letters = " ".join(begun.letters[i : i + 4] for i in range(0, len(begun.letters), 4))
    return frame.form("new_factor.html", problem, picture=picture, letters=letters)


def _password_form(services: Services, link: str, problem: Problem | None) -> HTMLResponse:
    email = _email_of(services, link)
    around = voice_in(reader().language, LINK_ENGLISH).around()
    return let_script(form("password.html", problem, **around, email=email))


def _email_of(services: Services, link: str) -> str:
    """Return whose link it is; what is said from here on is in their language."""
    with services.database.reading() as session:
        account = find_account(session, link[:TOKEN_CHARACTERS_MAX], services.now())
        reads_by_link(account.language)
        return account.email
