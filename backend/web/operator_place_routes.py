"""An operator's pages about partners, establishments and terminals, and what is done from them."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response

from backend.operators import running
from backend.operators.devices import (
    PAGES_MAX,
    Order,
    Standing,
    TerminalsAsked,
    list_terminals,
)
from backend.operators.places import (
    read_establishment,
    read_partner,
    read_terminal,
)
from backend.partners.tables import TerminalKind
from backend.web.operator_pages import Frame
from backend.web.operator_who import Looking, OperatorRoute, Proving, Reason
from backend.web.signed_in import OPERATION, OwnForm

PARTNERS: Final = f"{OPERATION}/partenaires"
ESTABLISHMENTS: Final = f"{OPERATION}/etablissements"
PAGE_DIGITS_MAX: Final = 4
TERMINALS: Final = f"{OPERATION}/terminaux"
router = APIRouter(include_in_schema=False, route_class=OperatorRoute)


def _asked(genre: str = "", etat: str = "", tri: str = "", page: str = "") -> TerminalsAsked:
    """Return which terminals an address asks for; what it does not know it leaves out."""
    number = int(page) if page.isascii() and page.isdigit() and len(page) <= PAGE_DIGITS_MAX else 1
    return TerminalsAsked(
        TerminalKind(genre) if genre in tuple(TerminalKind) else None,
        Standing(etat) if etat in tuple(Standing) else None,
        Order(tri) if tri in tuple(Order) else Order.NAME,
        min(max(number, 1), PAGES_MAX),
    )


Asked = Annotated[TerminalsAsked, Depends(_asked)]


@router.get(f"{PARTNERS}/{{partner_id}}")
def partner(partner_id: UUID, frame: Looking) -> HTMLResponse:
    """Show a partner, its places, counters and people."""
    with frame.services.database.reading() as session:
        view = read_partner(session, partner_id, frame.now)
    return frame.show("partner", view=view)


@router.post(f"{PARTNERS}/{{partner_id}}/suspension", dependencies=[OwnForm])
def suspend(partner_id: UUID, frame: Proving, reason: Reason = "") -> Response:
    """Let a partner take nothing."""
    way = f"{PARTNERS}/{partner_id}"
    return frame.do(running.suspend, way, "suspension", partner_id, reason, frame.now)


@router.post(f"{PARTNERS}/{{partner_id}}/reprise", dependencies=[OwnForm])
def resume(partner_id: UUID, frame: Proving, reason: Reason = "") -> Response:
    """End a suspension."""
    way = f"{PARTNERS}/{partner_id}"
    return frame.do(running.resume, way, "reprise", partner_id, reason, frame.now)


@router.post(f"{PARTNERS}/{{partner_id}}/lieux/{{outlet_id}}/fermeture", dependencies=[OwnForm])
def close_outlet(
    partner_id: UUID, outlet_id: UUID, frame: Proving, reason: Reason = ""
) -> Response:
    """Let one of a partner's places take nothing."""
    return _close(frame, (partner_id, outlet_id), reason, closed=True)


@router.post(f"{PARTNERS}/{{partner_id}}/lieux/{{outlet_id}}/reouverture", dependencies=[OwnForm])
def reopen_outlet(
    partner_id: UUID, outlet_id: UUID, frame: Proving, reason: Reason = ""
) -> Response:
    """Let one of a partner's places take payments again."""
    return _close(frame, (partner_id, outlet_id), reason, closed=False)


def _close(frame: Frame, place: tuple[UUID, UUID], reason: str, *, closed: bool) -> Response:
    way, done = f"{PARTNERS}/{place[0]}", "fermeture" if closed else "reouverture"
    return frame.do(running.close_place, way, done, place, reason, frame.now, closed=closed)


@router.get(f"{ESTABLISHMENTS}/{{establishment_id}}")
def establishment(establishment_id: UUID, frame: Looking) -> HTMLResponse:
    """Show an establishment, its services, gates and people."""
    with frame.services.database.reading() as session:
        view = read_establishment(session, establishment_id)
    return frame.show("establishment", view=view)


@router.get(TERMINALS)
def terminals(frame: Looking, asked: Asked) -> HTMLResponse:
    """List terminals, a page at a time, which and in the order that is asked for."""
    with frame.services.database.reading() as session:
        lines, more = list_terminals(session, asked, frame.now)
    return frame.show("terminals", lines=lines, more=more, asked=asked)


@router.get(f"{TERMINALS}/{{terminal_id}}")
def terminal(terminal_id: UUID, frame: Looking) -> HTMLResponse:
    """Show a terminal: when it last spoke, its day, its pads."""
    with frame.services.database.reading() as session:
        view = read_terminal(session, terminal_id, frame.now)
    return frame.show("terminal", view=view)


@router.post(f"{TERMINALS}/{{terminal_id}}/revocation", dependencies=[OwnForm])
def revoke(terminal_id: UUID, frame: Proving, reason: Reason = "") -> Response:
    """Revoke a terminal, for good and at once."""
    way = f"{TERMINALS}/{terminal_id}"
    return frame.do(running.revoke, way, "revocation", terminal_id, reason, frame.now)
