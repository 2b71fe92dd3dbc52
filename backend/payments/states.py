"""A payment's life, as one table. All of it is here; use cases only ask `next_state`.

    absent ──arrived──▶ pending ──approved──▶ approved ─┐
      │                   │  └──declined──────▶ declined ─┤
      │                   │     interrupted       ▲       │
      │                   └───────┘ (too old) ────┘       │
      └────reversed───────┴──────────reversed────────────┴──▶ reversed (again: stays)

Reversed is the end: a payment that arrives after its reversal is refused, an approval or a
decline that comes after it is dropped. Money is out in `approved` and nowhere else.
"""

from enum import StrEnum
from typing import Final


class PaymentState(StrEnum):
    """Where a payment is; `absent` is what has no row."""

    ABSENT = "absent"
    PENDING = "pending"
    APPROVED = "approved"
    DECLINED = "declined"
    REVERSED = "reversed"


class PaymentEvent(StrEnum):
    """What can happen to a payment."""

    ARRIVED = "arrived"
    APPROVED = "approved"
    DECLINED = "declined"
    INTERRUPTED = "interrupted"
    REVERSED = "reversed"


# Absent means refused.
TRANSITIONS: Final[dict[tuple[PaymentState, PaymentEvent], PaymentState]] = {
    (PaymentState.ABSENT, PaymentEvent.ARRIVED): PaymentState.PENDING,
    (PaymentState.PENDING, PaymentEvent.APPROVED): PaymentState.APPROVED,
    (PaymentState.PENDING, PaymentEvent.DECLINED): PaymentState.DECLINED,
    # Whoever was deciding has died: nothing was debited, and nothing will be.
    (PaymentState.PENDING, PaymentEvent.INTERRUPTED): PaymentState.DECLINED,
    # The reversal overtook its payment on the way: remember it, so the payment is refused.
    (PaymentState.ABSENT, PaymentEvent.REVERSED): PaymentState.REVERSED,
    (PaymentState.PENDING, PaymentEvent.REVERSED): PaymentState.REVERSED,
    # The terminal never heard that it was approved: the money goes back.
    (PaymentState.APPROVED, PaymentEvent.REVERSED): PaymentState.REVERSED,
    (PaymentState.DECLINED, PaymentEvent.REVERSED): PaymentState.REVERSED,
    # Sent until acknowledged, so it comes again when the acknowledgement was lost.
    (PaymentState.REVERSED, PaymentEvent.REVERSED): PaymentState.REVERSED,
}


def next_state(state: PaymentState, event: PaymentEvent) -> PaymentState | None:
    """Return the state after an event, or None when the event is refused."""
    return TRANSITIONS.get((state, event))
