"""An operator's page of the organisations that ask to be a partner, and the answer."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from backend.http import ServicesDependency
from backend.operators.errors import ReasonMissing
from backend.operators.organisations import accept_organisation
from backend.partners.organisations import asking
from backend.web import organisation_words
from backend.web.operator_pages import render
from backend.web.operator_who import Looking, OperatorRoute, Proving
from backend.web.signed_in import OPERATION, OwnForm, Token, go

ORGANISATIONS: Final = f"{OPERATION}/organismes"
router = APIRouter(include_in_schema=False, route_class=OperatorRoute)


@router.get(ORGANISATIONS)
def show_asked(services: ServicesDependency, token: Token, acting: Looking) -> HTMLResponse:
    """Show the organisations that wait for an answer, the longest wait first."""
    with services.database.reading() as session:
        found = asking.list_asked(session)
        number = organisation_words.number_words
        return render(services, token, acting, "organisations", found=found, number=number)


@router.post(f"{ORGANISATIONS}/{{organisation_id}}/accord", dependencies=[OwnForm])
def accept(organisation_id: UUID, services: ServicesDependency, acting: Proving) -> Response:
    """Make an organisation a partner."""
    with services.database.unit_of_work() as session:
        accept_organisation(session, organisation_id, acting.account_id, services.now())
    return go(ORGANISATIONS)


@router.post(f"{ORGANISATIONS}/{{organisation_id}}/refus", dependencies=[OwnForm])
def refuse(
    organisation_id: UUID,
    services: ServicesDependency,
    acting: Proving,
    reason: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """Refuse, and say why."""
    if not reason.strip():
        raise ReasonMissing
    with services.database.unit_of_work() as session:
        asking.refuse(session, organisation_id, acting.account_id, reason, services.now())
    return go(ORGANISATIONS)
