"""An establishment's pupils: found by name, and what is done about one of them and their cards."""

import base64
from typing import Annotated, Final
from uuid import UUID

from fastapi import Form, Query
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from backend.access.staff import check_pupil
from backend.access.staff_cards import (
    cancel_card_order,
    hand_over_cards,
    order_cards_for,
    read_cards,
    replace_pupils_card,
    report_pupils_card,
    withdraw_pupils_card,
)
from backend.accounts.errors import NotYours
from backend.cards.errors import CardStateRefused, HasCard, TooManyOrders
from backend.cards.photos import find_card_photo
from backend.cards.reporting import ReportReason, WithdrawalReason
from backend.cards.requests import ReplacementReason
from backend.cards.states import CardState
from backend.pins.forcing import force_after_loss
from backend.pupils.listing import (
    SEARCH_CHARACTERS_MAX,
    find_pupil,
    list_classes,
    list_pupils,
)
from backend.pupils.tables import CLASS_CHARACTERS_MAX
from backend.web.establishment_frame import Frame, StaffFrame, list_services, new_router
from backend.web.signed_in import OwnForm

PUPIL: Final = "/eleves/{enrolment_id}"
#: What may be done to a card in each state: lost, replaced, withdrawn, cancelled, handed over.
_HELD: Final = (
    CardState.PRODUCED,
    CardState.SHIPPED,
    CardState.RECEIVED,
    CardState.HANDED_OVER,
    CardState.ACTIVE,
)

router = new_router()


@router.get("")
def pupils(
    frame: Frame,
    *,
    nom: Annotated[str, Query(max_length=4 * SEARCH_CHARACTERS_MAX)] = "",
    classe: Annotated[str, Query(max_length=CLASS_CHARACTERS_MAX)] = "",
    apres: Annotated[UUID | None, Query()] = None,
) -> HTMLResponse:
    """Show pupils by name, some at a time."""
    with frame.reading() as session:
        classes = list_classes(session, frame.establishment_id)
        found = list_pupils(
            session,
            frame.establishment_id,
            search=nom,
            class_code=classe or None,
            after=apres,
        )
    return frame.show(
        "establishment_pupils.html",
        "",
        found=found,
        classes=classes,
        search=nom,
        class_code=classe,
        total=sum(one.pupils for one in classes),
        without=sum(one.without_card for one in classes),
        waiting=sum(one.to_hand_over for one in classes),
    )


@router.get(PUPIL)
def pupil(frame: Frame, enrolment_id: UUID, fait: str = "") -> HTMLResponse:
    """Show a pupil, their cards, and what may be done."""
    return _show(frame, enrolment_id, done=fait)


@router.post(f"{PUPIL}/commande", dependencies=[OwnForm])
def order(
    frame: Frame, enrolment_id: UUID, guichet: Annotated[str, Form(max_length=3)] = ""
) -> Response:
    """Order a card, for the establishment or to be made while the pupil waits."""
    with frame.services.database.unit_of_work() as session:
        holder = _holder(session, frame, enrolment_id)
        made = order_cards_for(session, frame.office(), [holder], at_counter=guichet == "oui")
    return _back(frame, enrolment_id, "commande" if made.card_ids else "rien")


@router.post(f"{PUPIL}/cartes/{{card_id}}/annulation", dependencies=[OwnForm])
def cancel(frame: Frame, enrolment_id: UUID, card_id: UUID) -> Response:
    """Take an order back before the card is made."""
    try:
        with frame.services.database.unit_of_work() as session:
            _own_card(session, frame, enrolment_id, card_id)
            cancel_card_order(session, frame.office(), card_id)
    except CardStateRefused as refusal:
        return frame.refuse(refusal, f"/eleves/{enrolment_id}")
    return _back(frame, enrolment_id, "annulation")


@router.post(f"{PUPIL}/cartes/{{card_id}}/blocage", dependencies=[OwnForm])
def report(
    frame: Frame, enrolment_id: UUID, card_id: UUID, motif: Annotated[ReportReason, Form()]
) -> Response:
    """Block a lost or stolen card at once."""
    choice = frame.services.settings.lost_card_code
    try:
        with frame.services.database.unit_of_work() as session:
            _own_card(session, frame, enrolment_id, card_id)
            office = frame.office()
            card = report_pupils_card(session, office, card_id, motif)
            by = str(frame.account_id)
            force_after_loss(session, card.beneficiary_id, motif, choice, office.now, by=by)
    except CardStateRefused as refusal:
        return frame.refuse(refusal, f"/eleves/{enrolment_id}")
    return _back(frame, enrolment_id, "blocage")


@router.post(f"{PUPIL}/cartes/{{card_id}}/remplacement", dependencies=[OwnForm])
def replace(
    frame: Frame,
    enrolment_id: UUID,
    card_id: UUID,
    *,
    motif: Annotated[ReplacementReason, Form()],
    guichet: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    """Stop a card and order another."""
    fee_cents = frame.services.settings.replacement_fee_cents
    try:
        with frame.services.database.unit_of_work() as session:
            _own_card(session, frame, enrolment_id, card_id)
            office = frame.office()
            wish = office.wish(at_counter=guichet == "oui", fee_cents=fee_cents)
            replace_pupils_card(session, office, card_id, motif, wish)
    except (CardStateRefused, HasCard, TooManyOrders) as refusal:
        return frame.refuse(refusal, f"/eleves/{enrolment_id}")
    return _back(frame, enrolment_id, "remplacement")


@router.post(f"{PUPIL}/cartes/{{card_id}}/retrait", dependencies=[OwnForm])
def withdraw(
    frame: Frame, enrolment_id: UUID, card_id: UUID, motif: Annotated[WithdrawalReason, Form()]
) -> Response:
    """Take a card out of use for good."""
    try:
        with frame.services.database.unit_of_work() as session:
            _own_card(session, frame, enrolment_id, card_id)
            withdraw_pupils_card(session, frame.office(), card_id, motif)
    except CardStateRefused as refusal:
        return frame.refuse(refusal, f"/eleves/{enrolment_id}")
    return _back(frame, enrolment_id, "retrait")


@router.post(f"{PUPIL}/cartes/{{card_id}}/remise", dependencies=[OwnForm])
def hand_over(
    frame: Frame, enrolment_id: UUID, card_id: UUID, a: Annotated[str, Form(max_length=10)] = ""
) -> Response:
    """Hand one card over: to the pupil, or to somebody for them."""
    in_person = a != "tiers"
    try:
        with frame.services.database.unit_of_work() as session:
            _own_card(session, frame, enrolment_id, card_id)
            hand_over_cards(session, frame.office(), [card_id], in_person=in_person)
    except CardStateRefused as refusal:
        return frame.refuse(refusal, f"/eleves/{enrolment_id}")
    return _back(frame, enrolment_id, "remise" if in_person else "confiee")


def _show(frame: StaffFrame, enrolment_id: UUID, *, done: str = "") -> HTMLResponse:
    with frame.reading() as session:
        check_pupil(session, frame.account_id, frame.establishment_id, enrolment_id)
        found = find_pupil(session, enrolment_id)
        if found is None:
            raise NotYours
        cards = read_cards(session, found.beneficiary_id)
        photo = find_card_photo(session, found.beneficiary_id)
        services = list_services(session, frame.establishment_id)
    return frame.show(
        "establishment_pupil.html",
        "",
        done=done,
        pupil=found,
        cards=cards,
        needs_card=found.card_state not in (*_HELD, CardState.ORDERED),
        held=_HELD,
        services=services,
        photo=None if photo is None else base64.b64encode(photo.image).decode(),
        fee_cents=frame.services.settings.replacement_fee_cents,
    )


def _holder(session: Session, frame: StaffFrame, enrolment_id: UUID) -> UUID:
    """Return who the enrolment is of, if it is of this establishment; raise NotYours."""
    return check_pupil(
        session, frame.account_id, frame.establishment_id, enrolment_id
    ).beneficiary_id


def _own_card(session: Session, frame: StaffFrame, enrolment_id: UUID, card_id: UUID) -> None:
    """Refuse a card that is not this pupil's: what is pressed is what was shown."""
    holder = _holder(session, frame, enrolment_id)
    if all(one.card_id != card_id for one in read_cards(session, holder)):
        raise NotYours


def _back(frame: StaffFrame, enrolment_id: UUID, done: str) -> Response:
    return frame.back(f"/eleves/{enrolment_id}", done)
