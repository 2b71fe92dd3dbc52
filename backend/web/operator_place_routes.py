"""An operator's pages about partners, establishments and terminals, and what is done from them."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from backend.http import ServicesDependency
from backend.operators import running
from backend.operators.places import (
    TERMINALS_PER_PAGE,
    list_terminals,
    read_establishment,
    read_partner,
    read_terminal,
)
from backend.web.operator_pages import id_of, render
from backend.web.operator_who import Looking, OperatorRoute, Proving
from backend.web.signed_in import OPERATION, OwnForm, Token, go

PARTNERS: Final = f"{OPERATION}/partenaires"
ESTABLISHMENTS: Final = f"{OPERATION}/etablissements"
TERMINALS: Final = f"{OPERATION}/terminaux"
router = APIRouter(include_in_schema=False, route_class=OperatorRoute)
Reason = Annotated[str, Form(max_length=400)]


@router.get(f"{PARTNERS}/{{partner_id}}")
def partner(
    partner_id: UUID, services: ServicesDependency, token: Token, acting: Looking
) -> HTMLResponse:
    """Show a partner, its places, counters and people."""
    with services.database.reading() as session:
        view = read_partner(session, partner_id, services.now())
    return render(services, token, acting, "partner", view=view)


@router.post(f"{PARTNERS}/{{partner_id}}/suspension", dependencies=[OwnForm])
def suspend(
    partner_id: UUID, services: ServicesDependency, acting: Proving, reason: Reason = ""
) -> Response:
    """Let a partner take nothing."""
    with services.database.unit_of_work() as session:
        running.suspend(session, acting, partner_id, reason, services.now())
    return go(f"{PARTNERS}/{partner_id}")


@router.post(f"{PARTNERS}/{{partner_id}}/reprise", dependencies=[OwnForm])
def resume(
    partner_id: UUID, services: ServicesDependency, acting: Proving, reason: Reason = ""
) -> Response:
    """End a suspension."""
    with services.database.unit_of_work() as session:
        running.resume(session, acting, partner_id, reason, services.now())
    return go(f"{PARTNERS}/{partner_id}")


@router.post(f"{PARTNERS}/{{partner_id}}/lieux/{{outlet_id}}/fermeture", dependencies=[OwnForm])
def close_outlet(
    partner_id: UUID,
    outlet_id: UUID,
    services: ServicesDependency,
    acting: Proving,
    *,
    reason: Reason = "",
) -> Response:
    """Let one of a partner's places take nothing."""
    with services.database.unit_of_work() as session:
        running.close_place(
            session, acting, (partner_id, outlet_id), reason, services.now(), closed=True
        )
    return go(f"{PARTNERS}/{partner_id}")


@router.post(f"{PARTNERS}/{{partner_id}}/lieux/{{outlet_id}}/reouverture", dependencies=[OwnForm])
def reopen_outlet(
    partner_id: UUID,
    outlet_id: UUID,
    services: ServicesDependency,
    acting: Proving,
    *,
    reason: Reason = "",
) -> Response:
    """Let one of a partner's places take payments again."""
    with services.database.unit_of_work() as session:
        running.close_place(
            session, acting, (partner_id, outlet_id), reason, services.now(), closed=False
        )
    return go(f"{PARTNERS}/{partner_id}")


@router.get(f"{ESTABLISHMENTS}/{{establishment_id}}")
def establishment(
    establishment_id: UUID, services: ServicesDependency, token: Token, acting: Looking
) -> HTMLResponse:
    """Show an establishment, its services, gates and people."""
    with services.database.reading() as session:
        view = read_establishment(session, establishment_id)
    return render(services, token, acting, "establishment", view=view)


@router.get(TERMINALS)
def terminals(
    services: ServicesDependency, token: Token, acting: Looking, suite: str = ""
) -> HTMLResponse:
    """List terminals, a page at a time."""
    with services.database.reading() as session:
        lines = list_terminals(session, id_of(suite))
    more = lines[TERMINALS_PER_PAGE - 1].terminal.id if len(lines) > TERMINALS_PER_PAGE else None
    shown = lines[:TERMINALS_PER_PAGE]
    return render(services, token, acting, "terminals", lines=shown, more=more)


@router.get(f"{TERMINALS}/{{terminal_id}}")
def terminal(
    terminal_id: UUID, services: ServicesDependency, token: Token, acting: Looking
) -> HTMLResponse:
    """Show a terminal: when it last spoke, its day, its pads."""
    seconds = services.settings.token_seconds
    with services.database.reading() as session:
        view = read_terminal(session, terminal_id, services.now(), token_seconds=seconds)
    return render(services, token, acting, "terminal", view=view)


@router.post(f"{TERMINALS}/{{terminal_id}}/revocation", dependencies=[OwnForm])
def revoke(
    terminal_id: UUID, services: ServicesDependency, acting: Proving, reason: Reason = ""
) -> Response:
    """Revoke a terminal, for good and at once."""
    with services.database.unit_of_work() as session:
        running.revoke(session, acting, terminal_id, reason, services.now())
    return go(f"{TERMINALS}/{terminal_id}")
