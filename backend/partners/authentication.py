"""Who is asking, as a FastAPI dependency: every terminal route names it in its signature."""

from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from backend.http import ServicesDependency
from backend.partners.errors import TokenMissing
from backend.partners.tables import TerminalKind
from backend.partners.tokens import AuthenticatedTerminal, authenticate_terminal, require_kind

__all__ = [
    "AuthenticatedTerminal",
    "CurrentCounter",
    "CurrentTerminal",
    "TerminalKind",
    "require_kind",
]

_BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="TerminalToken",
    description="A terminal's access token, from /v1/token.",
)


def current_terminal(
    services: ServicesDependency,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
) -> AuthenticatedTerminal:
    """Return the terminal that asks.

    Raises TokenMissing, TokenInvalid, TokenExpired, TerminalRevoked.
    """
    if credentials is None:
        raise TokenMissing
    with services.database.single_statements() as connection:
        return authenticate_terminal(connection, credentials.credentials, services.now())


CurrentTerminal = Annotated[AuthenticatedTerminal, Depends(current_terminal)]


async def _counter(terminal: CurrentTerminal) -> AuthenticatedTerminal:
    # Asynchronous though it waits for nothing: a plain function would cost a turn in a thread.
    require_kind(terminal, TerminalKind.COUNTER)
    return terminal


CurrentCounter = Annotated[AuthenticatedTerminal, Depends(_counter)]
