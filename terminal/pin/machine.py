"""Whose turn it is between us and the pad: an Enum, a table and one function.

Promise: everything that decides on a turn is in this file, and it touches neither bytes nor clock.
Absent from the table means refused. `conversation.py` counts, times and carries the actions out.

              TELL                      ACK
    RESTING ────────────> TELLING ────────────────────────> RESTING
       │                  (Z2, Z3)
       │      RESET                     ACK or EOT
       ├────────────────> RESETTING ──────────────────────> RESTING
       │                  (72) ▲
       │      ASK              │ RESET (cancelled), DUE (time is over)
       └──────> ASKING ──> ENTERING ── ANSWER, EOT, REFUSAL ──> RESTING
              (Z62)   ACK     │
                ▲     NAK     │
                └─────────────┘

Every state but RESTING also ends, in RESTING, when the pad is silent (UNANSWERED), cannot read us
(REJECTED), will not hear us (DISMISSED) or cannot be read (UNREADABLE).
"""

from collections.abc import Mapping
from enum import Enum, auto
from types import MappingProxyType


class State(Enum):
    """What we are waiting for."""

    RESTING = auto()  # nothing: the pad has been left alone
    TELLING = auto()  # the ACK of words for the display
    ASKING = auto()  # the ACK of a request for a code
    ENTERING = auto()  # the holder
    RESETTING = auto()  # the end of whatever the pad was doing


class Event(Enum):
    """What can happen, by who causes it."""

    # Ours.
    TELL = auto()
    ASK = auto()
    RESET = auto()
    # The pad's.
    ACK = auto()
    NAK = auto()
    EOT = auto()
    ANSWER = auto()  # an encrypted PIN block under a key number not seen before
    REPEAT = auto()  # the block already delivered: our ACK was lost
    REFUSAL = auto()
    MALFORMED = auto()  # an answer nobody can read though its LRC is good
    FOREIGN = auto()
    DAMAGED = auto()
    # A limit's.
    DUE = auto()  # the wait is over and another may follow
    UNANSWERED = auto()  # the last wait is over
    REJECTED = auto()  # a NAK, and we have sent often enough
    DISMISSED = auto()  # an EOT instead of an ACK, and we have sent often enough
    UNREADABLE = auto()  # a damaged frame, and we have asked often enough


class Action(Enum):
    """What to do on the way to the next state."""

    IGNORE = auto()
    SEND = auto()  # the command, for the first time
    RESEND = auto()
    ACKNOWLEDGE = auto()
    START_OVER = auto()  # acknowledge: the pad was still waiting and did not hear the command
    ASK_AGAIN = auto()  # NAK: the frame came damaged
    AWAIT_HOLDER = auto()
    # The rest end the exchange.
    FINISH = auto()
    DELIVER = auto()
    END_ENTRY = auto()
    REFUSE = auto()
    REFUSE_UNHEARD = auto()
    FAIL_SILENT = auto()
    FAIL_GARBLED = auto()


_S, _E, _A = State, Event, Action
Step = tuple[State, Action]

_RESTING: dict[Event, Step] = {
    _E.TELL: (_S.TELLING, _A.SEND),
    _E.ASK: (_S.ASKING, _A.SEND),
    _E.RESET: (_S.RESETTING, _A.SEND),
    _E.ACK: (_S.RESTING, _A.IGNORE),
    _E.NAK: (_S.RESTING, _A.IGNORE),
    _E.EOT: (_S.RESTING, _A.IGNORE),
    # A latecomer of an entry that is over: quieten the pad, and drop it.
    _E.ANSWER: (_S.RESTING, _A.ACKNOWLEDGE),
    _E.REPEAT: (_S.RESTING, _A.ACKNOWLEDGE),
    _E.REFUSAL: (_S.RESTING, _A.ACKNOWLEDGE),
    _E.MALFORMED: (_S.RESTING, _A.ACKNOWLEDGE),
    _E.FOREIGN: (_S.RESTING, _A.IGNORE),
    _E.DAMAGED: (_S.RESTING, _A.IGNORE),
}

_TELLING: dict[Event, Step] = {
    _E.ACK: (_S.RESTING, _A.FINISH),
    _E.NAK: (_S.TELLING, _A.RESEND),
    # Perhaps the goodbye of an earlier exchange, perhaps meant: say it again and see.
    _E.EOT: (_S.TELLING, _A.RESEND),
    _E.ANSWER: (_S.TELLING, _A.START_OVER),
    _E.REPEAT: (_S.TELLING, _A.START_OVER),
    _E.REFUSAL: (_S.TELLING, _A.START_OVER),
    _E.MALFORMED: (_S.TELLING, _A.START_OVER),
    _E.FOREIGN: (_S.TELLING, _A.IGNORE),
    _E.DAMAGED: (_S.TELLING, _A.ASK_AGAIN),
    _E.DUE: (_S.TELLING, _A.RESEND),
    _E.UNANSWERED: (_S.RESTING, _A.FAIL_SILENT),
    _E.REJECTED: (_S.RESTING, _A.FAIL_GARBLED),
    _E.DISMISSED: (_S.RESTING, _A.REFUSE_UNHEARD),
    _E.UNREADABLE: (_S.RESTING, _A.FAIL_GARBLED),
}

_ASKING: dict[Event, Step] = {
    **_TELLING,
    _E.ACK: (_S.ENTERING, _A.AWAIT_HOLDER),
    _E.NAK: (_S.ASKING, _A.RESEND),
    _E.EOT: (_S.ASKING, _A.RESEND),
    # The ACK was lost, or is overtaken: the answer says that the request was heard.
    _E.ANSWER: (_S.RESTING, _A.DELIVER),
    _E.REPEAT: (_S.ASKING, _A.START_OVER),
    _E.REFUSAL: (_S.RESTING, _A.REFUSE),
    _E.MALFORMED: (_S.RESTING, _A.FAIL_GARBLED),
    _E.FOREIGN: (_S.ASKING, _A.IGNORE),
    _E.DAMAGED: (_S.ASKING, _A.ASK_AGAIN),
    _E.DUE: (_S.ASKING, _A.RESEND),
}

_ENTERING: dict[Event, Step] = {
    _E.RESET: (_S.RESETTING, _A.SEND),
    _E.ACK: (_S.ENTERING, _A.IGNORE),
    # The ACK we took for this request's belonged to an earlier one.
    _E.NAK: (_S.ASKING, _A.RESEND),
    _E.EOT: (_S.RESTING, _A.END_ENTRY),
    _E.ANSWER: (_S.RESTING, _A.DELIVER),
    _E.REPEAT: (_S.ENTERING, _A.ACKNOWLEDGE),
    _E.REFUSAL: (_S.RESTING, _A.REFUSE),
    _E.MALFORMED: (_S.RESTING, _A.FAIL_GARBLED),
    _E.FOREIGN: (_S.ENTERING, _A.IGNORE),
    _E.DAMAGED: (_S.ENTERING, _A.ASK_AGAIN),
    _E.DUE: (_S.RESETTING, _A.SEND),
    _E.REJECTED: (_S.RESTING, _A.FAIL_GARBLED),
    _E.UNREADABLE: (_S.RESTING, _A.FAIL_GARBLED),
}

_RESETTING: dict[Event, Step] = {
    **_TELLING,
    # At rest a pad answers 72 with ACK, during an entry with EOT only (UIC PP791 p. 206).
    _E.ACK: (_S.RESTING, _A.FINISH),
    _E.EOT: (_S.RESTING, _A.FINISH),
    _E.NAK: (_S.RESETTING, _A.RESEND),
    # The holder finished while we gave up: the code is not wanted any more.
    _E.ANSWER: (_S.RESETTING, _A.START_OVER),
    _E.REPEAT: (_S.RESETTING, _A.START_OVER),
    _E.REFUSAL: (_S.RESETTING, _A.START_OVER),
    _E.MALFORMED: (_S.RESETTING, _A.START_OVER),
    _E.FOREIGN: (_S.RESETTING, _A.IGNORE),
    _E.DAMAGED: (_S.RESETTING, _A.ASK_AGAIN),
    _E.DUE: (_S.RESETTING, _A.RESEND),
}
# An EOT ends a reset, whichever it is.
del _RESETTING[_E.DISMISSED]

TABLE: Mapping[State, Mapping[Event, Step]] = MappingProxyType(
    {
        State.RESTING: _RESTING,
        State.TELLING: _TELLING,
        State.ASKING: _ASKING,
        State.ENTERING: _ENTERING,
        State.RESETTING: _RESETTING,
    }
)


class NotNow(Exception):
    """This event has no place in this state: the caller's mistake. Nothing has changed."""

    def __init__(self, state: State, event: Event) -> None:
        super().__init__(f"{event.name} has no place in {state.name}")
        self.state = state
        self.event = event


def step(state: State, event: Event) -> Step:
    """Return the next state and what to do on the way; raise `NotNow` where the table is empty."""
    try:
        return TABLE[state][event]
    except KeyError:
        raise NotNow(state, event) from None
