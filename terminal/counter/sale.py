"""One sale, run from start to rest: each state has one step, each step ends in one event.

Promise: an event is in the journal before its consequence is begun, so that a program killed at any
moment leaves a journal from which `recovery.py` can finish. A payment's id is written before the
payment is sent; an outcome that nobody could read is reversed, never guessed. Everything it acts
through is injected. It does not choose states (`states.py`), words (`words.py`) or threads.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from passcard.errors import PassCardError
from passcard.layout import CardNumber, mask_card_number
from terminal.api_values import Approved, CardProof, Declined, UsableBenefit
from terminal.counter import pad_text
from terminal.counter.controls import SaleControls
from terminal.counter.holder import HolderSide, Wait
from terminal.counter.limits import DEFAULT_LIMITS, Limits
from terminal.counter.ports import Collaborators
from terminal.counter.reasons import Reason, reason_of
from terminal.counter.record import NOTHING_NEW, Facts, SaleRecord, advance
from terminal.counter.recovery import reverse_patiently
from terminal.counter.states import SENT, Event, State
from terminal.errors import BackendRefused, JournalError, TerminalError
from terminal.pin.pad import EncryptedPinBlock, PinEntryStatus

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step came to."""

    event: Event
    facts: Facts = NOTHING_NEW


Observer = Callable[[SaleRecord, tuple[UsableBenefit, ...]], None]
"""Told of each change, with the benefits on offer; it must neither wait nor raise."""


class SaleRun:
    """A sale in progress. Made for one record that is already in the journal; `run` it once."""

    def __init__(
        self,
        record: SaleRecord,
        collaborators: Collaborators,
        controls: SaleControls,
        observe: Observer,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._record = record
        self._asked_benefit = record.benefit
        self._with = collaborators
        self._controls = controls
        self._observe = observe
        self._limits = limits
        self._holder = HolderSide(collaborators, controls, limits)
        self._proof: CardProof | None = None
        self._pin_block: EncryptedPinBlock | None = None
        self._codes_typed = 0
        self._left_to_background = False
        #: What the backend said when it declined or refused; never in the journal.
        self.refusal: Declined | BackendRefused | None = None
        self._steps: dict[State, Callable[[], Outcome]] = {
            State.CARD: self._wait_for_card,
            State.PROOF: self._prove_card,
            State.BENEFIT: self._wait_for_benefit,
            State.CODE: self._ask_code,
            State.AUTHORISING: self._pay,
            State.REVERSING: self._reverse,
        }

    def run(self) -> SaleRecord:
        """Run to rest and return the record: finished, or reversing and left to the background.

        Raises JournalError when an event could not be written; what was written then stands, and
        recovery finishes from it.
        """
        try:
            while not (self._record.finished or self._left_to_background):
                self._write(self._take_step())
            self._holder.show(pad_text.ending(self._record, self.refusal))
        except JournalError:
            self._holder.show(pad_text.JOURNAL_LOST)
            raise
        finally:
            self._holder.let_go()
        return self._record

    def _take_step(self) -> Outcome:
        """Take the step of this state; an error is an outcome too."""
        state = self._record.state
        try:
            return self._steps[state]()
        except (TerminalError, PassCardError) as error:
            _log.warning("sale %s: %s in %s", self._record.sale_id, type(error).__name__, state)
            return self._outcome_of(error)
        except Exception as error:  # noqa: BLE001 -- the reason is the next line
            # A fault of ours must not leave a payment unaccounted for, nor the till hanging.
            _log.exception("sale %s: unforeseen error in %s", self._record.sale_id, state)
            return self._outcome_of(error)

    def _outcome_of(self, error: Exception) -> Outcome:
        if self._record.state in SENT:
            return Outcome(Event.ANSWER_LOST, Facts(reason=Reason.ANSWER_LOST))
        if self._record.state is State.PROOF and self._holder.may_come_back(error):
            return Outcome(Event.CARD_LEFT, Facts(reason=Reason.CARD_REMOVED))
        if isinstance(error, BackendRefused):
            self.refusal = error
        return Outcome(Event.FAILED, Facts(reason=reason_of(error)))

    def _write(self, outcome: Outcome) -> None:
        before, now = self._record, self._with.clock.now()
        after = advance(before, outcome.event, now, outcome.facts)
        self._with.journal.append(before, outcome.event, after)
        self._record = after
        self._observe(after, self._offered() if after.state is State.BENEFIT else ())

    # --- one step per state -------------------------------------------------------------------

    def _wait_for_card(self) -> Outcome:
        again = self._record.reason == Reason.CARD_REMOVED
        wanted = pad_text.CARD_AGAIN if again else pad_text.card_wanted(self._record.amount_cents)
        waited = self._holder.wait_for_card(wanted)
        if waited is Wait.CAME:
            return Outcome(Event.CARD_SHOWN)
        if waited is Wait.TIMED_OUT:
            return Outcome(Event.TIMED_OUT, Facts(reason=Reason.CARD_TIMEOUT))
        return self._cancelled()

    def _prove_card(self) -> Outcome:
        self._proof = self._holder.prove_card()
        if self._controls.cancelled():
            return self._cancelled()
        outcome = settle_benefit(self._offered(), self._asked_benefit)
        masked = mask_card_number(CardNumber(self._proof.card_number))
        return Outcome(outcome.event, replace(outcome.facts, masked_card_number=masked))

    def _wait_for_benefit(self) -> Outcome:
        self._holder.show(pad_text.CHOOSING)
        offered = {usable.benefit: usable for usable in self._offered()}
        deadline = self._holder.deadline(self._limits.benefit_seconds_max)
        while not self._controls.cancelled():
            chosen = self._controls.chosen_benefit()
            if chosen in offered:
                return Outcome(Event.BENEFIT_CHOSEN, _settled_on(offered[chosen]))
            if self._with.clock.monotonic() >= deadline:
                return Outcome(Event.TIMED_OUT, Facts(reason=Reason.BENEFIT_TIMEOUT))
            self._with.clock.pause(self._limits.look_seconds)
        return self._cancelled()

    def _ask_code(self) -> Outcome:
        assert self._proof is not None, "the card was proven"
        if self._record.tries_left is not None:
            self._holder.tell_wrong_code(self._record.tries_left)
        wanted = pad_text.code_wanted(self._record.amount_cents)
        entry = self._holder.ask_code(self._proof, wanted)
        if self._controls.cancelled():
            return self._cancelled()
        if entry.status is PinEntryStatus.CANCEL:
            return Outcome(Event.CANCELLED, Facts(reason=Reason.CANCELLED_BY_HOLDER))
        if entry.status is PinEntryStatus.TIMEOUT:
            return Outcome(Event.TIMED_OUT, Facts(reason=Reason.CODE_TIMEOUT))
        self._pin_block = entry.encrypted_pin_block
        self._codes_typed += 1
        # The id is in the journal, on the disk, before anything bears it.
        return Outcome(Event.CODE_TYPED, Facts(payment_id=str(self._with.new_id())))

    def _pay(self) -> Outcome:
        if self._controls.cancelled():
            return self._cancelled()  # the id is out of use: the backend is told so
        self._holder.show(pad_text.CHECKING)
        answer = self._send_payment()
        if isinstance(answer, Declined):
            self.refusal = answer
            return decline(answer, another_try=self._codes_typed < self._limits.code_attempts_max)
        return self._approve(answer)

    def _approve(self, answer: Approved) -> Outcome:
        facts = Facts(
            authorisation_number=answer.authorisation_number,
            remaining_cents=answer.remaining_cents,
        )
        if self._controls.settle():
            return Outcome(Event.APPROVED, facts)
        return self._cancelled()

    def _reverse(self) -> Outcome:
        assert self._record.payment_id is not None, "only what was sent is reversed"
        self._holder.show(pad_text.UNDOING)
        money_moved = reverse_patiently(
            self._with, UUID(self._record.payment_id), self._limits, self._controls.cancelled
        )
        if money_moved is None:
            self._left_to_background = True
            return Outcome(Event.ANSWER_LOST)
        return Outcome(Event.REVERSED, Facts(money_moved=money_moved))

    # --- leaves -------------------------------------------------------------------------------

    def _send_payment(self) -> Approved | Declined:
        record, proof, block = self._record, self._proof, self._pin_block
        self._pin_block = None  # a block serves once
        assert proof is not None, "the card was proven"
        assert block is not None, "a code was typed"
        assert record.payment_id is not None, "the id was written"
        assert record.benefit is not None, "the benefit is settled"
        return self._with.backend.pay(
            UUID(record.payment_id), proof.proof_id, record.benefit, record.amount_cents, pin=block
        )

    def _offered(self) -> tuple[UsableBenefit, ...]:
        return () if self._proof is None else self._proof.benefits

    def _cancelled(self) -> Outcome:
        by_holder = self._controls.cancelled_by_holder()
        reason = Reason.CANCELLED_BY_HOLDER if by_holder else Reason.CANCELLED_AT_COUNTER
        return Outcome(Event.CANCELLED, Facts(reason=reason))


def settle_benefit(offered: tuple[UsableBenefit, ...], asked: str | None) -> Outcome:
    """Return the outcome of a proof: the one benefit, the asked one, a choice, or a refusal."""
    if not offered:
        return Outcome(Event.FAILED, Facts(reason=Reason.NO_BENEFIT))
    fitting = [usable for usable in offered if asked is None or usable.benefit == asked]
    if not fitting:
        return Outcome(Event.FAILED, Facts(reason=Reason.BENEFIT_NOT_USABLE))
    if len(fitting) > 1:
        return Outcome(Event.BENEFIT_ASKED)
    return Outcome(Event.CARD_PROVEN, _settled_on(fitting[0]))


def _settled_on(usable: UsableBenefit) -> Facts:
    return Facts(benefit=usable.benefit, benefit_label=usable.label)


def decline(answer: Declined, *, another_try: bool) -> Outcome:
    """Return the outcome of a refusal: the code once more on the same tap, or the end."""
    facts = Facts(reason=answer.reason, tries_left=answer.tries_left)
    if answer.reason == Reason.WRONG_CODE and another_try and answer.tries_left:
        return Outcome(Event.WRONG_CODE, facts)
    return Outcome(Event.DECLINED, facts)
