"""A partner's events, in its people's space: addresses, secrets shown once, tries, tokens.

Not here: what an event is, and how it is sent. A secret or a token is in one page, once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time
from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from backend.accounts.errors import NotYours
from backend.accounts.signin.tokens import form_token
from backend.events.errors import (
    EndpointUnknown,
    EndpointUrlRefused,
    EventTokenUnknown,
    TooManyEndpoints,
    TooManyEventTokens,
)
from backend.events.space import Changing, EventsSpace, read_space
from backend.events.tables import NAME_CHARACTERS_MAX, URL_CHARACTERS_MAX
from backend.http import ServicesDependency
from backend.services import Services
from backend.web import partner_events_words as words
from backend.web.moments import moment
from backend.web.pages import Problem, form, page
from backend.web.signed_in import SPACE, FreshWho, OwnForm, PageRoute, Token, go

PATH: Final = f"{SPACE}/partenaire/{{partner_id}}/evenements"

router = APIRouter(prefix=PATH, include_in_schema=False, route_class=PageRoute)


@router.get("")
def show(
    partner_id: UUID, services: ServicesDependency, token: Token, who: FreshWho
) -> HTMLResponse:
    """Show where a partner's events go, and what became of the last of them."""
    return _show(services, token, who.account_id, partner_id, None)


@router.post("/adresses", dependencies=[OwnForm])
def add(
    partner_id: UUID,
    services: ServicesDependency,
    token: Token,
    who: FreshWho,
    url: Annotated[str, Form(max_length=4 * URL_CHARACTERS_MAX)] = "",
) -> Response:
    """Add an address and show its secret, this once."""
    try:
        with _changing(services, who.account_id, partner_id) as changing:
            made = changing.add(url.strip())
    except (EndpointUrlRefused, TooManyEndpoints) as refusal:
        problem = Problem("url", words.of_refusal(refusal))
        return _show(services, token, who.account_id, partner_id, problem)
    return _show_once(partner_id, made.secret, "secret")


@router.post("/adresses/{endpoint_id}/secret", dependencies=[OwnForm])
def rotate(
    partner_id: UUID, endpoint_id: UUID, services: ServicesDependency, who: FreshWho
) -> Response:
    """Give an address another secret and show it, this once."""
    with _changing(services, who.account_id, partner_id) as changing:
        made = changing.rotate(endpoint_id)
    return _show_once(partner_id, made.secret, "secret")


@router.post("/adresses/{endpoint_id}/reprise", dependencies=[OwnForm])
def enable(
    partner_id: UUID, endpoint_id: UUID, services: ServicesDependency, who: FreshWho
) -> Response:
    """Begin again where an address was left."""
    with _changing(services, who.account_id, partner_id) as changing:
        changing.enable(endpoint_id)
    return go(PATH.format(partner_id=partner_id))


@router.post("/adresses/{endpoint_id}/renvoi", dependencies=[OwnForm])
def send_again(
    partner_id: UUID,
    endpoint_id: UUID,
    services: ServicesDependency,
    token: Token,
    who: FreshWho,
    *,
    day: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Send everything from a day on again."""
    try:
        since = datetime.combine(
            datetime.fromisoformat(day).date(),
            time(),
            tzinfo=ZoneInfo(services.settings.time_zone),
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        problem = Problem(f"day-{endpoint_id}", words.DAY_FORM)
        return _show(services, token, who.account_id, partner_id, problem)
    with _changing(services, who.account_id, partner_id) as changing:
        changing.send_again(endpoint_id, since)
    return go(PATH.format(partner_id=partner_id))


@router.post("/adresses/{endpoint_id}/retrait", dependencies=[OwnForm])
def remove(
    partner_id: UUID, endpoint_id: UUID, services: ServicesDependency, who: FreshWho
) -> Response:
    """Tell an address nothing more."""
    with _changing(services, who.account_id, partner_id) as changing:
        changing.remove(endpoint_id)
    return go(PATH.format(partner_id=partner_id))


@router.post("/jetons", dependencies=[OwnForm])
def give_token(
    partner_id: UUID,
    services: ServicesDependency,
    token: Token,
    who: FreshWho,
    name: Annotated[str, Form(max_length=4 * NAME_CHARACTERS_MAX)] = "",
) -> Response:
    """Make a token and show it, this once."""
    named = " ".join(name.split())[:NAME_CHARACTERS_MAX]
    try:
        if not named:
            problem = Problem("name", words.NAME_MISSING)
            return _show(services, token, who.account_id, partner_id, problem)
        with _changing(services, who.account_id, partner_id) as changing:
            made = changing.give_token(named)
    except TooManyEventTokens as refusal:
        problem = Problem("name", words.of_refusal(refusal))
        return _show(services, token, who.account_id, partner_id, problem)
    return _show_once(partner_id, made.token, "token")


@router.post("/jetons/{token_id}/revocation", dependencies=[OwnForm])
def revoke_token(
    partner_id: UUID, token_id: UUID, services: ServicesDependency, who: FreshWho
) -> Response:
    """Let a token serve no more."""
    with _changing(services, who.account_id, partner_id) as changing:
        changing.revoke_token(token_id)
    return go(PATH.format(partner_id=partner_id))


@contextmanager
def _changing(services: Services, account_id: UUID, partner_id: UUID) -> Iterator[Changing]:
    """Change something in one unit of work; what is not there is not theirs."""
    try:
        with services.database.unit_of_work() as session:
            yield Changing(services, session, account_id, partner_id)
    except (EndpointUnknown, EventTokenUnknown) as unknown:
        raise NotYours from unknown


def _show(
    services: Services, token: str, account_id: UUID, partner_id: UUID, problem: Problem | None
) -> HTMLResponse:
    with services.database.reading() as session:
        space = read_space(session, account_id, partner_id, services.now())
    return form(
        "partner_events.html",
        problem,
        space=space,
        path=PATH.format(partner_id=partner_id),
        when=_moments(space, services),
        kinds=words.KINDS,
        outcome=words.outcome,
        form_token=form_token(token),
    )


def _moments(space: EventsSpace, services: Services) -> dict[datetime, str]:
    every = [one.tried_at for lines in space.deliveries.values() for one in lines]
    every += [one.created_at for one in space.tokens]
    every += [one.created_at for one in space.endpoints]
    every += [one.failing_since for one in space.endpoints if one.failing_since]
    every += [one.previous_until for one in space.endpoints if one.previous_until]
    return {one: moment(one, services) for one in every}


def _show_once(partner_id: UUID, shown: str, what: str) -> HTMLResponse:
    path = PATH.format(partner_id=partner_id)
    return page("partner_events_once.html", path=path, shown=shown, what=what)
