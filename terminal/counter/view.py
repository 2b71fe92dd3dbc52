"""What the till shows of a sale: its record, what is offered, and the sentence to say. Pure."""

from dataclasses import dataclass

from terminal.api_values import Choice, Declined, UsableBenefit
from terminal.counter.record import SaleRecord
from terminal.counter.speech import FRENCH, Language, Speech
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
        return self.message_in(FRENCH)

    def message_in(self, speech: Speech) -> str:
        """Return the one sentence in this language."""
        if self.fault is not None:
            return speech.reasons[self.fault]
        return self._said(speech) or speech.of_sale(self.record, active=self.active)

    @property
    def choices(self) -> tuple[Choice, ...]:
        """What else would pay, after the right code only."""
        if self.record.state is State.DECLINED and isinstance(self.refusal, Declined):
            return self.refusal.choices
        return ()

    def _said(self, speech: Speech) -> str | None:
        """Return the backend's own sentence, if it ended the sale with one in this language."""
        french = speech.language is Language.FRENCH
        if self.record.state is State.DECLINED and isinstance(self.refusal, Declined):
            return (self.refusal.message if french else self.refusal.message_en) or None
        if self.record.state is State.FAILED and isinstance(self.refusal, BackendRefused):
            return self.refusal.message_fr if french else None
        return None

    @property
    def headline(self) -> str:
        """The large words, in French."""
        return self.headline_in(FRENCH)

    def headline_in(self, speech: Speech) -> str:
        """Return the large words in this language."""
        if not self.active and self.record.state is State.REVERSING:
            return speech.reversal_pending_words
        return speech.states[self.record.state]
