"""A partner's events, in its people's space: addresses, secrets shown once, tries, tokens.

Not here: what an event is, and how it is sent. A secret or a token is in one page, once.
"""

from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Annotated, Final, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from backend.accounts.errors import NotYours
from backend.events.errors import (
    EndpointUnknown,
    EndpointUrlRefused,
    EventTokenUnknown,
    TooManyEndpoints,
    TooManyEventTokens,
)
from backend.events.space import Changing, read_space
from backend.events.tables import NAME_CHARACTERS_MAX, URL_CHARACTERS_MAX
from backend.web import partner_events_words as words
from backend.web.pages import Problem
from backend.web.partner_frame import Frame, Framed
from backend.web.signed_in import SPACE, OwnForm, PageRoute, go

EVENTS: Final = "/evenements"
_Made = TypeVar("_Made")

router = APIRouter(
    prefix=f"{SPACE}/partenaire/{{partner_id}}{EVENTS}",
    include_in_schema=False,
    route_class=PageRoute,
)


@router.get("")
def show(frame: Framed) -> HTMLResponse:
    """Show where a partner's events go, and what became of the last of them."""
    return _show(frame, None)


@router.post("/adresses", dependencies=[OwnForm])
def add(
    frame: Framed, url: Annotated[str, Form(max_length=4 * URL_CHARACTERS_MAX)] = ""
) -> Response:
    """Add an address and show its secret, this once."""
    try:
        made = _change(frame, lambda changing: changing.add(url.strip()))
    except (EndpointUrlRefused, TooManyEndpoints) as refusal:
        return _show(frame, Problem("url", words.of_refusal(refusal)))
    return _show_once(frame, made.secret, "secret")


@router.post("/adresses/{endpoint_id}/secret", dependencies=[OwnForm])
def rotate(endpoint_id: UUID, frame: Framed) -> Response:
    """Give an address another secret and show it, this once."""
    made = _change(frame, lambda changing: changing.rotate(endpoint_id))
    return _show_once(frame, made.secret, "secret")


@router.post("/adresses/{endpoint_id}/reprise", dependencies=[OwnForm])
def enable(endpoint_id: UUID, frame: Framed) -> Response:
    """Begin again where an address was left."""
    _change(frame, lambda changing: changing.enable(endpoint_id))
    return go(frame.path + EVENTS)


@router.post("/adresses/{endpoint_id}/renvoi", dependencies=[OwnForm])
def send_again(
    endpoint_id: UUID, frame: Framed, day: Annotated[str, Form(max_length=20)] = ""
) -> Response:
    """Send everything from a day on again."""
    zone = ZoneInfo(frame.services.settings.time_zone)
    try:
        on = datetime.fromisoformat(day).date()
        since = datetime.combine(on, time(), tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return _show(frame, Problem(f"day-{endpoint_id}", words.DAY_FORM))
    _change(frame, lambda changing: changing.send_again(endpoint_id, since))
    return go(frame.path + EVENTS)


@router.post("/adresses/{endpoint_id}/retrait", dependencies=[OwnForm])
def remove(endpoint_id: UUID, frame: Framed) -> Response:
    """Tell an address nothing more."""
    _change(frame, lambda changing: changing.remove(endpoint_id))
    return go(frame.path + EVENTS)


@router.post("/jetons", dependencies=[OwnForm])
def give_token(
    frame: Framed, name: Annotated[str, Form(max_length=4 * NAME_CHARACTERS_MAX)] = ""
) -> Response:
    """Make a token and show it, this once."""
    named = " ".join(name.split())[:NAME_CHARACTERS_MAX]
    if not named:
        return _show(frame, Problem("name", words.NAME_MISSING))
    try:
        made = _change(frame, lambda changing: changing.give_token(named))
    except TooManyEventTokens as refusal:
        return _show(frame, Problem("name", words.of_refusal(refusal)))
    return _show_once(frame, made.token, "token")


@router.post("/jetons/{token_id}/revocation", dependencies=[OwnForm])
def revoke_token(token_id: UUID, frame: Framed) -> Response:
    """Let a token serve no more."""
    _change(frame, lambda changing: changing.revoke_token(token_id))
    return go(frame.path + EVENTS)


def _change(frame: Frame, change: Callable[[Changing], _Made]) -> _Made:
    """Change something in one unit of work; what is not there is not theirs."""
    try:
        with frame.services.database.unit_of_work() as session:
            return change(Changing(frame.services, session, frame.account_id, frame.partner_id))
    except (EndpointUnknown, EventTokenUnknown) as unknown:
        raise NotYours from unknown


def _show(frame: Frame, problem: Problem | None) -> HTMLResponse:
    with frame.services.database.reading() as session:
        space = read_space(session, frame.account_id, frame.partner_id, frame.now)
    return frame.show(
        "partner_events.html",
        problem,
        space=space,
        path=frame.path + EVENTS,
        kinds=words.KINDS,
        outcome=words.outcome,
    )


def _show_once(frame: Frame, shown: str, what: str) -> HTMLResponse:
    path = frame.path + EVENTS
    return frame.show("partner_events_once.html", path=path, shown=shown, what=what)
