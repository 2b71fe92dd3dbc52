"""Codes over HTTP: setting one with a link, a desk forcing a change. Nothing typed is answered."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from backend.http import ServicesDependency
from backend.partners.authentication import CurrentTerminal, TerminalKind, require_kind
from backend.pins.forcing import force_change, holder_of
from backend.pins.setting import activate_code
from backend.pins.tables import REASON_CHARACTERS_MAX
from backend.vault.values import SecretCode
from backend.wire_types import Day

TOKEN_CHARACTERS_MAX = 128
AGENT_CHARACTERS_MAX = 40

router = APIRouter(prefix="/v1", tags=["codes"])


class CodeBody(BaseModel):
    """A one-time token, the digits its holder has chosen, and what a later link asks."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    activation_token: str = Field(min_length=1, max_length=TOKEN_CHARACTERS_MAX, repr=False)
    code: str = Field(pattern=r"^[0-9]{4,8}$", repr=False)
    birth_date: Day | None = Field(default=None, repr=False)


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, pattern=r"^[^\n\r]*$")]


class CodeChangeBody(BaseModel):
    """Whose code must change, and what an agent answers for."""

    model_config = ConfigDict(extra="forbid")

    card_number: Annotated[str, StringConstraints(pattern=r"^[0-9]{16}$")]
    agent: Annotated[Line, StringConstraints(max_length=AGENT_CHARACTERS_MAX)]
    reason: Annotated[Line, StringConstraints(max_length=REASON_CHARACTERS_MAX)]


@router.post("/codes", status_code=204)
def set_code(body: CodeBody, services: ServicesDependency) -> None:
    """Set a code as long as the scheme says; `details.why` names the rule that refuses one."""
    activate_code(services, body.activation_token, SecretCode(body.code), body.birth_date)


@router.post("/code-changes", status_code=204)
def require_code_change(
    body: CodeChangeBody, terminal: CurrentTerminal, services: ServicesDependency
) -> None:
    """Let a code pay no more until its holder chooses another: all that a desk can do to it."""
    require_kind(terminal, TerminalKind.DESK)
    with services.database.unit_of_work() as session:
        holder = holder_of(session, body.card_number)
        by = f"{body.agent}, desk {terminal.terminal_id}"
        force_change(session, holder, services.now(), by=by, reason=body.reason)
