"""Finishing what a former run, or a lost line, left unfinished in the journal.

Promise: nothing sent is guessed. A sale that had sent nothing is cancelled; one that may have sent
a payment is reversed until the backend acknowledges; an approval that was recorded is done. Each
call makes a bounded number of attempts: when to call again is `counter.py`'s business.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from terminal.counter.limits import Limits
from terminal.counter.ports import Collaborators
from terminal.counter.reasons import Reason
from terminal.counter.record import Facts, SaleRecord, advance
from terminal.counter.states import Event, State
from terminal.errors import BackendRefused, TerminalError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RecoveryReport:
    """What one pass came to, in numbers of sales."""

    cancelled: int = 0
    reversed: int = 0
    still_open: int = 0


def reverse_patiently(
    collaborators: Collaborators,
    payment_id: UUID,
    limits: Limits,
    hurried: Callable[[], bool],
) -> bool | None:
    """Reverse with a bounded back-off; return whether money had moved, None if nobody answered.

    Once `hurried()`, nobody wants to wait: there is no further attempt here.
    """
    clock = collaborators.clock
    deadline = clock.monotonic() + limits.reversal_seconds_max
    pause_seconds = limits.reversal_pause_seconds
    for attempt in range(limits.reversal_attempts_max):
        if attempt:
            if hurried() or clock.monotonic() >= deadline:
                return None
            clock.pause(pause_seconds)
            pause_seconds *= 2
        try:
            return collaborators.backend.reverse_payment(payment_id).money_moved
        except TerminalError as error:
            _log.warning("reversal of %s: %s", payment_id, type(error).__name__)
    return None


def recover(
    collaborators: Collaborators, is_active: Callable[[str], bool] = lambda _: False
) -> RecoveryReport:
    """Finish every unfinished sale that is not active, with one reversal attempt for each.

    Raises JournalError. `is_active(sale_id)` says that a running sale still owns it.
    """
    cancelled = reversed_ = still_open = 0
    backend_away = False
    for listed in collaborators.journal.list_unfinished():
        if is_active(listed.sale_id):
            continue
        # It may have ended between the listing and now; once inactive, only we change it.
        sale = collaborators.journal.find(listed.sale_id)
        if sale is None or sale.finished:
            continue
        if sale.state is not State.REVERSING:
            sale = _restart(collaborators, sale)
        if sale.state is State.CANCELLED:
            cancelled += 1
        elif backend_away:
            still_open += 1
        else:
            acknowledged, backend_away = _reverse_once(collaborators, sale)
            reversed_ += acknowledged
            still_open += not acknowledged
    return RecoveryReport(cancelled, reversed_, still_open)


def _restart(collaborators: Collaborators, sale: SaleRecord) -> SaleRecord:
    """Write that nobody runs this sale any more: to CANCELLED, or to REVERSING if it had sent."""
    facts = Facts(reason=Reason.RESTARTED)
    after = advance(sale, Event.RESTARTED, collaborators.clock.now(), facts)
    collaborators.journal.append(sale, Event.RESTARTED, after)
    _log.info("sale %s: found in %s, now %s", sale.sale_id, sale.state, after.state)
    return after


def _reverse_once(collaborators: Collaborators, sale: SaleRecord) -> tuple[bool, bool]:
    """Try one reversal; return (acknowledged, backend away)."""
    assert sale.payment_id is not None, "only what was sent is reversed"
    try:
        reversal = collaborators.backend.reverse_payment(UUID(sale.payment_id))
    except TerminalError as error:
        _log.warning("reversal of %s: %s", sale.payment_id, type(error).__name__)
        # A refusal concerns this payment; silence concerns them all.
        return False, not isinstance(error, BackendRefused)
    after = advance(
        sale, Event.REVERSED, collaborators.clock.now(), Facts(money_moved=reversal.money_moved)
    )
    collaborators.journal.append(sale, Event.REVERSED, after)
    return True, False
