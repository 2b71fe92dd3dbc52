"""A holder's cards: their state, stopping one in two clicks, ordering another, starting it."""

from dataclasses import dataclass, field
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, Response

from backend.accounts.errors import NotYours
from backend.cards.errors import (
    AddressInvalid,
    CardStateRefused,
    CardUnknown,
    CharterNotAccepted,
    DigitsWrong,
    HasCard,
    TooManyOrders,
)
from backend.cards.order_tables import Delivery
from backend.cards.ordering import Wish
from backend.cards.reporting import ReportReason
from backend.cards.requests import CHARTER_VERSION, clean_address
from backend.cards.states import CardState
from backend.errors import BackendError
from backend.holders.cards import (
    HeldCard,
    activate,
    order,
    present_card,
    read_cards,
    read_places,
    report,
)
from backend.holders.errors import CardOrderRefused
from backend.holders.telling import Acting
from backend.http import status_of
from backend.services import Services
from backend.web import holder_words as words
from backend.web.holder_frame import PREFIX, Frame, Framed
from backend.web.languages import Voice
from backend.web.moments import moment
from backend.web.pages import Problem, notice
from backend.web.signed_in import OwnForm, PageRoute, go
from backend.web.words import Notice

ADDRESS_FIELD_CHARACTERS_MAX: Final = 1_000
HOME: Final = "home"
TROUBLE: Final[dict[type[BackendError], Notice]] = {
    CardStateRefused: words.CARD_NOT_REPORTED,
    HasCard: words.HAS_CARD,
    TooManyOrders: words.TOO_MANY_ORDERS,
    CardOrderRefused: words.ORDER_REFUSED,
}
router = APIRouter(prefix=f"{PREFIX}/carte", include_in_schema=False, route_class=PageRoute)
Typed = Annotated[str, Form(max_length=64)]
TypedAddress = Annotated[str, Form(max_length=ADDRESS_FIELD_CHARACTERS_MAX)]


def card_told(one: HeldCard, services: Services, voice: Voice) -> dict[str, object]:
    """Say everything of a card that a page shows."""
    told = words.CARDS[one.state]
    says_so = one.waits_for_holder and one.state is CardState.SHIPPED
    return {
        "id": one.card_id,
        "number": one.number_masked,
        "word": told.word,
        "tone": told.tone,
        "next": words.SENT_HOME if says_so else told.next,
        "reason": words.REASONS.get(one.reason or "", ""),
        "since": moment(one.since, services),
        "establishment": one.establishment or "",
        "home": one.delivery is Delivery.HOME,
        "fee": voice.euros(one.fee_cents) if one.fee_cents else "",
        "may_be_reported": one.may_be_reported,
        "may_be_replaced": one.may_be_replaced,
        "waits_for_holder": one.waits_for_holder,
    }


@router.get("")
def cards(frame: Framed) -> HTMLResponse:
    """Show the card that matters now, and those before it."""
    return _cards(frame, None)


@router.get("/{card_id}/perte")
def report_form(card_id: UUID, frame: Framed) -> HTMLResponse:
    """Ask whether it is lost or stolen. Opening it changes nothing."""
    card = _one(frame, card_id)
    if not card.may_be_reported:
        return notice("stop", words.CARD_NOT_REPORTED, 409, way=f"{frame.path}/carte")
    return frame.show(
        "holder_report.html", "/carte", card=card_told(card, frame.services, frame.voice)
    )


@router.post("/{card_id}/perte", dependencies=[OwnForm])
def stop_card(
    card_id: UUID, frame: Framed, reason: Annotated[ReportReason, Form()] = ReportReason.LOST
) -> Response:
    """Stop a card at once."""
    try:
        report(frame.services, _acting(frame), card_id, reason)
    except CardUnknown:
        raise NotYours from None
    except CardStateRefused as refusal:
        return _trouble(frame, refusal)
    return go(f"{frame.path}/carte")


@router.post("/activation", dependencies=[OwnForm])
def start_card(frame: Framed, digits: Typed = "") -> Response:
    """Let the card that reached its holder be used."""
    try:
        activate(frame.services, _acting(frame), digits)
    except DigitsWrong:
        return _cards(frame, Problem("digits", words.DIGITS_WRONG))
    except CardUnknown as refusal:
        way = f"{frame.path}/carte"
        return notice("stop", words.NOTHING_TO_ACTIVATE, status_of(refusal), way=way)
    return go(f"{frame.path}/carte")


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed of an order: it goes from step to step in the pages, and is kept nowhere."""

    delivery: str = ""
    address: str = field(default="", repr=False)


def _typed(delivery: Typed = "", address: TypedAddress = "") -> Draft:
    return Draft(delivery, address)


Drafted = Annotated[Draft, Depends(_typed)]


@router.get("/commande")
def order_form(frame: Framed) -> HTMLResponse:
    """Show the charter: a card is ordered by whoever has accepted it."""
    return _charter(frame, None, Draft())


@router.post("/commande/retour", dependencies=[OwnForm])
def step_back(frame: Framed, draft: Drafted, charter: Typed = "") -> HTMLResponse:
    """Show the charter again; what was typed after it is still there when one goes on."""
    return _charter(frame, None, draft, accepted=charter == CHARTER_VERSION)


@router.post("/commande/charte", dependencies=[OwnForm])
def accept_charter(frame: Framed, draft: Drafted, charter: Typed = "") -> HTMLResponse:
    """Show where a card may be sent, to whoever accepts the charter in force."""
    if charter != CHARTER_VERSION:
        return _charter(frame, Problem("charter", words.CHARTER_MISSING), draft)
    return _order_form(frame, None, draft)


@router.post("/commande", dependencies=[OwnForm])
def order_card(frame: Framed, draft: Drafted, charter: Typed = "") -> Response:
    """Order a card in the place of the one that is of no use any more, or a first one."""
    if charter != CHARTER_VERSION:
        return _charter(frame, Problem("charter", words.CHARTER_MISSING), draft)
    services = frame.services
    try:
        with services.database.unit_of_work() as session:
            places = {str(one) for one, _ in read_places(session, frame.beneficiary_id)}
            wish = _wish(draft.delivery, draft.address, charter, places)
            if wish is None:
                return _order_form(frame, Problem("delivery", words.CHOOSE_DELIVERY), draft)
            card = present_card(read_cards(session, frame.beneficiary_id))
            replaced = None if card is None or card.state in _NEVER_MADE else card.card_id
            order(session, _acting(frame), replaced, wish, services.now())
    except AddressInvalid:
        return _order_form(frame, Problem("address", words.ADDRESS_WRONG), draft)
    except CharterNotAccepted:
        return _charter(frame, Problem("charter", words.CHARTER_MISSING), draft)
    except tuple(TROUBLE) as refusal:
        return _trouble(frame, refusal)
    return go(f"{frame.path}/carte")


#: Of a card that was never made there is nothing to replace.
_NEVER_MADE: Final = (CardState.CANCELLED,)


def _wish(delivery: str, address: str, charter: str, places: set[str]) -> Wish | None:
    if delivery == HOME:
        lines = clean_address(address)
        return Wish(delivery=Delivery.HOME, address=lines, charter_version=charter)
    if delivery in places:
        return Wish(
            delivery=Delivery.ESTABLISHMENT,
            establishment_id=UUID(delivery),
            charter_version=charter,
        )
    return None


def _acting(frame: Frame) -> Acting:
    return Acting(frame.account_id, frame.beneficiary_id)


def _one(frame: Frame, card_id: UUID) -> HeldCard:
    with frame.services.database.reading() as session:
        for one in read_cards(session, frame.beneficiary_id):
            if one.card_id == card_id:
                return one
    raise NotYours


def _trouble(frame: Frame, refusal: BackendError) -> HTMLResponse:
    said = TROUBLE[type(refusal)]
    return notice("stop", said, status_of(refusal), way=f"{frame.path}/carte")


def _cards(frame: Frame, problem: Problem | None) -> HTMLResponse:
    with frame.services.database.reading() as session:
        found = read_cards(session, frame.beneficiary_id)
    present = present_card(found)
    earlier = [card_told(one, frame.services, frame.voice) for one in found if one is not present]
    return frame.show(
        "holder_card.html",
        "/carte",
        problem,
        card=None if present is None else card_told(present, frame.services, frame.voice),
        no_card=words.NO_CARD,
        earlier=earlier,
        may_order=present is None or present.may_be_replaced or present.state in _NEVER_MADE,
    )


def _order_form(frame: Frame, problem: Problem | None, draft: Draft) -> HTMLResponse:
    with frame.services.database.reading() as session:
        places = read_places(session, frame.beneficiary_id)
    return frame.show(
        "holder_order.html",
        "/carte",
        problem,
        places=places,
        draft=draft,
        charter_version=CHARTER_VERSION,
    )


def _charter(
    frame: Frame, problem: Problem | None, draft: Draft, *, accepted: bool = False
) -> HTMLResponse:
    return frame.show(
        "holder_charter.html",
        "/carte",
        problem,
        charter=words.CHARTER,
        charter_version=CHARTER_VERSION,
        draft=draft,
        accepted=accepted,
    )
