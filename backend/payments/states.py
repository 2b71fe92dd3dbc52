"""A payment's life, as one table. All of it is here; use cases only ask `next_state`.

    absent ──arrived──▶ pending ──approved──▶ approved ─────voided (same day)────▶ voided
      │                   │  │                  │  └──refunded in part──▶ partly refunded
      │                   │  └─declined         │                           │ (again: stays)
      │                   │    interrupted      └──refunded──▶ refunded ◀───┘ refunded
      │                   │    (too old) ──▶ declined
      └───────────────────┴── reversed, as from approved, partly refunded and declined ──▶ reversed

A reversal is heard in every state. It ends approved, partly refunded (the rest goes back), and
whatever has no money out; voided and refunded stay what they are, their money is back already.
Reversed, voided and refunded are ends: a payment that arrives after its reversal is refused, an
approval or a decline that comes after it is dropped. Money is out in `approved`, a part of it in
`partly refunded`, and nowhere else.
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
    VOIDED = "voided"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"


class PaymentEvent(StrEnum):
    """What can happen to a payment."""

    ARRIVED = "arrived"
    APPROVED = "approved"
    DECLINED = "declined"
    INTERRUPTED = "interrupted"
    REVERSED = "reversed"
    VOIDED = "voided"
    REFUNDED_IN_PART = "refunded_in_part"
    #: All of it, or all that a part had left.
    REFUNDED = "refunded"


#: The states of a payment that was approved and has not been reversed.
APPROVED_ONCE: Final = (
    PaymentState.APPROVED,
    PaymentState.VOIDED,
    PaymentState.PARTLY_REFUNDED,
    PaymentState.REFUNDED,
)

# Absent means refused.
TRANSITIONS: Final[dict[tuple[PaymentState, PaymentEvent], PaymentState]] = {
    (PaymentState.ABSENT, PaymentEvent.ARRIVED): PaymentState.PENDING,
    (PaymentState.PENDING, PaymentEvent.APPROVED): PaymentState.APPROVED,
    (PaymentState.PENDING, PaymentEvent.DECLINED): PaymentState.DECLINED,
    # Whoever was deciding has died: nothing was debited, and nothing will be.
    (PaymentState.PENDING, PaymentEvent.INTERRUPTED): PaymentState.DECLINED,
    # The holder is there and changed their mind, or the amount was wrong.
    (PaymentState.APPROVED, PaymentEvent.VOIDED): PaymentState.VOIDED,
    (PaymentState.APPROVED, PaymentEvent.REFUNDED_IN_PART): PaymentState.PARTLY_REFUNDED,
    (PaymentState.APPROVED, PaymentEvent.REFUNDED): PaymentState.REFUNDED,
    (PaymentState.PARTLY_REFUNDED, PaymentEvent.REFUNDED_IN_PART): PaymentState.PARTLY_REFUNDED,
    (PaymentState.PARTLY_REFUNDED, PaymentEvent.REFUNDED): PaymentState.REFUNDED,
    # The reversal overtook its payment on the way: remember it, so the payment is refused.
    (PaymentState.ABSENT, PaymentEvent.REVERSED): PaymentState.REVERSED,
    (PaymentState.PENDING, PaymentEvent.REVERSED): PaymentState.REVERSED,
    # The terminal never heard that it was approved: the money goes back.
    (PaymentState.APPROVED, PaymentEvent.REVERSED): PaymentState.REVERSED,
    (PaymentState.DECLINED, PaymentEvent.REVERSED): PaymentState.REVERSED,
    # Somebody at the outlet had the receipt, and the terminal still wants out: the rest goes back.
    (PaymentState.PARTLY_REFUNDED, PaymentEvent.REVERSED): PaymentState.REVERSED,
    # All of it is back already: acknowledged, and nothing moves.
    (PaymentState.VOIDED, PaymentEvent.REVERSED): PaymentState.VOIDED,
    (PaymentState.REFUNDED, PaymentEvent.REVERSED): PaymentState.REFUNDED,
    # Sent until acknowledged, so it comes again when the acknowledgement was lost.
    (PaymentState.REVERSED, PaymentEvent.REVERSED): PaymentState.REVERSED,
}


def next_state(state: PaymentState, event: PaymentEvent) -> PaymentState | None:
    """Return the state after an event, or None when the event is refused."""
    return TRANSITIONS.get((state, event))
