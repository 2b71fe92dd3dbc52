"""An operator's page: who looks at it, in which language, and what was just done.

Promise: the same frame, words and amounts everywhere, wholly in the language of the operator's own
account. An act is one unit of work, after which the page it belongs to says that it was done.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Concatenate, Final, ParamSpec
from uuid import UUID

from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from backend.accounts.signin.acts import ActKind
from backend.accounts.signin.tokens import form_token
from backend.operators.entering import Acting
from backend.operators.trail import TrailLine
from backend.services import Services
from backend.web import operator_states as words
from backend.web.act_words import ACTS
from backend.web.languages import Voice, voice_in
from backend.web.operator_english import ENGLISH
from backend.web.operator_words import DONE
from backend.web.pages import Problem, form
from backend.web.signed_in import OPERATION, go
from passcard.layout import mask_card_number, parse_card_number

CENTS_DIGITS_MAX: Final = 7
#: A page of the operator's own, by its path alone.
_OWN_PAGE: Final = re.compile(rf"{OPERATION}(/[a-z0-9-]+)*")
_GRANTED: Final = re.compile(r"(?P<benefit>\S+) (?P<cents>\d+) c : (?P<reason>.*)", re.DOTALL)
_Said = ParamSpec("_Said")


@dataclass(frozen=True, slots=True)
class Frame:
    """Who looks at a page of the operator's, or acts from it."""

    services: Services
    token: str
    acting: Acting
    #: The page's own path.
    path: str
    #: What was just done, as an address says it.
    done: str = ""

    @property
    def voice(self) -> Voice:
        """How the page speaks."""
        return voice_in(self.acting.language, ENGLISH)

    @property
    def now(self) -> datetime:
        """What time it is."""
        return self.services.now()

    def at(self, when: datetime | None) -> str:
        """Write a moment, or a dash."""
        return "—" if when is None else self.voice.at(when, self.services)

    def show(
        self, template: str, *, problem: Problem | None = None, **values: object
    ) -> HTMLResponse:
        """Render one of the operator's templates; a problem makes it a 422."""
        done = DONE.get(self.done)
        return form(
            f"operator_{template}.html",
            problem,
            **self.voice.around(),
            acting=self.acting,
            form_token=form_token(self.token),
            path=self.path,
            done="" if done is None else self.voice.said(done),
            at=self.at,
            day=_day,
            euros=self._euros,
            masked=_masked,
            told=self.voice.told,
            why=self.why,
            words=words,
            acts=ACTS,
            now=self.now,
            **values,
        )

    def do(
        self,
        act: Callable[Concatenate[Session, Acting, _Said], object],
        way: str,
        done: str,
        *given: _Said.args,
        **named: _Said.kwargs,
    ) -> Response:
        """Act in one unit of work, and lead to the page that says it was done."""
        with self.services.database.unit_of_work() as session:
            act(session, self.acting, *given, **named)
        return self.back(way, done)

    def back(self, way: str, done: str) -> Response:
        """Lead to one of the operator's pages, which says what was done."""
        return go(f"{way}?fait={done}" if done in DONE else way)

    def why(self, line: TrailLine) -> str:
        """Say an act's reason; what is written down for programs is put in words."""
        text, voice = line.words or "", self.voice
        first, _, rest = text.partition(" ")
        if line.kind == ActKind.CARD_BLOCKED:
            return voice.told(words.CARD_WHY, first) + (
                f", {voice.say('code à changer')}" if rest else ""
            )
        if line.kind == ActKind.MAIL_TRIED_AGAIN:
            return voice.told(words.NOTICES, text)
        if line.kind.startswith("operator_"):
            return f"{voice.told(words.ROLES, first)} {rest}".strip()
        if line.kind == ActKind.PEOPLE_SEARCHED and text.isdecimal():
            return (
                voice.say("1 personne montrée")
                if text == "1"
                else voice.say("{count} personnes montrées", count=text)
            )
        granted = _GRANTED.fullmatch(text) if line.kind == ActKind.GRANT_GIVEN else None
        if granted is not None:
            return (
                f"{granted['benefit']} · {voice.euros(int(granted['cents']))} · {granted['reason']}"
            )
        return text

    def _euros(self, cents: int | None) -> str:
        return "—" if cents is None else self.voice.euros(cents)


def own_page(typed: str) -> str:
    """Return a path if it is one of the operator's pages, else the first of them."""
    return typed if _OWN_PAGE.fullmatch(typed) else OPERATION


def cents_of(typed: str) -> int:
    """Read an amount as people here write it; 0 where it is none."""
    text = "".join(typed.split()).removesuffix("€").removeprefix("€").replace(".", ",")
    whole, _, part = text.partition(",")
    if not whole.isdecimal() or len(part) > 2 or (part and not part.isdecimal()):
        return 0
    if not text.isascii() or len(whole) > CENTS_DIGITS_MAX:
        return 0
    return int(whole) * 100 + int(part.ljust(2, "0") if part else 0)


def date_of(typed: str) -> date | None:
    """Read a day as a browser sends it (2026-09-01); None where it is none."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def id_of(typed: str) -> UUID | None:
    """Read an id; None where it is none."""
    try:
        return UUID(typed)
    except ValueError:
        return None


def _day(when: date | None) -> str:
    return "—" if when is None else f"{when:%d/%m/%Y}"


def _masked(number: str) -> str:
    return mask_card_number(parse_card_number(number))
