"""What the till shows of a sale: its record, what is offered, and the sentence to say. Pure."""

from dataclasses import dataclass

from terminal.api_values import Choice, Declined, UsableBenefit
from terminal.counter import words
from terminal.counter.record import SaleRecord
from terminal.counter.states import State


@dataclass(frozen=True, slots=True)
class SaleView:
    """A sale as people see it. `active`: it is being run now; `fault`: the journal failed it."""

    record: SaleRecord
    offered: tuple[UsableBenefit, ...] = ()
    active: bool = False
    fault: str | None = None
    refusal: Declined | None = None  # of this run of the daemon: it is written nowhere

    @property
    def reason(self) -> str | None:
        """The stable code of why it ended so, or of what went wrong."""
        return self.fault or self.record.reason

    @property
    def message(self) -> str:
        """The one French sentence."""
        if self.fault is not None:
            return words.REASON_SENTENCES[self.fault]
        if self.record.state is State.DECLINED and self.refusal and self.refusal.message:
            return self.refusal.message
        return words.sentence(self.record, active=self.active)

    @property
    def choices(self) -> tuple[Choice, ...]:
        """What else would pay, after the right code only."""
        declined = self.record.state is State.DECLINED
        return self.refusal.choices if declined and self.refusal else ()

    @property
    def headline(self) -> str:
        """The large words."""
        if not self.active and self.record.state is State.REVERSING:
            return words.REVERSAL_PENDING_WORDS
        return words.STATE_WORDS[self.record.state]
