"""What somebody who runs the service looks at in the morning: alarms, mails, jobs, books, keys.

Promise: counts by an index, lists with a named limit; of a key its version and its check value,
which name it and do not help to find it. What a key's page cannot know it does not guess: when a
key was made is when it was first seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Select, and_, func, or_, select, true, union_all
from sqlalchemy.orm import Session

from backend.access.tables import Establishment, RetentionRun
from backend.accounts.families.tables import RequestState, TieRequest
from backend.accounts.tables import NOT_DELIVERED, Notice, NoticeState
from backend.ledger.tables import Seal, Transfer
from backend.operators.devices import select_silent
from backend.operators.places import KEYS_OF_PAD, PadPart, pad_part, used_from
from backend.operators.tables import WORDS_CHARACTERS_MAX, JobRun, KeySighting
from backend.partners.organisations.tables import Organisation, OrganisationState
from backend.partners.tables import Terminal
from backend.pins.alarms import list_alarms
from backend.pins.tables import CodeAlarm, PinPad
from backend.vault.check_values import CheckValue

ALARMS_MAX: Final = 30
GIVEN_UP_MAX: Final = 50
PADS_MAX: Final = 500
#: A mail that waits for longer than this means that no job sends them.
LATE_MINUTES: Final = 30
COUNTED_MAX: Final = 10_000
RUNS_KEPT_DAYS: Final = 366


@dataclass(frozen=True, slots=True)
class AlarmPart:
    """An alarm nobody has dealt with, and where it is."""

    alarm: CodeAlarm
    place: str


@dataclass(frozen=True, slots=True)
class Owed:
    """How many mails are owed; counts stop at COUNTED_MAX."""

    waiting: int
    late: int
    given_up_count: int


@dataclass(frozen=True, slots=True)
class Outbox(Owed):
    """The mails that are owed, with the last that were given up."""

    given_up: list[Notice]


@dataclass(frozen=True, slots=True)
class Books:
    """How far the ledger is sealed, and what its last check said."""

    transfers_sealed_to: int
    last_transfer: int
    sealed_at: datetime | None
    check: JobRun | None

    @property
    def unsealed(self) -> int:
        """About how many transfers no seal covers yet."""
        return max(self.last_transfer - self.transfers_sealed_to, 0)


@dataclass(frozen=True, slots=True)
class KeyPart:
    """A version of a key of the vault."""

    name: str
    version: int
    check_value: str
    first_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many wait for an operator; counts stop at COUNTED_MAX."""

    ties: int
    organisations: int
    #: Terminals in service that were not heard of for a day.
    silent: int


@dataclass(frozen=True, slots=True)
class Watch:
    """The morning's page."""

    alarms: list[AlarmPart]
    waiting: Waiting
    outbox: Owed
    books: Books
    jobs: list[JobRun]
    forgotten: RetentionRun | None
    pads_worn: int

    @property
    def may_have_more_alarms(self) -> bool:
        """Say whether older alarms may wait behind those that are listed."""
        return len(self.alarms) == ALARMS_MAX


def read_watch(session: Session, now: datetime) -> Watch:
    """Return what wants a look."""
    runs = last_runs(session)
    # One question for all that is counted.
    owed, others = _owed(now), (*_waiting(now), _worn())
    counts = _count(session, *owed, *others)
    ties, organisations, silent, worn = counts[len(owed) :]
    return Watch(
        _alarms(session),
        Waiting(ties, organisations, silent),
        Owed(*counts[: len(owed)]),
        read_books(session, next((run for run in runs if run.job == "ledger check"), None)),
        runs,
        session.scalars(select(RetentionRun).order_by(RetentionRun.ran_at.desc()).limit(1)).first(),
        worn,
    )


def read_outbox(session: Session, now: datetime) -> Outbox:
    """Return what is owed and what was given up."""
    given_up = session.scalars(
        select(Notice)
        .where(Notice.state.in_(NOT_DELIVERED))
        .order_by(Notice.next_try_at.desc(), Notice.id)
        .limit(GIVEN_UP_MAX)
    )
    waiting, late, gone = _count(session, *_owed(now))
    return Outbox(waiting, late, gone, list(given_up))


def _owed(now: datetime) -> tuple[Select[Any], ...]:
    """Select the mails that wait, those that are late, those that were given up."""
    waiting = Notice.state == NoticeState.WAITING.value
    late = waiting & (Notice.next_try_at < now - timedelta(minutes=LATE_MINUTES))
    gone = Notice.state.in_(NOT_DELIVERED)
    return tuple(select(Notice.id).where(those) for those in (waiting, late, gone))


def read_books(session: Session, check: JobRun | None) -> Books:
    """Return how far the ledger is sealed, with its last check, which `last_runs` finds."""
    row = session.execute(_select_books()).one()
    return Books(row[1] or 0, row[0] or 0, row[2], check)


@cache
def _select_books() -> Select[Any]:
    sealed = select(Seal.last_sequence, Seal.sealed_at).order_by(Seal.last_sequence.desc()).limit(1)
    latest = sealed.subquery()
    last = select(func.max(Transfer.sequence)).subquery()
    columns: tuple[Any, ...] = (last.c[0], latest.c.last_sequence, latest.c.sealed_at)
    return select(*columns).select_from(last).outerjoin(latest, true())


def last_runs(session: Session) -> list[JobRun]:
    """Return each job's last run, by name."""
    return list({row.job: row for row in session.scalars(_select_last_runs())}.values())


@cache
def _select_last_runs() -> Select[JobRun]:
    latest = (
        select(JobRun.job, func.max(JobRun.ended_at).label("ended_at"))
        .group_by(JobRun.job)
        .subquery()
    )
    last = (latest.c.job == JobRun.job) & (latest.c.ended_at == JobRun.ended_at)
    return select(JobRun).join(latest, last).order_by(JobRun.job)


def note_run(session: Session, job: str, words: str, now: datetime, *, good: bool = True) -> None:
    """Write down that a job ended, and how."""
    said = words[:WORDS_CHARACTERS_MAX]
    session.add(JobRun(id=uuid4(), job=job, ended_at=now, good=good, words=said))
    session.flush()


def see_keys(session: Session, held: Sequence[CheckValue], now: datetime) -> list[KeyPart]:
    """Return the keys that the vault says it holds, and note those seen for the first time."""
    known = {
        (row.name, row.version, row.check_value): row
        for row in session.scalars(select(KeySighting))
    }
    for name, version, value in held:
        if (name, version, value) not in known:
            row = KeySighting(name=name, version=version, check_value=value, first_seen_at=now)
            session.add(row)
            known[name, version, value] = row
    session.flush()
    return [KeyPart(*key, known[key].first_seen_at) for key in held]


def list_pads(session: Session) -> list[PadPart]:
    """Return the PIN pads, the most used first; at most PADS_MAX."""
    query = select(PinPad).order_by(PinPad.last_counter.desc()).limit(PADS_MAX)
    return sorted(map(pad_part, session.scalars(query)), key=lambda pad: -pad.percent)


def _alarms(session: Session) -> list[AlarmPart]:
    found = list_alarms(session, count_max=ALARMS_MAX)
    places = _names(session, found)
    parts = []
    for one in found:
        place = one.terminal_id or one.establishment_id
        parts.append(AlarmPart(one, places.get(place, "") if place is not None else ""))
    return parts


def _names(session: Session, alarms: Sequence[CodeAlarm]) -> dict[UUID, str]:
    """Return what the terminals and establishments of alarms are called: one question."""
    terminals = {one.terminal_id for one in alarms if one.terminal_id is not None}
    schools = {one.establishment_id for one in alarms if one.establishment_id is not None}
    rows = session.execute(
        union_all(
            select(Terminal.id, Terminal.name).where(Terminal.id.in_(terminals)),
            select(Establishment.id, Establishment.name).where(Establishment.id.in_(schools)),
        )
    )
    return {row.id: row.name for row in rows}


def _waiting(now: datetime) -> tuple[Select[Any], ...]:
    """Select who asks to be tied, which organisations ask to join, which terminals are silent."""
    tied = TieRequest.state == RequestState.ASKED.value
    joining = Organisation.state == OrganisationState.ASKED.value
    asked = select(TieRequest.id).where(tied)
    return asked, select(Organisation.id).where(joining), select_silent(now)


def _worn() -> Select[Any]:
    """Select the PIN pads that want another initial key, as `PadPart.worn` says it."""
    by_profile = (
        and_(PinPad.profile == profile, PinPad.last_counter >= used_from(keys))
        for profile, keys in KEYS_OF_PAD.items()
    )
    return select(PinPad.initial_key_id).where(or_(*by_profile))


def _count(session: Session, *those: Select[Any]) -> tuple[int, ...]:
    """Count each, COUNTED_MAX at most: one question."""
    counted = (
        select(func.count()).select_from(one.limit(COUNTED_MAX).subquery()).scalar_subquery()
        for one in those
    )
    return tuple(session.execute(select(*counted)).one())
