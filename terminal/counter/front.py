"""Who is served at the counter now: a sale, an errand, or people who practise; one thing at a time.

Promise: while people practise no sale begins, whoever asks for it: the page, a program, a till; and
practising begins and ends only while nothing real goes on. An errand never begins beside a sale,
nor a sale beside an errand, except that balances still on the screen make room for one.
It holds no state of theirs and draws nothing.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from terminal.counter.controls import SaleControls
from terminal.counter.counter import Counter, SaleRefused
from terminal.counter.errands.errand import Errand, ErrandRun
from terminal.counter.errands.states import ErrandKind, ErrandState
from terminal.counter.limits import DEFAULT_LIMITS, Limits
from terminal.counter.ports import Collaborators
from terminal.counter.practice.practice import Practice, PracticeView, RealDevices
from terminal.counter.reasons import Reason
from terminal.counter.view import SaleView

_log = logging.getLogger(__name__)

News = SaleView | PracticeView | Errand | None
"""What changed; None is news about the list, or about who is served."""


class Training(StrEnum):
    """What the settings say of practising; the values are theirs."""

    ALLOWED = "allowed"  # from the page, by who stands there
    ALWAYS = "always"  # this till is for practising and sells nothing
    NEVER = "never"


@dataclass(slots=True)
class _RunningErrand:
    errand: Errand
    controls: SaleControls = field(default_factory=SaleControls)
    thread: threading.Thread | None = None
    rested_at: float | None = None


class Front:
    """The counter as pages, programs and tills ask it; may be used by several threads."""

    def __init__(
        self,
        counter: Counter,
        collaborators: Collaborators,
        observe: Callable[[News], None],
        *,
        training: Training = Training.ALLOWED,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._counter = counter
        self._with = collaborators
        self._observe = observe
        self._setting = training
        self._limits = limits
        self._lock = threading.RLock()
        self._errand: _RunningErrand | None = None
        self._practice = self._new_practice() if training is Training.ALWAYS else None

    # --- sales --------------------------------------------------------------------------------

    def start_sale(
        self, amount_cents: int, benefit: str | None = None, *, sale_id: UUID | None = None
    ) -> SaleView:
        """Begin a sale; raises SaleRefused, or JournalError with nothing begun."""
        with self._lock:
            if self._practice is not None:
                raise SaleRefused("training")
            self._make_room()
            return self._counter.start_sale(amount_cents, benefit, sale_id=sale_id)

    def cancel(self, sale_id: str | None = None) -> SaleView:
        """Ask the sale in progress to stop; raises SaleRefused."""
        return self._counter.cancel(sale_id)

    def choose_benefit(self, benefit: str) -> SaleView:
        """Answer the choice that the sale in progress waits for; raises SaleRefused."""
        return self._counter.choose_benefit(benefit)

    def current(self) -> SaleView | None:
        """Return the sale in progress, else the last one of this run, else None."""
        return self._counter.current()

    def find(self, sale_id: str) -> SaleView | None:
        """Return any sale."""
        return self._counter.find(sale_id)

    # --- practising ---------------------------------------------------------------------------

    @property
    def training(self) -> bool:
        """True while people practise: nothing that is shown counts."""
        return self._practice is not None

    @property
    def setting(self) -> Training:
        """What the settings say of practising."""
        return self._setting

    @property
    def practice(self) -> Practice:
        """Return what is practised; raises SaleRefused while nobody does."""
        practice = self._practice
        if practice is None:
            raise SaleRefused("not_training")
        return practice

    def begin_training(self) -> None:
        """Sell no more until practising ends; raises SaleRefused."""
        with self._lock:
            if self._setting is Training.NEVER:
                raise SaleRefused("training_not_allowed")
            if self._practice is not None:
                return
            self._refuse_beside_a_sale()
            self._make_room()
            self._practice = self._new_practice()
        _log.warning("practising begins: nothing is sold")
        self._observe(None)

    def end_training(self) -> None:
        """Sell again, once what is practised has let go of the reader; raises SaleRefused."""
        with self._lock:
            if self._setting is Training.ALWAYS:
                raise SaleRefused("training_is_set")
            if self._practice is None:
                return
            self._end_errand()
            self._practice.end()
            self._practice = None
        _log.warning("practising ends: sales count again")
        self._observe(None)

    def start_practice_sale(self, amount_cents: int, benefit: str | None = None) -> PracticeView:
        """Begin a sale that counts for nothing; raises SaleRefused."""
        with self._lock:
            practice = self.practice
            self._make_room()
            return practice.start_sale(amount_cents, benefit)

    # --- errands ------------------------------------------------------------------------------

    def start_errand(self, kind: ErrandKind) -> Errand:
        """Begin an errand, with the played backend while people practise; raises SaleRefused."""
        with self._lock:
            self._refuse_beside_a_sale()
            self._make_room()
            practice = self._practice
            made = self._with if practice is None else practice.collaborators
            now = made.clock.now()
            running = _RunningErrand(Errand(errand_id=made.new_id(), kind=kind, started_at=now))
            run = ErrandRun(
                running.errand,
                made,
                running.controls,
                lambda errand: self._follow(running, errand),
                self._limits,
            )
            running.thread = threading.Thread(
                target=self._run, args=(running, run), name="errand", daemon=True
            )
            self._errand = running
            self._observe(running.errand)
            running.thread.start()
            return running.errand

    def errand(self) -> Errand | None:
        """Return the errand in progress, or the last one while it may be looked at."""
        running = self._errand
        if running is None or running.rested_at is None:
            return None if running is None else running.errand
        age = self._with.clock.monotonic() - running.rested_at
        return running.errand if age < self._limits.card_payments_kept_seconds else None

    def cancel_errand(self, *, by_holder: bool = False) -> Errand:
        """Ask the errand in progress to stop, balances on the screen included."""
        running = self._errand
        if running is None or not running.errand.active:
            raise SaleRefused("no_errand_in_progress")
        running.controls.cancel(by_holder=by_holder)
        return running.errand

    def cancel_as_holder(self) -> None:
        """Stop whatever goes on, at the holder's wish; raises SaleRefused."""
        errand = self._errand
        if errand is not None and errand.errand.active:
            self.cancel_errand(by_holder=True)
        elif self._practice is not None:
            self._practice.cancel(by_holder=True)
        else:
            self._counter.cancel(by_holder=True)

    def stop(self) -> None:
        """End errand and practice; the counter is stopped by who made it."""
        with self._lock:
            with suppress(SaleRefused):  # one that does not end is left behind: it moves no money
                self._end_errand()
            if self._practice is not None:
                self._practice.end()

    # --- leaves -------------------------------------------------------------------------------

    def _new_practice(self) -> Practice:
        made = self._with
        devices = RealDevices(made.reader, made.pad, made.clock, made.new_id)
        return Practice(devices, self._observe, self._limits)

    def _follow(self, running: _RunningErrand, errand: Errand) -> None:
        running.errand = errand
        self._observe(errand)

    def _run(self, running: _RunningErrand, run: ErrandRun) -> None:
        ended = replace(running.errand, state=ErrandState.FAILED, reason=Reason.INTERNAL_ERROR)
        try:
            ended = run.run()
        except Exception:  # noqa: BLE001 -- a fault of ours must not leave the till busy for ever
            _log.exception("an errand ended by an unforeseen error")
        finally:
            running.errand = ended
            running.rested_at = self._with.clock.monotonic()
            self._observe(ended)

    def _refuse_beside_a_sale(self) -> None:
        current = self._counter.current()
        if current is not None and current.active:
            raise SaleRefused("sale_in_progress")
        practised = None if self._practice is None else self._practice.current()
        if practised is not None and practised.active:
            raise SaleRefused("sale_in_progress")

    def _make_room(self) -> None:
        """Let balances that are still shown go; any other errand keeps its turn."""
        running = self._errand
        if running is None or not running.errand.active:
            self._join()
            return
        if running.errand.state is not ErrandState.SHOWN:
            raise SaleRefused("errand_in_progress")
        self._end_errand()

    def _end_errand(self) -> None:
        if self._errand is not None:
            self._errand.controls.cancel()
        if not self._join():
            raise SaleRefused("errand_in_progress")
        self._errand = None

    def _join(self) -> bool:
        """Wait for the errand's thread to let go of reader and pad; say whether it has."""
        thread = None if self._errand is None else self._errand.thread
        if thread is None:
            return True
        thread.join(self._limits.errand_end_seconds_max)
        return not thread.is_alive()


def has_just_ended(at: timedelta, limits: Limits = DEFAULT_LIMITS) -> bool:
    """Say whether what ended so long ago is still its customer's turn on the screen."""
    return abs(at) < timedelta(seconds=limits.customer_sees_seconds)
