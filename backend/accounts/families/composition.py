"""Families and who belongs to them: made, joined, left, with who did it.

A parent leaves for themselves; nobody puts another out but whoever invited them. A child is taken
off by who added it, or by who made the family. Every other member is told by mail. Not here: how a
child comes in (requests.py), and how a parent does (invitations.py).
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from backend.accounts.errors import NotYours
from backend.accounts.families.errors import TooManyOfFamily
from backend.accounts.families.tables import (
    Family,
    FamilyChild,
    FamilyInvitation,
    FamilyMember,
    RequestState,
    Tie,
    TieRequest,
)
from backend.accounts.memberships import begun
from backend.accounts.names import normal_name
from backend.accounts.outbox import owe_sign_in_notice
from backend.accounts.signin.acts import ActKind, record_act
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.tables import Beneficiary, SignInNoticeKind

FAMILIES_MAX: Final = 5
MEMBERS_MAX: Final = 6
CHILDREN_MAX: Final = 15


@dataclass(frozen=True, slots=True)
class MemberLine:
    """An adult of a family, as the others see them."""

    account_id: UUID
    name: str
    since: datetime
    #: Whether the one who looks may put them out.
    removable: bool


@dataclass(frozen=True, slots=True)
class ChildLine:
    """A child of a family."""

    beneficiary_id: UUID
    name: str
    birth_date: date
    has_own_account: bool
    removable: bool


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A child whom somebody named, and who waits to be tied."""

    request_id: UUID
    name: str
    birth_date: date
    #: Whether the one who looks asked for it.
    own: bool


@dataclass(frozen=True, slots=True)
class InvitationLine:
    """An address that was asked to join, and has not answered."""

    invitation_id: UUID
    email: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class FamilyPart:
    """A family, as one of its members sees it."""

    family_id: UUID
    name: str
    members: list[MemberLine] = field(default_factory=list)
    children: list[ChildLine] = field(default_factory=list)
    requests: list[RequestLine] = field(default_factory=list)
    invitations: list[InvitationLine] = field(default_factory=list)


def make_family(session: Session, account_id: UUID, name: str, now: datetime) -> UUID:
    """Make a family with its first member; raise NameInvalid, TooManyOfFamily."""
    named = normal_name(name)
    if len(_memberships(session, account_id)) >= FAMILIES_MAX:
        raise TooManyOfFamily
    family = Family(id=uuid4(), name=named, created_at=now, created_by=account_id)
    session.add(family)
    session.flush()
    add_member(session, family.id, account_id, None, now)
    record_act(session, ActKind.FAMILY_MADE, account_id, family.id, now)
    return family.id


def check_member(session: Session, account_id: UUID, family_id: UUID) -> FamilyMember:
    """Return somebody's membership; raise NotYours."""
    found = session.scalar(
        select(FamilyMember).where(
            FamilyMember.family_id == family_id,
            FamilyMember.account_id == account_id,
            FamilyMember.ended_at.is_(None),
        )
    )
    if found is None:
        raise NotYours
    return found


def add_member(
    session: Session, family_id: UUID, account_id: UUID, invited_by: UUID | None, now: datetime
) -> None:
    """Let somebody belong to a family; raise TooManyOfFamily. A second time changes nothing."""
    session.get(Family, family_id, with_for_update=True)
    open_ones = members_of(session, family_id)
    if account_id in open_ones:
        return
    if len(open_ones) >= MEMBERS_MAX or len(_memberships(session, account_id)) >= FAMILIES_MAX:
        raise TooManyOfFamily
    session.add(FamilyMember(family_id=family_id, **begun(account_id, invited_by, now)))
    session.flush()


def members_of(session: Session, family_id: UUID) -> set[UUID]:
    """Return the accounts that belong to a family now."""
    chosen = select(FamilyMember.account_id).where(
        FamilyMember.family_id == family_id, FamilyMember.ended_at.is_(None)
    )
    return set(session.scalars(chosen))


def add_child(
    session: Session, family_id: UUID, beneficiary_id: UUID, added_by: UUID, now: datetime
) -> None:
    """Let a young person be a child of a family; raise TooManyOfFamily. Twice is once."""
    session.get(Family, family_id, with_for_update=True)
    open_ones = set(
        session.scalars(
            select(FamilyChild.beneficiary_id).where(
                FamilyChild.family_id == family_id, FamilyChild.ended_at.is_(None)
            )
        )
    )
    if beneficiary_id in open_ones:
        return
    if len(open_ones) >= CHILDREN_MAX:
        raise TooManyOfFamily
    session.add(
        FamilyChild(
            id=uuid4(),
            family_id=family_id,
            beneficiary_id=beneficiary_id,
            since=now,
            added_by=added_by,
            ended_at=None,
            ended_by=None,
        )
    )
    session.flush()


def remove_child(
    session: Session, account_id: UUID, family_id: UUID, beneficiary_id: UUID, now: datetime
) -> None:
    """Take a child off a family; raise NotYours."""
    check_member(session, account_id, family_id)
    row = session.scalar(
        select(FamilyChild)
        .where(
            FamilyChild.family_id == family_id,
            FamilyChild.beneficiary_id == beneficiary_id,
            FamilyChild.ended_at.is_(None),
        )
        .with_for_update()
    )
    family = session.get_one(Family, family_id)
    if row is None or account_id not in (row.added_by, family.created_by):
        raise NotYours
    row.ended_at, row.ended_by = now, account_id
    record_act(
        session, ActKind.CHILD_REMOVED, account_id, family_id, now, beneficiary_id=beneficiary_id
    )
    tell_members(session, family_id, "child_removed", now, but=account_id)


def leave_family(session: Session, account_id: UUID, family_id: UUID, now: datetime) -> None:
    """Leave a family; the last one to leave takes its children off. Raises NotYours."""
    _end_membership(check_member(session, account_id, family_id), account_id, now)
    session.flush()
    record_act(session, ActKind.MEMBER_LEFT, account_id, family_id, now)
    if members_of(session, family_id):
        tell_members(session, family_id, "member_left", now, but=account_id)
        return
    left = (FamilyChild.family_id == family_id) & FamilyChild.ended_at.is_(None)
    session.execute(update(FamilyChild).where(left).values(ended_at=now, ended_by=account_id))


def remove_member(
    session: Session, account_id: UUID, family_id: UUID, member_id: UUID, now: datetime
) -> None:
    """Put somebody out of a family whom one has invited; raise NotYours."""
    check_member(session, account_id, family_id)
    row = check_member(session, member_id, family_id)
    if row.invited_by != account_id:
        raise NotYours
    tell_members(session, family_id, "member_removed", now, but=account_id)
    _end_membership(row, account_id, now)
    session.flush()
    record_act(session, ActKind.MEMBER_REMOVED, account_id, member_id, now)


def tell_members(
    session: Session, family_id: UUID, what: str, now: datetime, *, but: UUID | None = None
) -> None:
    """Owe everybody of a family a mail, whoever did it aside."""
    for one in sorted(members_of(session, family_id) - {but}):
        owe_sign_in_notice(session, SignInNoticeKind.FAMILY_CHANGED, one, now, about=what)


def read_families(session: Session, account_id: UUID, now: datetime) -> list[FamilyPart]:
    """Return the families somebody belongs to, with everybody in them: six questions in all."""
    mine = select(FamilyMember.family_id).where(
        FamilyMember.account_id == account_id, FamilyMember.ended_at.is_(None)
    )
    families = session.scalars(
        select(Family).where(Family.id.in_(mine)).order_by(Family.created_at, Family.id)
    ).all()
    founders = {one.id: one.created_by for one in families}
    parts = {one.id: FamilyPart(one.id, one.name) for one in families}
    if parts:
        _read_members(session, account_id, parts)
        _read_children(session, account_id, parts, founders)
        _read_waiting(session, account_id, parts, now)
    return list(parts.values())


def _read_members(session: Session, account_id: UUID, parts: dict[UUID, FamilyPart]) -> None:
    rows = session.execute(
        select(FamilyMember, SignInAccount)
        .join(SignInAccount, SignInAccount.id == FamilyMember.account_id)
        .where(FamilyMember.family_id.in_(parts), FamilyMember.ended_at.is_(None))
        .order_by(FamilyMember.since, FamilyMember.id)
    )
    for member, account in rows:
        name = f"{account.given_name} {account.family_name}"
        line = MemberLine(account.id, name, member.since, member.invited_by == account_id)
        parts[member.family_id].members.append(line)


def _read_children(
    session: Session, account_id: UUID, parts: dict[UUID, FamilyPart], founders: dict[UUID, UUID]
) -> None:
    own = (
        select(func.count())
        .where(Tie.beneficiary_id == Beneficiary.id, Tie.ended_at.is_(None))
        .scalar_subquery()
    )
    rows = session.execute(
        select(FamilyChild, Beneficiary, own)
        .join(Beneficiary, Beneficiary.id == FamilyChild.beneficiary_id)
        .where(FamilyChild.family_id.in_(parts), FamilyChild.ended_at.is_(None))
        .order_by(Beneficiary.birth_date, Beneficiary.id)
    )
    for child, person, has_own in rows:
        removable = account_id in (child.added_by, founders[child.family_id])
        name = f"{person.given_name} {person.family_name}"
        line = ChildLine(person.id, name, person.birth_date, bool(has_own), removable)
        parts[child.family_id].children.append(line)


def _read_waiting(
    session: Session, account_id: UUID, parts: dict[UUID, FamilyPart], now: datetime
) -> None:
    requests = session.scalars(
        select(TieRequest)
        .where(TieRequest.family_id.in_(parts), TieRequest.state == RequestState.ASKED.value)
        .order_by(TieRequest.asked_at, TieRequest.id)
        .limit(FAMILIES_MAX * CHILDREN_MAX)
    )
    lines: dict[UUID, list[RequestLine]] = defaultdict(list)
    for one in requests:
        name, own = f"{one.given_name} {one.family_name}", one.account_id == account_id
        assert one.family_id is not None
        lines[one.family_id].append(RequestLine(one.id, name, one.birth_date, own))
    for family_id, found in lines.items():
        parts[family_id].requests.extend(found)
    invitations = session.scalars(
        select(FamilyInvitation)
        .where(FamilyInvitation.family_id.in_(parts), FamilyInvitation.waits(now))
        .order_by(FamilyInvitation.created_at, FamilyInvitation.id)
        .limit(FAMILIES_MAX * MEMBERS_MAX)
    )
    for asked in invitations:
        assert asked.family_id is not None
        line = InvitationLine(asked.id, asked.email, asked.expires_at)
        parts[asked.family_id].invitations.append(line)


def _memberships(session: Session, account_id: UUID) -> list[FamilyMember]:
    chosen = select(FamilyMember).where(
        FamilyMember.account_id == account_id, FamilyMember.ended_at.is_(None)
    )
    return list(session.scalars(chosen))


def _end_membership(row: FamilyMember, by: UUID, now: datetime) -> None:
    row.ended_at, row.ended_by = now, by
