"""One counter: at most one sale at a time, in a thread of its own, and a thread that finishes.

Promise: no sale begins that is not in the journal; a sale left reversing never blocks the next one,
up to a limit; `stop` returns with every sale either finished or recoverable. It serves no HTTP and
opens no device: both are given.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from uuid import UUID

from terminal.api_values import UsableBenefit
from terminal.counter.controls import SaleControls
from terminal.counter.limits import DEFAULT_LIMITS, Limits
from terminal.counter.ports import Collaborators, CounterJournal
from terminal.counter.reasons import Reason
from terminal.counter.record import Facts, SaleRecord, advance
from terminal.counter.recovery import recover
from terminal.counter.sale import SaleRun
from terminal.counter.states import Event, State
from terminal.counter.view import SaleView
from terminal.errors import JournalError

_log = logging.getLogger(__name__)


class SaleRefused(Exception):
    """The counter does not do this now; `words.API_SENTENCES` has the French for `code`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True)
class _Running:
    record: SaleRecord
    controls: SaleControls = field(default_factory=SaleControls)
    offered: tuple[UsableBenefit, ...] = ()
    thread: threading.Thread | None = None


class Counter:
    """The sales of one till. `observe` is told of each change; it must neither wait nor raise."""

    def __init__(
        self,
        collaborators: Collaborators,
        journal: CounterJournal,
        observe: Callable[[SaleView | None], None],
        new_sale_id: Callable[[], UUID],
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._with = collaborators
        self._journal = journal
        self._observe = observe
        self._new_sale_id = new_sale_id
        self._limits = limits
        self._lock = threading.Lock()
        self._running: _Running | None = None
        self._last: SaleView | None = None
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._caretaker = threading.Thread(target=self._take_care, name="recovery", daemon=True)

    def start(self) -> None:
        """Begin to finish what a former run left, and go on doing so in the background."""
        self._caretaker.start()

    def stop(self) -> bool:
        """Cancel the sale in progress and wait for it; return whether all came to rest in time."""
        self._stopping.set()
        self._wake.set()
        with self._lock:
            running = self._running
        if running is not None:
            running.controls.cancel()
        threads = [self._caretaker, running.thread if running else None]
        for thread in threads:
            if thread is not None and thread.is_alive():
                thread.join(self._limits.stop_seconds_max)
        return not any(thread is not None and thread.is_alive() for thread in threads)

    def start_sale(
        self, amount_cents: int, benefit: str | None = None, *, sale_id: UUID | None = None
    ) -> SaleView:
        """Write a sale and begin it; raises SaleRefused, or JournalError with nothing begun.

        A caller that wrote the sale's id down before brings it.
        """
        assert 1 <= amount_cents <= self._limits.amount_cents_max, "the amount is checked before"
        with self._lock:
            self._refuse_if_unable()
            running = _Running(
                self._new_record(sale_id or self._new_sale_id(), amount_cents, benefit)
            )
            # Owned before it is written: recovery must not take it for an orphan.
            self._running = running
            try:
                self._with.journal.open_sale(running.record)
            except BaseException:
                self._running = None
                raise
            running.thread = threading.Thread(
                target=self._run, args=(running,), name="sale", daemon=True
            )
            view = self._view_of(running)
            self._observe(view)  # before the thread has news of its own
            running.thread.start()
        return view

    def cancel(self, sale_id: str | None = None, *, by_holder: bool = False) -> SaleView:
        """Ask the sale in progress to stop; it ends cancelled, or reversed if it had sent.

        With `sale_id` no other sale is stopped; `by_holder`: asked on the holder's own side.
        """
        running = self._require_running()
        if sale_id not in {None, running.record.sale_id}:
            raise SaleRefused("no_sale_in_progress")
        if not running.controls.cancel(by_holder=by_holder):
            raise SaleRefused("sale_already_settled")
        return self._view_of(running)

    def choose_benefit(self, benefit: str) -> SaleView:
        """Answer the choice that the sale in progress waits for."""
        running = self._require_running()
        if benefit not in {usable.benefit for usable in running.offered}:
            raise SaleRefused("benefit_not_offered")
        running.controls.choose_benefit(benefit)
        return self._view_of(running)

    def current(self) -> SaleView | None:
        """Return the sale in progress, else the last one of this run, else None."""
        with self._lock:
            if self._running is not None:
                return self._view_of(self._running)
            last = self._last
        if last is None or last.record.finished:
            return last
        with suppress(JournalError):  # the background may have finished it since
            return self.find(last.record.sale_id)
        return last

    def find(self, sale_id: str) -> SaleView | None:
        """Return any sale: the running one as it stands, the others as the journal says."""
        with self._lock:
            running = self._running
            last = self._last
        if running is not None and running.record.sale_id == sale_id:
            return self._view_of(running)
        record = self._journal.find(sale_id)
        if record is None:
            return None
        if last is None or last.record.sale_id != sale_id:
            return SaleView(record)
        fault = None if record.finished else last.fault
        return SaleView(record, fault=fault, refusal=last.refusal)

    def count_open_reversals(self) -> int:
        """Return how many sales wait for the backend to acknowledge a reversal."""
        with self._lock:
            running = self._running
        return self._journal.count_open_reversals(running.record.sale_id if running else None)

    # --- the sale's thread --------------------------------------------------------------------

    def _run(self, running: _Running) -> None:
        fault: str | None = None
        run: SaleRun | None = None

        def observe(record: SaleRecord, offered: tuple[UsableBenefit, ...]) -> None:
            running.record, running.offered = record, offered
            # The end too, at once: the pad is told and let go after it, and that takes a while.
            # It is told again, no longer active, once the counter is free.
            self._observe(replace(self._view_of(running), refusal=run.refusal if run else None))

        try:
            run = SaleRun(running.record, self._with, running.controls, observe, self._limits)
            run.run()
        except JournalError:
            _log.exception("sale %s: the journal could not be written", running.record.sale_id)
            fault = Reason.JOURNAL_UNAVAILABLE
        except Exception:  # noqa: BLE001 -- a fault of ours must not leave the till busy for ever
            _log.exception("sale %s: ended by an unforeseen error", running.record.sale_id)
            fault = Reason.INTERNAL_ERROR
        finally:
            refusal = None if run is None else run.refusal
            view = SaleView(running.record, fault=fault, refusal=refusal)
            with self._lock:
                self._last, self._running = view, None
            self._wake.set()
            self._observe(view)

    # --- the background -----------------------------------------------------------------------

    def _take_care(self) -> None:
        """Finish orphans now, then whenever a sale has ended; back off while it does not work."""
        pause_seconds = self._limits.recovery_pause_seconds
        while not self._stopping.is_set():
            self._wake.clear()
            if self._recover_once():
                pause_seconds = self._limits.recovery_pause_seconds
                self._wake.wait(self._limits.recovery_pause_seconds_max)
            else:
                self._stopping.wait(pause_seconds)
                pause_seconds = min(pause_seconds * 2, self._limits.recovery_pause_seconds_max)

    def _recover_once(self) -> bool:
        """Return whether nothing is left to finish."""
        try:
            report = recover(self._with, self._is_active)
        except Exception:  # noqa: BLE001 -- this thread is the last to give up
            _log.exception("recovery failed, it will be tried again")
            return False
        if report.cancelled or report.reversed:
            _log.info("recovered: %d cancelled, %d reversed", report.cancelled, report.reversed)
            self._observe(None)
        return report.still_open == 0

    def _is_active(self, sale_id: str) -> bool:
        with self._lock:
            return self._running is not None and self._running.record.sale_id == sale_id

    # --- leaves -------------------------------------------------------------------------------

    def _new_record(self, sale_id: UUID, amount_cents: int, benefit: str | None) -> SaleRecord:
        now = self._with.clock.now()
        idle = SaleRecord(str(sale_id), amount_cents, now, now, State.AMOUNT)
        return advance(idle, Event.STARTED, now, Facts(benefit=benefit))

    def _refuse_if_unable(self) -> None:
        if self._stopping.is_set():
            raise SaleRefused("stopping")
        if self._running is not None:
            raise SaleRefused("sale_in_progress")
        if self._journal.count_open_reversals() >= self._limits.open_reversals_max:
            raise SaleRefused("too_many_open_reversals")

    def _require_running(self) -> _Running:
        with self._lock:
            if self._running is None:
                raise SaleRefused("no_sale_in_progress")
            return self._running

    def _view_of(self, running: _Running) -> SaleView:
        return SaleView(running.record, running.offered, active=True)
