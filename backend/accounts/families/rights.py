"""Whose data somebody may see: their own, and that of the children of their families.

Promise: one question to the database, whoever asks and however many they are; whoever is not theirs
does not exist for them. Not here: how a tie is made (requests.py, invitations.py).
"""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, exists, literal, select, union_all
from sqlalchemy.orm import Session, aliased

from backend.accounts.errors import NotYours
from backend.accounts.families.tables import FamilyChild, FamilyMember, Relation, Tie
from backend.accounts.tables import Beneficiary

#: More than one person could look after; a page need not be prepared for more.
MINE_MAX: Final = 60


@dataclass(frozen=True, slots=True)
class Mine:
    """A young person whose data somebody may see."""

    beneficiary_id: UUID
    given_name: str
    family_name: str
    relation: Relation
    #: They have an account of their own: nobody else chooses their code then.
    has_own_account: bool

    @property
    def may_choose_code(self) -> bool:
        """True for themselves; for a parent, until the young person has their own account."""
        return self.relation is Relation.SELF or not self.has_own_account


def my_beneficiaries(session: Session, account_id: UUID) -> list[Mine]:
    """Return whose data somebody may see, themselves first, then by given name."""
    people = union_all(_self(account_id), _children(account_id)).subquery()
    rows = session.execute(
        select(people)
        .order_by(people.c.relation.desc(), people.c.given_name, people.c.id)
        .limit(2 * MINE_MAX)
    )
    found: dict[UUID, Mine] = {}
    for row in rows:
        found.setdefault(row.id, _mine(row))
    return list(found.values())[:MINE_MAX]


def find_mine(session: Session, account_id: UUID, beneficiary_id: UUID) -> Mine:
    """Return one whose data somebody may see; raise NotYours."""
    both = union_all(
        _self(account_id).where(Beneficiary.id == beneficiary_id),
        _children(account_id).where(Beneficiary.id == beneficiary_id),
    ).subquery()
    row = session.execute(select(both).order_by(both.c.relation.desc()).limit(1)).first()
    if row is None:
        raise NotYours
    return _mine(row)


def check_mine(session: Session, account_id: UUID, beneficiary_id: UUID) -> Relation:
    """Return what a young person is to somebody; raise NotYours."""
    return find_mine(session, account_id, beneficiary_id).relation


def check_may_choose_code(session: Session, account_id: UUID, beneficiary_id: UUID) -> None:
    """Let themselves, or a parent while they have no account of their own; raise NotYours."""
    if not find_mine(session, account_id, beneficiary_id).may_choose_code:
        raise NotYours


def _columns(relation: Relation) -> tuple[Any, ...]:
    own = aliased(Tie)
    has_own = exists().where(own.beneficiary_id == Beneficiary.id, own.ended_at.is_(None))
    names = Beneficiary.given_name, Beneficiary.family_name
    return Beneficiary.id, *names, literal(relation.value).label("relation"), has_own.label("own")


def _self(account_id: UUID) -> Select[Any]:
    return (
        select(*_columns(Relation.SELF))
        .join(Tie, Tie.beneficiary_id == Beneficiary.id)
        .where(Tie.account_id == account_id, Tie.ended_at.is_(None))
    )


def _children(account_id: UUID) -> Select[Any]:
    return (
        select(*_columns(Relation.CHILD))
        .join(FamilyChild, FamilyChild.beneficiary_id == Beneficiary.id)
        .join(FamilyMember, FamilyMember.family_id == FamilyChild.family_id)
        .where(
            FamilyMember.account_id == account_id,
            FamilyMember.ended_at.is_(None),
            FamilyChild.ended_at.is_(None),
        )
    )


def _mine(row: Any) -> Mine:
    return Mine(row.id, row.given_name, row.family_name, Relation(row.relation), bool(row.own))
