"""An operator's page of what people ask about their data: who waits, until when, and the answer."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from backend.operators.entering import Acting
from backend.operators.errors import ReasonMissing
from backend.privacy.requests import SHOWN_MAX, grant, list_requests, refuse
from backend.privacy.retention import last_runs
from backend.web.operator_who import Looking, OperatorRoute, Proving, Reason
from backend.web.signed_in import OPERATION, OwnForm

REQUESTS: Final = f"{OPERATION}/demandes"
router = APIRouter(include_in_schema=False, route_class=OperatorRoute)


@router.get(REQUESTS)
def show_requests(frame: Looking) -> HTMLResponse:
    """Show who waits for an answer, and what was forgotten last."""
    with frame.services.database.reading() as session:
        found = list_requests(session, frame.now, SHOWN_MAX)
        runs = sorted(last_runs(session).values(), key=lambda run: run.rule)
        return frame.show("requests", found=found, is_cut=len(found) == SHOWN_MAX, runs=runs)


@router.post(f"{REQUESTS}/{{request_id}}/effacement", dependencies=[OwnForm])
def erase(request_id: UUID, frame: Proving) -> Response:
    """Erase the person that is asked about."""

    def act(session: Session, acting: Acting) -> None:
        grant(session, request_id, acting.account_id, acting.email, frame.now)

    return frame.do(act, REQUESTS, "effacement")


@router.post(f"{REQUESTS}/{{request_id}}/refus", dependencies=[OwnForm])
def say_no(request_id: UUID, frame: Proving, reason: Reason = "") -> Response:
    """Answer no, and say why."""
    if not reason.strip():
        raise ReasonMissing

    def act(session: Session, acting: Acting) -> None:
        refuse(session, request_id, acting.account_id, reason, frame.now)

    return frame.do(act, REQUESTS, "refus")
