"""The life of one errand, as an Enum of states, an Enum of events, one table and one function.

```
 card ──card_shown──▶ proof ──card_proven──▶ code ──code_typed──▶ asking ──answered──▶ shown
  ▲                    │ │                     ▲                   ▲ │ │                 │ ended
  └─────card_left──────┘ │                     └────wrong_code─────┼─┘ └─found──▶ DONE ◀─┘
                         └──────────────card_enough────────────────┘
   card, proof, code, asking:  cancelled, timed_out ─▶ CANCELLED    failed ─▶ FAILED
   asking:                     declined ─▶ DECLINED
   shown:                      cancelled ─▶ DONE
```

Capitals are final. An errand moves no money, so it may be given up in any state, nothing of it is
in the journal, and an answer that was lost is only asked for again. Pure.
"""

from enum import StrEnum


class ErrandKind(StrEnum):
    """What the card is presented for."""

    BALANCES = "balances"  # with the code: the holder reads what is left
    PAYMENTS = "payments"  # without: the shop finds what to give back


class ErrandState(StrEnum):
    """Where an errand stands; the values are the API's words."""

    CARD = "card"
    PROOF = "proof"
    CODE = "code"
    ASKING = "asking"
    SHOWN = "shown"
    DONE = "done"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    FAILED = "failed"


class ErrandEvent(StrEnum):
    """What can happen to an errand."""

    CARD_SHOWN = "card_shown"
    CARD_PROVEN = "card_proven"  # and a code is needed
    CARD_ENOUGH = "card_enough"  # proven, and no code is needed
    CARD_LEFT = "card_left"
    CODE_TYPED = "code_typed"
    WRONG_CODE = "wrong_code"
    ANSWERED = "answered"  # balances, to be shown to their holder for a moment
    FOUND = "found"  # payments, for the shop to choose from
    DECLINED = "declined"
    ENDED = "ended"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    FAILED = "failed"


ERRAND_FINAL = frozenset(
    {ErrandState.DONE, ErrandState.DECLINED, ErrandState.CANCELLED, ErrandState.FAILED}
)

_GIVEN_UP = {
    ErrandEvent.CANCELLED: ErrandState.CANCELLED,
    ErrandEvent.TIMED_OUT: ErrandState.CANCELLED,
    ErrandEvent.FAILED: ErrandState.FAILED,
}

ERRAND_TRANSITIONS: dict[ErrandState, dict[ErrandEvent, ErrandState]] = {
    ErrandState.CARD: {ErrandEvent.CARD_SHOWN: ErrandState.PROOF, **_GIVEN_UP},
    ErrandState.PROOF: {
        ErrandEvent.CARD_PROVEN: ErrandState.CODE,
        ErrandEvent.CARD_ENOUGH: ErrandState.ASKING,
        ErrandEvent.CARD_LEFT: ErrandState.CARD,
        **_GIVEN_UP,
    },
    ErrandState.CODE: {ErrandEvent.CODE_TYPED: ErrandState.ASKING, **_GIVEN_UP},
    ErrandState.ASKING: {
        ErrandEvent.ANSWERED: ErrandState.SHOWN,
        ErrandEvent.FOUND: ErrandState.DONE,
        ErrandEvent.WRONG_CODE: ErrandState.CODE,
        ErrandEvent.DECLINED: ErrandState.DECLINED,
        **_GIVEN_UP,
    },
    ErrandState.SHOWN: {
        ErrandEvent.ENDED: ErrandState.DONE,
        ErrandEvent.CANCELLED: ErrandState.DONE,
    },
    ErrandState.DONE: {},
    ErrandState.DECLINED: {},
    ErrandState.CANCELLED: {},
    ErrandState.FAILED: {},
}


class ErrandEventRefused(Exception):
    """This event cannot happen in this state: a fault of the program, never of a person."""

    def __init__(self, state: ErrandState, event: ErrandEvent) -> None:
        super().__init__(f"{event} cannot happen in state {state}")
        self.state = state
        self.event = event


def next_errand_state(state: ErrandState, event: ErrandEvent) -> ErrandState:
    """Return the state after `event`; raise ErrandEventRefused where the table has no entry."""
    try:
        return ERRAND_TRANSITIONS[state][event]
    except KeyError:
        raise ErrandEventRefused(state, event) from None
