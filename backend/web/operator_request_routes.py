"""An operator's page of what people ask about their data: who waits, until when, and the answer."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from backend.http import ServicesDependency
from backend.operators.errors import ReasonMissing
from backend.privacy.requests import grant, list_requests, refuse
from backend.privacy.retention import last_runs
from backend.web.operator_pages import render
from backend.web.operator_who import Looking, OperatorRoute, Proving
from backend.web.signed_in import OPERATION, OwnForm, Token, go

REQUESTS: Final = f"{OPERATION}/demandes"
router = APIRouter(include_in_schema=False, route_class=OperatorRoute)


@router.get(REQUESTS)
def show_requests(services: ServicesDependency, token: Token, acting: Looking) -> HTMLResponse:
    """Show who waits for an answer, and what was forgotten last."""
    with services.database.reading() as session:
        found = list_requests(session, services.now())
        runs = sorted(last_runs(session).values(), key=lambda run: run.rule)
        return render(services, token, acting, "requests", found=found, runs=runs)


@router.post(f"{REQUESTS}/{{request_id}}/effacement", dependencies=[OwnForm])
def erase(request_id: UUID, services: ServicesDependency, acting: Proving) -> Response:
    """Erase the person that is asked about."""
    with services.database.unit_of_work() as session:
        grant(session, request_id, acting.account_id, acting.email, services.now())
    return go(REQUESTS)


@router.post(f"{REQUESTS}/{{request_id}}/refus", dependencies=[OwnForm])
def say_no(
    request_id: UUID,
    services: ServicesDependency,
    acting: Proving,
    reason: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """Answer no, and say why."""
    if not reason.strip():
        raise ReasonMissing
    with services.database.unit_of_work() as session:
        refuse(session, request_id, acting.account_id, reason, services.now())
    return go(REQUESTS)
