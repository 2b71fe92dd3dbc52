"""The life of one sale, as an Enum of states, an Enum of events, one table and one function.

```
 amount ──started──▶ card ──card_shown──▶ proof ──card_proven──────────────▶ code ◀─┐
                      ▲                   │ └─benefit_asked─▶ benefit ──chosen─▶┘   │ wrong_code
                      └────card_left──────┘                                     │   │ (same tap)
                                                                                │   │
   any of card, proof, benefit, code:                                   code_typed  │
     cancelled, timed_out, restarted ─▶ CANCELLED                               ▼   │
     failed ─────────────────────────▶ FAILED                              authorising
   (nothing was sent: nothing is debited)                                   │  │  │
                                           APPROVED ◀──approved─────────────┘  │  │
                                           DECLINED ◀──declined────────────────┘  │
                                           answer_lost, cancelled, restarted      │
                          REVERSED ◀──reversed── reversing ◀──────────────────────┘
                                                  └──▶ itself: answer_lost, restarted
```

Capitals are final. An event absent from the table is refused: nothing happens and `EventRefused`
is raised. The line that matters is `code_typed`: from `authorising` on a payment may exist at the
backend, so the only ways out are an answer that was read, or a reversal that was acknowledged.

Pure: no clock, no device, no journal. Texts are in `words.py`.
"""

from enum import StrEnum


class State(StrEnum):
    """Where a sale stands; the values are the API's words."""

    AMOUNT = "amount"  # nothing exists yet: the till is idle
    CARD = "card"
    PROOF = "proof"
    BENEFIT = "benefit"
    CODE = "code"
    AUTHORISING = "authorising"
    REVERSING = "reversing"
    APPROVED = "approved"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    FAILED = "failed"
    REVERSED = "reversed"


class Event(StrEnum):
    """What can happen to a sale; the values are written in the journal."""

    STARTED = "started"
    CARD_SHOWN = "card_shown"
    CARD_PROVEN = "card_proven"  # and the benefit is settled: only one fits, or it was asked for
    CARD_LEFT = "card_left"  # before its proof: it may be presented again
    BENEFIT_ASKED = "benefit_asked"  # proven, and several benefits fit
    BENEFIT_CHOSEN = "benefit_chosen"
    CODE_TYPED = "code_typed"
    APPROVED = "approved"
    WRONG_CODE = "wrong_code"
    DECLINED = "declined"
    ANSWER_LOST = "answer_lost"  # nobody could say: no answer, or one that cannot be read
    REVERSED = "reversed"
    CANCELLED = "cancelled"  # by the counter, or by the holder on the pad
    TIMED_OUT = "timed_out"
    FAILED = "failed"  # before sending: wrong card, device gone, backend refuses or is away
    RESTARTED = "restarted"  # found unfinished in the journal by a new run of the daemon


FINAL = frozenset(
    {State.APPROVED, State.DECLINED, State.CANCELLED, State.FAILED, State.REVERSED},
)
UNFINISHED = frozenset(State) - FINAL - {State.AMOUNT}
# A payment with the recorded id may be at the backend, or on its way to it.
SENT = frozenset({State.AUTHORISING, State.REVERSING})

_NOTHING_SENT = {
    Event.CANCELLED: State.CANCELLED,
    Event.TIMED_OUT: State.CANCELLED,
    Event.FAILED: State.FAILED,
    Event.RESTARTED: State.CANCELLED,
}

TRANSITIONS: dict[State, dict[Event, State]] = {
    State.AMOUNT: {Event.STARTED: State.CARD, Event.CANCELLED: State.CANCELLED},
    State.CARD: {Event.CARD_SHOWN: State.PROOF, **_NOTHING_SENT},
    State.PROOF: {
        Event.CARD_PROVEN: State.CODE,
        Event.BENEFIT_ASKED: State.BENEFIT,
        Event.CARD_LEFT: State.CARD,
        **_NOTHING_SENT,
    },
    State.BENEFIT: {Event.BENEFIT_CHOSEN: State.CODE, **_NOTHING_SENT},
    # After a wrong code the former payment was declined, so here too nothing is owed.
    State.CODE: {Event.CODE_TYPED: State.AUTHORISING, **_NOTHING_SENT},
    State.AUTHORISING: {
        Event.APPROVED: State.APPROVED,
        Event.WRONG_CODE: State.CODE,
        Event.DECLINED: State.DECLINED,
        # The payment may have been made without our knowing: take it back, whatever it became.
        Event.ANSWER_LOST: State.REVERSING,
        Event.CANCELLED: State.REVERSING,
        Event.RESTARTED: State.REVERSING,
    },
    # There is no giving up: an open reversal waits in the journal until it is acknowledged.
    State.REVERSING: {
        Event.REVERSED: State.REVERSED,
        Event.ANSWER_LOST: State.REVERSING,
        Event.RESTARTED: State.REVERSING,
    },
    State.APPROVED: {},
    State.DECLINED: {},
    State.CANCELLED: {},
    State.FAILED: {},
    State.REVERSED: {},
}


class EventRefused(Exception):
    """This event cannot happen in this state: a fault of the program, never of a person."""

    def __init__(self, state: State, event: Event) -> None:
        super().__init__(f"{event} cannot happen in state {state}")
        self.state = state
        self.event = event


def next_state(state: State, event: Event) -> State:
    """Return the state after `event`; raise EventRefused where the table has no entry."""
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise EventRefused(state, event) from None
