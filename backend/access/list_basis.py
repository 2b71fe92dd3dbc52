"""What a list is read from, in one short text: while it is the same, so is the list.

Promise: the text is another as soon as a unit of work is committed that changed a row a list is
made of (the database itself sees to that: list_guards.py), on another day on the place's wall, at
another place, and in another edition of this program; asking costs one statement and one row,
however large the school. Not here: the list.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from backend.access import list_content, meals, rights
from backend.access.errors import GateNotAssigned
from backend.access.list_tables import AccessListChange, AccessListMark
from backend.access.tables import Establishment, Gate

#: So many units of work are read with each question before they are counted together.
UNCOUNTED_MAX: Final = 50
_READERS: Final = (list_content, rights, meals)


@dataclass(frozen=True, slots=True)
class Basis:
    """A gate's list as it was last made, and what one made now would be read from."""

    establishment_id: UUID
    today: date
    version: int
    digest: bytes | None
    made_from: str | None
    text: str

    @property
    def is_unchanged(self) -> bool:
        """Tell whether the list last made still says all there is to say."""
        return self.digest is not None and self.made_from == self.text


def read_basis(session: Session, terminal_id: UUID, now: datetime) -> Basis:
    """Return it in one statement; raise GateNotAssigned.

    Read before the list: what is committed in between is then in the list, and moves the mark.
    """
    row = session.execute(
        select(
            Gate.establishment_id,
            Gate.list_version,
            Gate.list_hash,
            Gate.list_basis,
            Establishment.time_zone,
            func.coalesce(AccessListMark.mark, 0) + _count_uncounted(),
        )
        .join(Establishment, Establishment.id == Gate.establishment_id)
        .outerjoin(AccessListMark, AccessListMark.establishment_id == Gate.establishment_id)
        .where(Gate.terminal_id == terminal_id)
    ).one_or_none()
    if row is None:
        raise GateNotAssigned
    place, version, digest, made_from, time_zone, mark = row
    today = now.astimezone(ZoneInfo(time_zone)).date()
    text = f"{_edition()} {place} {today} {mark}"
    return Basis(place, today, version, digest, made_from, text)


def count_changes(session: Session, establishment_id: UUID) -> None:
    """Count the changes of a place together once they are many; the mark stays what it is.

    It removes what it counts, and nobody's who is not committed; another who counts is waited for.
    """
    waiting = session.scalar(select(_count_uncounted(establishment_id)))
    if not waiting or waiting <= UNCOUNTED_MAX:
        return
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(
        insert(AccessListMark)
        .values(establishment_id=establishment_id, mark=0)
        .on_conflict_do_nothing()
    )
    known = session.get_one(
        AccessListMark, establishment_id, with_for_update=True, populate_existing=True
    )
    gone = session.execute(
        delete(AccessListChange)
        .where(AccessListChange.establishment_id == establishment_id)
        .returning(AccessListChange.moved_in)
    ).all()
    known.mark += len(gone)
    session.flush()


def count_longest(session: Session) -> int:
    """Count the changes of the place that has most of them; return how many that were.

    For places whose gates never ask: 0 once none has more than UNCOUNTED_MAX.
    """
    most = func.count()
    longest = session.execute(
        select(AccessListChange.establishment_id, most)
        .group_by(AccessListChange.establishment_id)
        .having(most > UNCOUNTED_MAX)
        .order_by(most.desc())
        .limit(1)
    ).one_or_none()
    if longest is None:
        return 0
    count_changes(session, longest[0])
    return int(longest[1])


def _count_uncounted(establishment_id: UUID | None = None) -> ColumnElement[int]:
    place = Gate.establishment_id if establishment_id is None else establishment_id
    return (
        select(func.count())
        .select_from(AccessListChange)
        .where(AccessListChange.establishment_id == place)
        .scalar_subquery()
    )


@cache
def _edition() -> str:
    """Return what tells one edition of the reading code from another: its own text."""
    whole = hashlib.sha256()
    for module in _READERS:
        whole.update(Path(str(module.__file__)).read_bytes())
    return whole.hexdigest()[:16]
