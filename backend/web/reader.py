"""Who reads an answer: in which language, and whom they may ask when it does not help.

Promise: every page of a request is in one language: that of the account, once it is known who
signed in; else the one the address says (`?langue=en`), else the one the browser asks for, else
French. Known for each request before any route is asked, so that a refusal has it too. Not here:
the sentences.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Receive, Scope, Send

from backend.accounts.signin.tables import Language
from backend.services import Services
from backend.settings import Settings
from backend.support import Support

#: What an address is asked for in another language by.
ASKS: Final = "langue"
#: More than any browser says of its languages.
HEADER_CHARACTERS_MAX: Final = 200
_LANGUAGES: Final = {one.value: one for one in Language}
_IN_SCOPE: Final = "pass.reader"


@dataclass(slots=True)
class Reader:
    """Whoever reads this answer."""

    language: Language = Language.FRENCH
    #: Whether the address itself says the language.
    asks: bool = False
    #: Whether the same page can be asked for in the other language.
    may_ask: bool = False
    settings: Settings | None = field(default=None, repr=False)

    @property
    def support(self) -> Support | None:
        """Whom to ask, where the settings name somebody."""
        return None if self.settings is None else Support.of(self.settings)

    @property
    def elsewhere(self) -> str:
        """Where the same page is in the other language; empty where there is no asking for it."""
        other = Language.FRENCH if self.language is Language.ENGLISH else Language.ENGLISH
        return f"?{ASKS}={other.value}" if self.may_ask else ""


_reader: ContextVar[Reader | None] = ContextVar("reader", default=None)


def reader() -> Reader:
    """Return who reads this request's answer."""
    return _reader.get() or Reader()


def reads(language: str) -> None:
    """Know from here on what somebody reads who is signed in: nothing else is asked any more."""
    known = reader()
    known.language, known.may_ask = _LANGUAGES.get(language, Language.FRENCH), False


def reads_by_link(language: str) -> Language:
    """Know what whoever a link was mailed to reads, and return it: unless the address says it."""
    known = reader()
    if not known.asks:
        known.language = _LANGUAGES.get(language, Language.FRENCH)
    return known.language


@contextmanager
def reading_again(scope: Scope) -> Iterator[None]:
    """Know again who reads, after the request has left every other part of the application."""
    before = _reader.set(scope.get(_IN_SCOPE))
    try:
        yield
    finally:
        _reader.reset(before)


class ForReader:
    """Stands before the application, and knows who reads."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        mine = scope[_IN_SCOPE] = _reader_of(scope)
        before = _reader.set(mine)
        try:
            await self._app(scope, receive, send)
        finally:
            _reader.reset(before)


def preferred(header: str) -> Language:
    """Return which of our languages a browser likes best (RFC 9110, 12.5.4); French by default."""
    best, most = Language.FRENCH, 0
    for one in header[:HEADER_CHARACTERS_MAX].lower().split(","):
        tag, _, weight = one.partition(";")
        found = _LANGUAGES.get(tag.strip().partition("-")[0])
        liked = _weight(weight)
        if found is not None and liked > most:
            best, most = found, liked
    return best


def _weight(text: str) -> int:
    """Return a weight in thousandths; nothing said is all of it."""
    said = text.replace(" ", "").removeprefix("q=")
    whole, _, part = said.partition(".")
    if not said:
        return 1000
    if not (said.isascii() and (whole + part).isdecimal()):
        return 0
    return int(whole[:1] or "0") * 1000 + int(part[:3].ljust(3, "0"))


def _reader_of(scope: Scope) -> Reader:
    services: Services | None = scope["app"].state.services
    settings = None if services is None else services.settings
    text = scope["query_string"].decode("latin-1")
    said = _LANGUAGES.get(parse_qs(text).get(ASKS, [""])[-1])
    may_ask = scope["method"] == "GET" and (not text or text.startswith(f"{ASKS}="))
    if said is not None:
        return Reader(said, asks=True, may_ask=may_ask, settings=settings)
    headers = [value for name, value in scope["headers"] if name == b"accept-language"]
    language = preferred(headers[0].decode("latin-1")) if headers else Language.FRENCH
    return Reader(language, may_ask=may_ask, settings=settings)
