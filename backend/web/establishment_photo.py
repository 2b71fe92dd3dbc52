"""A pupil's photo: taken with the machine's camera, or given as a file; shown, forgotten.

The page is the only one that may use a camera, by our own script; without it a file does. Whatever
comes is drawn anew before it is kept.
"""

import base64
from typing import Final
from uuid import UUID

from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from backend.access.photos import drop_photo, keep_photo
from backend.access.staff import check_pupil
from backend.accounts.errors import NotYours
from backend.accounts.signin.acts import ActKind, record_act
from backend.cards.photos import drop_card_photo, find_card_photo, keep_card_photo
from backend.pictures import ImageRefused
from backend.privacy.consents import show_photo
from backend.pupils.listing import find_pupil
from backend.web.establishment_frame import Frame, StaffFrame, new_router
from backend.web.pages import HEADERS, Problem, let_script
from backend.web.photo_form import UNFIT, OwnPhotoForm
from backend.web.signed_in import OwnForm

PHOTO: Final = "/eleves/{enrolment_id}/photo"
#: What the page may use that no other does.
CAMERA_POLICY: Final = HEADERS["Permissions-Policy"].replace("camera=()", "camera=(self)")
router = new_router()


@router.get(PHOTO)
def photo(frame: Frame, enrolment_id: UUID) -> HTMLResponse:
    """Show the photo that is kept, the camera, and the form that takes a file."""
    return _show(frame, enrolment_id)


@router.post(PHOTO)
def give(frame: Frame, enrolment_id: UUID, given: OwnPhotoForm) -> Response:
    """Keep a photo for the card; on gates too, where the family agreed."""
    with frame.reading() as session:
        _holder(session, frame, enrolment_id)
    try:
        drawn = given.draw()
    except ImageRefused as refusal:
        problem = Problem("photo", UNFIT[str(refusal.details["why"])])
        return _show(frame, enrolment_id, problem)
    office = frame.office()
    with frame.services.database.unit_of_work() as session:
        holder = _holder(session, frame, enrolment_id)
        keep_card_photo(session, holder, drawn, office.now, frame.account_id)
        show_photo(session, holder, office.now)
        if given.fields.get("portiques") == "oui":
            noted_by = str(frame.account_id)
            keep_photo(session, enrolment_id, drawn, noted_by=noted_by, now=office.now)
        kind = ActKind.PHOTO_GIVEN
        record_act(session, kind, frame.account_id, enrolment_id, office.now, beneficiary_id=holder)
    return frame.back(f"/eleves/{enrolment_id}", "photo")


@router.post(f"{PHOTO}/retrait", dependencies=[OwnForm])
def take_away(frame: Frame, enrolment_id: UUID) -> Response:
    """Forget a pupil's photo, on the card to come and on gates."""
    with frame.services.database.unit_of_work() as session:
        holder, now = _holder(session, frame, enrolment_id), frame.services.now()
        drop_card_photo(session, holder)
        drop_photo(session, enrolment_id)
        kind = ActKind.PHOTO_TAKEN_AWAY
        record_act(session, kind, frame.account_id, enrolment_id, now, beneficiary_id=holder)
    return frame.back(f"/eleves/{enrolment_id}", "photo-retiree")


def _show(frame: StaffFrame, enrolment_id: UUID, problem: Problem | None = None) -> HTMLResponse:
    with frame.reading() as session:
        holder = _holder(session, frame, enrolment_id)
        found = find_pupil(session, enrolment_id)
        if found is None:
            raise NotYours
        kept = find_card_photo(session, holder)
    response = frame.show(
        "establishment_photo.html",
        "",
        problem=problem,
        pupil=found,
        photo=None if kept is None else base64.b64encode(kept.image).decode(),
    )
    response.headers["Permissions-Policy"] = CAMERA_POLICY
    return let_script(response)


def _holder(session: Session, frame: StaffFrame, enrolment_id: UUID) -> UUID:
    """Return who the enrolment is of, if it is of this establishment; raise NotYours."""
    return check_pupil(
        session, frame.account_id, frame.establishment_id, enrolment_id
    ).beneficiary_id
