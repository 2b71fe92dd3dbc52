"""A partner's space: who may see it, its counters, and what its people may do to them.

Promise: whatever is asked in somebody's name is first found among what is theirs; the rest does not
exist for them. What they do is written down with who and when.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.accounts.errors import NotYours
from backend.accounts.signin.acts import ActKind, record_act
from backend.partners.enrolment import (
    NewTerminal,
    create_terminal,
    renew_enrolment,
    revoke_terminal,
)
from backend.partners.errors import TooManyCounters
from backend.partners.tables import Outlet, Partner, PartnerMember, Terminal, TerminalKind

COUNTERS_MAX: Final = 200


class CounterState(StrEnum):
    """Where a counter is in its life."""

    #: Its code has not served yet.
    WAITING = "waiting"
    #: Its code is too old.
    LATE = "late"
    ENROLLED = "enrolled"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class CounterLine:
    """One counter."""

    terminal_id: UUID
    name: str
    state: CounterState
    since: datetime


@dataclass(frozen=True, slots=True)
class OutletPart:
    """One of the partner's places, with its counters."""

    outlet_id: UUID
    name: str
    closed: bool
    counters: list[CounterLine] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PartnerSpace:
    """What a partner's people see."""

    partner_id: UUID
    name: str
    suspended: bool
    outlets: list[OutletPart]


def add_member(session: Session, account_id: UUID, partner_id: UUID, now: datetime) -> None:
    """Let somebody see a partner's space; a second time changes nothing. Raises NotYours."""
    if session.get(Partner, partner_id) is None:
        raise NotYours
    if session.get(PartnerMember, (account_id, partner_id)) is None:
        session.add(PartnerMember(account_id=account_id, partner_id=partner_id, since=now))
        session.flush()


def partners_of(session: Session, account_id: UUID) -> list[tuple[UUID, str]]:
    """Return the partners whose space somebody may see, by name."""
    rows = session.execute(
        select(Partner.id, Partner.name)
        .join(PartnerMember, PartnerMember.partner_id == Partner.id)
        .where(PartnerMember.account_id == account_id)
        .order_by(Partner.name, Partner.id)
    )
    return [(row.id, row.name) for row in rows]


def read_space(session: Session, account_id: UUID, partner_id: UUID, now: datetime) -> PartnerSpace:
    """Return a partner's space; raise NotYours."""
    partner = _mine(session, account_id, partner_id)
    outlets = session.scalars(
        select(Outlet).where(Outlet.partner_id == partner_id).order_by(Outlet.name, Outlet.id)
    )
    parts = {one.id: OutletPart(one.id, one.name, one.closed_at is not None) for one in outlets}
    counters = session.scalars(
        select(Terminal)
        .where(Terminal.outlet_id.in_(parts), Terminal.kind == TerminalKind.COUNTER.value)
        .order_by(Terminal.revoked_at.is_not(None), Terminal.name, Terminal.id)
        .limit(2 * COUNTERS_MAX)
    )
    for one in counters:
        if one.outlet_id is not None:
            parts[one.outlet_id].counters.append(_line(one, now))
    suspended = partner.suspended_at is not None
    return PartnerSpace(partner.id, partner.name, suspended, list(parts.values()))


def make_counter(
    session: Session, account_id: UUID, outlet_id: UUID, name: str, now: datetime
) -> NewTerminal:
    """Record a counter of an outlet, and return its code. Raises NotYours, TooManyCounters."""
    outlet = session.get(Outlet, outlet_id)
    if outlet is None:
        raise NotYours
    _mine(session, account_id, outlet.partner_id)
    held = session.scalar(
        select(func.count())
        .select_from(Terminal)
        .join(Outlet, Outlet.id == Terminal.outlet_id)
        .where(Outlet.partner_id == outlet.partner_id, Terminal.revoked_at.is_(None))
    )
    if (held or 0) >= COUNTERS_MAX:
        raise TooManyCounters
    made = create_terminal(
        session, kind=TerminalKind.COUNTER, name=name, outlet_id=outlet_id, now=now
    )
    record_act(session, ActKind.COUNTER_MADE, account_id, made.terminal_id, now)
    return made


def renew_code(session: Session, account_id: UUID, terminal_id: UUID, now: datetime) -> NewTerminal:
    """Give a counter that has not enrolled another code. Raises NotYours, TerminalEnrolled."""
    _my_counter(session, account_id, terminal_id)
    made = renew_enrolment(session, terminal_id, now)
    record_act(session, ActKind.COUNTER_CODE_RENEWED, account_id, terminal_id, now)
    return made


def revoke_counter(session: Session, account_id: UUID, terminal_id: UUID, now: datetime) -> None:
    """Revoke a counter, for good and at once. Raises NotYours."""
    _my_counter(session, account_id, terminal_id)
    revoke_terminal(session, terminal_id, now)
    record_act(session, ActKind.COUNTER_REVOKED, account_id, terminal_id, now)


def _mine(session: Session, account_id: UUID, partner_id: UUID) -> Partner:
    if session.get(PartnerMember, (account_id, partner_id)) is None:
        raise NotYours
    return session.get_one(Partner, partner_id)


def _my_counter(session: Session, account_id: UUID, terminal_id: UUID) -> None:
    partner_id = session.scalar(
        select(Outlet.partner_id)
        .join(Terminal, Terminal.outlet_id == Outlet.id)
        .where(Terminal.id == terminal_id, Terminal.kind == TerminalKind.COUNTER.value)
    )
    if partner_id is None:
        raise NotYours
    _mine(session, account_id, partner_id)


def _line(terminal: Terminal, now: datetime) -> CounterLine:
    if terminal.revoked_at is not None:
        state, since = CounterState.REVOKED, terminal.revoked_at
    elif terminal.enrolled_at is not None:
        state, since = CounterState.ENROLLED, terminal.enrolled_at
    else:
        late = now >= terminal.enrolment_expires_at
        state = CounterState.LATE if late else CounterState.WAITING
        since = terminal.enrolment_expires_at
    return CounterLine(terminal.id, terminal.name, state, since)
