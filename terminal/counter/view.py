"""What the till shows of a sale: its record, what is offered, and the sentence to say. Pure."""

from dataclasses import dataclass

from terminal.api_values import Choice, Declined, UsableBenefit
from terminal.counter import words
from terminal.counter.record import SaleRecord
from terminal.counter.states import State
from terminal.errors import BackendRefused


@dataclass(frozen=True, slots=True)
class SaleView:
    """A sale as people see it. `active`: it is being run now; `fault`: the journal failed it."""

    record: SaleRecord
    offered: tuple[UsableBenefit, ...] = ()
    active: bool = False
    fault: str | None = None
    refusal: Declined | BackendRefused | None = None  # of this run: it is written nowhere

    @property
    def reason(self) -> str | None:
        """The stable code of why it ended so, or of what went wrong."""
        return self.fault or self.record.reason

    @property
    def message(self) -> str:
        """The one French sentence."""
        if self.fault is not None:
            return words.REASON_SENTENCES[self.fault]
        if self._said is not None:
            return self._said
        return words.sentence(self.record, active=self.active)

    @property
    def choices(self) -> tuple[Choice, ...]:
        """What else would pay, after the right code only."""
        if self.record.state is State.DECLINED and isinstance(self.refusal, Declined):
            return self.refusal.choices
        return ()

    @property
    def _said(self) -> str | None:
        """The backend's own French sentence, if it ended the sale with one."""
        if self.record.state is State.DECLINED and isinstance(self.refusal, Declined):
            return self.refusal.message or None
        if self.record.state is State.FAILED and isinstance(self.refusal, BackendRefused):
            return self.refusal.message_fr
        return None

    @property
    def headline(self) -> str:
        """The large words."""
        if not self.active and self.record.state is State.REVERSING:
            return words.REVERSAL_PENDING_WORDS
        return words.STATE_WORDS[self.record.state]
