"""One errand, run from start to rest: each state has one step, each step ends in one event.

Promise: nothing is debited and nothing is written; balances are in memory only while they are
shown, and a code's block serves once. What a step came to is told to the observer at once. It does
not choose states (`states.py`) or threads (`front.py`).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from passcard.errors import PassCardError
from terminal.api_enquiries import Balance, BalancesRefused
from terminal.api_returns import FoundPayment
from terminal.api_values import CardProof
from terminal.counter import pad_text
from terminal.counter.controls import SaleControls
from terminal.counter.errands.states import (
    ERRAND_FINAL,
    ErrandEvent,
    ErrandKind,
    ErrandState,
    next_errand_state,
)
from terminal.counter.holder import HolderSide, Wait
from terminal.counter.limits import Limits
from terminal.counter.ports import Collaborators
from terminal.counter.reasons import Reason, reason_of
from terminal.errors import BackendRefused, BackendUnreachable, TerminalError
from terminal.pin.pad import EncryptedPinBlock, PinEntryStatus

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """An errand as it stands. Balances are the holder's: here only while they are shown."""

    errand_id: UUID
    kind: ErrandKind
    started_at: datetime
    state: ErrandState = ErrandState.CARD
    reason: str | None = None
    tries_left: int | None = None
    balances: tuple[Balance, ...] = field(default=(), repr=False)
    payments: tuple[FoundPayment, ...] = ()
    refusal: BalancesRefused | BackendRefused | None = None

    @property
    def active(self) -> bool:
        """True while it is being run."""
        return self.state not in ERRAND_FINAL


Change = dict[str, object]
_Ended = tuple[ErrandEvent, Change]


class ErrandRun:
    """An errand in progress; `run` it once."""

    def __init__(
        self,
        errand: Errand,
        collaborators: Collaborators,
        controls: SaleControls,
        observe: Callable[[Errand], None],
        limits: Limits,
    ) -> None:
        self._errand = errand
        self._with = collaborators
        self._controls = controls
        self._observe = observe
        self._limits = limits
        self._holder = HolderSide(collaborators, controls, limits)
        self._proof: CardProof | None = None
        self._pin_block: EncryptedPinBlock | None = None
        self._codes_typed = 0
        self._steps: dict[ErrandState, Callable[[], _Ended]] = {
            ErrandState.CARD: self._wait_for_card,
            ErrandState.PROOF: self._prove_card,
            ErrandState.CODE: self._ask_code,
            ErrandState.ASKING: self._ask_backend,
            ErrandState.SHOWN: self._show_balances,
        }

    def run(self) -> Errand:
        """Run to rest and return the errand; balances are no longer in it."""
        try:
            while self._errand.active:
                self._advance(*self._take_step())
            self._holder.show(pad_text.errand_ending(self._errand))
        finally:
            self._holder.let_go()
        return self._errand

    def _take_step(self) -> _Ended:
        try:
            return self._steps[self._errand.state]()
        except (TerminalError, PassCardError) as error:
            _log.warning("errand: %s in %s", type(error).__name__, self._errand.state)
            return self._ended_by(error)
        except Exception as error:  # noqa: BLE001 -- the reason is the next line
            _log.exception("errand: unforeseen error in %s", self._errand.state)
            return self._ended_by(error)

    def _ended_by(self, error: Exception) -> _Ended:
        if self._errand.state is ErrandState.SHOWN:
            return ErrandEvent.ENDED, {}
        if self._errand.state is ErrandState.PROOF and self._holder.may_come_back(error):
            return ErrandEvent.CARD_LEFT, {"reason": Reason.CARD_REMOVED}
        refusal = error if isinstance(error, BackendRefused) else None
        return ErrandEvent.FAILED, {"reason": reason_of(error), "refusal": refusal}

    def _advance(self, event: ErrandEvent, change: Change) -> None:
        """Go on; a reason, tries and balances belong to the state that they explain."""
        fresh: Change = {"reason": None, "tries_left": None, "balances": (), "refusal": None}
        state = next_errand_state(self._errand.state, event)
        self._errand = replace(self._errand, **(fresh | change | {"state": state}))  # type: ignore[arg-type]
        if self._errand.active:  # its end is told by who runs it, once the counter is free
            self._observe(self._errand)

    # --- one step per state -------------------------------------------------------------------

    def _wait_for_card(self) -> _Ended:
        again = self._errand.reason == Reason.CARD_REMOVED
        waited = self._holder.wait_for_card(
            pad_text.CARD_AGAIN if again else pad_text.errand_card_wanted(self._errand.kind)
        )
        if waited is Wait.CAME:
            return ErrandEvent.CARD_SHOWN, {}
        if waited is Wait.TIMED_OUT:
            return ErrandEvent.TIMED_OUT, {"reason": Reason.CARD_TIMEOUT}
        return self._cancelled()

    def _prove_card(self) -> _Ended:
        self._proof = self._holder.prove_card()
        if self._controls.cancelled():
            return self._cancelled()
        needs_code = self._errand.kind is ErrandKind.BALANCES
        return ErrandEvent.CARD_PROVEN if needs_code else ErrandEvent.CARD_ENOUGH, {}

    def _ask_code(self) -> _Ended:
        assert self._proof is not None, "the card was proven"
        if self._errand.tries_left is not None:
            self._holder.tell_wrong_code(self._errand.tries_left)
        entry = self._holder.ask_code(self._proof, pad_text.BALANCE_CODE_WANTED)
        if self._controls.cancelled():
            return self._cancelled()
        if entry.status is PinEntryStatus.CANCEL:
            return ErrandEvent.CANCELLED, {"reason": Reason.CANCELLED_BY_HOLDER}
        if entry.status is PinEntryStatus.TIMEOUT:
            return ErrandEvent.TIMED_OUT, {"reason": Reason.CODE_TIMEOUT}
        self._pin_block = entry.encrypted_pin_block
        self._codes_typed += 1
        return ErrandEvent.CODE_TYPED, {}

    def _ask_backend(self) -> _Ended:
        assert self._proof is not None, "the card was proven"
        self._holder.show(pad_text.CHECKING)
        if self._errand.kind is ErrandKind.PAYMENTS:
            found = self._with.backend.list_card_payments(self._proof.proof_id)
            return ErrandEvent.FOUND, {"payments": found}
        block, self._pin_block = self._pin_block, None  # a block serves once
        assert block is not None, "a code was typed"
        return self._enquire(self._with.new_id(), self._proof.proof_id, block)

    def _enquire(self, enquiry_id: UUID, proof_id: str, block: EncryptedPinBlock) -> _Ended:
        backend = self._with.backend
        try:
            answer = backend.enquire_balances(enquiry_id, proof_id, pin=block)
        except BackendUnreachable:
            # It may have arrived, and used a try: the same id gets that answer, and no other.
            answer = backend.enquire_balances(enquiry_id, proof_id, pin=block)
        if self._controls.cancelled():
            return self._cancelled()
        if not isinstance(answer, BalancesRefused):
            return ErrandEvent.ANSWERED, {"balances": answer.balances}
        again = self._codes_typed < self._limits.code_attempts_max
        if answer.reason == Reason.WRONG_CODE and answer.tries_left and again:
            return ErrandEvent.WRONG_CODE, {
                "reason": answer.reason,
                "tries_left": answer.tries_left,
            }
        change: Change = {"reason": answer.reason, "tries_left": answer.tries_left}
        return ErrandEvent.DECLINED, change | {"refusal": answer}

    def _show_balances(self) -> _Ended:
        """Show each benefit in turn on the pad; the customer's screen shows them all."""
        deadline = self._holder.deadline(self._limits.balances_shown_seconds)
        pages = pad_text.balance_pages(self._errand.balances)
        while not self._controls.cancelled() and self._with.clock.monotonic() < deadline:
            for page in pages:
                if self._controls.cancelled() or self._with.clock.monotonic() >= deadline:
                    break
                self._holder.show(page)
                self._holder.pause(self._limits.balance_page_seconds)
        return ErrandEvent.ENDED, {}

    def _cancelled(self) -> _Ended:
        by_holder = self._controls.cancelled_by_holder()
        reason = Reason.CANCELLED_BY_HOLDER if by_holder else Reason.CANCELLED_AT_COUNTER
        return ErrandEvent.CANCELLED, {"reason": reason}
