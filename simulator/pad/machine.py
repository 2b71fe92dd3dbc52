"""Whose turn it is, seen from the pad: an Enum, a table and one function.

Promise: everything that decides on a turn is in this file. Every event has a row in every state.
Not done here: frames, keys, the display (`pad.py` carries the actions out).

             REQUEST                VALIDATE
    IDLE ─────────────> ENTERING ─────────────> ANSWERING
     ▲ │                    │                      │  │
     │ │ WRONG_REQUEST      │ CANCEL, RESET, DUE   │  │ NAK, DUE: the answer again
     │ └────────────────────┼──────────────────────▶  │
     └──────────────────────┴─────────────────────────┘ ACK, RESET, SPENT
"""

from collections.abc import Mapping
from enum import Enum, auto
from types import MappingProxyType


class State(Enum):
    """What the pad is doing."""

    IDLE = auto()
    ENTERING = auto()  # the holder types
    ANSWERING = auto()  # the answer is sent and not yet acknowledged


class Event(Enum):
    """What can happen to a pad."""

    # From the line.
    TEXT = auto()
    REQUEST = auto()
    REQUEST_AGAIN = auto()  # the very request being served: our ACK was lost
    WRONG_REQUEST = auto()
    RESET = auto()
    CONNECTION_TEST = auto()
    UNKNOWN = auto()
    UNREADABLE = auto()
    UNREADABLE_AGAIN = auto()  # once more than we ask for
    ACK = auto()
    NAK = auto()
    EOT = auto()
    # From the keys.
    DIGIT = auto()
    VALIDATE = auto()
    VALIDATE_TOO_SOON = auto()  # not enough digits yet
    CLEAR = auto()
    CANCEL = auto()
    # From the clock.
    DUE = auto()
    SPENT = auto()  # the answer was sent often enough


class Action(Enum):
    """What to do on the way."""

    IGNORE = auto()
    SHOW = auto()
    ACKNOWLEDGE = auto()
    ACKNOWLEDGE_AND_LEAVE = auto()
    OPEN_ENTRY = auto()
    REFUSE = auto()
    ASK_AGAIN = auto()
    SAY_GOODBYE = auto()
    ADD_DIGIT = auto()
    WIPE_DIGITS = auto()
    ANSWER = auto()
    ANSWER_AGAIN = auto()
    CLOSE = auto()


_S, _E, _A = State, Event, Action
Step = tuple[State, Action]


def _ignoring(state: State) -> dict[Event, Step]:
    return dict.fromkeys(Event, (state, Action.IGNORE))


_IDLE: dict[Event, Step] = {
    **_ignoring(_S.IDLE),
    _E.TEXT: (_S.IDLE, _A.SHOW),
    _E.REQUEST: (_S.ENTERING, _A.OPEN_ENTRY),
    _E.REQUEST_AGAIN: (_S.ENTERING, _A.OPEN_ENTRY),
    _E.WRONG_REQUEST: (_S.ANSWERING, _A.REFUSE),
    _E.RESET: (_S.IDLE, _A.ACKNOWLEDGE),
    _E.CONNECTION_TEST: (_S.IDLE, _A.ACKNOWLEDGE_AND_LEAVE),
    _E.UNREADABLE: (_S.IDLE, _A.ASK_AGAIN),
    _E.UNREADABLE_AGAIN: (_S.IDLE, _A.SAY_GOODBYE),
}

_ENTERING: dict[Event, Step] = {
    **_ignoring(_S.ENTERING),
    _E.REQUEST: (_S.ENTERING, _A.OPEN_ENTRY),
    _E.REQUEST_AGAIN: (_S.ENTERING, _A.ACKNOWLEDGE),
    # During an entry a reset is answered with EOT only (UIC PP791 p. 206).
    _E.RESET: (_S.IDLE, _A.SAY_GOODBYE),
    _E.UNREADABLE: (_S.ENTERING, _A.ASK_AGAIN),
    _E.UNREADABLE_AGAIN: (_S.IDLE, _A.SAY_GOODBYE),
    _E.EOT: (_S.IDLE, _A.CLOSE),
    _E.DIGIT: (_S.ENTERING, _A.ADD_DIGIT),
    _E.VALIDATE: (_S.ANSWERING, _A.ANSWER),
    _E.CLEAR: (_S.ENTERING, _A.WIPE_DIGITS),
    _E.CANCEL: (_S.IDLE, _A.SAY_GOODBYE),
    _E.DUE: (_S.IDLE, _A.SAY_GOODBYE),
}

_ANSWERING: dict[Event, Step] = {
    **_ignoring(_S.ANSWERING),
    _E.ACK: (_S.IDLE, _A.CLOSE),
    _E.NAK: (_S.ANSWERING, _A.ANSWER_AGAIN),
    _E.EOT: (_S.IDLE, _A.CLOSE),
    _E.RESET: (_S.IDLE, _A.SAY_GOODBYE),
    _E.DUE: (_S.ANSWERING, _A.ANSWER_AGAIN),
    _E.SPENT: (_S.IDLE, _A.SAY_GOODBYE),
}

TABLE: Mapping[State, Mapping[Event, Step]] = MappingProxyType(
    {State.IDLE: _IDLE, State.ENTERING: _ENTERING, State.ANSWERING: _ANSWERING}
)


def step(state: State, event: Event) -> Step:
    """Return the next state and what to do on the way."""
    return TABLE[state][event]
