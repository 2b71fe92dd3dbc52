"""Pages for passkeys: sign in with one, confirm a password with one, and one's own list.

The pages where the device is asked are the only ones here with a script, our own; what the device
answers comes back in a form. The browser that signs in with nothing but a passkey holds a cookie
of its own for minutes, so that an answer is worth nothing in another browser.
"""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse

from backend.accounts.signin.errors import NotSignedIn, SignInRefused
from backend.accounts.signin.passkeys.ceremonies import (
    ANSWER_CHARACTERS_MAX,
    CHALLENGE_SECONDS_MAX,
)
from backend.accounts.signin.passkeys.errors import PasskeyKnown, PasskeyRefused
from backend.accounts.signin.passkeys.keeping import (
    PASSKEYS_MAX,
    OwnPasskey,
    add_passkey,
    begin_passkey,
    list_passkeys,
    name_passkey,
    remove_passkey,
)
from backend.accounts.signin.passkeys.signing_in import (
    begin_factor,
    begin_sign_in,
    confirm_with_passkey,
    sign_in_with_passkey,
)
from backend.accounts.signin.passkeys.tables import PASSKEY_NAME_CHARACTERS_MAX
from backend.accounts.signin.sessions import find_session
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.signin.tokens import TOKEN_CHARACTERS_MAX, new_token
from backend.http import ServicesDependency
from backend.services import Services
from backend.web import passkey_words as words
from backend.web.account_english import ENGLISH
from backend.web.federation_ways import ways_in
from backend.web.languages import voice_in
from backend.web.own_page import AccountFrame, OwnPage
from backend.web.pages import Problem, form, let_script
from backend.web.signed_in import (
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
)

PASSKEY_SIGN_IN: Final = f"{SIGN_IN}/cle"
PASSKEYS: Final = f"{SPACE}/cles"
BROWSER_COOKIE: Final = "__Host-pass-cle"
router = APIRouter(include_in_schema=False, route_class=PageRoute)
Answer = Annotated[str, Form(max_length=ANSWER_CHARACTERS_MAX)]
TypedName = Annotated[str, Form(max_length=4 * PASSKEY_NAME_CHARACTERS_MAX)]


@router.get(PASSKEY_SIGN_IN)
def sign_in_form(request: Request, services: ServicesDependency) -> Response:
    """Ask the browser for a passkey, whoever's it is."""
    return _sign_in_form(request, services, None)


@router.post(PASSKEY_SIGN_IN, dependencies=[OwnSite])
def sign_in(request: Request, services: ServicesDependency, answer: Answer = "") -> Response:
    """Sign in with a passkey alone: it is both factors."""
    try:
        started = sign_in_with_passkey(
            services, _browser_token(request), answer, browser_of(request)
        )
    except SignInRefused:
        return _sign_in_form(request, services, Problem("answer", words.REFUSED))
    response = admit(request, services, started)
    response.delete_cookie(BROWSER_COOKIE, path="/", secure=True, httponly=True, samesite="strict")
    return response


@router.get(PASSKEY_FACTOR)
def factor_form(services: ServicesDependency, token: Token) -> Response:
    """Ask for a passkey after the password."""
    return _factor_form(services, token, None)


@router.post(PASSKEY_FACTOR, dependencies=[OwnSite])
def confirm_factor(
    request: Request, services: ServicesDependency, token: Token, answer: Answer = ""
) -> Response:
    """Finish signing in; the session gets another token."""
    try:
        started = confirm_with_passkey(services, token, answer)
    except SignInRefused:
        return _factor_form(services, token, Problem("answer", words.REFUSED))
    return admit(request, services, started)


@router.get(PASSKEYS)
def list_own(frame: AccountFrame) -> HTMLResponse:
    """Show one's own passkeys."""
    with frame.services.database.reading() as session:
        own = list_passkeys(session, frame.who.account_id)
    return frame.show(
        "passkey_list.html",
        passkeys=[_line(one, frame) for one in own],
        full=len(own) >= PASSKEYS_MAX,
        ways=ways_in(frame.services.settings),
    )


@router.get(f"{PASSKEYS}/nouvelle")
def new_form(frame: AccountFrame) -> HTMLResponse:
    """Ask the browser to make a passkey."""
    return _new_form(frame, None)


@router.post(f"{PASSKEYS}/nouvelle", dependencies=[OwnForm])
def add(frame: AccountFrame, name: TypedName = "", answer: Answer = "") -> Response:
    """Keep the passkey that was made."""
    try:
        add_passkey(frame.services, frame.who.account_id, frame.token, answer=answer, name=name)
    except PasskeyRefused:
        return _new_form(frame, Problem("answer", words.REFUSED))
    except PasskeyKnown:
        return _new_form(frame, Problem("answer", words.KNOWN))
    return go(PASSKEYS)


@router.post(f"{PASSKEYS}/{{passkey_id}}/nom", dependencies=[OwnForm])
def rename(passkey_id: UUID, frame: AccountFrame, name: TypedName = "") -> Response:
    """Give one of one's own passkeys another name."""
    with frame.services.database.unit_of_work() as session:
        name_passkey(session, frame.who.account_id, passkey_id, name)
    return go(PASSKEYS)


@router.post(f"{PASSKEYS}/{{passkey_id}}/retrait", dependencies=[OwnForm])
def remove(passkey_id: UUID, frame: AccountFrame) -> Response:
    """Remove one of one's own passkeys."""
    remove_passkey(frame.services, frame.who.account_id, frame.token, passkey_id)
    return go(PASSKEYS)


def _sign_in_form(request: Request, services: Services, problem: Problem | None) -> Response:
    # The same browser keeps its token: a second tab does not spoil the first.
    try:
        token = _browser_token(request)
    except SignInRefused:
        token = new_token()
    options = begin_sign_in(services, token)
    response = _asking("passkey_sign_in.html", problem, options=options, way=SIGN_IN)
    response.set_cookie(
        BROWSER_COOKIE,
        token,
        max_age=CHALLENGE_SECONDS_MAX,
        path="/",
        secure=True,
        httponly=True,
        samesite="strict",
    )
    return response


def _factor_form(services: Services, token: str, problem: Problem | None) -> Response:
    try:
        options = begin_factor(services, token)
    except SignInRefused:
        raise NotSignedIn from None
    with services.database.reading() as session:
        account_id = find_session(session, token, services.now()).account_id
        account = session.get_one(SignInAccount, account_id)
        has_digits, told = account.factor_confirmed_at is not None, account.language
    shown = voice_in(told, ENGLISH).around()
    return _asking("passkey_factor.html", problem, options=options, has_digits=has_digits, **shown)


def _new_form(frame: OwnPage, problem: Problem | None) -> HTMLResponse:
    options = begin_passkey(frame.services, frame.who.account_id, frame.token)
    return let_script(frame.form("passkey_new.html", problem, options=options))


def _asking(template: str, problem: Problem | None, **values: object) -> HTMLResponse:
    """Render a page where our script asks the device."""
    return let_script(form(template, problem, **values))


def _browser_token(request: Request) -> str:
    token = request.cookies.get(BROWSER_COOKIE, "")
    if not token or len(token) > TOKEN_CHARACTERS_MAX:
        raise SignInRefused
    return token


def _line(one: OwnPasskey, frame: OwnPage) -> dict[str, object]:
    return {
        "id": one.passkey_id,
        "name": one.name,
        "created": frame.at(one.created_at),
        "used": None if one.used_at is None else frame.at(one.used_at),
        "backed_up": one.backed_up,
        "regressed": None if one.regressed_at is None else frame.at(one.regressed_at),
    }
