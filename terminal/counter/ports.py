"""What a sale needs from the world, as Protocols and the values that cross them.

A sale never sees a library: the real collaborators are put together in `daemon.py`, the tests bring
hand-written ones. Errors that cross are those of `terminal.errors`; nothing else is expected.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from terminal.api_enquiries import BalancesRefused, BalancesTold
from terminal.api_returns import FoundPayment
from terminal.api_values import Approved, CardChallenge, CardProof, Declined, Reversal
from terminal.counter.record import SaleRecord
from terminal.counter.states import Event
from terminal.pin.pad import EncryptedPinBlock, PinEntry, PinPrompt


class Card(Protocol):
    """One card in the field; every method may raise CardRemoved or CardSilent."""

    def uid(self) -> bytes:
        """Return the 7 bytes the card calls itself: a name, never a proof."""
        ...

    def transmit(self, command: bytes, /) -> bytes:
        """Carry one command APDU to the card and its response back."""
        ...

    def disconnect(self) -> None:
        """Let the card go; a second time does nothing."""
        ...


class Reader(Protocol):
    """The contactless reader; may raise ReaderAbsent, ReaderBusy, ReaderServiceDown."""

    def wait_for_card(self, seconds_max: float, /) -> Card | None:
        """Return the card that is or comes in the field, or None when the time is up."""
        ...

    def close(self) -> None:
        """Rest until the next wait; a card that still lies there is then given again."""
        ...


class PinPad(Protocol):
    """The keypad that encrypts; every method may raise a PadError."""

    def claim(self) -> None:
        """Take the pad for one sale."""
        ...

    def release(self) -> None:
        """Give the pad back; a second time does nothing."""
        ...

    def enter_pin(
        self, prompt: PinPrompt, seconds_max: float, cancelled: Callable[[], bool]
    ) -> PinEntry:
        """Ask for the code, until typed, given up, out of time or `cancelled()`."""
        ...

    def show(self, line1: str, line2: str = "") -> None:
        """Write two lines of 16 characters without accents."""
        ...


class Backend(Protocol):
    """The system of record, as `terminal.backend_client`; every method may raise a BackendError."""

    def challenge_card(self, uid: bytes, application: str, encrypted_rnd_b: bytes) -> CardChallenge:
        """Have the chip's 16 bytes answered."""
        ...

    def prove_card(self, challenge_id: UUID, card_answer: bytes) -> CardProof:
        """Have the chip's 32 bytes checked; BackendRefused if the card is not good."""
        ...

    def pay(
        self,
        payment_id: UUID,
        proof_id: str,
        benefit: str,
        amount_cents: int,
        *,
        pin: EncryptedPinBlock,
    ) -> Approved | Declined:
        """Send one payment, whose id is in the journal; after an error its outcome is unknown."""
        ...

    def reverse_payment(self, payment_id: UUID) -> Reversal:
        """Take a payment back, whatever it became, or refuse it before it arrives."""
        ...

    def enquire_balances(
        self, enquiry_id: UUID, proof_id: str, *, pin: EncryptedPinBlock
    ) -> BalancesTold | BalancesRefused:
        """Ask what a card's benefits hold; the same enquiry may be asked again."""
        ...

    def list_card_payments(self, proof_id: str) -> tuple[FoundPayment, ...]:
        """Return what this card paid here and may be given back."""
        ...


class Journal(Protocol):
    """Where a sale is written before it acts; every method may raise JournalError."""

    def open_sale(self, record: SaleRecord, /) -> None:
        """Write a sale that has just started."""
        ...

    def append(self, before: SaleRecord, event: Event, after: SaleRecord, /) -> None:
        """Write one event and the row it leads to."""
        ...

    def find(self, sale_id: str, /) -> SaleRecord | None:
        """Return one sale, or None."""
        ...

    def list_unfinished(self) -> list[SaleRecord]:
        """Return the sales whose end is not written."""
        ...


class CounterJournal(Journal, Protocol):
    """A journal that a whole counter stands on."""

    def count_open_reversals(self, besides: str | None = None) -> int:
        """Return how many sales wait for a reversal."""
        ...


class Clock(Protocol):
    """Time, given."""

    def now(self) -> datetime:
        """Return the time of day, aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that only grow, for waits."""
        ...

    def pause(self, seconds: float, /) -> None:
        """Let this many seconds go by."""
        ...


@dataclass(frozen=True, slots=True)
class Collaborators:
    """All that a sale acts through; `new_id` makes a payment's id."""

    reader: Reader
    pad: PinPad
    backend: Backend
    journal: Journal
    clock: Clock
    new_id: Callable[[], UUID]
