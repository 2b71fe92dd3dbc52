"""Pages for FranceConnect: there and back, a first time, one's own tie, and goodbye.

Our forms lead to our own pages alone, by policy: what leads to the provider is a link, or a page
that goes there by itself. A browser on its way holds a cookie of its own; what it brings back is
worth nothing in another.
"""

import logging
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from backend.accounts.errors import EmailInvalid, NameInvalid
from backend.accounts.signin.address_links import find_address_link
from backend.accounts.signin.errors import (
    BirthDateUnlikely,
    NotSignedIn,
    SignInRefused,
    TermsChanged,
    TooYoung,
)
from backend.accounts.signin.federation.attempts import (
    begin_goodbye,
    finish_goodbye,
    remember_visit,
    use_attempt,
)
from backend.accounts.signin.federation.errors import (
    AttemptGone,
    ProviderAnswerRefused,
    ProviderSaidNo,
)
from backend.accounts.signin.federation.linking import (
    Pending,
    drop_pending,
    find_account,
    find_pending,
    keep_pending,
    link_identity,
)
from backend.accounts.signin.federation.provider import (
    GOODBYE_PATH,
    RETURN_PATH,
    Identified,
    Provider,
    Question,
)
from backend.accounts.signin.federation.signing_in import (
    ask_to_sign_up_here,
    enter,
    first_name,
    open_account_here,
)
from backend.accounts.signin.sessions import signed_in
from backend.accounts.signin.sign_up import Asked
from backend.accounts.signin.sign_up_tables import AddressLinkKind
from backend.accounts.signin.tables import Language
from backend.accounts.signin.terms import terms_in_force
from backend.accounts.signin.tokens import TOKEN_CHARACTERS_MAX, new_token
from backend.http import ServicesDependency, status_of
from backend.services import Services
from backend.web import federation_own, sign_in_words
from backend.web import federation_words as words
from backend.web.federation_frame import OWN, Asks, address_of, hold, leaving
from backend.web.federation_ways import BROWSER_COOKIE, GOODBYE, START, browser_token
from backend.web.pages import Problem, form, notice
from backend.web.signed_in import (
    SIGN_IN,
    OwnSite,
    PageRoute,
    admit,
    browser_of,
    go,
    network_of_request,
    token_of,
)
from backend.web.typed_fields import TypedEmail

LOG: Final = logging.getLogger(__name__)
FIRST_TIME: Final = f"{START}/nouveau"
BROUGHT_CHARACTERS_MAX: Final = 4_096
router = APIRouter(include_in_schema=False, route_class=PageRoute)
router.routes.extend(federation_own.router.routes)


@router.get(START)
def start(request: Request, services: ServicesDependency, provider: Asks) -> Response:
    """Send the browser to the provider, to sign in."""
    token = browser_token(request) or new_token()
    return hold(_away(address_of(services, provider, token, None)), token)


@router.get(RETURN_PATH)
def come_back(request: Request, services: ServicesDependency, provider: Asks) -> Response:
    """Take what the browser brings back, once, and let in whom it stands for."""
    brought = {name: value[:BROUGHT_CHARACTERS_MAX] for name, value in request.query_params.items()}
    token = browser_token(request)
    with services.database.unit_of_work() as session:
        attempt = use_attempt(session, token, brought.get("state", ""), services.now())
    found = _identify(provider, brought, attempt.question)
    if attempt.account_id is not None:
        return _tie(request, services, provider, attempt.account_id, found)
    with services.database.unit_of_work() as session:
        now = services.now()
        # What was known before the provider was asked may be in another's hands: another token.
        token = new_token()
        remember_visit(session, token, found.id_token, now)
        account_id = find_account(session, provider.issuer, found.identity.subject, now)
        if account_id is None:
            keep_pending(session, token, provider.issuer, found.identity, now)
    if account_id is None:
        return hold(go(FIRST_TIME), token)
    return hold(_let_in(request, services, account_id), token)


@router.get(FIRST_TIME)
def first_time(request: Request, services: ServicesDependency) -> HTMLResponse:
    """Ask whether somebody who comes for the first time has an account."""
    return _first_time(request, services, None)


@router.post(f"{START}/compte", dependencies=[OwnSite])
def sign_up(
    request: Request,
    services: ServicesDependency,
    *,
    email: TypedEmail = "",
    email_again: TypedEmail = "",
    terms: Annotated[str, Form(max_length=8)] = "",
) -> Response:
    """Ask for an account for whom this browser was identified as."""
    pending = _pending(request, services)
    if email.strip().lower() != email_again.strip().lower():
        return _first_time(request, services, Problem("email_again", words.ADDRESSES_DIFFER))
    if not terms.isdecimal():
        return _first_time(request, services, Problem("terms", words.TERMS_MISSING))
    try:
        _ask_to_sign_up(request, services, pending, email, int(terms))
    except EmailInvalid:
        problem = Problem("email", sign_in_words.EMAIL_FORM)
    except TermsChanged:
        problem = Problem("terms", words.TERMS_MISSING)
    except (TooYoung, BirthDateUnlikely):
        problem = Problem("email", words.TOO_YOUNG)
    except NameInvalid:
        problem = Problem("email", words.NAME_MISSING)
    else:
        return notice("good", words.SIGN_UP_ASKED)
    return _first_time(request, services, problem)


@router.post(f"{START}/compte/{{link}}", dependencies=[OwnSite])
def open_account(link: str, request: Request, services: ServicesDependency) -> Response:
    """Open the account of a mailed link in the browser that was identified, and let it in."""
    link, token = link[:TOKEN_CHARACTERS_MAX], browser_token(request)
    with services.database.reading() as session:
        kind, now = AddressLinkKind.SIGN_UP, services.now()
        sign_up_id = find_address_link(session, kind, link, now)
    return _let_in(request, services, open_account_here(services, link, sign_up_id, token))


@router.get(GOODBYE)
def goodbye(request: Request, services: ServicesDependency, provider: Asks) -> Response:
    """Go and end the provider's session too, where this browser has one."""
    with services.database.unit_of_work() as session:
        began = begin_goodbye(session, browser_token(request), services.now())
    address = None if began is None else provider.goodbye_address(*began)
    return go(SIGN_IN) if address is None else leaving(address)


@router.get(GOODBYE_PATH)
def gone(request: Request, services: ServicesDependency, state: str = "") -> Response:
    """Say that both sessions are over."""
    with services.database.unit_of_work() as session:
        token = browser_token(request)
        over = finish_goodbye(session, token, state[:TOKEN_CHARACTERS_MAX])
        if over:
            drop_pending(session, token)
    response = notice("good", words.SIGNED_OUT, way=SIGN_IN) if over else go(SIGN_IN)
    response.delete_cookie(BROWSER_COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return response


def _identify(provider: Provider, brought: dict[str, str], question: Question) -> Identified:
    try:
        provider.check_sender(brought.get("iss"))
        return provider.identify(_code_of(brought), question)
    except (ProviderAnswerRefused, ProviderSaidNo) as refusal:
        LOG.warning("identity provider: %s %s", refusal.code, refusal.details)
        raise


def _code_of(brought: dict[str, str]) -> str:
    if "error" in brought or not brought.get("code"):
        raise ProviderSaidNo(error=brought.get("error", "no code")[:40])
    return brought["code"]


def _tie(
    request: Request,
    services: Services,
    provider: Provider,
    account_id: UUID,
    found: Identified,
) -> Response:
    """Tie an identity to the account that went for it, if it is still signed in to here."""
    token = token_of(request)
    with services.database.unit_of_work() as session:
        if signed_in(session, token, services.now()).account_id != account_id:
            raise NotSignedIn
        remember_visit(session, browser_token(request), found.id_token, services.now())
    link_identity(services, account_id, token, provider.issuer, found.identity)
    return go(OWN)


def _let_in(request: Request, services: Services, account_id: UUID) -> Response:
    try:
        started = enter(services, account_id, browser_of(request))
    except SignInRefused as refusal:
        return notice("stop", words.CLOSED, status_of(refusal), way=SIGN_IN)
    return admit(request, services, started)


def _ask_to_sign_up(
    request: Request, services: Services, pending: Pending, email: str, terms: int
) -> None:
    if pending.birth_date is None:
        raise BirthDateUnlikely
    asked = Asked(
        email,
        first_name(pending.given_name),
        pending.family_name,
        pending.birth_date,
        Language.FRENCH,
        terms,
    )
    ask_to_sign_up_here(services, browser_token(request), asked, network_of_request(request))


def _first_time(request: Request, services: Services, problem: Problem | None) -> HTMLResponse:
    pending = _pending(request, services)
    return form(
        "federation_first_time.html",
        problem,
        pending=pending,
        complete=pending.birth_date is not None and pending.family_name and pending.given_name,
        terms=terms_in_force(services.now()).version,
    )


def _pending(request: Request, services: Services) -> Pending:
    with services.database.reading() as session:
        pending = find_pending(session, browser_token(request), services.now())
    if pending is None:
        raise AttemptGone
    return pending


def _away(address: str) -> Response:
    return RedirectResponse(address, status_code=303, headers={"Cache-Control": "no-store"})
