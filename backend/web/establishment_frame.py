"""An establishment's pages: who is there, for which place, in which language; what all show.

Promise: an establishment whose staff one is not does not exist; nobody is there without a second
factor. What a refusal means is a page, never an error.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.access.errors import DayCodeInvalid
from backend.access.staff import Place, check_staff, place_of, select_asking_of_staff
from backend.access.staff_cards import Office
from backend.access.tables import Service
from backend.accounts.families.errors import (
    GrownUp,
    NotOldEnough,
    TieTaken,
    TooManyOfFamily,
)
from backend.accounts.signin.tokens import form_token
from backend.by_index import find_by_index
from backend.cards.errors import CardStateRefused, HasCard, TooManyOrders
from backend.errors import BackendError
from backend.http import ServicesDependency, status_of
from backend.services import Services
from backend.web import establishment_words as words
from backend.web.establishment_english import ENGLISH
from backend.web.languages import Voice, is_english, moment_said, voice_in
from backend.web.pages import Problem, page
from backend.web.seen_as import seen
from backend.web.signed_in import (
    SPACE,
    PageRoute,
    Token,
    ask_with,
    go,
    require_factor,
    who_asks,
)
from backend.web.words import Notice, Text

PLACE: Final = f"{SPACE}/etablissement"
PREFIX: Final = f"{PLACE}/{{establishment_id}}"
#: The parts of an establishment's pages, in the order of the menu.
PARTS: Final = (
    ("", Text("Élèves", "Pupils")),
    ("/referents", Text("Référents", "Referents")),
    ("/cartes", Text("Cartes", "Cards")),
    ("/portiques", Text("Portiques", "Gates")),
    ("/rattachements", Text("Rattachements", "Ties")),
    ("/import", Text("Import", "Import")),
)
REFUSED: Final[dict[type[BackendError], Notice]] = {
    CardStateRefused: words.CARD_STATE_REFUSED,
    HasCard: words.HAS_CARD,
    TooManyOrders: words.TOO_MANY_ORDERS,
    DayCodeInvalid: words.DAY_CODE_INVALID,
    TieTaken: words.TIE_TAKEN,
    GrownUp: words.GROWN_UP,
    NotOldEnough: words.NOT_OLD_ENOUGH,
    TooManyOfFamily: words.TOO_MANY_OF_FAMILY,
}


@dataclass(frozen=True, slots=True)
class StaffFrame:
    """A page about an establishment, for somebody of its staff."""

    services: Services
    account_id: UUID
    establishment_id: UUID
    name: str
    zone: ZoneInfo
    form_token: str
    #: Of the account that signed in: the pages are in it.
    voice: Voice

    @property
    def path(self) -> str:
        """Where the establishment's pages begin."""
        return f"{PLACE}/{self.establishment_id}"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Read of this one establishment, among all that there are."""
        with self.services.database.reading() as session:
            find_by_index(session)
            yield session

    def office(self) -> Office:
        """Return who acts, where, and when."""
        return Office(self.account_id, self.establishment_id, self.services.now())

    def at(self, moment: datetime) -> str:
        """Write day, month and time, on the establishment's wall."""
        return moment_said(f"{moment.astimezone(self.zone):%d/%m/%Y à %H:%M}", self.voice.language)

    def count(self, number: int, one: str, many: str) -> str:
        """Say how many; none at all is one in French and many in English."""
        single = number == 1 or (number == 0 and not is_english(self.voice.language))
        return f"{number} {self.voice.say(one if single else many)}"

    def show(
        self,
        template: str,
        here: str,
        *,
        problem: Problem | None = None,
        problems: Mapping[str, Text] | None = None,
        done: str = "",
        **values: object,
    ) -> HTMLResponse:
        """Render one of the establishment's pages; a problem, or several, make it a 422."""
        shown: Mapping[str, object] = {
            **self._around(here),
            "problem": problem,
            "problems": problems or {},
            "done": words.DONE.get(done, ""),
        }
        return page(template, 422 if problem or problems else 200, **{**shown, **values})

    def _around(self, here: str) -> Mapping[str, object]:
        return {
            **self.voice.around(),
            "count": self.count,
            "place": self.name,
            "path": self.path,
            "parts": PARTS,
            "here": here,
            "form_token": self.form_token,
            "problem": None,
            "problems": {},
            "done": "",
            "done_cards": None,
            "at": self.at,
            "euros": self.voice.euros,
            "reason_of": lambda reason: self.voice.told(words.REASONS, reason),
            "words": words,
        }

    def refuse(self, refusal: BackendError, way: str) -> Response:
        """Say why something cannot be done, and lead back."""
        known = REFUSED.get(type(refusal))
        if known is None:
            raise refusal
        return page(
            "establishment_notice.html",
            status_of(refusal),
            **self._around(""),
            heading=self.voice.said(Text(known.heading, known.heading_en)),
            text=known.text,
            way=self.path + way,
        )

    def back(self, way: str, done: str = "") -> Response:
        """Lead to one of the establishment's pages, which says what was done."""
        return go(f"{self.path}{way}?fait={done}" if done else f"{self.path}{way}")


def _frame(
    request: Request, services: ServicesDependency, token: Token, establishment_id: UUID
) -> StaffFrame:
    if seen() is None:
        question = select_asking_of_staff()
        who, row = ask_with(services, token, question, establishment_id=establishment_id)
        require_factor(who)
        place = place_of(row)
    else:
        who = require_factor(who_asks(request, services, token))
        with services.database.reading() as session:
            one = check_staff(session, who.account_id, establishment_id)
            place = Place(one.id, one.name, one.time_zone)
    return StaffFrame(
        services,
        who.account_id,
        place.id,
        place.name,
        ZoneInfo(place.time_zone),
        form_token(token),
        voice_in(who.language, ENGLISH),
    )


#: Of whoever is of the establishment's staff, with a second factor; nobody else comes this far.
Frame = Annotated[StaffFrame, Depends(_frame)]


def list_services(session: Session, establishment_id: UUID) -> list[Service]:
    """Return an establishment's services, by opening."""
    query = select(Service).where(Service.establishment_id == establishment_id)
    return list(session.scalars(query.order_by(Service.opens, Service.code)))


def new_router() -> APIRouter:
    """Return a router of pages of an establishment."""
    return APIRouter(prefix=PREFIX, include_in_schema=False, route_class=PageRoute)
