"""A page of a partner's space: who looks after which partner, in the language of their account.

Not here: whether they may (the partner's own rooms say, each time).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from fastapi.responses import HTMLResponse

from backend.accounts.signin.tokens import form_token
from backend.http import ServicesDependency
from backend.services import Services
from backend.web.languages import Voice, voice_in
from backend.web.pages import Problem, form
from backend.web.partner_english import ENGLISH
from backend.web.signed_in import SPACE, FreshWho, Token


@dataclass(frozen=True, slots=True)
class Frame:
    """Somebody who acts for a partner, if they may."""

    services: Services
    token: str
    account_id: UUID
    partner_id: UUID
    voice: Voice

    @property
    def path(self) -> str:
        """Where the partner's pages begin."""
        return f"{SPACE}/partenaire/{self.partner_id}"

    @property
    def now(self) -> datetime:
        """What time it is."""
        return self.services.now()

    def at(self, when: datetime) -> str:
        """Write a moment."""
        return self.voice.at(when, self.services)

    def show(self, template: str, problem: Problem | None = None, **values: object) -> HTMLResponse:
        """Render one of the partner's templates; a problem makes it a 422."""
        return form(
            template,
            problem,
            **self.voice.around(),
            at=self.at,
            home=self.path,
            form_token=form_token(self.token),
            **values,
        )


async def _frame(
    partner_id: UUID, services: ServicesDependency, token: Token, who: FreshWho
) -> Frame:
    voice = voice_in(who.language, ENGLISH)
    return Frame(services, token, who.account_id, partner_id, voice)


#: Of whoever signed in today; what the partner's rooms refuse them does not exist for them.
Framed = Annotated[Frame, Depends(_frame)]
