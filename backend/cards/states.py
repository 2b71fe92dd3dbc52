"""A card's life, as one table. All of it is here; use cases only ask `next_state`.

    ordered ──personalised──▶ active ──(personalised again: the same chip)──▶ active
       │                        │
       └────────blocked─────────┴──▶ blocked (stays blocked when blocked again)
    any of these ──replaced──▶ replaced        active, blocked ──expired──▶ expired
    active, blocked, replaced, expired ──retired──▶ retired (its chip is free for another card)

Replaced and expired lead to retired only, if the chip ever comes back; retired is an end. A blocked
card is never used again; its holder gets a new one.
"""

from enum import StrEnum


class CardState(StrEnum):
    """Where a card is in its life."""

    ORDERED = "ordered"
    ACTIVE = "active"
    BLOCKED = "blocked"
    REPLACED = "replaced"
    EXPIRED = "expired"
    RETIRED = "retired"


class CardEvent(StrEnum):
    """What can happen to a card."""

    PERSONALISED = "personalised"
    BLOCKED = "blocked"
    REPLACED = "replaced"
    EXPIRED = "expired"
    RETIRED = "retired"


# Absent means refused.
TRANSITIONS: dict[tuple[CardState, CardEvent], CardState] = {
    (CardState.ORDERED, CardEvent.PERSONALISED): CardState.ACTIVE,
    # A desk whose last answer was lost presents the same chip again; or its keys are renewed.
    (CardState.ACTIVE, CardEvent.PERSONALISED): CardState.ACTIVE,
    (CardState.ORDERED, CardEvent.BLOCKED): CardState.BLOCKED,
    (CardState.ACTIVE, CardEvent.BLOCKED): CardState.BLOCKED,
    (CardState.BLOCKED, CardEvent.BLOCKED): CardState.BLOCKED,
    (CardState.ORDERED, CardEvent.REPLACED): CardState.REPLACED,
    (CardState.ACTIVE, CardEvent.REPLACED): CardState.REPLACED,
    (CardState.BLOCKED, CardEvent.REPLACED): CardState.REPLACED,
    (CardState.ACTIVE, CardEvent.EXPIRED): CardState.EXPIRED,
    (CardState.BLOCKED, CardEvent.EXPIRED): CardState.EXPIRED,
    (CardState.ACTIVE, CardEvent.RETIRED): CardState.RETIRED,
    (CardState.BLOCKED, CardEvent.RETIRED): CardState.RETIRED,
    (CardState.REPLACED, CardEvent.RETIRED): CardState.RETIRED,
    (CardState.EXPIRED, CardEvent.RETIRED): CardState.RETIRED,
}


def next_state(state: CardState, event: CardEvent) -> CardState | None:
    """Return the state after an event, or None when the event is refused."""
    return TRANSITIONS.get((state, event))
