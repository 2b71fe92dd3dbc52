"""An operator's page of the organisations that ask to be a partner, and the answer."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from backend.operators.entering import Acting
from backend.operators.errors import ReasonMissing
from backend.operators.organisations import accept_organisation
from backend.partners.organisations import asking
from backend.web import organisation_words
from backend.web.operator_who import Looking, OperatorRoute, Proving, Reason
from backend.web.signed_in import OPERATION, OwnForm

ORGANISATIONS: Final = f"{OPERATION}/organismes"
router = APIRouter(include_in_schema=False, route_class=OperatorRoute)


@router.get(ORGANISATIONS)
def show_asked(frame: Looking) -> HTMLResponse:
    """Show the organisations that wait for an answer, the longest wait first."""
    with frame.services.database.reading() as session:
        found = asking.list_asked(session)
        return frame.show(
            "organisations",
            found=found,
            is_cut=len(found) == asking.LISTED_MAX,
            number=organisation_words.number_words,
            papers=organisation_words.DOCUMENTS,
            length=organisation_words.length_in_words,
        )


@router.post(f"{ORGANISATIONS}/{{organisation_id}}/accord", dependencies=[OwnForm])
def accept(organisation_id: UUID, frame: Proving) -> Response:
    """Make an organisation a partner."""

    def act(session: Session, acting: Acting) -> None:
        accept_organisation(session, organisation_id, acting.account_id, frame.now)

    return frame.do(act, ORGANISATIONS, "organisme")


@router.post(f"{ORGANISATIONS}/{{organisation_id}}/refus", dependencies=[OwnForm])
def refuse(organisation_id: UUID, frame: Proving, reason: Reason = "") -> Response:
    """Refuse, and say why."""
    if not reason.strip():
        raise ReasonMissing

    def act(session: Session, acting: Acting) -> None:
        asking.refuse(session, organisation_id, acting.account_id, reason, frame.now)

    return frame.do(act, ORGANISATIONS, "refus")
