"""May this card pass now? The whole answer of a gate, as one pure function.

Promise: the checks run in this order, and the first that fails is the answer:
chip genuine → card not blocked → holder belongs here → service open now → right → not already
passed. The state of a code is no input: a gate opens whether it is set, wrong or blocked.

A service opens and closes by the wall clock of the list's time zone, on one local day; a passage
belongs to the local day it happened on. So the two nights a year when clocks change need no rule.

Not here: devices, journal, words. `SOLDE_INSUFFISANT` is an answer of the API that no list of
format 1 can lead to: it carries no balance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
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
    NO_RIGHT = "no_right"
    DOUBLE_TAP = "double_tap"
    PASSAGES_MAX = "passages_max"


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

    A service that closes at 23:59 is open to the end of the day.
    """

    code: str
    label: str
    days: frozenset[int]
    opens: time
    closes: time
    passages_max: int

    def is_open(self, local: datetime) -> bool:
        """Tell whether it is open at this local moment."""
        # The list writes whole minutes, and 24:00 is not one: the last minute of a day is its end.
        still_open = local.time() < self.closes or self.closes == LAST_MINUTE
        return local.isoweekday() in self.days and self.opens <= local.time() and still_open


@dataclass(frozen=True, slots=True)
class Holder:
    """What the list says of one card; `services` empty means: belongs to nothing here."""

    card_id: str
    display_name: str
    blocked: bool
    services: frozenset[str]


@dataclass(frozen=True, slots=True)
class Admission:
    """A passage that was admitted: which service, and when (aware)."""

    service: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Tap:
    """Everything a decision may depend on."""

    at: datetime
    chip: Chip
    holder: Holder | None
    admissions: Sequence[Admission] = ()


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


def decide(tap: Tap, services: Sequence[Service], zone: ZoneInfo) -> Decision:
    """Return the answer to one tap; the first check that fails decides."""
    refusal = _refuse_card(tap)
    if refusal is not None:
        return refusal
    assert tap.holder is not None, "an unlisted card is refused above"
    local = tap.at.astimezone(zone)
    open_now = [service for service in services if service.is_open(local)]
    if not open_now:
        return Decision(Answer.HORS_HORAIRES, Detail.CLOSED)
    allowed = [service for service in open_now if service.code in tap.holder.services]
    if not allowed:
        return Decision(Answer.NON_RESERVE, Detail.NO_RIGHT, open_now[0])
    return _decide_passage(tap, allowed, zone)


def _refuse_card(tap: Tap) -> Decision | None:
    if tap.chip is not Chip.GENUINE:
        return Decision(Answer.CARTE_INCONNUE, _CHIP_REFUSALS[tap.chip])
    if tap.holder is None:
        return Decision(Answer.CARTE_INCONNUE, Detail.NOT_LISTED)
    if tap.holder.blocked:
        return Decision(Answer.CARTE_OPPOSEE, Detail.BLOCKED)
    if not tap.holder.services:
        return Decision(Answer.NON_INSCRIT, Detail.NO_SERVICE_HERE)
    return None


def _decide_passage(tap: Tap, allowed: Sequence[Service], zone: ZoneInfo) -> Decision:
    """Admit to the first allowed service with a passage left; `allowed` is not empty."""
    last = max(tap.admissions, key=lambda admission: admission.at, default=None)
    # Whatever the service: a card left a second too long must not use up the next one. A clock
    # set back makes a passage look later than now; within the grace it is the same tap.
    if last is not None and abs(tap.at - last.at) < _DOUBLE_TAP:
        service = next((s for s in allowed if s.code == last.service), allowed[0])
        return Decision(Answer.DEJA_PASSE, Detail.DOUBLE_TAP, service, last.at)
    passed_at: datetime | None = None
    for service in allowed:
        made = _made_today(tap, service, zone)
        if len(made) < service.passages_max:
            return Decision(Answer.OK, service=service)
        passed_at = passed_at or max(made)
    return Decision(Answer.DEJA_PASSE, Detail.PASSAGES_MAX, allowed[0], passed_at)


def _made_today(tap: Tap, service: Service, zone: ZoneInfo) -> list[datetime]:
    today = tap.at.astimezone(zone).date()
    return [
        admission.at
        for admission in tap.admissions
        if admission.service == service.code and admission.at.astimezone(zone).date() == today
    ]


def service_at(services: Sequence[Service], moment: datetime, zone: ZoneInfo) -> Service | None:
    """Return the first service open at `moment`, or None."""
    local = moment.astimezone(zone)
    return next((service for service in services if service.is_open(local)), None)


def next_service(services: Sequence[Service], moment: datetime, zone: ZoneInfo) -> Service | None:
    """Return the service that opens next on the same local day, or None."""
    local = moment.astimezone(zone)
    later = [s for s in services if local.isoweekday() in s.days and s.opens > local.time()]
    return min(later, key=lambda service: service.opens, default=None)
