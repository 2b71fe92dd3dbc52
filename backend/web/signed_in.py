"""Who is behind a page: the session's cookie, the forms that belong to it, and where else to go.

The cookie is `__Host-`: of this host alone, over HTTPS, out of reach of scripts. A form of somebody
who is signed in carries a token that another site cannot know; a form before that is taken only
from our own pages, by what the browser says of its origin. A refusal becomes a page.
"""

import hmac
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Final, NamedTuple
from urllib.parse import urlsplit

from fastapi import Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from sqlalchemy import Row, Select

from backend.accounts.errors import NotYours
from backend.accounts.signin.browsers import note_browser
from backend.accounts.signin.errors import (
    FactorDemanded,
    FactorNeeded,
    LinkGone,
    NotSignedIn,
    TermsNeeded,
    TooManyRequests,
    TooManyTries,
)
from backend.accounts.signin.federation.errors import (
    AttemptGone,
    IdentityTaken,
    NoProvider,
    OnlyWayIn,
    ProviderAnswerRefused,
    ProviderSaidNo,
    ProviderUnavailable,
)
from backend.accounts.signin.passkeys.errors import (
    PasskeysNotOffered,
    SignedInTooLongAgo,
    TooManyPasskeys,
)
from backend.accounts.signin.quota import network_of
from backend.accounts.signin.sessions import (
    KEPT_DAYS_MAX,
    SignedIn,
    ask,
    find_session,
    recognise,
    signed_in,
)
from backend.accounts.signin.signing_in import Started
from backend.accounts.signin.tables import Stage
from backend.accounts.signin.tokens import TOKEN_CHARACTERS_MAX, form_token, new_token
from backend.errors import BackendError, ForbiddenError
from backend.http import ServicesDependency, status_of
from backend.operators.errors import NotShown, SeeingAsOver
from backend.partners.errors import TerminalEnrolled, TooManyCounters
from backend.services import Services
from backend.web import (
    family_words,
    federation_words,
    operator_words,
    organisation_words,
    passkey_words,
    sign_up_words,
)
from backend.web import sign_in_words as words
from backend.web.pages import notice
from backend.web.reader import reads
from backend.web.seen_as import SEEN_COOKIE, looking, seen
from backend.web.words import Notice

COOKIE: Final = "__Host-pass"
SIGN_IN: Final = "/connexion"
FACTOR: Final = "/connexion/verification"
PASSKEY_FACTOR: Final = f"{FACTOR}/cle"
#: By it a browser is known again: a mail goes out when somebody signs in from another.
MARK_COOKIE: Final = "__Host-pass-nav"
MARK_SECONDS: Final = 400 * 86_400
TERMS: Final = "/connexion/conditions"
SPACE: Final = "/espace"
OPERATION: Final = "/exploitation"
NEW_FACTOR: Final = f"{SPACE}/verification"
ACCOUNT: Final = f"{SPACE}/compte"
#: What our own pages' forms say of where they come from.
OWN_SITE: Final = frozenset({"same-origin", "none"})
SAID: Final[dict[type[BackendError], Notice]] = {
    AttemptGone: federation_words.GONE,
    IdentityTaken: federation_words.TAKEN,
    NoProvider: federation_words.NONE_HERE,
    OnlyWayIn: federation_words.ONLY_WAY_IN,
    ProviderAnswerRefused: federation_words.REFUSED,
    ProviderSaidNo: federation_words.GIVEN_UP,
    ProviderUnavailable: federation_words.UNAVAILABLE,
    LinkGone: words.LINK_GONE,
    PasskeysNotOffered: passkey_words.NOT_OFFERED,
    SignedInTooLongAgo: passkey_words.TOO_LONG_AGO,
    TooManyPasskeys: passkey_words.TOO_MANY,
    NotYours: words.NOTHING_HERE,
    **family_words.SAID,
    **organisation_words.SAID,
    NotShown: operator_words.NOT_SHOWN,
    TerminalEnrolled: words.COUNTER_ENROLLED,
    TooManyCounters: words.TOO_MANY_COUNTERS,
}


class FormForged(ForbiddenError):
    """The form does not come from a page of this session."""

    code = "form_forged"
    message = "This form does not come from a page of yours; open the page again."


class PageRoute(APIRoute):
    """A route whose refusals are pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except BackendError as refusal:
                return self.page_of(refusal, request)

        return answer

    def page_of(self, refusal: BackendError, request: Request) -> Response:
        """Return the page that says what was refused; raise it where no page does.

        As the page that was asked for says it (`request.state.tell`), where it says it its own way.
        """
        return _page_of(refusal, getattr(request.state, "tell", notice))


def _page_of(refusal: BackendError, tell: Callable[..., Response]) -> Response:
    if isinstance(refusal, NotSignedIn):
        # Whoever is nobody looks as nobody: else the cookie would refuse them the way in.
        return drop_seen(go(SIGN_IN)) if seen() else go(SIGN_IN)
    ways: dict[type[BackendError], str] = {
        FactorNeeded: FACTOR,
        FactorDemanded: NEW_FACTOR,
        TermsNeeded: TERMS,
    }
    if type(refusal) in ways:
        return go(ways[type(refusal)])
    if isinstance(refusal, FormForged):
        return tell("stop", words.FORM_FORGED, status_of(refusal), way=SPACE)
    if isinstance(refusal, TooManyRequests | TooManyTries):
        return _wait_page(refusal, tell)
    if isinstance(refusal, SeeingAsOver):
        over = notice("stop", operator_words.SEEING_OVER, status_of(refusal), way=OPERATION)
        return drop_seen(over)
    said = SAID.get(type(refusal))
    if said is None:
        raise refusal
    return tell("stop", said, status_of(refusal), way=SPACE)


def _wait_page(refusal: TooManyRequests | TooManyTries, tell: Callable[..., Response]) -> Response:
    """Say how long to wait, in minutes."""
    minutes = (int(refusal.details["wait_seconds"] or 0) + 59) // 60
    if isinstance(refusal, TooManyRequests):
        said, way = sign_up_words.too_many_requests(minutes), "/"
    else:
        said, way = words.too_many_tries(minutes), SIGN_IN
    return tell("stop", said, status_of(refusal), way=way)


def go(path: str) -> RedirectResponse:
    """Send the browser to one of our own pages, with GET."""
    return RedirectResponse(path, status_code=303, headers={"Cache-Control": "no-store"})


def admit(
    request: Request, services: Services, started: Started, shown: Response | None = None
) -> Response:
    """Send somebody who has just proved who they are where they get to, with their session.

    `shown` is a page they see instead.

    Their browser gets a mark, or is known by the one it has; they are told of one that is new.
    """
    with services.database.unit_of_work() as session:
        now = services.now()
        row = find_session(session, started.token, now)
        ways = {Stage.FACTOR.value: FACTOR, Stage.TERMS.value: TERMS}
        response = shown or go(ways.get(row.stage, SPACE))
        kept = row.kept and row.stage == Stage.FULL.value
        if row.stage != Stage.FACTOR.value:
            mark = request.cookies.get(MARK_COOKIE, "") or new_token()
            note_browser(session, row.account_id, mark, browser_of(request), now)
            _give(response, MARK_COOKIE, mark, MARK_SECONDS)
    _give(response, COOKIE, started.token, KEPT_DAYS_MAX * 86_400 if kept else None)
    return response


def _give(response: Response, name: str, value: str, seconds: int | None) -> None:
    response.set_cookie(
        name, value, path="/", secure=True, httponly=True, samesite="lax", max_age=seconds
    )


def take_cookie(response: Response) -> Response:
    """Let the browser forget its session."""
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return response


def drop_seen(response: Response) -> Response:
    """Let the browser look as nobody else any more."""
    response.delete_cookie(SEEN_COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return response


def token_of(request: Request) -> str:
    """Return the session's token; raise NotSignedIn."""
    token = request.cookies.get(COOKIE, "")
    if not token or len(token) > TOKEN_CHARACTERS_MAX:
        raise NotSignedIn
    return token


async def _token(request: Request) -> str:
    # As all that only looks at what is there: a plain function would cost a turn in a thread.
    return token_of(request)


Token = Annotated[str, Depends(_token)]


def _reading(who: SignedIn) -> SignedIn:
    """Let whatever is said from here on be in their language."""
    reads(who.language)
    return who


def who_asks(request: Request, services: ServicesDependency, token: Token) -> SignedIn:
    """Return who is asking, or as whom they look; raise what keeps them out."""
    now = services.now()
    if seen() is None:
        with services.database.single_statements() as asked:
            return _reading(signed_in(asked, token, now))
    with services.database.unit_of_work() as session:
        return _reading(looking(session, signed_in(session, token, now), request.url.path, now))


Who = Annotated[SignedIn, Depends(who_asks)]


def ask_with(
    services: Services, token: str, question: Select[Any], **bound: object
) -> tuple[SignedIn, Row[Any] | None]:
    """Return who is asking, and what the same question says of them besides: one statement.

    `question` is `select_asking` and more. Only where they look as nobody else (`seen`).
    """
    with services.database.single_statements() as asked:
        row = ask(asked, question, token, **bound)
        return _reading(recognise(asked, row, services.now())), row


class Somebody(NamedTuple):
    """Who is signed in, where somebody is: their address, and the token their forms are made of."""

    email: str
    token: str
    language: str


def _maybe_who(request: Request, services: ServicesDependency) -> Somebody | None:
    try:
        token = token_of(request)
        with services.database.single_statements() as asked:
            found = _reading(signed_in(asked, token, services.now()))
            return Somebody(found.email, token, found.language)
    except (NotSignedIn, FactorNeeded, TermsNeeded):
        return None


#: For a page that everybody may open, signed in or not.
MaybeWho = Annotated[Somebody | None, Depends(_maybe_who)]


def require_fresh(who: SignedIn) -> SignedIn:
    """Let in whoever works here, but not with a session that was kept for weeks."""
    if who.kept:
        raise NotSignedIn
    return who


async def _fresh_who(who: Who) -> SignedIn:
    return require_fresh(who)


#: Somebody who acts for a partner: whatever can be done for others is done by who signed in today.
FreshWho = Annotated[SignedIn, Depends(_fresh_who)]


def require_factor(who: SignedIn) -> SignedIn:
    """Let in whoever acts for an establishment: besides, with a second factor in place."""
    if not require_fresh(who).has_factor:
        raise FactorDemanded
    return who


async def _own_form(
    token: Token, form: Annotated[str, Form(max_length=TOKEN_CHARACTERS_MAX)] = ""
) -> None:
    if not hmac.compare_digest(form.encode(), form_token(token).encode()):
        raise FormForged


OwnForm = Depends(_own_form)


async def _own_site(request: Request) -> None:
    """Refuse a form that another site's page sends before anybody is signed in.

    A browser that says the site is believed; our own pages send no referrer, and with none a
    browser gives its origin as `null` even to us.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in OWN_SITE:
            raise FormForged
        return
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("Host"):
        raise FormForged


OwnSite = Depends(_own_site)


def browser_of(request: Request) -> str:
    """Return what the browser calls itself, for the list of sessions."""
    said = request.headers.get("User-Agent", "")
    return "".join(letter for letter in said if letter.isprintable())


def network_of_request(request: Request) -> str:
    """Return the network that a request counts with."""
    return network_of(None if request.client is None else request.client.host)
