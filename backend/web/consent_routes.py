"""What a holder, or a parent of a young one, agrees to; and taking it back."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from backend.http import status_of
from backend.privacy.consents import agree, read_standing, withdraw
from backend.privacy.errors import ConsentNotYours
from backend.privacy.tables import Purpose
from backend.web.holder_frame import PREFIX, Framed
from backend.web.moments import moment
from backend.web.pages import Problem, notice
from backend.web.signed_in import OwnForm, PageRoute, go
from backend.web.words import Notice, Text

NOT_YOURS = Notice(
    "Ce n’est pas à vous d’en décider",
    Text(
        "Avant 15 ans, un parent et l’enfant décident ensemble. À partir de 15 ans, la personne "
        "décide seule, avec son propre compte.",
        "Before fifteen, a parent and the child decide together. From fifteen on the person "
        "decides alone, with an account of their own.",
    ),
    "Not yours to decide",
)
CHILD_MISSING = Text(
    "Demandez à l’enfant s’il est d’accord, puis cochez la case.",
    "Ask the child whether they agree, then tick the box.",
)
router = APIRouter(prefix=f"{PREFIX}/accords", include_in_schema=False, route_class=PageRoute)


@router.get("")
def agreements(frame: Framed) -> HTMLResponse:
    """Show where each agreement stands."""
    return _show(frame, None)


@router.post("/{purpose}", dependencies=[OwnForm])
def say_yes(
    purpose: Purpose, frame: Framed, child: Annotated[str, Form(max_length=8)] = ""
) -> Response:
    """Write an agreement down."""
    services, now = frame.services, frame.services.now()
    try:
        with services.database.unit_of_work() as session:
            person = frame.beneficiary_id
            standing = read_standing(session, frame.account_id, person, purpose, now)
            if not standing.asks_child or child:
                agreed = bool(child)
                agree(session, frame.account_id, person, purpose, now, child_agrees=agreed)
    except ConsentNotYours as refusal:
        return notice("stop", NOT_YOURS, status_of(refusal), way=f"{frame.path}/accords")
    if standing.asks_child and not child:
        return _show(frame, Problem("child", CHILD_MISSING))
    return go(f"{frame.path}/accords")


@router.post("/{purpose}/retrait", dependencies=[OwnForm])
def say_no(purpose: Purpose, frame: Framed) -> Response:
    """Take an agreement back, whoever gave it."""
    services = frame.services
    with services.database.unit_of_work() as session:
        withdraw(session, frame.account_id, frame.beneficiary_id, purpose, services.now())
    return go(f"{frame.path}/accords")


def _show(frame: Framed, problem: Problem | None) -> HTMLResponse:
    services = frame.services
    with services.database.reading() as session:
        standing = read_standing(
            session,
            frame.account_id,
            frame.beneficiary_id,
            Purpose.GATE_PHOTO,
            services.now(),
        )
    since = standing.since
    return frame.show(
        "holder_agreements.html",
        "/accords",
        problem,
        standing=standing,
        since="" if since is None else moment(since, services),
    )
