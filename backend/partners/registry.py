"""Who the partners are and where: recording them, suspending them. Not here: what they may sell."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.folding import fold
from backend.partners.errors import TerminalUnknown
from backend.partners.tables import (
    FOLDED_CHARACTERS_MAX,
    Outlet,
    Partner,
    PartnerActivity,
    Terminal,
)


@dataclass(frozen=True, slots=True)
class TerminalPlace:
    """A terminal with the names a person would know it by."""

    terminal_id: UUID
    kind: str
    name: str
    partner_name: str | None
    outlet_name: str | None
    establishment_name: str | None


def create_partner(session: Session, name: str, make_id: Callable[[], UUID] = uuid4) -> Partner:
    """Record a partner."""
    partner = Partner(id=make_id(), name=name, suspended_at=None)
    session.add(partner)
    session.flush()
    return partner


def set_activities(session: Session, partner_id: UUID, activities: Iterable[str]) -> None:
    """Make these codes, such as `librairie`, all that a partner does; none leaves none."""
    wanted = set(activities)
    mine = PartnerActivity.partner_id == partner_id
    known = set(session.scalars(select(PartnerActivity.activity).where(mine)))
    for activity in known - wanted:
        session.delete(session.get_one(PartnerActivity, (partner_id, activity)))
    session.add_all(
        PartnerActivity(partner_id=partner_id, activity=activity)
        for activity in sorted(wanted - known)
    )
    session.flush()


def create_outlet(
    session: Session, partner_id: UUID, name: str, make_id: Callable[[], UUID] = uuid4
) -> Outlet:
    """Record one of a partner's places."""
    folded = folded_name(session.get_one(Partner, partner_id).name, name)
    outlet = Outlet(id=make_id(), partner_id=partner_id, name=name, folded_name=folded)
    session.add(outlet)
    session.flush()
    return outlet


def folded_name(partner_name: str, outlet_name: str) -> str:
    """Return what the directory finds a place by, and sorts it by: no accent, no capital."""
    return fold(f"{partner_name} {outlet_name}")[:FOLDED_CHARACTERS_MAX]


def revoke_terminal(session: Session, terminal_id: UUID, now: datetime) -> None:
    """Revoke a terminal, for good and at once; a second time changes nothing.

    Raises TerminalUnknown.
    """
    terminal = session.get(Terminal, terminal_id, with_for_update=True)
    if terminal is None:
        raise TerminalUnknown
    terminal.revoked_at = terminal.revoked_at or now
    session.flush()


def place_of(session: Session, terminal_id: UUID) -> TerminalPlace:
    """Return a terminal's name and where it stands; raise TerminalUnknown."""
    row = session.execute(
        select(Terminal, Outlet.name, Partner.name)
        .outerjoin(Outlet, Outlet.id == Terminal.outlet_id)
        .outerjoin(Partner, Partner.id == Outlet.partner_id)
        .where(Terminal.id == terminal_id)
    ).one_or_none()
    if row is None:
        raise TerminalUnknown
    terminal, outlet_name, partner_name = row
    return TerminalPlace(
        terminal_id=terminal.id,
        kind=terminal.kind,
        name=terminal.name,
        partner_name=partner_name,
        outlet_name=outlet_name,
        establishment_name=terminal.establishment_name,
    )
