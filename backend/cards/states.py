"""A card's life, as one table. All of it is here; use cases only ask `next_state`.

    ordered ──personalised──▶ active ──(personalised again: the same chip)──▶ active
       │                        │
       └────────blocked─────────┴──▶ blocked (stays blocked when blocked again)
    any of these ──replaced──▶ replaced        active, blocked ──expired──▶ expired

Replaced and expired are ends: nothing leads out of them. A blocked card is never used again; its
holder gets a new one.
"""

from enum import StrEnum


class CardState(StrEnum):
    """Where a card is in its life."""

    ORDERED = "ordered"
    ACTIVE = "active"
    BLOCKED = "blocked"
    REPLACED = "replaced"
    EXPIRED = "expired"


class CardEvent(StrEnum):
    """What can happen to a card."""

    PERSONALISED = "personalised"
    BLOCKED = "blocked"
    REPLACED = "replaced"
    EXPIRED = "expired"


# Absent means refused.
TRANSITIONS: dict[tuple[CardState, CardEvent], CardState] = {
    (CardState.ORDERED, CardEvent.PERSONALISED): CardState.ACTIVE,
    # A desk whose last answer was lost presents the same chip again.
    (CardState.ACTIVE, CardEvent.PERSONALISED): CardState.ACTIVE,
    (CardState.ORDERED, CardEvent.BLOCKED): CardState.BLOCKED,
    (CardState.ACTIVE, CardEvent.BLOCKED): CardState.BLOCKED,
    (CardState.BLOCKED, CardEvent.BLOCKED): CardState.BLOCKED,
    (CardState.ORDERED, CardEvent.REPLACED): CardState.REPLACED,
    (CardState.ACTIVE, CardEvent.REPLACED): CardState.REPLACED,
    (CardState.BLOCKED, CardEvent.REPLACED): CardState.REPLACED,
    (CardState.ACTIVE, CardEvent.EXPIRED): CardState.EXPIRED,
    (CardState.BLOCKED, CardEvent.EXPIRED): CardState.EXPIRED,
}


def next_state(state: CardState, event: CardEvent) -> CardState | None:
    """Return the state after an event, or None when the event is refused."""
    return TRANSITIONS.get((state, event))
