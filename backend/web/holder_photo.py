"""The photo on a holder's card: given, seen, taken away; at the gates only where it was agreed."""

import base64

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from backend.accounts.signin.acts import ActKind, record_act
from backend.cards.photos import drop_card_photo, find_card_photo, keep_card_photo
from backend.pictures import ImageRefused
from backend.privacy.consents import hide_photo, show_photo
from backend.web.holder_frame import PREFIX, Frame, Framed
from backend.web.pages import Problem
from backend.web.photo_form import UNFIT, OwnPhotoForm
from backend.web.signed_in import OwnForm, PageRoute, go

router = APIRouter(prefix=f"{PREFIX}/carte/photo", include_in_schema=False, route_class=PageRoute)


@router.get("")
def photo(frame: Framed) -> HTMLResponse:
    """Show the photo that is kept, and the form that gives another."""
    return _show(frame, None)


@router.post("")
def give(frame: Framed, given: OwnPhotoForm) -> Response:
    """Keep a photo, drawn anew, in the place of an older one."""
    try:
        drawn = given.draw()
    except ImageRefused as refusal:
        return _show(frame, Problem("photo", UNFIT[str(refusal.details["why"])]))
    now, person = frame.services.now(), frame.beneficiary_id
    with frame.services.database.unit_of_work() as session:
        keep_card_photo(session, person, drawn, now, frame.account_id)
        show_photo(session, person, now)
        kind = ActKind.PHOTO_GIVEN
        record_act(session, kind, frame.account_id, person, now, beneficiary_id=person)
    return go(f"{frame.path}/carte/photo")


@router.post("/retrait", dependencies=[OwnForm])
def take_away(frame: Framed) -> Response:
    """Forget the photo, here and at every gate."""
    now, person = frame.services.now(), frame.beneficiary_id
    with frame.services.database.unit_of_work() as session:
        drop_card_photo(session, person)
        hide_photo(session, person)
        kind = ActKind.PHOTO_TAKEN_AWAY
        record_act(session, kind, frame.account_id, person, now, beneficiary_id=person)
    return go(f"{frame.path}/carte/photo")


def _show(frame: Frame, problem: Problem | None) -> HTMLResponse:
    with frame.services.database.reading() as session:
        kept = find_card_photo(session, frame.beneficiary_id)
    picture = "" if kept is None else base64.b64encode(kept.image).decode()
    return frame.show("holder_photo.html", "/carte", problem, picture=picture)
