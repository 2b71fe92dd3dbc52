"""The real counter's sale, journal and recovery in a process that can be killed at every effect.

The line between it and the backend loses, doubles, delays and so reorders what it carries. What
survives a kill is the journal's file and the pad's counter, nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn, TypeVar
from uuid import UUID

from pydantic import BaseModel, TypeAdapter

from backend.cards.routes import ChallengeRequest, create_challenge
from backend.errors import BackendError
from backend.http import status_of
from backend.partners.authentication import AuthenticatedTerminal
from backend.payments.return_shapes import RefundRequest, VoidRequest
from backend.payments.routes import (
    create_payment,
    create_proof,
    refund_payment,
    reverse_payment,
    void_payment,
)
from backend.payments.shapes import PaymentRequest, ProofRequest, ReversalRequest
from backend.services import Services
from simulator.dukpt import aes_key_serial_number, aes_pin_key, next_aes_counter
from simulator.pin_block import format4_block
from terminal import api_returns, api_values
from terminal.api_returns import Refund, Void
from terminal.api_values import Approved, CardChallenge, CardProof, Declined, Reversal
from terminal.counter.controls import SaleControls
from terminal.counter.journal import SaleJournal, open_sale_journal
from terminal.counter.ports import Collaborators
from terminal.counter.record import Facts, SaleRecord, advance
from terminal.counter.recovery import recover
from terminal.counter.sale import SaleRun
from terminal.counter.states import Event, State
from terminal.errors import BackendRefused, BackendUnreachable
from terminal.pin.pad import EncryptedPinBlock, PinEntry, PinEntryStatus, PinProfile, PinPrompt
from tests.fire.backend_process import BackendProcess, Faults
from tests.fire.chip import Chip, Holder, Reader
from tests.fire.giving_back import Returns
from tests.fire.schedule import Killed, Schedule
from tests.terminal.counter.effects import counter_effects

T = TypeVar("T")

ANSWER_SECONDS_MAX = 5.0
TRAVEL_SECONDS_MAX = 0.03
#: Longer than the terminal waits, than a proof lives, and than a payment stays undecided.
DELAY_SECONDS_MAX = 150.0
RESTART_SECONDS_MAX = 20.0
STEP_SECONDS_MAX = 0.01
RECOVERY_PAUSE_SECONDS = 2.0
WRONG_CODE_SHARE = 0.1
CANCEL_SHARE = 0.15
#: Before the code nothing is at stake: most fires should reach the money.
SELDOM = 0.2
CODE, WRONG_CODE = "7294", "6183"


@dataclass
class Pad:
    """Hardware: its counter survives every kill of the program beside it."""

    schedule: Schedule
    initial_key_id: bytes
    initial_key: bytes
    counter: int = 0

    def claim(self) -> None:
        """It is nobody else's."""

    def release(self) -> None:
        """It was nobody else's."""

    def show(self, line1: str, line2: str = "") -> None:
        """Nobody looks."""

    def enter_pin(
        self, prompt: PinPrompt, _seconds_max: float, _cancelled: Callable[[], bool]
    ) -> PinEntry:
        self.schedule.pause(1 + 3 * self.schedule.random.random())
        code = WRONG_CODE if self.schedule.random.random() < WRONG_CODE_SHARE else CODE
        self.counter = next_aes_counter(self.counter)
        key = aes_pin_key(self.initial_key, self.initial_key_id, self.counter)
        number = prompt.card_number
        block = format4_block(key, bytearray(code.encode()), number, self.schedule.random.randbytes)
        serial = aes_key_serial_number(self.initial_key_id, self.counter).hex().upper()
        closed = EncryptedPinBlock(PinProfile.AES128_DUKPT_ISO4, serial, block.hex().upper())
        return PinEntry(PinEntryStatus.SUCCESS, closed)


class SimulatedClock:
    """The schedule's time."""

    def __init__(self, schedule: Schedule, start: datetime) -> None:
        self._schedule = schedule
        self._start = start

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._schedule.seconds)

    def monotonic(self) -> float:
        return self._schedule.seconds

    def pause(self, seconds: float, /) -> None:
        self._schedule.pause(seconds)


class Line:
    """The terminal's way to the backend, and all that can go wrong on it."""

    def __init__(
        self, backend: BackendProcess, terminal: AuthenticatedTerminal, faults: Faults
    ) -> None:
        self._backend = backend
        self._schedule = backend.schedule
        self._terminal = terminal
        self._faults = faults

    def challenge_card(self, uid: bytes, application: str, encrypted_rnd_b: bytes) -> CardChallenge:
        fields = {
            "uid": uid.hex().upper(),
            "application": application,
            "encrypted_rnd_b": encrypted_rnd_b.hex().upper(),
        }
        body = ChallengeRequest.model_validate(fields)
        return self._ask(
            lambda services: create_challenge(body, self._terminal, services),
            api_values.CARD_CHALLENGE,
            SELDOM,
        )

    def prove_card(self, challenge_id: UUID, card_answer: bytes) -> CardProof:
        body = ProofRequest(card_answer=card_answer.hex().upper())
        return self._ask(
            lambda services: create_proof(challenge_id, body, self._terminal, services),
            api_values.CARD_PROOF,
            SELDOM,
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
        block = {"profile": pin.profile, "ksn": pin.key_serial_number, "block": pin.reveal()}
        fields = {
            "payment_id": str(payment_id),
            "proof_id": proof_id,
            "benefit": benefit,
            "amount_cents": amount_cents,
            "pin": block,
        }
        body = PaymentRequest.model_validate(fields)
        return self._ask(
            lambda services: create_payment(body, self._terminal, services), api_values.DECISION
        )

    def enquire_balances(self, *_: object, **__: object) -> NoReturn:
        raise AssertionError("a counter asks for balances only in an errand, and none is run here")

    def list_card_payments(self, *_: object) -> NoReturn:
        raise AssertionError("a counter lists payments only in an errand, and none is run here")

    def reverse_payment(self, payment_id: UUID) -> Reversal:
        body = ReversalRequest()
        return self._ask(
            lambda services: reverse_payment(payment_id, body, self._terminal, services),
            api_values.REVERSAL,
        )

    def void_payment(self, payment_id: UUID, void_id: UUID) -> Void:
        body = VoidRequest(void_id=void_id)
        return self._ask(
            lambda services: void_payment(payment_id, body, self._terminal, services),
            api_returns.VOID,
        )

    def refund_payment(self, payment_id: UUID, refund_id: UUID, amount_cents: int) -> Refund:
        body = RefundRequest(refund_id=refund_id, amount_cents=amount_cents)
        return self._ask(
            lambda services: refund_payment(payment_id, body, self._terminal, services),
            api_returns.REFUND,
        )

    def _ask(
        self, ask: Callable[[Services], BaseModel], adapter: TypeAdapter[T], fury: float = 1.0
    ) -> T:
        """Carry one request and its answer, through `fury` times the faults of the day."""
        asker, schedule = self._schedule.current(), self._schedule
        lost = self._faults.lost * fury
        answers: list[bytes | BackendError] = []

        def carry() -> None:
            try:
                answer: bytes | BackendError = self._backend.answer(ask)
            except BackendError as refusal:
                answer = refusal
            if schedule.happens("answer lost", lost):
                return
            schedule.pause(self._travel())
            # Too late for whoever no longer waits: it waits for something else by now.
            if waiting and not answers:
                answers.append(answer)
                schedule.wake(asker)

        waiting = [True]
        for _ in range(1 + schedule.happens("request doubled", self._faults.doubled)):
            if not schedule.happens("request lost", lost):
                schedule.spawn("request", carry, after=self._travel())
        schedule.wait(ANSWER_SECONDS_MAX)
        waiting.clear()
        if not answers:
            raise BackendUnreachable("no answer")
        if isinstance(answers[0], BackendError):
            raise BackendRefused(status_of(answers[0]), answers[0].code)
        return adapter.validate_json(answers[0])

    def _travel(self) -> float:
        chance = self._schedule.random.random()
        if self._schedule.happens("message delayed", self._faults.delayed):
            return chance * DELAY_SECONDS_MAX
        return chance * TRAVEL_SECONDS_MAX


@dataclass
class CounterProcess:
    """One counter: sells to its queue, dies and starts again, and leaves nothing open."""

    schedule: Schedule
    faults: Faults
    line: Line
    pad: Pad
    clock: SimulatedClock
    folder: Path
    queue: list[tuple[Holder, int]]
    dying: bool = field(default=False, init=False)

    @property
    def journal_path(self) -> Path:
        """Where the journal is, whoever writes it."""
        return self.folder / "journal.sqlite3"

    def live(self) -> None:
        """Sell until nobody waits and nothing is open, over as many lives as it takes."""
        while True:
            self.dying = False
            journal = open_sale_journal(self.journal_path)
            returns = Returns(self.folder, self.line, self.clock, self.schedule, self._around)
            try:
                self._one_life(journal, returns)
            except Killed:
                self.schedule.pause(self.schedule.random.random() * RESTART_SECONDS_MAX)
            else:
                return
            finally:
                journal.close()
                returns.close()

    def _one_life(self, journal: SaleJournal, returns: Returns) -> None:
        # A new run of the daemon finishes what the former left before it sells.
        while journal.list_unfinished():
            recover(self._with(journal, None))
            if journal.list_unfinished():
                self.schedule.pause(RECOVERY_PAUSE_SECONDS)
        returns.finish()
        while self.queue:
            holder, amount_cents = self.queue.pop(0)
            self._sell(journal, holder, amount_cents)
            while journal.list_unfinished():
                recover(self._with(journal, None))
                self.schedule.pause(RECOVERY_PAUSE_SECONDS)
            sales = journal.list_since(self.clock.now() - timedelta(days=1))
            returns.give_back_perhaps([one for one in sales if one.state is State.APPROVED])

    def _sell(self, journal: SaleJournal, holder: Holder, amount_cents: int) -> None:
        collaborators = self._with(journal, holder)
        now = self.clock.now()
        idle = SaleRecord(str(collaborators.new_id()), amount_cents, now, now)
        record = advance(idle, Event.STARTED, now, Facts(benefit="culture"))
        collaborators.journal.open_sale(record)
        controls = SaleControls()
        if self.schedule.random.random() < CANCEL_SHARE:
            after = self.schedule.random.random() * 6
            self.schedule.spawn("cancel", lambda: _cancel(controls), after=after)
        SaleRun(record, collaborators, controls, lambda *_: None).run()

    def _with(self, journal: SaleJournal, holder: Holder | None) -> Collaborators:
        random = self.schedule.random
        chip = Chip(holder or Holder(b"", "", bytes(16)), random.randbytes)
        real = Collaborators(
            reader=Reader(chip),
            pad=self.pad,
            backend=self.line,
            journal=journal,
            clock=self.clock,
            new_id=lambda: UUID(int=random.getrandbits(128), version=4),
        )
        return counter_effects(self._around)(real)

    def _around(self, name: str, effect: Callable[[], T], /) -> T:
        self._point(name)
        done = effect()
        self._point(name)
        return done

    def _point(self, name: str) -> None:
        if not self.dying and not name.startswith("card."):
            self.schedule.pause(self.schedule.random.random() * STEP_SECONDS_MAX)
            self.dying = self.schedule.happens("terminal killed", self.faults.terminal_killed)
        if self.dying:
            # What runs while the program is torn down has no effect any more.
            raise Killed


def _cancel(controls: SaleControls) -> None:
    controls.cancel()
