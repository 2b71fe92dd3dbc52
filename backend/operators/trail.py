"""What people who sign in did, to be read: newest first, page by page, and as a table to keep.

Promise: a page costs the same however long the trail is. Not here: writing it (record_act), and
what the database refuses about it (accounts/act_guards.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, delete, select, tuple_
from sqlalchemy.orm import Session

from backend.accounts.signin.act_tables import SignInAct
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.tables import Beneficiary
from backend.database import Database
from backend.payments.days import day_bounds
from backend.tabular import safe_cell

LINES_PER_PAGE: Final = 50
EXPORTED_LINES_MAX: Final = 100_000
EXPORTED_AT_ONCE: Final = 1_000
KEPT_DAYS: Final = 366
FORGOTTEN_AT_ONCE: Final = 1_000
#: The heads of the trail as a table, for programs.
COLUMNS: Final = (
    "moment",
    "act",
    "code",
    "by",
    "address",
    "person",
    "person_id",
    "subject_id",
    "session_id",
    "reason",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which acts: all that is given must fit."""

    actor_id: UUID | None = None
    person_id: UUID | None = None
    #: The id of what it was done to: an account, a card, a partner.
    subject_id: UUID | None = None
    kind: str | None = None
    #: A day in Paris.
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends; the next begins after it."""

    at: datetime
    act_id: UUID

    def write(self) -> str:
        """Write it for an address."""
        return f"{int(self.at.timestamp() * 1_000_000)}.{self.act_id}"


@dataclass(frozen=True, slots=True)
class TrailLine:
    """One act, with the names a person would know its people by."""

    act_id: UUID
    at: datetime
    kind: str
    actor_id: UUID
    actor: str
    email: str
    person_id: UUID | None
    person: str | None
    subject: str
    session_id: UUID | None
    words: str | None

    def cells(self, act: str, why: str) -> list[str]:
        """Write it as a row, the act and its reason in words, safe in a spreadsheet."""
        row = (
            f"{self.at:%Y-%m-%dT%H:%M:%SZ}",
            act,
            self.kind,
            self.actor,
            self.email,
            self.person or "",
            str(self.person_id or ""),
            self.subject,
            str(self.session_id or ""),
            why,
        )
        return [safe_cell(text) for text in row]


@dataclass(frozen=True, slots=True)
class TrailPage:
    """Some acts, and where to go on; None at the end."""

    lines: list[TrailLine]
    next_place: Place | None


def read_trail(
    session: Session, wanted: Wanted, *, after: Place | None = None, limit: int = LINES_PER_PAGE
) -> TrailPage:
    """Return at most `limit` acts, the newest first."""
    query = _query(wanted).order_by(SignInAct.at.desc(), SignInAct.id.desc()).limit(limit + 1)
    if after is not None:
        query = query.where(tuple_(SignInAct.at, SignInAct.id) < (after.at, after.act_id))
    lines = [_line(row) for row in session.execute(query)]
    last = lines[limit - 1] if len(lines) > limit else None
    place = None if last is None else Place(last.at, last.act_id)
    return TrailPage(lines[:limit], place)


def export_trail(database: Database, wanted: Wanted) -> Iterator[TrailLine]:
    """Give every act that fits, at most EXPORTED_LINES_MAX; no lock is held in between."""
    after, given = None, 0
    while given < EXPORTED_LINES_MAX:
        with database.reading() as session:
            page = read_trail(session, wanted, after=after, limit=EXPORTED_AT_ONCE)
        yield from page.lines
        given, after = given + len(page.lines), page.next_place
        if after is None:
            return


def forget_acts(database: Database, now: datetime) -> int:
    """Remove acts that are more than a year old, and return how many they were.

    The database refuses to remove a younger one, whatever `now` says.
    """
    before, gone = now - timedelta(days=KEPT_DAYS), 0
    while True:
        with database.unit_of_work() as session:
            query = select(SignInAct.id).where(SignInAct.at < before).limit(FORGOTTEN_AT_ONCE)
            old = session.scalars(query).all()
            session.execute(delete(SignInAct).where(SignInAct.id.in_(old)))
        gone += len(old)
        if len(old) < FORGOTTEN_AT_ONCE:
            return gone


def _query(wanted: Wanted) -> Select[*tuple[Any, ...]]:
    query = (
        select(*_COLUMNS)
        .join(SignInAccount, SignInAccount.id == SignInAct.account_id)
        .outerjoin(Beneficiary, Beneficiary.id == SignInAct.beneficiary_id)
    )
    if wanted.actor_id is not None:
        query = query.where(SignInAct.account_id == wanted.actor_id)
    if wanted.person_id is not None:
        query = query.where(SignInAct.beneficiary_id == wanted.person_id)
    if wanted.subject_id is not None:
        query = query.where(SignInAct.subject == str(wanted.subject_id))
    if wanted.kind is not None:
        query = query.where(SignInAct.kind == wanted.kind)
    if wanted.day is not None:
        start, end = day_bounds(wanted.day)
        query = query.where(SignInAct.at >= start, SignInAct.at < end)
    return query


_COLUMNS: Final[tuple[Any, ...]] = (
    SignInAct.id,
    SignInAct.at,
    SignInAct.kind,
    SignInAct.account_id,
    SignInAct.beneficiary_id,
    SignInAct.subject,
    SignInAct.session_id,
    SignInAct.words,
    SignInAccount.given_name,
    SignInAccount.family_name,
    SignInAccount.email,
    Beneficiary.given_name.label("person_given_name"),
    Beneficiary.family_name.label("person_family_name"),
)


def _line(row: Row[Any]) -> TrailLine:
    nobody = row.person_given_name is None
    return TrailLine(
        row.id,
        row.at,
        row.kind,
        row.account_id,
        f"{row.given_name} {row.family_name}",
        row.email,
        row.beneficiary_id,
        None if nobody else f"{row.person_given_name} {row.person_family_name}",
        row.subject,
        row.session_id,
        row.words,
    )
