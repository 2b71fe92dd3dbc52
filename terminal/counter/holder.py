"""The holder's side of one dialogue: a card on the reader, a code on the pad, two lines to read.

Promise: what a sale and an errand share is done here once: waiting for a card that may come late,
askew or go too early; having it proven; asking for the code; letting everything go. It knows no
state and no money. Errors are those of the reader, the pad and the backend, passed on.
"""

import logging
from contextlib import suppress
from enum import Enum, auto

from terminal.api_values import CardProof
from terminal.counter import pad_text
from terminal.counter.controls import SaleControls
from terminal.counter.limits import Limits
from terminal.counter.ports import Card, Collaborators
from terminal.counter.proof import prove_card
from terminal.errors import (
    CardSilent,
    PadError,
    ReaderAbsent,
    ReaderBusy,
    ReaderError,
    ReaderServiceDown,
    TerminalError,
)
from terminal.pin.pad import PinEntry, PinPrompt

_log = logging.getLogger(__name__)


class Wait(Enum):
    """How a wait for something of the holder's ended."""

    CAME = auto()
    TIMED_OUT = auto()
    CANCELLED = auto()


class HolderSide:
    """Made for one dialogue; `let_go` ends it, and may be called twice."""

    def __init__(
        self, collaborators: Collaborators, controls: SaleControls, limits: Limits
    ) -> None:
        self._with = collaborators
        self._controls = controls
        self._limits = limits
        self._card: Card | None = None
        self._presentations = 0

    def wait_for_card(self, wanted: pad_text.Lines) -> Wait:
        """Wait for a card, saying `wanted` on the pad; reader's troubles may pass meanwhile."""
        self._with.pad.claim()
        self._drop_card()
        self.show(wanted)
        deadline = self.deadline(self._limits.card_seconds_max)
        trouble_deadline = self.deadline(self._limits.reader_trouble_seconds_max)
        while not self._controls.cancelled():
            try:
                self._card = self._with.reader.wait_for_card(self._limits.look_seconds)
            except CardSilent:
                # It did not answer to power: laid down askew, or too fast. The reader gives a tap
                # once, so it is asked for again; the deadline goes on.
                self._presentations += 1
                if self._presentations >= self._limits.card_presentations_max:
                    raise
                self.show(pad_text.CARD_AGAIN)
                continue
            except (ReaderAbsent, ReaderBusy, ReaderServiceDown):
                if self._with.clock.monotonic() >= trouble_deadline:
                    raise
                self._with.clock.pause(self._limits.look_seconds)
                continue
            trouble_deadline = self.deadline(self._limits.reader_trouble_seconds_max)
            if self._card is not None:
                self._presentations += 1
                return Wait.CAME
            if self._with.clock.monotonic() >= deadline:
                return Wait.TIMED_OUT
        return Wait.CANCELLED

    def prove_card(self) -> CardProof:
        """Have the card proven genuine; it may leave once this returns."""
        assert self._card is not None, "a card was shown"
        proof = prove_card(self._card, self._with.backend)
        self._drop_card()
        return proof

    def may_come_back(self, error: Exception) -> bool:
        """Say whether the card, or the reader under it, left, and it may be presented again.

        A reader that stays away ends the next wait.
        """
        left = isinstance(error, ReaderError)
        return left and self._presentations < self._limits.card_presentations_max

    def ask_code(self, proof: CardProof, wanted: pad_text.Lines) -> PinEntry:
        """Ask for the code; CANCEL is the holder's, unless the controls are cancelled."""
        lengths = sorted((proof.code_digits_min, proof.code_digits_max))
        return self._with.pad.enter_pin(
            PinPrompt(proof.card_number, *wanted, *lengths),
            self._limits.code_seconds_max,
            self._controls.cancelled,
        )

    def tell_wrong_code(self, tries_left: int) -> None:
        """Say how many tries are left, for a moment."""
        self.show(pad_text.wrong_code(tries_left))
        self.pause(self._limits.wrong_code_shown_seconds)

    def show(self, lines: pad_text.Lines) -> None:
        """Write on the pad if it can: what it shows never changes what was decided."""
        try:
            self._with.pad.show(*lines)
        except PadError as error:
            _log.warning("the pad did not show its text: %s", type(error).__name__)

    def pause(self, seconds: float) -> None:
        """Let time pass, unless somebody cancels."""
        deadline = self.deadline(seconds)
        while not self._controls.cancelled() and self._with.clock.monotonic() < deadline:
            self._with.clock.pause(self._limits.look_seconds)

    def deadline(self, seconds_max: float) -> float:
        """Return the moment, on the clock that only grows, that is so far away."""
        return self._with.clock.monotonic() + seconds_max

    def let_go(self) -> None:
        """Leave reader and pad to whoever comes next; never raises."""
        self._drop_card()
        with suppress(TerminalError):
            self._with.reader.close()
        with suppress(PadError):
            self._with.pad.release()

    def _drop_card(self) -> None:
        card, self._card = self._card, None
        if card is not None:
            with suppress(TerminalError):
                card.disconnect()
