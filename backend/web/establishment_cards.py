"""An establishment's cards: ordered by class, received by scanning, handed over."""

from typing import Annotated
from uuid import UUID

from fastapi import Form, Query
from fastapi.responses import HTMLResponse, Response

from backend.access.staff_cards import (
    hand_over_cards,
    order_cards_for,
    read_parcel,
    receive_card,
)
from backend.cards.errors import CardStateRefused
from backend.cards.handing import HANDED_OVER_AT_ONCE_MAX
from backend.cards.lots import Scan, list_shipments
from backend.pupils.listing import cards_to_hand_over, list_classes, people_without_card
from backend.pupils.tables import CLASS_CHARACTERS_MAX
from backend.web import establishment_words as words
from backend.web.establishment_frame import Frame, StaffFrame, new_router
from backend.web.pages import Problem
from backend.web.signed_in import OwnForm

SCANNED_CHARACTERS_MAX = 40
ClassCode = Annotated[str, Query(max_length=CLASS_CHARACTERS_MAX)]

router = new_router()


@router.get("/cartes")
def cards(frame: Frame, fait: str = "", cartes: int | None = None) -> HTMLResponse:
    """Show who has no card, which parcels come, and which cards wait for their holders."""
    with frame.reading() as session:
        classes = list_classes(session, frame.establishment_id)
        parcels = list_shipments(session, frame.establishment_id)
    return frame.show(
        "establishment_cards.html",
        "/cartes",
        done=fait,
        done_cards=cartes,
        classes=classes,
        parcels=parcels,
        without=sum(one.without_card for one in classes),
        waiting=sum(one.to_hand_over for one in classes),
    )


@router.post("/cartes/commande", dependencies=[OwnForm])
def order(
    frame: Frame, classe: Annotated[str, Form(max_length=CLASS_CHARACTERS_MAX)] = ""
) -> Response:
    """Order a card for everybody of a class, or of the establishment, who has none."""
    with frame.services.database.unit_of_work() as session:
        people = people_without_card(session, frame.establishment_id, classe or None)
        made = order_cards_for(session, frame.office(), people)
    if not made.card_ids:
        return frame.back("/cartes", "rien")
    return frame.back("/cartes", f"commande&cartes={len(made.card_ids)}")


@router.get("/cartes/reception")
def reception(frame: Frame) -> HTMLResponse:
    """Show the field that a scanner types into."""
    return _reception(frame, None)


@router.post("/cartes/reception", dependencies=[OwnForm])
def scan(
    frame: Frame, numero: Annotated[str, Form(max_length=SCANNED_CHARACTERS_MAX)] = ""
) -> HTMLResponse:
    """Take note of one card, say what it is, and wait for the next."""
    with frame.services.database.unit_of_work() as session:
        scanned = receive_card(session, frame.office(), numero)
    return _reception(frame, scanned)


@router.get("/cartes/colis/{lot_id}")
def parcel(frame: Frame, lot_id: UUID) -> HTMLResponse:
    """Show a parcel, and what of it has not arrived."""
    with frame.reading() as session:
        line, missing = read_parcel(session, frame.office(), lot_id)
    return frame.show("establishment_parcel.html", "/cartes", parcel=line, missing=missing)


@router.get("/cartes/remise")
def waiting(frame: Frame, classe: ClassCode = "", fait: str = "") -> HTMLResponse:
    """Show the cards of a class that wait for their holders."""
    return _waiting(frame, classe, done=fait)


@router.post("/cartes/remise", dependencies=[OwnForm])
def hand_over(
    frame: Frame,
    *,
    carte: Annotated[list[UUID] | None, Form()] = None,
    classe: Annotated[str, Form(max_length=CLASS_CHARACTERS_MAX)] = "",
    a: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Hand over the cards that are ticked."""
    ticked = carte or []
    if not ticked or len(ticked) > HANDED_OVER_AT_ONCE_MAX:
        said = words.TOO_MANY_AT_ONCE if ticked else words.NOTHING_TICKED
        return _waiting(frame, classe, problem=Problem("carte", said))
    in_person = a != "tiers"
    try:
        with frame.services.database.unit_of_work() as session:
            hand_over_cards(session, frame.office(), ticked, in_person=in_person)
    except CardStateRefused as refusal:
        return frame.refuse(refusal, "/cartes/remise")
    return frame.back("/cartes/remise", "remise" if in_person else "confiee")


def _reception(frame: StaffFrame, scanned: Scan | None) -> HTMLResponse:
    with frame.reading() as session:
        parcels = list_shipments(session, frame.establishment_id)
    coming = [one for one in parcels if one.missing]
    return frame.show(
        "establishment_reception.html",
        "/cartes",
        scanned=scanned,
        coming=coming,
        missing=sum(one.missing for one in coming),
    )


def _waiting(
    frame: StaffFrame, class_code: str, *, problem: Problem | None = None, done: str = ""
) -> HTMLResponse:
    with frame.reading() as session:
        classes = list_classes(session, frame.establishment_id)
        found = cards_to_hand_over(session, frame.establishment_id, class_code or None)
    return frame.show(
        "establishment_handing.html",
        "/cartes",
        problem=problem,
        done=done,
        classes=[one for one in classes if one.to_hand_over and one.code],
        class_code=class_code,
        cards=found[:HANDED_OVER_AT_ONCE_MAX],
        total=len(found),
    )
