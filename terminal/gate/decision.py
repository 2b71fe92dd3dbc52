"""May this card pass now? The whole answer of a gate, as one pure function.

Promise: the checks run in this order, and the first that fails is the answer:
chip genuine → card not blocked → holder belongs here → service open now → right, reservation or
meals left → not already passed. Whoever has passed hears so, even when nothing is left for another
time. The state of a code is no input: a gate opens whether it is set, wrong or blocked.

A service opens and closes by the wall clock of the list's time zone, on one local day; a passage
belongs to the local day it happened on. So the two nights a year when clocks change need no rule.

Not here: devices, journal, words, money. A balance arrives as a number of meals left.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

DOUBLE_TAP_SECONDS_MAX: Final = 30
_DOUBLE_TAP: Final = timedelta(seconds=DOUBLE_TAP_SECONDS_MAX)


class Answer(StrEnum):
    """What a gate answers; the values are the API's words."""

    OK = "OK"
    DEJA_PASSE = "DEJA_PASSE"
    NON_RESERVE = "NON_RESERVE"
    SOLDE_INSUFFISANT = "SOLDE_INSUFFISANT"
    HORS_HORAIRES = "HORS_HORAIRES"
    CARTE_OPPOSEE = "CARTE_OPPOSEE"
    CARTE_INCONNUE = "CARTE_INCONNUE"
    NON_INSCRIT = "NON_INSCRIT"


class Detail(StrEnum):
    """Why, for the establishment; never shown to the queue."""

    NOT_LISTED = "not_listed"
    NOT_GENUINE = "not_genuine"
    FOREIGN = "not_a_pass_card"
    BLOCKED = "blocked"
    NO_SERVICE_HERE = "no_service_here"
    CLOSED = "closed"
    CLOSED_DAY = "closed_day"  # a holiday, public or of the school
    NO_RIGHT = "no_right"
    NOT_TODAY = "not_today"  # a package without this day, and no reservation
    NO_MEAL_LEFT = "no_meal_left"
    WEEK_MAX = "week_max"
    DOUBLE_TAP = "double_tap"
    PASSAGES_MAX = "passages_max"
    IN_DOUBT = "in_doubt"  # released, and nobody can say whether anybody went through


class Chip(StrEnum):
    """What is known of the chip when the decision is taken."""

    GENUINE = "genuine"
    NOT_GENUINE = "not_genuine"  # the UID of a listed card, without its key
    FOREIGN = "foreign"  # the UID of a listed card, on something that is no Pass card
    UNTRIED = "untried"  # an unlisted UID: there is no key to try


LAST_MINUTE = time(23, 59)


@dataclass(frozen=True, slots=True)
class Service:
    """When a gate admits: ISO days (1 Monday … 7 Sunday), wall-clock hours, closing excluded.

    A service that closes at 23:59 is open to the end of the day. `passages_max` is per person and
    day, `week_max` per person and ISO week (None: no limit). Only a service that is held on closed
    days is open on them: a boarder's door, not lunch.
    """

    code: str
    label: str
    days: frozenset[int]
    opens: time
    closes: time
    passages_max: int
    week_max: int | None = None
    held_on_closed_days: bool = False

    def is_open(self, local: datetime) -> bool:
        """Tell whether it is open at this local moment, holidays apart."""
        # The list writes whole minutes, and 24:00 is not one: the last minute of a day is its end.
        at = local.time()
        still_open = at < self.closes or self.closes == LAST_MINUTE
        return still_open and self.opens <= at and local.isoweekday() in self.days


@dataclass(frozen=True, slots=True)
class Hours:
    """When a place admits: its services, its closed days, the wall clock they are read on."""

    services: Sequence[Service]
    zone: ZoneInfo
    closed_days: Collection[date] = frozenset()

    def open_at(self, moment: datetime) -> list[Service]:
        """Return the services open at `moment`, in their order."""
        local = moment.astimezone(self.zone)
        closed = local.date() in self.closed_days
        return [
            service
            for service in self.services
            if service.is_open(local) and (service.held_on_closed_days or not closed)
        ]

    def next_after(self, moment: datetime) -> Service | None:
        """Return the service that opens next on the same local day, or None."""
        local = moment.astimezone(self.zone)
        closed = local.date() in self.closed_days
        later = [
            service
            for service in self.services
            if local.isoweekday() in service.days
            and service.opens > local.time()
            and (service.held_on_closed_days or not closed)
        ]
        return min(later, key=lambda service: service.opens, default=None)


@dataclass(frozen=True, slots=True)
class Right:
    """What entitles a card to a service: one condition that holds is enough; none means always.

    `days` are the ISO days of a package, `reserved_on` the days with a reservation, `meals_left`
    how many meals the holder could still take when the list was made, allowed negatives included;
    `week_used` how many of this service they had taken in the list's own ISO week.
    """

    service: str
    days: frozenset[int] | None = None
    reserved_on: frozenset[date] | None = None
    meals_left: int | None = None
    passages_max: int | None = None
    week_used: int = 0

    @property
    def is_unconditional(self) -> bool:
        """True for full board: the service, whenever it is open."""
        return self.days is None and self.reserved_on is None and self.meals_left is None


@dataclass(frozen=True, slots=True)
class Holder:
    """What the list says of one card; without any right it belongs to nothing here."""

    card_id: str
    display_name: str
    blocked: bool
    rights: tuple[Right, ...]

    def right_to(self, service: str) -> Right | None:
        """Return the right to a service, or None."""
        for right in self.rights:
            if right.service == service:
                return right
        return None


@dataclass(frozen=True, slots=True)
class Admission:
    """A passage that was admitted: which service, and when (aware).

    `counted`: the list's meals and weeks know it already.
    """

    service: str
    at: datetime
    counted: bool = False


@dataclass(frozen=True, slots=True)
class Tap:
    """Everything a decision may depend on; `listed_at` is when the list was made (aware)."""

    at: datetime
    chip: Chip
    holder: Holder | None
    admissions: Sequence[Admission] = ()
    listed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, why, for which service, and when the holder passed if already."""

    answer: Answer
    detail: Detail | None = None
    service: Service | None = None
    passed_at: datetime | None = None

    @property
    def admitted(self) -> bool:
        """True for the one answer that opens."""
        return self.answer is Answer.OK


_CHIP_REFUSALS: Final = {
    Chip.NOT_GENUINE: Detail.NOT_GENUINE,
    Chip.FOREIGN: Detail.FOREIGN,
    Chip.UNTRIED: Detail.NOT_LISTED,
}


def decide(tap: Tap, hours: Hours) -> Decision:
    """Return the answer to one tap; the first check that fails decides."""
    refusal = _refuse_card(tap)
    if refusal is not None:
        return refusal
    assert tap.holder is not None, "an unlisted card is refused above"
    open_now = hours.open_at(tap.at)
    if not open_now:
        closed = tap.at.astimezone(hours.zone).date() in hours.closed_days
        return Decision(Answer.HORS_HORAIRES, Detail.CLOSED_DAY if closed else Detail.CLOSED)
    allowed = [service for service in open_now if tap.holder.right_to(service.code) is not None]
    if not allowed:
        return Decision(Answer.NON_RESERVE, Detail.NO_RIGHT, open_now[0])
    return _decide_passage(tap, allowed, hours.zone)


def _refuse_card(tap: Tap) -> Decision | None:
    if tap.chip is not Chip.GENUINE:
        return Decision(Answer.CARTE_INCONNUE, _CHIP_REFUSALS[tap.chip])
    if tap.holder is None:
        return Decision(Answer.CARTE_INCONNUE, Detail.NOT_LISTED)
    if tap.holder.blocked:
        return Decision(Answer.CARTE_OPPOSEE, Detail.BLOCKED)
    if not tap.holder.rights:
        return Decision(Answer.NON_INSCRIT, Detail.NO_SERVICE_HERE)
    return None


def _decide_passage(tap: Tap, allowed: Sequence[Service], zone: ZoneInfo) -> Decision:
    """Admit to the first allowed service that may be taken now; `allowed` is not empty."""
    last = max(tap.admissions, key=lambda admission: admission.at, default=None)
    # Whatever the service: a card left a second too long must not use up the next one. A clock
    # set back makes a passage look later than now; within the grace it is the same tap.
    if last is not None and abs(tap.at - last.at) < _DOUBLE_TAP:
        service = next((s for s in allowed if s.code == last.service), allowed[0])
        return Decision(Answer.DEJA_PASSE, Detail.DOUBLE_TAP, service, last.at)
    if len(allowed) == 1:  # as nearly always
        return _decide_service(tap, allowed[0], zone)
    answers = [_decide_service(tap, service, zone) for service in allowed]
    return min(answers, key=lambda decision: _PREFERENCE.index(decision.answer))


# Of several open services the best answer is given: the card of a boarder serves for dinner.
_PREFERENCE: Final = (
    Answer.OK,
    Answer.DEJA_PASSE,
    Answer.SOLDE_INSUFFISANT,
    Answer.NON_RESERVE,
)


def _decide_service(tap: Tap, service: Service, zone: ZoneInfo) -> Decision:
    assert tap.holder is not None, "an unlisted card is refused before"
    right = tap.holder.right_to(service.code)
    assert right is not None, "only a service with a right is asked about"
    made = [each for each in tap.admissions if each.service == service.code]
    today = tap.at.astimezone(zone).date()
    made_today = [each.at for each in made if each.at.astimezone(zone).date() == today]
    if len(made_today) >= (right.passages_max or service.passages_max):
        return Decision(Answer.DEJA_PASSE, Detail.PASSAGES_MAX, service, max(made_today))
    if service.week_max is not None and _used_this_week(tap, right, zone) >= service.week_max:
        return Decision(Answer.NON_RESERVE, Detail.WEEK_MAX, service)
    return _decide_right(right, service, today, sum(not each.counted for each in made))


def _decide_right(right: Right, service: Service, today: date, uncounted: int) -> Decision:
    """Answer by the conditions; `uncounted` passages have used meals that the list still has."""
    if (
        right.is_unconditional
        or (right.days is not None and today.isoweekday() in right.days)
        or (right.reserved_on is not None and today in right.reserved_on)
        or (right.meals_left is not None and right.meals_left > uncounted)
    ):
        return Decision(Answer.OK, service=service)
    if right.meals_left is not None:
        return Decision(Answer.SOLDE_INSUFFISANT, Detail.NO_MEAL_LEFT, service)
    return Decision(Answer.NON_RESERVE, Detail.NOT_TODAY, service)


def _used_this_week(tap: Tap, right: Right, zone: ZoneInfo) -> int:
    """Count this ISO week's passages of the right's service: the list's, and those after it."""
    week = _week_of(tap.at, zone)
    listed_this_week = tap.listed_at is not None and _week_of(tap.listed_at, zone) == week
    fresh = [
        each
        for each in tap.admissions
        if each.service == right.service
        and _week_of(each.at, zone) == week
        and not (listed_this_week and each.counted)
    ]
    return len(fresh) + (right.week_used if listed_this_week else 0)


def _week_of(moment: datetime, zone: ZoneInfo) -> tuple[int, int]:
    calendar = moment.astimezone(zone).isocalendar()
    return calendar.year, calendar.week
