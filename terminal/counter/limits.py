"""Every wait, retry and queue of the counter, named, with its unit."""

from dataclasses import dataclass

from terminal.counter.record import AMOUNT_CENTS_MAX


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how often; seconds unless the name says otherwise."""

    amount_cents_max: int = AMOUNT_CENTS_MAX
    card_seconds_max: float = 60.0
    card_presentations_max: int = 5  # a card that leaves before its proof is asked for again
    benefit_seconds_max: float = 45.0
    code_seconds_max: float = 30.0
    code_attempts_max: int = 3
    reader_trouble_seconds_max: float = 3.0  # a reader may be replugged, or held for a moment
    look_seconds: float = 0.05  # between two looks for a cancellation: under 100 ms for the screen
    wrong_code_shown_seconds: float = 1.5
    reversal_attempts_max: int = 3  # while somebody waits; the background goes on without limit
    reversal_seconds_max: float = 10.0  # no new attempt after this
    reversal_pause_seconds: float = 0.5  # doubles after each attempt
    open_reversals_max: int = 20  # above it no new sale: the backend has been away too long
    recovery_pause_seconds: float = 2.0  # doubles after each attempt that fails
    recovery_pause_seconds_max: float = 60.0
    stop_seconds_max: float = 8.0
    balances_shown_seconds: float = 20.0  # then they are gone from every screen, and from here
    balance_page_seconds: float = 2.5  # one benefit on the pad, before the next
    card_payments_kept_seconds: float = 180.0  # what a card paid, for the shop to choose from
    errand_end_seconds_max: float = 2.0  # a sale waits so long for the pad that showed balances
    customer_sees_seconds: float = 8.0  # a sale that has ended, before the next customer's turn


DEFAULT_LIMITS = Limits()
