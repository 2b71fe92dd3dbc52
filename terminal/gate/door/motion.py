"""How a turnstile or door moves, as a table. Pure.

                  RELEASE              ROTATED             contact closed
    CLOSED ───────────────▶ RELEASED ───────────▶ PASSED ───────────────▶ CLOSED
       │                     │  ▲ │                 │ time up
       │      contact opened ▼  │ │ time up         ▼
       │                   OPENED │              HELD_OPEN ─ contact closed ─▶ CLOSED
       │ rotated, or         │    ▼
       │ contact opened      │  RELOCKED ─ rotated ─▶ PASSED   (an arm that was already moving)
       ▼                     │    │ time up
     alarm: forced           │    └───────────────────────────▶ CLOSED   (nobody went through)
                             └─ time up ─▶ HELD_OPEN: alarm

A sensor that stays active counts nobody: STUCK releases nobody. A line that is gone is ABSENT; if
somebody had been released, nobody can say whether they went through: in doubt, it counts.

A pair that is not in the table is not possible: a release is refused, anything else is no news.
EMERGENCY comes from every phase but ABSENT and goes to RELOCKED: released for everybody, held so
again at each TIME_UP, each rotation counted and nobody charged; nor is who was on the way.

Each phase that has a limit of time is told TIME_UP by whoever keeps the clock.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final


class Phase(Enum):
    """Where the door is."""

    ABSENT = "absent"
    CLOSED = "closed"
    RELEASED = "released"
    OPENED = "opened"  # released, and it stands open: somebody is on the way
    RELOCKED = "relocked"  # an arm that already moves still ends its turn
    PASSED = "passed"
    FORCED = "forced"  # open, and nobody was released
    HELD_OPEN = "held_open"
    STUCK = "stuck"  # the rotation sensor does not let go
    EMERGENCY = "emergency"  # released for everybody


class Event(Enum):
    """What happens to it."""

    CLAIMED = auto()
    LOST = auto()
    RELEASE = auto()
    ROTATED = auto()
    CONTACT_OPENED = auto()
    CONTACT_CLOSED = auto()
    TIME_UP = auto()
    SENSOR_STUCK = auto()
    SENSOR_FREE = auto()
    EMERGENCY = auto()
    EMERGENCY_OVER = auto()


class Effect(Enum):
    """What is to be done about it."""

    OPEN = auto()
    CLOSE = auto()
    COUNT = auto()  # who was released went through
    DISCOUNT = auto()  # who was released did not
    DOUBT = auto()  # nobody can say
    ALARM_FORCED = auto()
    ALARM_HELD = auto()
    ALARM_STUCK = auto()
    ALARM_LOST = auto()
    CALM = auto()  # the alarm is over
    HOLD = auto()  # open it, and leave it open
    COUNT_FREE = auto()  # somebody went through a door released for everybody
    ANNOUNCE = auto()  # say that everybody may go through


@dataclass(frozen=True, slots=True)
class Step:
    """The next phase, and what to do on the way, in this order."""

    phase: Phase
    effects: tuple[Effect, ...] = ()


_P, _E, _F = Phase, Event, Effect

TRANSITIONS: Final[dict[tuple[Phase, Event], Step]] = {
    (_P.ABSENT, _E.CLAIMED): Step(_P.CLOSED, (_F.CALM,)),
    (_P.CLOSED, _E.RELEASE): Step(_P.RELEASED, (_F.OPEN,)),
    (_P.CLOSED, _E.ROTATED): Step(_P.CLOSED, (_F.ALARM_FORCED,)),
    (_P.CLOSED, _E.CONTACT_OPENED): Step(_P.FORCED, (_F.ALARM_FORCED,)),
    # One release, one passage: it locks behind the first who turns it.
    (_P.RELEASED, _E.ROTATED): Step(_P.PASSED, (_F.CLOSE, _F.COUNT)),
    (_P.RELEASED, _E.CONTACT_OPENED): Step(_P.OPENED),
    (_P.RELEASED, _E.TIME_UP): Step(_P.RELOCKED, (_F.CLOSE,)),
    (_P.OPENED, _E.ROTATED): Step(_P.PASSED, (_F.CLOSE, _F.COUNT)),
    # Who stepped back may still go, for as long as the release lasts.
    (_P.OPENED, _E.CONTACT_CLOSED): Step(_P.RELEASED),
    (_P.OPENED, _E.TIME_UP): Step(_P.HELD_OPEN, (_F.CLOSE, _F.DISCOUNT, _F.ALARM_HELD)),
    (_P.RELOCKED, _E.ROTATED): Step(_P.PASSED, (_F.COUNT,)),
    (_P.RELOCKED, _E.TIME_UP): Step(_P.CLOSED, (_F.DISCOUNT,)),
    (_P.RELOCKED, _E.CONTACT_OPENED): Step(_P.OPENED),
    (_P.PASSED, _E.CONTACT_CLOSED): Step(_P.CLOSED),
    (_P.PASSED, _E.ROTATED): Step(_P.PASSED, (_F.ALARM_FORCED,)),  # a second one behind the first
    (_P.PASSED, _E.TIME_UP): Step(_P.HELD_OPEN, (_F.ALARM_HELD,)),
    (_P.FORCED, _E.CONTACT_CLOSED): Step(_P.CLOSED, (_F.CALM,)),
    (_P.FORCED, _E.ROTATED): Step(_P.FORCED, (_F.ALARM_FORCED,)),
    (_P.FORCED, _E.TIME_UP): Step(_P.HELD_OPEN, (_F.ALARM_HELD,)),
    (_P.HELD_OPEN, _E.CONTACT_CLOSED): Step(_P.CLOSED, (_F.CALM,)),
    (_P.HELD_OPEN, _E.ROTATED): Step(_P.HELD_OPEN, (_F.ALARM_FORCED,)),
    (_P.STUCK, _E.SENSOR_FREE): Step(_P.CLOSED, (_F.CALM,)),
    (_P.EMERGENCY, _E.ROTATED): Step(_P.EMERGENCY, (_F.COUNT_FREE,)),
    # A board that lost its power for a moment is told again.
    (_P.EMERGENCY, _E.TIME_UP): Step(_P.EMERGENCY, (_F.HOLD,)),
    (_P.EMERGENCY, _E.EMERGENCY_OVER): Step(_P.RELOCKED, (_F.CLOSE,)),
}
WAITING: Final = frozenset({Phase.RELEASED, Phase.OPENED, Phase.RELOCKED})
"""Somebody was released, and it is not known yet what became of it."""
BUSY: Final = WAITING | {Phase.PASSED}
"""The next one has a moment to wait."""


def _gone(phase: Phase) -> Step:
    return Step(_P.ABSENT, ((_F.DOUBT,) if phase in WAITING else ()) + (_F.ALARM_LOST,))


def _stuck(phase: Phase) -> Step:
    doubt = (_F.DOUBT,) if phase in WAITING else ()
    return Step(_P.STUCK, (_F.CLOSE, *doubt, _F.ALARM_STUCK))


def _free(phase: Phase) -> Step:
    discount = (_F.DISCOUNT,) if phase in WAITING else ()
    return Step(_P.EMERGENCY, (_F.HOLD, *discount, _F.CALM, _F.ANNOUNCE))


for _phase in Phase:
    if _phase is not Phase.ABSENT:
        TRANSITIONS[_phase, Event.LOST] = _gone(_phase)
        if _phase not in (Phase.STUCK, Phase.EMERGENCY):
            TRANSITIONS[_phase, Event.SENSOR_STUCK] = _stuck(_phase)
        if _phase is not Phase.EMERGENCY:
            TRANSITIONS[_phase, Event.EMERGENCY] = _free(_phase)


def next_step(phase: Phase, event: Event) -> Step | None:
    """Return what follows, None where the event is not possible in this phase."""
    return TRANSITIONS.get((phase, event))
