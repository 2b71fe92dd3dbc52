"""An operator's page of who asks for a young person that no establishment answered for."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from backend.accounts.families.requests import (
    LISTED_MAX,
    approve_as_new,
    approve_tie,
    open_requests,
    refuse_tie,
)
from backend.operators.entering import Acting
from backend.web.operator_who import Looking, OperatorRoute, Proving
from backend.web.signed_in import OPERATION, OwnForm

TIES: Final = f"{OPERATION}/rattachements"
#: Whom a form that names nobody would mean.
NOBODY: Final = UUID(int=0)
router = APIRouter(include_in_schema=False, route_class=OperatorRoute)


@router.get(TIES)
def ties(frame: Looking) -> HTMLResponse:
    """Show the requests that wait, the oldest first, and whom each may mean."""
    with frame.services.database.reading() as session:
        found = open_requests(session)
    return frame.show("ties", found=found, is_cut=len(found) == LISTED_MAX)


@router.post(f"{TIES}/{{request_id}}/accord", dependencies=[OwnForm])
def approve(
    request_id: UUID,
    frame: Proving,
    person: Annotated[UUID, Form()] = NOBODY,
) -> Response:
    """Approve a request for somebody who is known."""

    def act(session: Session, acting: Acting) -> None:
        approve_tie(session, request_id, person, acting.account_id, frame.now)

    return frame.do(act, TIES, "rattachement")


@router.post(f"{TIES}/{{request_id}}/nouvelle-personne", dependencies=[OwnForm])
def record_new(request_id: UUID, frame: Proving) -> Response:
    """Approve a request for somebody nobody knew, who is recorded from now on."""

    def act(session: Session, acting: Acting) -> None:
        approve_as_new(session, request_id, acting.account_id, frame.now)

    return frame.do(act, TIES, "rattachement")


@router.post(f"{TIES}/{{request_id}}/refus", dependencies=[OwnForm])
def refuse(request_id: UUID, frame: Proving) -> Response:
    """Refuse a request."""

    def act(session: Session, acting: Acting) -> None:
        refuse_tie(session, request_id, acting.account_id, frame.now)

    return frame.do(act, TIES, "refus")
