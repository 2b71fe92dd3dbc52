"""Stopping a partner or one of its outlets, and letting it go on. A terminal: see registry.py.

Each takes effect at the next request, and doing it twice changes nothing. No payment waits for
it: whoever is being authorised at that moment is either before or after.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from backend.partners.errors import OutletUnknown, PartnerUnknown
from backend.partners.tables import Outlet, Partner


def suspend_partner(session: Session, partner_id: UUID, now: datetime) -> None:
    """Let a partner take and refund nothing until it is resumed; raise PartnerUnknown."""
    partner = _lock_partner(session, partner_id)
    partner.suspended_at = partner.suspended_at or now
    session.flush()


def resume_partner(session: Session, partner_id: UUID) -> None:
    """End a partner's suspension; raise PartnerUnknown."""
    _lock_partner(session, partner_id).suspended_at = None
    session.flush()


def close_outlet(session: Session, outlet_id: UUID, now: datetime) -> None:
    """Let an outlet take no payment any more; raise OutletUnknown."""
    outlet = _lock_outlet(session, outlet_id)
    outlet.closed_at = outlet.closed_at or now
    session.flush()


def reopen_outlet(session: Session, outlet_id: UUID) -> None:
    """Let an outlet take payments again; raise OutletUnknown."""
    _lock_outlet(session, outlet_id).closed_at = None
    session.flush()


def _lock_partner(session: Session, partner_id: UUID) -> Partner:
    # key_share: whoever inserts a row that names the partner need not wait.
    lock = {"key_share": True}
    partner = session.get(Partner, partner_id, with_for_update=lock, populate_existing=True)
    if partner is None:
        raise PartnerUnknown
    return partner


def _lock_outlet(session: Session, outlet_id: UUID) -> Outlet:
    lock = {"key_share": True}
    outlet = session.get(Outlet, outlet_id, with_for_update=lock, populate_existing=True)
    if outlet is None:
        raise OutletUnknown
    return outlet
