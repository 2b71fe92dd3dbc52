"""A family's page in the language of whoever reads it, and what is refused there too.

Promise: a page is wholly in one language: of the account that signed in, or, behind a mailed link
where nobody did, the one that its address says (`?langue=en`), else French.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from backend.accounts.signin.tokens import form_token
from backend.web.family_english import ENGLISH
from backend.web.languages import Voice, voice_in
from backend.web.pages import notice, page
from backend.web.signed_in import MaybeWho, Token, Who
from backend.web.words import Notice, Text

NO_PROBLEMS: Final[Mapping[str, Text]] = {}


@dataclass(frozen=True, slots=True)
class FamilyFrame:
    """What all pages of families show, for one who reads them."""

    voice: Voice
    #: Empty where nobody is signed in.
    form_token: str

    def show(
        self, template: str, problems: Mapping[str, Text] = NO_PROBLEMS, **values: object
    ) -> HTMLResponse:
        """Render one of the family's pages; problems make it a 422."""
        return page(
            template, 422 if problems else 200, problems=problems, **self._around(), **values
        )

    def notice(self, tone: str, told: Notice, status: int = 200, way: str = "") -> HTMLResponse:
        """Render a page that only says something; `way` is where to go next."""
        language = self.voice.language
        return notice(tone, told, status, way, language=language, form_token=self.form_token)

    def _around(self) -> Mapping[str, object]:
        return {**self.voice.around(), "form_token": self.form_token}


async def _frame(request: Request, token: Token, who: Who) -> FamilyFrame:
    return _kept(request, FamilyFrame(voice_in(who.language, ENGLISH), form_token(token)))


#: Before a form is looked at, so that even a forged one is refused in its reader's language.
Framed: Final = Depends(_frame)
#: Of whoever is signed in.
Frame = Annotated[FamilyFrame, Framed]


async def _visitor_frame(request: Request, who: MaybeWho, langue: str = "") -> FamilyFrame:
    if who is None:
        return _kept(request, FamilyFrame(voice_in(langue, ENGLISH), ""))
    return _kept(request, FamilyFrame(voice_in(who.language, ENGLISH), form_token(who.token)))


#: Of whoever opens a mailed link, signed in or not.
VisitorFrame = Annotated[FamilyFrame, Depends(_visitor_frame)]


def _kept(request: Request, frame: FamilyFrame) -> FamilyFrame:
    """Let what is refused from here on be said as the frame says it."""
    request.state.tell = frame.notice
    return frame
