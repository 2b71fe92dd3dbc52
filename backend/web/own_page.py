"""A page of somebody's own, account or organisation, in the language of their account.

Not here: whose something is (the rooms say, each time), and the sentences.
"""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from backend.accounts.signin.sessions import SignedIn
from backend.accounts.signin.tokens import form_token
from backend.http import ServicesDependency
from backend.services import Services
from backend.web.account_english import ENGLISH
from backend.web.languages import Voice, voice_in
from backend.web.pages import Problem, notice, page
from backend.web.signed_in import Token, Who
from backend.web.words import Notice


@dataclass(frozen=True, slots=True)
class OwnPage:
    """Somebody who is signed in, and what their pages say in English."""

    services: Services
    token: str = field(repr=False)
    who: SignedIn
    english: Mapping[str, str] = field(repr=False)

    @property
    def voice(self) -> Voice:
        """How the page speaks."""
        return voice_in(self.who.language, self.english)

    def at(self, when: datetime) -> str:
        """Write a moment."""
        return self.voice.at(when, self.services)

    def show(self, template: str, status: int = 200, **values: object) -> HTMLResponse:
        """Render a template."""
        around = self.voice.around()
        carried = form_token(self.token)
        return page(template, status, **around, at=self.at, form_token=carried, **values)

    def form(self, template: str, problem: Problem | None, **values: object) -> HTMLResponse:
        """Render a form, with its problem if it has one."""
        return self.show(template, 422 if problem else 200, problem=problem, **values)

    def notice(self, tone: str, said: Notice, status: int = 200, way: str = "") -> HTMLResponse:
        """Render a page that only says something."""
        language, carried = self.voice.language, form_token(self.token)
        return notice(tone, said, status, way, language=language, form_token=carried)


def own_page(
    english: Mapping[str, str],
) -> Callable[[Request, ServicesDependency, Token, Who], Coroutine[Any, Any, OwnPage]]:
    """Return what admits whoever is signed in to pages that have their English here."""

    async def admitted(
        request: Request, services: ServicesDependency, token: Token, who: Who
    ) -> OwnPage:
        frame = OwnPage(services, token, who, english)
        # What is refused from here on is said as the page says things.
        request.state.tell = frame.notice
        return frame

    return admitted


#: Whoever is signed in, at the pages of their own account.
AccountFrame = Annotated[OwnPage, Depends(own_page(ENGLISH))]
