"""A card's life, as one table. All of it is here; use cases only ask `next_state`.

    (ordered) ▶ ordered ──produced──▶ produced ──shipped──▶ shipped ──received──▶ received
                 │  │                    └───────────received───────────────────────▲ │
                 │  └─cancelled─▶ cancelled                                  handed over
                 │                                                                    ▼
                 │                        shipped (to the holder) ──activated──┐  handed_over
                 │                                                             ▼      │
                 └──personalised (made at a counter, given at once)────────▶ active ◀─┘ activated

    every state so far, cancelled apart ──blocked──▶ blocked (and stays so)
    produced … active ──replaced──▶ replaced
    produced … active, blocked ──expired──▶ expired, ──withdrawn──▶ withdrawn
    all that had a chip ──retired──▶ retired (its chip is free for another card)

A card is used in `active` alone. No way leads from blocked back: a lost card that is found again is
withdrawn, and its holder has another. Renewing the keys of a chip changes no state.
"""

from enum import StrEnum
from typing import Final


class CardState(StrEnum):
    """Where a card is in its life."""

    ORDERED = "ordered"
    CANCELLED = "cancelled"
    PRODUCED = "produced"
    SHIPPED = "shipped"
    RECEIVED = "received"
    HANDED_OVER = "handed_over"
    ACTIVE = "active"
    BLOCKED = "blocked"
    REPLACED = "replaced"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    RETIRED = "retired"


class CardEvent(StrEnum):
    """What can happen to a card, in the order of a life."""

    #: How a card begins; no state takes it.
    ORDERED = "ordered"
    CANCELLED = "cancelled"
    #: Made, to be sent or kept until it is handed over.
    PRODUCED = "produced"
    #: Made at a counter and given to its holder in the same moment.
    PERSONALISED = "personalised"
    SHIPPED = "shipped"
    RECEIVED = "received"
    HANDED_OVER = "handed_over"
    ACTIVATED = "activated"
    BLOCKED = "blocked"
    REPLACED = "replaced"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    RETIRED = "retired"


#: Made, and not yet its holder's to use.
ON_ITS_WAY: Final = (
    CardState.PRODUCED,
    CardState.SHIPPED,
    CardState.RECEIVED,
    CardState.HANDED_OVER,
)
#: Its chip is its own: a desk may renew its keys.
WITH_A_CHIP: Final = (*ON_ITS_WAY, CardState.ACTIVE)
#: Whoever has a card in one of these needs no other.
ENOUGH: Final = (CardState.ORDERED, *WITH_A_CHIP)
#: No longer to be used by whoever holds it; a gate that knows the card says so.
REFUSED_AT_GATES: Final = (CardState.BLOCKED, CardState.REPLACED, CardState.WITHDRAWN)
#: What a gate must hear of within seconds.
OUT_OF_USE: Final = (*REFUSED_AT_GATES, CardState.EXPIRED, CardState.RETIRED)

# Absent means refused.
TRANSITIONS: Final[dict[tuple[CardState, CardEvent], CardState]] = {
    (CardState.ORDERED, CardEvent.CANCELLED): CardState.CANCELLED,
    (CardState.ORDERED, CardEvent.PRODUCED): CardState.PRODUCED,
    (CardState.ORDERED, CardEvent.PERSONALISED): CardState.ACTIVE,
    # A desk whose last answer was lost presents the same chip again; or its keys are renewed.
    **{(state, CardEvent.PRODUCED): state for state in ON_ITS_WAY},
    (CardState.ACTIVE, CardEvent.PERSONALISED): CardState.ACTIVE,
    (CardState.PRODUCED, CardEvent.SHIPPED): CardState.SHIPPED,
    (CardState.SHIPPED, CardEvent.RECEIVED): CardState.RECEIVED,
    # A card that was scanned is there, whatever was written down on its way.
    (CardState.PRODUCED, CardEvent.RECEIVED): CardState.RECEIVED,
    (CardState.RECEIVED, CardEvent.HANDED_OVER): CardState.HANDED_OVER,
    (CardState.HANDED_OVER, CardEvent.ACTIVATED): CardState.ACTIVE,
    # Sent to its holder's home: who has it says so.
    (CardState.SHIPPED, CardEvent.ACTIVATED): CardState.ACTIVE,
    **{(state, CardEvent.BLOCKED): CardState.BLOCKED for state in ENOUGH},
    (CardState.BLOCKED, CardEvent.BLOCKED): CardState.BLOCKED,
    **{(state, CardEvent.REPLACED): CardState.REPLACED for state in WITH_A_CHIP},
    **{(state, CardEvent.EXPIRED): CardState.EXPIRED for state in WITH_A_CHIP},
    (CardState.BLOCKED, CardEvent.EXPIRED): CardState.EXPIRED,
    **{(state, CardEvent.WITHDRAWN): CardState.WITHDRAWN for state in WITH_A_CHIP},
    (CardState.BLOCKED, CardEvent.WITHDRAWN): CardState.WITHDRAWN,
    **{
        (state, CardEvent.RETIRED): CardState.RETIRED
        for state in (
            *WITH_A_CHIP,
            CardState.BLOCKED,
            CardState.REPLACED,
            CardState.EXPIRED,
            CardState.WITHDRAWN,
        )
    },
}


def next_state(state: CardState, event: CardEvent) -> CardState | None:
    """Return the state after an event, or None when the event is refused."""
    return TRANSITIONS.get((state, event))
