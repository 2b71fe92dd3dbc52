"""Whose data somebody may see: their own, and that of the children of their families.

Promise: one question to the database, whoever asks and however many they are; whoever is not theirs
does not exist for them. Not here: how a tie is made (requests.py, invitations.py).
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Exists, Row, Select, and_, bindparam, exists, literal, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from backend.accounts.errors import NotYours
from backend.accounts.families.tables import FamilyChild, FamilyMember, Relation, Tie
from backend.accounts.signin.sessions import select_asking
from backend.accounts.signin.tables import SignInAccount
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
    found: dict[UUID, Mine] = {}
    for row in session.execute(_everybody(), {"account_id": account_id}):
        found.setdefault(row.id, _mine(row))
    return list(found.values())[:MINE_MAX]


def find_mine(session: Session, account_id: UUID, beneficiary_id: UUID) -> Mine:
    """Return one whose data somebody may see; raise NotYours."""
    bound = {"account_id": account_id, "beneficiary_id": beneficiary_id}
    row = session.execute(_one(), bound).first()
    if row is None:
        raise NotYours
    return _mine(row)


@cache
def select_asking_for_mine() -> Select[Any]:
    """Select who is asking (`select_asking`) with one who may be theirs, by `beneficiary_id`."""
    asking = SignInAccount.id
    own = exists().where(
        Tie.account_id == asking, Tie.beneficiary_id == Beneficiary.id, Tie.ended_at.is_(None)
    )
    child = exists().where(
        FamilyMember.account_id == asking,
        FamilyMember.ended_at.is_(None),
        FamilyMember.family_id == FamilyChild.family_id,
        FamilyChild.beneficiary_id == Beneficiary.id,
        FamilyChild.ended_at.is_(None),
    )
    # Nothing is read of whoever is not theirs: not even that there is such a person.
    mine = and_(Beneficiary.id == bindparam("beneficiary_id"), or_(own, child))
    return (
        select_asking()
        .add_columns(
            Beneficiary.id,
            Beneficiary.given_name,
            Beneficiary.family_name,
            own.label("self"),
            _has_own(),
        )
        .outerjoin(Beneficiary, mine)
    )


def mine_of(row: Row[Any] | None) -> Mine:
    """Return whom `select_asking_for_mine` found; raise NotYours."""
    if row is None or row.id is None:
        raise NotYours
    relation = Relation.SELF if row.self else Relation.CHILD
    return Mine(row.id, row.given_name, row.family_name, relation, bool(row.own))


def check_mine(session: Session, account_id: UUID, beneficiary_id: UUID) -> Relation:
    """Return what a young person is to somebody; raise NotYours."""
    return find_mine(session, account_id, beneficiary_id).relation


def check_may_choose_code(session: Session, account_id: UUID, beneficiary_id: UUID) -> None:
    """Let themselves, or a parent while they have no account of their own; raise NotYours."""
    if not find_mine(session, account_id, beneficiary_id).may_choose_code:
        raise NotYours


@cache
def _everybody() -> Select[Any]:
    people = union_all(_self(), _children()).subquery()
    return (
        select(people)
        .order_by(people.c.relation.desc(), people.c.given_name, people.c.id)
        .limit(2 * MINE_MAX)
    )


@cache
def _one() -> Select[Any]:
    wanted = Beneficiary.id == bindparam("beneficiary_id")
    both = union_all(_self().where(wanted), _children().where(wanted)).subquery()
    return select(both).order_by(both.c.relation.desc()).limit(1)


def _columns(relation: Relation) -> tuple[Any, ...]:
    names = Beneficiary.given_name, Beneficiary.family_name
    return Beneficiary.id, *names, literal(relation.value).label("relation"), _has_own()


def _has_own() -> Any:
    own = aliased(Tie)
    found: Exists = exists().where(own.beneficiary_id == Beneficiary.id, own.ended_at.is_(None))
    return found.label("own")


def _self() -> Select[Any]:
    return (
        select(*_columns(Relation.SELF))
        .join(Tie, Tie.beneficiary_id == Beneficiary.id)
        .where(Tie.account_id == bindparam("account_id"), Tie.ended_at.is_(None))
    )


def _children() -> Select[Any]:
    return (
        select(*_columns(Relation.CHILD))
        .join(FamilyChild, FamilyChild.beneficiary_id == Beneficiary.id)
        .join(FamilyMember, FamilyMember.family_id == FamilyChild.family_id)
        .where(
            FamilyMember.account_id == bindparam("account_id"),
            FamilyMember.ended_at.is_(None),
            FamilyChild.ended_at.is_(None),
        )
    )


def _mine(row: Any) -> Mine:
    return Mine(row.id, row.given_name, row.family_name, Relation(row.relation), bool(row.own))
