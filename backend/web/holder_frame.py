"""Who acts for whom on a holder's page, checked before anything of the person is read.

Promise: a person who is neither the one signed in nor a child of theirs does not exist for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from backend.accounts.families.rights import (
    Mine,
    find_mine,
    mine_of,
    select_asking_for_mine,
)
from backend.accounts.families.tables import Relation
from backend.accounts.signin.tokens import form_token
from backend.http import ServicesDependency
from backend.services import Services
from backend.web.holder_english import ENGLISH
from backend.web.languages import Voice, is_english, moment_said, voice_in
from backend.web.pages import Problem, page
from backend.web.seen_as import seen
from backend.web.signed_in import SPACE, Token, ask_with, who_asks

PASS: Final = f"{SPACE}/pass"
PREFIX: Final = f"{PASS}/{{beneficiary_id}}"
#: The parts of a holder's space, in the order of the menu: address, French name.
PARTS: Final = (
    ("", "Avantages"),
    ("/historique", "Historique"),
    ("/carte", "Carte"),
    ("/code", "Code"),
    ("/accords", "Accords"),
    ("/donnees", "Données"),
)


@dataclass(frozen=True, slots=True)
class Frame:
    """A page about a person, for somebody who signed in."""

    services: Services
    account_id: UUID
    session_id: UUID
    #: Of whoever signed in.
    acting_name: str
    mine: Mine
    form_token: str
    #: Of whoever signed in: the pages are in it.
    voice: Voice

    @property
    def beneficiary_id(self) -> UUID:
        """Whose page it is."""
        return self.mine.beneficiary_id

    @property
    def own(self) -> bool:
        """True where somebody looks at their own."""
        return self.mine.relation is Relation.SELF

    @property
    def path(self) -> str:
        """Where this person's pages begin."""
        return f"{PASS}/{self.beneficiary_id}"

    def at(self, moment: str) -> str:
        """Say a moment, which is written in French, in the page's language."""
        return moment_said(moment, self.voice.language)

    def show(
        self,
        template: str,
        here: str,
        problem: Problem | None = None,
        **values: object,
    ) -> HTMLResponse:
        """Render one of the person's pages; a problem makes it a 422."""
        told: Mapping[str, object] = {
            "acting_name": self.acting_name,
            **self.voice.around(),
            "english": is_english(self.voice.language),
            "at": self.at,
            "person": f"{self.mine.given_name} {self.mine.family_name}",
            "given_name": self.mine.given_name,
            "own": self.own,
            "path": self.path,
            "parts": PARTS,
            "here": here,
            "form_token": self.form_token,
            "problem": problem,
        }
        return page(template, 422 if problem else 200, **told, **values)


def _frame(
    beneficiary_id: UUID, request: Request, services: ServicesDependency, token: Token
) -> Frame:
    if seen() is None:
        question = select_asking_for_mine()
        who, row = ask_with(services, token, question, beneficiary_id=beneficiary_id)
        mine = mine_of(row)
    else:
        who = who_asks(request, services, token)
        with services.database.reading() as session:
            mine = find_mine(session, who.account_id, beneficiary_id)
    name = f"{who.given_name} {who.family_name}"
    voice = voice_in(who.language, ENGLISH)
    token = form_token(token)
    return Frame(services, who.account_id, who.session_id, name, mine, token, voice)


Framed = Annotated[Frame, Depends(_frame)]


def day(on: date) -> str:
    """Write a day as people here write it."""
    return f"{on:%d/%m/%Y}"
