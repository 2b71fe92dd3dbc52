"""Looking at the pages as somebody else sees them: what makes it so, and what it never allows.

Promise: one cookie makes an operator's browser look as somebody else, and whatever carries that
cookie is refused everything but reading, here, before any route is asked. So nobody acts as
another: with the cookie nothing is done, without it nobody is anybody else. Each page has the
banner; what only its owner may see (a code's page, keys, second factor, exports) is not shown.
"""

import re
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime
from http.cookies import CookieError, SimpleCookie
from typing import Final

from fastapi.responses import Response
from sqlalchemy.orm import Session
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.accounts.signin.sessions import SignedIn
from backend.accounts.signin.tokens import TOKEN_CHARACTERS_MAX, form_token
from backend.operators.errors import NotShown
from backend.operators.looking_as import LookingAs, look

#: Of this host alone, over HTTPS, out of reach of scripts.
SEEN_COOKIE: Final = "__Host-pass-vue"
SESSION_COOKIE: Final = "__Host-pass"
END: Final = "/exploitation/voir-comme/fin"
READING: Final = frozenset({"GET", "HEAD"})
#: The pages that are shown; any other of the person's is its owner's alone.
SHOWN: Final = re.compile(r"/espace(/(pass|partenaire|etablissement|famille|organisme)(/.*)?)?")
#: Within them, what holds or leads to a secret, or carries data away.
HIDDEN: Final = frozenset(
    {"code", "codes", "cles", "lien", "liens", "verification", "connexions", "donnees", "export"}
)
_HEADER: Final = b"cookie"
_MARK: Final = SEEN_COOKIE.encode() + b"="


@dataclass(slots=True)
class Seen:
    """What the banner says."""

    token: str = field(repr=False)
    form_token: str = field(repr=False)
    whom: LookingAs | None = None


_seen: ContextVar[Seen | None] = ContextVar("seen", default=None)


def seen() -> Seen | None:
    """Return what this request's banner says, or None where everybody is themselves."""
    return _seen.get()


class ReadOnlyWhileSeen:
    """Stands before the application: whoever looks as somebody else reads, and nothing more."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through, or refuse."""
        if scope["type"] != "http" or not _carries(scope):
            await self._app(scope, receive, send)
            return
        cookies = _cookies(scope)
        session_token = cookies.get(SESSION_COOKIE, "")[:TOKEN_CHARACTERS_MAX]
        mine = Seen(cookies.get(SEEN_COOKIE, "")[:TOKEN_CHARACTERS_MAX], form_token(session_token))
        before = _seen.set(mine)
        try:
            allowed = scope["method"] in READING or scope["path"] == END
            await (self._app if allowed else _refusal())(scope, receive, send)
        finally:
            _seen.reset(before)


def looking(session: Session, who: SignedIn, path: str, now: datetime) -> SignedIn:
    """Return who is asking: whom an operator looks as, where they do.

    Raises SeeingAsOver, NotShown.
    """
    mine = seen()
    if mine is None:
        return who
    mine.whom = whom = look(session, who.session_id, mine.token, path, now)
    if not is_shown(path):
        raise NotShown
    return replace(
        who,
        account_id=whom.account_id,
        given_name=whom.given_name,
        family_name=whom.family_name,
        language=whom.language,
        email=whom.email,
        has_factor=True,
        kept=False,
    )


def is_shown(path: str) -> bool:
    """Say whether a page may be shown to somebody who looks as its owner."""
    return SHOWN.fullmatch(path) is not None and HIDDEN.isdisjoint(path.split("/"))


def _carries(scope: Scope) -> bool:
    return any(name == _HEADER and _MARK in value for name, value in scope["headers"])


def _cookies(scope: Scope) -> dict[str, str]:
    parts = [value.decode("latin-1") for name, value in scope["headers"] if name == _HEADER]
    found: dict[str, str] = {}
    for part in "; ".join(parts).split(";"):
        try:
            found |= {name: one.value for name, one in SimpleCookie(part.strip()).items()}
        except CookieError:
            continue
    return found


def _refusal() -> Response:
    from backend.web.operator_words import READ_ONLY  # noqa: PLC0415 - words need the pages' own
    from backend.web.pages import notice  # noqa: PLC0415 - the pages show the banner

    return notice("stop", READ_ONLY, 403, way="/espace")
