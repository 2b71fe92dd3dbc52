"""An establishment's pupils as its staff look for them: by name, by class, and what card each has.

Promise: a page costs the same number of statements whatever the number of pupils; going on from the
last pupil of a page shows each once, also while others come and go. Not here: who may look.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Boolean,
    LargeBinary,
    Select,
    and_,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement

from backend.access.office_tables import HolderPhoto
from backend.access.tables import Enrolment, HolderCategory
from backend.accounts.tables import Beneficiary
from backend.cards.states import ENOUGH, CardState
from backend.cards.tables import Card
from backend.database import Base
from backend.folding import fold
from backend.pupils.tables import Pupil, SchoolClass

PUPILS_PER_PAGE: Final = 50
CLASSES_MAX: Final = 300
BATCH_MAX: Final = 5_000
SEARCH_CHARACTERS_MAX: Final = 60
WORDS_MAX: Final = 4
_ENOUGH: Final = tuple(state.value for state in ENOUGH)
#: Which of a person's cards is spoken of: the one in use, then one on its way, then the last.
_FIRST: Final = (CardState.ACTIVE.value, *_ENOUGH)


class _BeginsAWord(FunctionElement[bool]):
    """True where one of a name's words begins so: neither engine's LIKE takes bytes in earnest."""

    type = Boolean()
    inherit_cache = True


@compiles(_BeginsAWord, "sqlite")
def _on_sqlite(element: _BeginsAWord, compiler: SQLCompiler, **how: Any) -> str:
    name, word = (compiler.process(one, **how) for one in element.clauses)
    return f"(instr(' ' || CAST({name} AS TEXT), ' ' || CAST({word} AS TEXT)) > 0)"


@compiles(_BeginsAWord, "postgresql")
def _on_postgresql(element: _BeginsAWord, compiler: SQLCompiler, **how: Any) -> str:
    name, word = (compiler.process(one, **how) for one in element.clauses)
    return f"(position(' '::bytea || {word} in ' '::bytea || {name}) > 0)"


@dataclass(frozen=True, slots=True)
class PupilLine:
    """One pupil, and the card that is theirs now or will be; None where there is none."""

    enrolment_id: UUID
    beneficiary_id: UUID
    given_name: str = field(repr=False)
    family_name: str = field(repr=False)
    class_code: str | None
    card_state: CardState | None
    card_id: UUID | None
    shows_photo: bool
    category: HolderCategory = HolderCategory.PUPIL
    #: Since when mails to their address come back.
    unreachable_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class PupilPage:
    """Some pupils, and the enrolment behind which the next page begins; None at the end."""

    pupils: tuple[PupilLine, ...]
    next_after: UUID | None


@dataclass(frozen=True, slots=True)
class ClassLine:
    """A class, how many pupils are in it now, how many have no card, how many cards wait here."""

    code: str | None
    label: str
    pupils: int
    without_card: int
    to_hand_over: int


def list_pupils(
    session: Session,
    establishment_id: UUID,
    *,
    search: str = "",
    class_code: str | None = None,
    after: UUID | None = None,
    limit: int = PUPILS_PER_PAGE,
) -> PupilPage:
    """Return pupils by name, whose names have words that begin as those searched for."""
    query = _named(establishment_id, class_code)
    for word in _words(search):
        query = query.where(_has_word(word))
    order = (*_keys(), Enrolment.id)
    if after is not None:
        query = query.where(tuple_(*order) > _key_of(session, after))
    rows = session.execute(_shown(query.order_by(*order).limit(limit + 1))).all()
    cards = _cards_of(session, [row.beneficiary_id for row in rows[:limit]])
    pupils = tuple(_line(row, cards.get(row.beneficiary_id)) for row in rows[:limit])
    return PupilPage(pupils, pupils[-1].enrolment_id if len(rows) > limit else None)


def list_classes(session: Session, establishment_id: UUID) -> list[ClassLine]:
    """Return the classes that pupils are in now, and who is in none (code None) last."""
    # Each pupil once, with how many of their cards count; asked pupil by pupil, a planner may read
    # every card in a state each time.
    each = (
        select(
            Pupil.class_code,
            func.count(Card.id).filter(Card.state.in_(_ENOUGH)).label("enough"),
            func.count(Card.id).filter(Card.state == CardState.RECEIVED.value).label("here"),
        )
        .select_from(Enrolment)
        .outerjoin(Pupil, Pupil.enrolment_id == Enrolment.id)
        .outerjoin(Card, Card.beneficiary_id == Enrolment.beneficiary_id)
        .where(Enrolment.establishment_id == establishment_id, Enrolment.ended_at.is_(None))
        .group_by(Enrolment.id, Pupil.class_code)
        .subquery()
    )
    here = SchoolClass.establishment_id == establishment_id
    rows = session.execute(
        select(
            each.c.class_code,
            SchoolClass.label,
            func.count(),
            func.count().filter(each.c.enough > 0),
            func.sum(each.c.here),
        )
        .select_from(each)
        .outerjoin(SchoolClass, and_(here, SchoolClass.code == each.c.class_code))
        .group_by(each.c.class_code, SchoolClass.label)
        .order_by(each.c.class_code.is_(None), each.c.class_code)
        .limit(CLASSES_MAX)
    )
    return [
        ClassLine(code, label or code or "", pupils, pupils - having, int(waiting))
        for code, label, pupils, having, waiting in rows
    ]


def people_without_card(
    session: Session, establishment_id: UUID, class_code: str | None = None
) -> list[UUID]:
    """Return who belongs here, or to a class, and has no card; BATCH_MAX at most."""
    query: Select[Any] = (
        select(Enrolment.beneficiary_id)
        .outerjoin(Pupil, Pupil.enrolment_id == Enrolment.id)
        .outerjoin(Card, Card.beneficiary_id == Enrolment.beneficiary_id)
        .where(Enrolment.establishment_id == establishment_id, Enrolment.ended_at.is_(None))
        .group_by(Enrolment.id, Enrolment.beneficiary_id)
        .having(func.count(Card.id).filter(Card.state.in_(_ENOUGH)) == 0)
        .order_by(Enrolment.id)
    )
    if class_code is not None:
        query = query.where(Pupil.class_code == class_code)
    return list(session.scalars(query.limit(BATCH_MAX)))


def cards_to_hand_over(
    session: Session, establishment_id: UUID, class_code: str | None = None
) -> list[tuple[UUID, PupilLine]]:
    """Return the cards that arrived and wait for their holders, by name; BATCH_MAX at most."""
    query = _named(establishment_id, class_code).add_columns(Card.id.label("card_id"))
    query = query.join(Card, Card.beneficiary_id == Enrolment.beneficiary_id)
    order = (*_keys(), Enrolment.id)
    # Not by the index of states: there are few cards a pupil, and many in a state.
    is_here = func.coalesce(Card.state, "") == CardState.RECEIVED.value
    waiting = query.where(is_here).order_by(*order).limit(BATCH_MAX)
    rows = session.execute(_shown(waiting))
    return [(row.card_id, _line(row, (CardState.RECEIVED, row.card_id))) for row in rows]


def find_pupil(session: Session, enrolment_id: UUID) -> PupilLine | None:
    """Return one who belongs somewhere now, or None."""
    query = _people().where(Enrolment.id == enrolment_id, Enrolment.ended_at.is_(None))
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    return _line(row, _cards_of(session, [row.beneficiary_id]).get(row.beneficiary_id))


def _line(row: Any, card: tuple[CardState, UUID] | None) -> PupilLine:
    state, card_id = card or (None, None)
    return PupilLine(
        row.id,
        row.beneficiary_id,
        row.given_name,
        row.family_name,
        row.class_code,
        state,
        card_id,
        row.photo is not None,
        HolderCategory(row.category),
        row.unreachable_since,
    )


def _people() -> Select[Any]:
    columns: tuple[Any, ...] = (
        Enrolment.id,
        Enrolment.beneficiary_id,
        Beneficiary.given_name,
        Beneficiary.family_name,
        Pupil.class_code,
        HolderPhoto.enrolment_id.label("photo"),
        Enrolment.category,
        Beneficiary.unreachable_since,
    )
    return (
        select(*columns)
        .select_from(Enrolment)
        .join(Beneficiary, Beneficiary.id == Enrolment.beneficiary_id)
        .outerjoin(Pupil, Pupil.enrolment_id == Enrolment.id)
        .outerjoin(HolderPhoto, HolderPhoto.enrolment_id == Enrolment.id)
    )


def _named(establishment_id: UUID, class_code: str | None) -> Select[Any]:
    """Select whose names are to be put in order, with no more of each than that takes."""
    family, given = _keys()
    columns: tuple[Any, ...] = Enrolment.id, family.label("family"), given.label("given")
    query = _with_keys(select(*columns).select_from(Enrolment)).where(
        Enrolment.establishment_id == establishment_id, Enrolment.ended_at.is_(None)
    )
    if class_code is None:
        return query
    of_class = Pupil.class_code == class_code
    return query.join(Pupil, Pupil.enrolment_id == Enrolment.id).where(of_class)


def _shown(chosen: Select[Any]) -> Select[Any]:
    """Select what a page shows of those who are on it, in their order."""
    page = chosen.subquery()
    besides = [column for column in page.c if column.key == "card_id"]
    query = _people().add_columns(*besides).join(page, page.c.id == Enrolment.id)
    return query.order_by(page.c.family, page.c.given, page.c.id)


def _keys() -> tuple[ColumnElement[bytes], ColumnElement[bytes]]:
    """Return names as the database folds them: it keeps them by itself.

    Not the bare columns, which have an index in this order: it holds everybody's names, not those
    of one school.
    """
    kept = Base.metadata.tables["person_key"]
    family: ColumnElement[bytes] = func.coalesce(kept.c.family, b"", type_=LargeBinary)
    given: ColumnElement[bytes] = func.coalesce(kept.c.given, b"", type_=LargeBinary)
    return family, given


def _with_keys(query: Select[Any]) -> Select[Any]:
    kept = Base.metadata.tables["person_key"]
    return query.join(kept, kept.c.beneficiary_id == Enrolment.beneficiary_id)


def _has_word(word: str) -> ColumnElement[bool]:
    typed = literal(word.encode(), LargeBinary)
    return or_(*(_BeginsAWord(name, typed) for name in _keys()))


def _words(search: str) -> list[str]:
    """Return the words searched for; whatever is neither letter nor digit parts them."""
    kept = "".join(one if one.isalnum() else " " for one in fold(search[:SEARCH_CHARACTERS_MAX]))
    return kept.split()[:WORDS_MAX]


def _key_of(session: Session, enrolment_id: UUID) -> Any:
    """Return where an enrolment stands among the others: its names are in no address."""
    names: tuple[Any, ...] = _keys()
    query = _with_keys(select(*names).select_from(Enrolment))
    row = session.execute(query.where(Enrolment.id == enrolment_id)).one_or_none()
    return tuple_(*(row or (b"", b"")), enrolment_id)


def _cards_of(session: Session, people: Collection[UUID]) -> dict[UUID, tuple[CardState, UUID]]:
    rows = session.execute(
        select(Card.beneficiary_id, Card.id, Card.state, Card.state_since).where(
            Card.beneficiary_id.in_(people), Card.state != CardState.CANCELLED.value
        )
    ).all()
    # What comes last wins: the oldest dead card first, the one in use last.
    rows = sorted(rows, key=lambda row: row.state_since)
    rows = sorted(rows, key=lambda row: -_rank(row.state))
    return {row.beneficiary_id: (CardState(row.state), row.id) for row in rows}


def _rank(state: str) -> int:
    return _FIRST.index(state) if state in _FIRST else len(_FIRST)
