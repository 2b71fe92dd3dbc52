"""Who asks to look after an establishment's pupils, or to be one: its staff decide."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Form
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from backend.access.staff import check_staff
from backend.access.tables import Enrolment
from backend.accounts.errors import NotYours
from backend.accounts.families.errors import (
    GrownUp,
    IdentityDiffers,
    NotOldEnough,
    RequestUnknown,
    TieTaken,
    TooManyOfFamily,
)
from backend.accounts.families.requests import (
    LISTED_MAX,
    OpenRequest,
    approve_tie,
    open_requests,
    refuse_tie,
)
from backend.web.establishment_frame import Frame, StaffFrame, new_router
from backend.web.signed_in import OwnForm

#: A request is looked for among so many pages of those that wait.
PAGES_MAX = 20
router = new_router()


@router.get("/rattachements")
def ties(frame: Frame, fait: str = "") -> HTMLResponse:
    """Show what waits for a decision, and whom it means."""
    with frame.reading() as session:
        waiting = open_requests(session, _pupils(frame))
    return frame.show("establishment_ties.html", "/rattachements", done=fait, waiting=waiting)


@router.post("/rattachements/{request_id}/accord", dependencies=[OwnForm])
def approve(frame: Frame, request_id: UUID, personne: Annotated[UUID, Form()]) -> Response:
    """Approve a request for one of the establishment's pupils."""
    try:
        with frame.services.database.unit_of_work() as session:
            asked = _asked(session, frame, request_id)
            if personne not in {one.beneficiary_id for one in asked.candidates}:
                raise NotYours
            now = frame.services.now()
            approve_tie(session, request_id, personne, frame.account_id, now)
    except (GrownUp, NotOldEnough, TieTaken, TooManyOfFamily, IdentityDiffers) as refusal:
        return frame.refuse(refusal, "/rattachements")
    return frame.back("/rattachements", "rattache")


@router.post("/rattachements/{request_id}/refus", dependencies=[OwnForm])
def refuse(frame: Frame, request_id: UUID) -> Response:
    """Refuse a request."""
    try:
        with frame.services.database.unit_of_work() as session:
            _asked(session, frame, request_id)
            refuse_tie(session, request_id, frame.account_id, frame.services.now())
    except RequestUnknown:
        raise NotYours from None
    return frame.back("/rattachements", "refuse")


def _pupils(frame: StaffFrame) -> Select[Any]:
    """Choose whom this establishment may decide for."""
    return select(Enrolment.beneficiary_id).where(
        Enrolment.establishment_id == frame.establishment_id, Enrolment.ended_at.is_(None)
    )


def _asked(session: Session, frame: StaffFrame, request_id: UUID) -> OpenRequest:
    """Return a request that means one of the establishment's pupils; raise NotYours."""
    check_staff(session, frame.account_id, frame.establishment_id)
    after = None
    for _ in range(PAGES_MAX):
        waiting = open_requests(session, _pupils(frame), after)
        for one in waiting:
            if one.request_id == request_id:
                return one
        if len(waiting) < LISTED_MAX:
            break
        after = (waiting[-1].asked_at, waiting[-1].request_id)
    raise NotYours
