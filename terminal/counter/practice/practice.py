"""The till while people practise: the same dialogue, its own sales, and no way to the backend.

Promise: what is practised is a `PracticeView`, never a `SaleView`: returns, tills and the books
of receipts take the latter, so nothing that moves or counts money can be given the former. The
sales are in memory, and forgotten when practising ends. Not here: who may begin (`front.py`).
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from terminal.counter.counter import Counter, SaleRefused
from terminal.counter.limits import DEFAULT_LIMITS, Limits
from terminal.counter.ports import Clock, Collaborators, PinPad, Reader
from terminal.counter.practice.played import (
    Buttons,
    PlayedBackend,
    PlayedCard,
    PlayedCode,
    PlayedPad,
    PlayedReader,
)
from terminal.counter.record import SaleRecord
from terminal.counter.states import SENT, Event, State
from terminal.counter.view import SaleView

SALES_KEPT_MAX = 200


@dataclass(frozen=True, slots=True)
class PracticeView:
    """A sale that is practised: `played` is for drawing it, and `returned_cents` came back."""

    played: SaleView
    returned_cents: int = 0

    @property
    def active(self) -> bool:
        """True while it is being run."""
        return self.played.active

    @property
    def approved(self) -> bool:
        """True if it would have been paid."""
        return self.played.record.state is State.APPROVED


class PracticeJournal:
    """The journal of what is practised: in memory, the newest SALES_KEPT_MAX sales."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: dict[str, SaleRecord] = {}

    def open_sale(self, record: SaleRecord, /) -> None:
        """Keep a sale; the oldest one makes room."""
        with self._lock:
            while len(self._records) >= SALES_KEPT_MAX:
                del self._records[next(iter(self._records))]
            self._records[record.sale_id] = record

    def append(self, before: SaleRecord, _event: Event, after: SaleRecord, /) -> None:
        """Keep what it became."""
        with self._lock:
            self._records[before.sale_id] = after

    def find(self, sale_id: str, /) -> SaleRecord | None:
        """Return one sale, or None."""
        with self._lock:
            return self._records.get(sale_id)

    def list_unfinished(self) -> list[SaleRecord]:
        """Return those whose end is not known."""
        return [record for record in self.newest_first() if not record.finished]

    def count_open_reversals(self, besides: str | None = None) -> int:
        """Return how many wait for a reversal."""
        return sum(
            record.state in SENT and record.sale_id != besides for record in self.newest_first()
        )

    def newest_first(self) -> Sequence[SaleRecord]:
        """Return all of them."""
        with self._lock:
            return list(reversed(self._records.values()))


@dataclass(frozen=True, slots=True)
class RealDevices:
    """What practising borrows of the real counter: how things feel, never a backend."""

    reader: Reader
    pad: PinPad
    clock: Clock
    new_id: Callable[[], UUID]


class Practice:
    """Practised sales; its methods may be called from several threads."""

    def __init__(
        self,
        devices: RealDevices,
        observe: Callable[[PracticeView | None], None],
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._buttons = Buttons()
        self._journal = PracticeJournal()
        self._returned: dict[str, int] = {}
        backend = PlayedBackend(devices.clock.now)
        self.collaborators = Collaborators(
            reader=PlayedReader(devices.reader, self._buttons, devices.clock, backend.show_card),
            pad=PlayedPad(devices.pad, self._buttons, devices.clock),
            backend=backend,
            journal=self._journal,
            clock=devices.clock,
            new_id=devices.new_id,
        )
        self._counter = Counter(
            self.collaborators,
            self._journal,
            lambda view: observe(None if view is None else self._view_of(view)),
            devices.new_id,
            limits,
        )

    def start_sale(self, amount_cents: int, benefit: str | None = None) -> PracticeView:
        """Begin a sale that counts for nothing; raises SaleRefused."""
        self._buttons.forget()
        return self._view_of(self._counter.start_sale(amount_cents, benefit))

    def cancel(self, *, by_holder: bool = False) -> PracticeView:
        """Ask the one in progress to stop; raises SaleRefused."""
        return self._view_of(self._counter.cancel(by_holder=by_holder))

    def choose_benefit(self, benefit: str) -> PracticeView:
        """Answer the choice that it waits for; raises SaleRefused."""
        return self._view_of(self._counter.choose_benefit(benefit))

    def present_card(self, card: PlayedCard) -> None:
        """Play a card that is presented."""
        self._buttons.present(card)

    def type_code(self, code: PlayedCode) -> None:
        """Play a code that is typed."""
        self._buttons.type(code)

    def give_back(self, sale_id: str, amount_cents: int) -> PracticeView:
        """Play a refund; raises SaleRefused."""
        view = self.find(sale_id)
        left = view.played.record.amount_cents - view.returned_cents
        if not view.approved or not 0 < amount_cents <= left:
            raise SaleRefused("practice_return_refused")
        self._returned[sale_id] = view.returned_cents + amount_cents
        return self.find(sale_id)

    def current(self) -> PracticeView | None:
        """Return the one in progress, else the last one, else None."""
        view = self._counter.current()
        return None if view is None else self._view_of(view)

    def find(self, sale_id: str) -> PracticeView:
        """Return one; raises SaleRefused."""
        view = self._counter.find(sale_id)
        if view is None:
            raise SaleRefused("sale_not_found")
        return self._view_of(view)

    def newest_first(self) -> list[PracticeView]:
        """Return all of them."""
        current = self._counter.current()
        running = current.record.sale_id if current is not None and current.active else None
        return [
            self._view_of(SaleView(record, active=record.sale_id == running))
            for record in self._journal.newest_first()
        ]

    def end(self) -> None:
        """Stop what is in progress, for good: whoever practises again begins anew."""
        self._counter.stop()

    def _view_of(self, view: SaleView) -> PracticeView:
        return PracticeView(view, self._returned.get(view.record.sale_id, 0))
