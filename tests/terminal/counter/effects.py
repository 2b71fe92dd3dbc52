"""Something between a sale and the world: `counter_effects(wrap)` puts `wrap` around each effect.

`wrap(name, effect)` must return what `effect()` returns, or not return at all. `KillAt` is such a
wrap: it kills this process at the n-th point, where each effect has one point before and one after.
`terminal.counter.daemon.run(settings, counter_effects(KillAt(n)))` does it to the real daemon.
"""

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar
from uuid import UUID

from terminal.api_enquiries import BalancesRefused, BalancesTold
from terminal.api_returns import FoundPayment
from terminal.api_values import Approved, CardChallenge, CardProof, Declined, Reversal
from terminal.counter.ports import Backend, Card, Collaborators, Journal, PinPad, Reader
from terminal.counter.record import SaleRecord
from terminal.counter.states import Event
from terminal.pin.pad import EncryptedPinBlock, PinEntry, PinPrompt

T = TypeVar("T")


class Wrap(Protocol):
    def __call__(self, name: str, effect: Callable[[], T], /) -> T: ...


def counter_effects(wrap: Wrap) -> Callable[[Collaborators], Collaborators]:
    """Return what puts `wrap` around every effect of a counter."""

    def wrapped(them: Collaborators) -> Collaborators:
        return replace(
            them,
            reader=WrappedReader(them.reader, wrap),
            pad=WrappedPad(them.pad, wrap),
            backend=WrappedBackend(them.backend, wrap),
            journal=WrappedJournal(them.journal, wrap),
        )

    return wrapped


class KillAt:
    """Counts points and dies at one of them, as by a power cut. 0 never dies."""

    def __init__(self, point: int) -> None:
        self.point = point
        self.passed: list[str] = []
        self._lock = threading.Lock()

    def __call__(self, name: str, effect: Callable[[], T], /) -> T:
        self._pass(f"before {name}")
        result = effect()
        self._pass(f"after {name}")
        return result

    def _pass(self, where: str) -> None:
        with self._lock:
            self.passed.append(where)
            if len(self.passed) == self.point:
                os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class WrappedCard:
    card: Card
    wrap: Wrap

    def uid(self) -> bytes:
        return self.wrap("card.uid", self.card.uid)

    def transmit(self, command: bytes, /) -> bytes:
        return self.wrap("card.transmit", lambda: self.card.transmit(command))

    def disconnect(self) -> None:
        self.wrap("card.disconnect", self.card.disconnect)


@dataclass
class WrappedReader:
    reader: Reader
    wrap: Wrap

    def wait_for_card(self, seconds_max: float, /) -> Card | None:
        """Wrap a wait that found a card only: how often an empty one is made depends on time."""
        card = self.reader.wait_for_card(seconds_max)
        if card is None:
            return None
        return self.wrap("reader.card", lambda: WrappedCard(card, self.wrap))

    def close(self) -> None:
        self.wrap("reader.close", self.reader.close)


@dataclass
class WrappedPad:
    pad: PinPad
    wrap: Wrap

    def claim(self) -> None:
        self.wrap("pad.claim", self.pad.claim)

    def release(self) -> None:
        self.wrap("pad.release", self.pad.release)

    def enter_pin(
        self, prompt: PinPrompt, seconds_max: float, cancelled: Callable[[], bool]
    ) -> PinEntry:
        return self.wrap(
            "pad.enter_pin", lambda: self.pad.enter_pin(prompt, seconds_max, cancelled)
        )

    def show(self, line1: str, line2: str = "") -> None:
        self.wrap("pad.show", lambda: self.pad.show(line1, line2))


@dataclass
class WrappedBackend:
    backend: Backend
    wrap: Wrap

    def challenge_card(self, uid: bytes, application: str, encrypted_rnd_b: bytes) -> CardChallenge:
        return self.wrap(
            "backend.challenge_card",
            lambda: self.backend.challenge_card(uid, application, encrypted_rnd_b),
        )

    def prove_card(self, challenge_id: UUID, card_answer: bytes) -> CardProof:
        return self.wrap(
            "backend.prove_card", lambda: self.backend.prove_card(challenge_id, card_answer)
        )

    def pay(
        self,
        payment_id: UUID,
        proof_id: str,
        benefit: str,
        amount_cents: int,
        *,
        pin: EncryptedPinBlock,
    ) -> Approved | Declined:
        return self.wrap(
            "backend.pay",
            lambda: self.backend.pay(payment_id, proof_id, benefit, amount_cents, pin=pin),
        )

    def reverse_payment(self, payment_id: UUID) -> Reversal:
        return self.wrap("backend.reverse", lambda: self.backend.reverse_payment(payment_id))

    def enquire_balances(
        self, enquiry_id: UUID, proof_id: str, *, pin: EncryptedPinBlock
    ) -> BalancesTold | BalancesRefused:
        return self.wrap(
            "backend.enquire", lambda: self.backend.enquire_balances(enquiry_id, proof_id, pin=pin)
        )

    def list_card_payments(self, proof_id: str) -> tuple[FoundPayment, ...]:
        return self.wrap("backend.list", lambda: self.backend.list_card_payments(proof_id))


@dataclass
class WrappedJournal:
    """Only writing is an effect."""

    journal: Journal
    wrap: Wrap

    def open_sale(self, record: SaleRecord, /) -> None:
        self.wrap("journal.open_sale", lambda: self.journal.open_sale(record))

    def append(self, before: SaleRecord, event: Event, after: SaleRecord, /) -> None:
        self.wrap(f"journal.{event}", lambda: self.journal.append(before, event, after))

    def find(self, sale_id: str, /) -> SaleRecord | None:
        return self.journal.find(sale_id)

    def list_unfinished(self) -> list[SaleRecord]:
        return self.journal.list_unfinished()
