"""The supporting documents of an organisation, on its own page: given, and taken away.

Promise: who looks after it sees what was given and when; nobody but an operator reads it again.
"""

from uuid import UUID

from fastapi import APIRouter, Response

from backend.partners.organisations.documents import (
    check_may_give,
    give_document,
    take_document_away,
)
from backend.partners.organisations.papers import PaperRefused
from backend.web.organisation_routes import ORGANISATION, Framed, show_organisation
from backend.web.paper_form import UNFIT_PAPER, OwnPaperForm
from backend.web.signed_in import OwnForm, PageRoute, go

DOCUMENTS = f"{ORGANISATION}/{{organisation_id}}/pieces"
router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.post(DOCUMENTS)
def give(organisation_id: UUID, frame: Framed, form: OwnPaperForm) -> Response:
    """Keep a document, written anew, or say why it cannot be kept."""
    account_id, services = frame.who.account_id, frame.services
    with services.database.unit_of_work() as session:
        check_may_give(session, account_id, organisation_id, services.now())
    try:
        paper = form.draw()
    except PaperRefused as refusal:
        problems = {"document": UNFIT_PAPER[str(refusal.details["why"])]}
        return show_organisation(frame, organisation_id, problems)
    with services.database.unit_of_work() as session:
        give_document(
            session,
            account_id,
            organisation_id,
            kind=form.kind,
            paper=paper,
            now=services.now(),
        )
    return go(f"{ORGANISATION}/{organisation_id}")


@router.post(f"{DOCUMENTS}/{{document_id}}/fin", dependencies=[OwnForm])
def take_away(organisation_id: UUID, document_id: UUID, frame: Framed) -> Response:
    """Forget a document."""
    with frame.services.database.unit_of_work() as session:
        now = frame.services.now()
        take_document_away(session, frame.who.account_id, organisation_id, document_id, now)
    return go(f"{ORGANISATION}/{organisation_id}")
