"""Importing a roster: compare, and if asked write exactly what the comparison says.

Promise: one unit of work, all or nothing; the same files again change nothing. Nobody is deleted:
who leaves keeps account, card and money, and loses the rights of this establishment only. Two
imports of one establishment wait for each other. Not here: files (reading.py), words for people.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.access.establishments import find_establishment
from backend.access.tables import Establishment
from backend.cards.history import Actor
from backend.cards.order_tables import Delivery
from backend.cards.ordering import Wish, order_cards, without_card
from backend.database import Database
from backend.pupils.difference import Departure, Difference, Question, compare
from backend.pupils.errors import OtherEstablishment, TooManyDepartures
from backend.pupils.matching import NO_DECISIONS, Decisions, Known, match
from backend.pupils.people import meal_money, read_people
from backend.pupils.reading import Roster
from backend.pupils.regimes import RegimeRights, read_regimes
from backend.pupils.tables import PupilImport, PupilRoster
from backend.pupils.writing import Writing

TRIES_MAX: Final = 3


@dataclass(frozen=True, slots=True)
class Order:
    """How to import: who asks, and what they decided after looking at a trial."""

    by: str
    #: SHA-256 of the files.
    digest: bytes
    apply: bool = False
    #: The file says only some pupils: nobody leaves.
    partial: bool = False
    #: How many may leave, if more than usual do.
    departures: int | None = None
    decisions: Decisions = NO_DECISIONS
    #: Give every pupil what the regime gives today, not only those whose regime changes.
    renew_rights: bool = False
    order_cards: bool = False


@dataclass(frozen=True, slots=True)
class RegimeCount:
    """How many pupils a regime has, and whose rights count for it (None: nobody said)."""

    name: str
    pupils: int
    known_as: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import did, or would do."""

    difference: Difference
    applied: bool
    regimes: tuple[RegimeCount, ...]
    #: Departures with money on their meal account, in cents.
    money_left: tuple[tuple[Departure, int], ...]
    #: Pupils without a card, in use or ordered; ordered now if that was asked and applied.
    without_card: int
    cards_ordered: int = field(default=0)


def import_roster(
    database: Database,
    establishment_id: UUID,
    roster: Roster,
    order: Order,
    now: Callable[[], datetime],
) -> Outcome:
    """Compare, and write if the order says so.

    Raises EstablishmentUnknown, OtherEstablishment, TooManyDepartures, DecisionInvalid.
    """
    if not order.apply:
        with database.reading() as session:
            return _Import(session, establishment_id, roster, order, now()).compare()
    for tries_left in reversed(range(TRIES_MAX)):
        try:
            with database.unit_of_work() as session:
                return _Import(session, establishment_id, roster, order, now()).apply()
        except IntegrityError:
            # Somebody gave the same INE or card number meanwhile: look again.
            if not tries_left:
                raise
    raise AssertionError


class _Import:
    """One import in its unit of work."""

    def __init__(
        self,
        session: Session,
        establishment_id: UUID,
        roster: Roster,
        order: Order,
        now: datetime,
    ) -> None:
        self._session = session
        self._roster = roster
        self._order = order
        self._now = now
        self._place: Establishment = find_establishment(session, establishment_id)
        self._today = now.astimezone(ZoneInfo(self._place.time_zone)).date()

    def compare(self) -> Outcome:
        known = self._session.get(PupilRoster, self._place.id)
        self._refuse_other_place(known)
        return self._look()

    def apply(self) -> Outcome:
        known = self._lock_roster()
        self._refuse_other_place(known)
        known.uai = known.uai or self._roster.uai
        outcome = self._look(apply=True)
        difference = outcome.difference
        if difference.needs_confirmation and len(difference.departed) != self._order.departures:
            raise TooManyDepartures(departures=len(difference.departed))
        writing = Writing(self._session, self._place.id, self._now, self._today)
        people = writing.write(
            difference,
            read_regimes(self._session, self._place.id),
            self._roster.classes,
            renew_rights=self._order.renew_rights,
        )
        ordered = 0
        if self._order.order_cards:
            lacking = without_card(self._session, people)
            wish = Wish(delivery=Delivery.ESTABLISHMENT, establishment_id=self._place.id)
            by = Actor.typed(self._order.by)
            order_cards(self._session, lacking, self._now, wish=wish, by=by)
            ordered = len(lacking)
        self._record(difference)
        self._session.flush()
        return Outcome(
            difference=difference,
            applied=True,
            regimes=outcome.regimes,
            money_left=outcome.money_left,
            without_card=outcome.without_card,
            cards_ordered=ordered,
        )

    def _lock_roster(self) -> PupilRoster:
        known = self._session.get(PupilRoster, self._place.id, with_for_update=True)
        if known is None:
            known = PupilRoster(establishment_id=self._place.id, uai=None)
            self._session.add(known)
            self._session.flush()
        return known

    def _refuse_other_place(self, known: PupilRoster | None) -> None:
        before = None if known is None else known.uai
        if before is not None and self._roster.uai not in (None, before):
            raise OtherEstablishment(expected=before, found=self._roster.uai)

    def _look(self, *, apply: bool = False) -> Outcome:
        roster, session = self._roster, self._session
        people = read_people(session, self._place.id, roster.rows)
        question = Question(
            self._today, partial=self._order.partial, class_needed=roster.pupils_have_classes
        )
        matched = match(roster.rows, people, self._order.decisions)
        difference = compare(matched, roster.refused, roster.notes, people, question)
        return Outcome(
            difference=difference,
            applied=apply,
            regimes=self._count_regimes(difference, read_regimes(session, self._place.id)),
            money_left=self._money_left(difference.departed),
            without_card=self._count_without_card(difference),
        )

    @staticmethod
    def _count_regimes(difference: Difference, regimes: RegimeRights) -> tuple[RegimeCount, ...]:
        rows = [
            *difference.created,
            *(one.row for one in (*difference.updated, *difference.same)),
        ]
        counted = Counter(row.regime.name for row in rows if row.regime is not None)
        return tuple(
            RegimeCount(name, pupils, regimes.known_as(name))
            for name, pupils in sorted(counted.items())
        )

    def _money_left(self, departed: Sequence[Departure]) -> tuple[tuple[Departure, int], ...]:
        by_enrolment = {
            one.known.place.enrolment_id: one for one in departed if one.known.place is not None
        }
        money = meal_money(self._session, list(by_enrolment))
        return tuple((by_enrolment[enrolment_id], cents) for enrolment_id, cents in money.items())

    def _count_without_card(self, difference: Difference) -> int:
        present: list[Known] = [one.known for one in (*difference.updated, *difference.same)]
        lacking = without_card(self._session, [one.beneficiary_id for one in present])
        return len(difference.created) + len(lacking)

    def _record(self, difference: Difference) -> None:
        self._session.add(
            PupilImport(
                id=uuid4(),
                establishment_id=self._place.id,
                imported_at=self._now,
                imported_by=self._order.by,
                source=self._roster.source.value,
                digest=self._order.digest,
                pupils=len(self._roster.rows),
                created=len(difference.created),
                joined=sum(one.joins or one.returns for one in difference.updated),
                changed=sum(bool(one.changes) for one in difference.updated),
                departed=len(difference.departed),
                doubtful=len(difference.doubtful),
                refused=len(difference.refused),
            )
        )
