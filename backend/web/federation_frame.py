"""What the pages for FranceConnect share: the provider, the browser's cookie, the way there."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse

from backend.accounts.signin.federation.attempts import begin_attempt
from backend.accounts.signin.federation.linking import PENDING_HOURS_MAX
from backend.accounts.signin.federation.provider import Provider
from backend.http import ServicesDependency
from backend.services import Services
from backend.web.federation_ways import BROWSER_COOKIE
from backend.web.pages import page
from backend.web.signed_in import SPACE

OWN: Final = f"{SPACE}/franceconnect"


def provider_of(request: Request, services: ServicesDependency) -> Provider:
    """Return the provider of the settings, one for each worker; raise NoProvider."""
    state = request.app.state
    known: Provider | None = getattr(state, "provider", None)
    if known is None:
        known = state.provider = Provider(services.settings, services.now)
    return known


Asks = Annotated[Provider, Depends(provider_of)]


def address_of(services: Services, provider: Provider, token: str, account_id: UUID | None) -> str:
    """Return where to send a browser, to sign in or, with an account, to tie it."""
    with services.database.unit_of_work() as session:
        question = begin_attempt(session, token, account_id, services.now())
    return provider.address_for(question)


def hold(response: Response, token: str) -> Response:
    """Let the browser hold what its way is known by."""
    seconds = PENDING_HOURS_MAX * 3600
    response.set_cookie(
        BROWSER_COOKIE,
        token,
        max_age=seconds,
        path="/",
        secure=True,
        httponly=True,
        samesite="lax",
    )
    return response


def leaving(address: str) -> HTMLResponse:
    """Show a page that goes to the provider by itself: our forms lead to our pages alone."""
    return page("federation_leaving.html", address=address)
