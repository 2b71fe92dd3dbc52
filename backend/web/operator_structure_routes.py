"""What an operator reads before answering an organisation: its documents, and who is wished for.

Promise: a document leaves as a file of its own, never as a page: nothing in it runs here. Whoever
opened one is written down. Of suggestions an operator sees how many they are, not whose.
"""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from backend.operators.entering import Acting
from backend.operators.errors import ReasonMissing
from backend.partners.organisations.documents import read_document
from backend.partners.organisations.papers import PDF
from backend.partners.organisations.suggesting import (
    invite_structure,
    list_wanted,
    set_suggestion_aside,
)
from backend.web import organisation_words
from backend.web.operator_organisation_routes import ORGANISATIONS
from backend.web.operator_who import Looking, OperatorRoute, Proving, Reason
from backend.web.signed_in import OwnForm

SUGGESTIONS: Final = f"{ORGANISATIONS}/propositions"
FILE_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
router = APIRouter(include_in_schema=False, route_class=OperatorRoute)


@router.get(f"{ORGANISATIONS}/pieces/{{document_id}}")
def document(document_id: UUID, frame: Looking) -> Response:
    """Give a document as a file, under a name of ours."""
    with frame.services.database.unit_of_work() as session:
        row = read_document(session, document_id, frame.acting.account_id, frame.now)
        ending = "pdf" if row.media_type == PDF else "jpg"
        name = f"{row.kind}-{row.id.hex[:8]}.{ending}"
        headers = {**FILE_HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
        return Response(row.content, media_type=row.media_type, headers=headers)


@router.get(SUGGESTIONS)
def show_wanted(frame: Looking) -> HTMLResponse:
    """Show the structures that people suggested, the most wanted first."""
    with frame.services.database.reading() as session:
        found = list_wanted(session)
    return frame.show("suggestions", found=found, states=organisation_words.SUGGESTED)


@router.post(f"{SUGGESTIONS}/{{suggestion_id}}/invitation", dependencies=[OwnForm])
def invite(
    suggestion_id: UUID,
    frame: Proving,
    email: Annotated[str, Form(max_length=320)] = "",
) -> Response:
    """Ask the structure itself, by mail, whether it agrees."""

    def act(session: Session, acting: Acting) -> None:
        invite_structure(session, suggestion_id, email, acting.account_id, frame.now)

    return frame.do(act, SUGGESTIONS, "structure-invitee")


@router.post(f"{SUGGESTIONS}/{{suggestion_id}}/ecart", dependencies=[OwnForm])
def set_aside(suggestion_id: UUID, frame: Proving, reason: Reason = "") -> Response:
    """Set a structure aside, and say why to who suggested it."""
    if not reason.strip():
        raise ReasonMissing

    def act(session: Session, acting: Acting) -> None:
        set_suggestion_aside(session, suggestion_id, reason, acting.account_id, frame.now)

    return frame.do(act, SUGGESTIONS, "structure-ecartee")
