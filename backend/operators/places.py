"""Partners, establishments and terminals as an operator sees them.

Promise: as many questions to the database however many counters and gates there are; lists have a
named limit. Of a terminal when it last spoke, what its day is, which pads it has; never a key.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.access.staff_tables import EstablishmentMember
from backend.access.tables import Enrolment, Establishment, Gate, QuarantinedPassage, Service
from backend.accounts.errors import NotYours
from backend.accounts.signin.second_factors import has_second_factor
from backend.accounts.signin.tables import SignInAccount
from backend.operators.trail import TrailLine, Wanted, read_trail
from backend.partners.tables import (
    Outlet,
    Partner,
    PartnerActivity,
    PartnerMember,
    Terminal,
    TerminalHeard,
    TerminalKind,
)
from backend.payments.day_sums import DaySum, day_sums
from backend.payments.days import day_bounds, day_of
from backend.payments.states import PaymentState
from backend.payments.tables import Payment
from backend.payments.totals import DayTotals, day_totals
from backend.pins.tables import PinPad, TerminalGuard

OUTLETS_MAX: Final = 300
TERMINALS_MAX: Final = 1_000
MEMBERS_MAX: Final = 200
GATES_MAX: Final = 200
PAYMENTS_MAX: Final = 25
ACTS_MAX: Final = 15
#: How many keys an initial key gives: ANSI X9.24-3 (AES) and X9.24-1 (TDES).
KEYS_OF_PAD: Final = {"aes128-dukpt/iso4": 2**32, "tdes-dukpt/iso0": 2**20}
#: From this share of its keys on, a pad wants another initial key.
PAD_WORN_PERCENT: Final = 90


@dataclass(frozen=True, slots=True)
class MemberPart:
    """Somebody who signs in to a place's pages."""

    account_id: UUID
    name: str
    email: str
    since: datetime
    has_factor: bool
    closed: bool


@dataclass(frozen=True, slots=True)
class OutletPart:
    """One of a partner's places and its counters."""

    outlet: Outlet
    counters: list[Terminal]


@dataclass(frozen=True, slots=True)
class PartnerView:
    """Everything a partner's page shows."""

    partner: Partner
    activities: list[str]
    outlets: list[OutletPart]
    sums: dict[UUID, DaySum]
    members: list[MemberPart]
    acts: list[TrailLine]


@dataclass(frozen=True, slots=True)
class PadPart:
    """A PIN pad and how much of its keys is used."""

    initial_key_id: str
    profile: str
    entry: str
    used: int
    percent: int

    @property
    def worn(self) -> bool:
        """Whether it wants another initial key soon."""
        return self.percent >= PAD_WORN_PERCENT


@dataclass(frozen=True, slots=True)
class TerminalView:
    """Everything a terminal's page shows."""

    terminal: Terminal
    place: tuple[str, UUID, str] | None
    outlet_name: str | None
    heard_at: datetime | None
    suspended_until: datetime | None
    totals: DayTotals | None
    pending: int
    payments: list[Payment]
    pads: list[PadPart]
    gate: Gate | None
    quarantined: int
    acts: list[TrailLine]


@dataclass(frozen=True, slots=True)
class GatePart:
    """A gate, and how old what it stands on may be."""

    terminal: Terminal
    gate: Gate


@dataclass(frozen=True, slots=True)
class EstablishmentView:
    """Everything an establishment's page shows."""

    establishment: Establishment
    enrolled: int
    services: list[Service]
    gates: list[GatePart]
    members: list[MemberPart]
    acts: list[TrailLine]


def read_partner(session: Session, partner_id: UUID, now: datetime) -> PartnerView:
    """Return a partner; raise NotYours."""
    partner = session.get(Partner, partner_id)
    if partner is None:
        raise NotYours
    mine = PartnerActivity.partner_id == partner_id
    activities = session.scalars(select(PartnerActivity.activity).where(mine)).all()
    outlets = session.scalars(
        select(Outlet)
        .where(Outlet.partner_id == partner_id)
        .order_by(Outlet.name, Outlet.id)
        .limit(OUTLETS_MAX)
    ).all()
    parts = {one.id: OutletPart(one, []) for one in outlets}
    counters = session.scalars(
        select(Terminal)
        .where(Terminal.outlet_id.in_(parts))
        .order_by(Terminal.revoked_at.is_not(None), Terminal.name, Terminal.id)
        .limit(TERMINALS_MAX)
    ).all()
    for one in counters:
        if one.outlet_id is not None:
            parts[one.outlet_id].counters.append(one)
    sums = day_sums(session, [one.id for one in counters], day_of(now))
    members = _members(session, PartnerMember, PartnerMember.partner_id == partner_id)
    acts = read_trail(session, Wanted(subject_id=partner_id), limit=ACTS_MAX).lines
    return PartnerView(partner, sorted(activities), list(parts.values()), sums, members, acts)


def read_establishment(session: Session, establishment_id: UUID) -> EstablishmentView:
    """Return an establishment; raise NotYours."""
    place = session.get(Establishment, establishment_id)
    if place is None:
        raise NotYours
    enrolled = session.scalar(
        select(func.count())
        .select_from(Enrolment)
        .where(Enrolment.establishment_id == establishment_id, Enrolment.ended_at.is_(None))
    )
    services = session.scalars(
        select(Service)
        .where(Service.establishment_id == establishment_id)
        .order_by(Service.opens, Service.code)
    ).all()
    gates = session.execute(
        select(Terminal, Gate)
        .join(Gate, Gate.terminal_id == Terminal.id)
        .where(Gate.establishment_id == establishment_id)
        .order_by(Terminal.revoked_at.is_not(None), Terminal.name, Terminal.id)
        .limit(GATES_MAX)
    )
    working = (EstablishmentMember.establishment_id == establishment_id) & (
        EstablishmentMember.ended_at.is_(None)
    )
    return EstablishmentView(
        place,
        enrolled or 0,
        list(services),
        [GatePart(terminal, gate) for terminal, gate in gates],
        _members(session, EstablishmentMember, working),
        read_trail(session, Wanted(subject_id=establishment_id), limit=ACTS_MAX).lines,
    )


def read_terminal(session: Session, terminal_id: UUID, now: datetime) -> TerminalView:
    """Return a terminal; raise NotYours."""
    terminal = session.get(Terminal, terminal_id)
    if terminal is None:
        raise NotYours
    gate = session.get(Gate, terminal_id)
    guard = session.get(TerminalGuard, terminal_id)
    is_counter = terminal.kind == TerminalKind.COUNTER.value
    place, outlet_name = _place(session, terminal, gate)
    lately = day_bounds(day_of(now))[0] - timedelta(days=1)
    payments = session.scalars(
        select(Payment)
        .where(Payment.terminal_id == terminal_id, Payment.created_at >= lately)
        .order_by(Payment.created_at.desc())
        .limit(PAYMENTS_MAX)
    ).all()
    return TerminalView(
        terminal,
        place,
        outlet_name,
        _last_heard(session, terminal_id, gate),
        None if guard is None else guard.suspended_until,
        day_totals(session, terminal_id, day_of(now)) if is_counter else None,
        sum(payment.status is PaymentState.PENDING for payment in payments),
        list(payments),
        _pads(session, terminal_id),
        gate,
        _quarantined(session, terminal_id),
        read_trail(session, Wanted(subject_id=terminal_id), limit=ACTS_MAX).lines,
    )


def _place(
    session: Session, terminal: Terminal, gate: Gate | None
) -> tuple[tuple[str, UUID, str] | None, str | None]:
    if gate is not None:
        place = session.get_one(Establishment, gate.establishment_id)
        return ("etablissements", place.id, place.name), None
    if terminal.outlet_id is None:
        return None, terminal.establishment_name
    outlet = session.get_one(Outlet, terminal.outlet_id)
    partner = session.get_one(Partner, outlet.partner_id)
    return ("partenaires", partner.id, partner.name), outlet.name


def _last_heard(session: Session, terminal_id: UUID, gate: Gate | None) -> datetime | None:
    """Return when a terminal last spoke: a gate to the half minute, others by their tokens."""
    if gate is not None and gate.heard_at is not None:
        return gate.heard_at
    heard = session.get(TerminalHeard, terminal_id)
    return None if heard is None else heard.heard_at


def _pads(session: Session, terminal_id: UUID) -> list[PadPart]:
    query = select(PinPad).where(PinPad.terminal_id == terminal_id).order_by(PinPad.initial_key_id)
    return [pad_part(row) for row in session.scalars(query)]


def pad_part(row: PinPad) -> PadPart:
    """Return how much of a pad's keys is used."""
    keys = KEYS_OF_PAD.get(row.profile, 2**20)
    used = max(row.last_counter, 0)
    shown = row.initial_key_id.hex().upper()
    return PadPart(shown, row.profile, row.entry, used, 100 * used // keys)


def used_from(keys: int) -> int:
    """Return how many of so many keys are used in a pad that wants another initial key."""
    return -(-keys * PAD_WORN_PERCENT // 100)


def _quarantined(session: Session, terminal_id: UUID) -> int:
    query = select(func.count()).where(QuarantinedPassage.terminal_id == terminal_id)
    return session.scalar(query) or 0


def _members(
    session: Session, table: type[PartnerMember] | type[EstablishmentMember], fits: object
) -> list[MemberPart]:
    rows = session.execute(
        select(SignInAccount, table.since)
        .join(table, table.account_id == SignInAccount.id)
        .where(fits)  # type: ignore[arg-type]
        .order_by(SignInAccount.email)
        .limit(MEMBERS_MAX)
    )
    return [
        MemberPart(
            account.id,
            f"{account.given_name} {account.family_name}",
            account.email,
            since,
            has_second_factor(account),
            account.closed_at is not None,
        )
        for account, since in rows
    ]
