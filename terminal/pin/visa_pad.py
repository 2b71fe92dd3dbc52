"""The driver of serial pads that speak the VISA packet set: `PinPad` over a link.

Promise: every call ends within its named limits, in a value or in a `PadError`; after an unplug
`claim` opens the port again. One thread at a time.
Not done here: turns and retries (`conversation.py`), the port (`serial_link.py`).
"""

import logging
import time
from collections.abc import Callable
from typing import Protocol

from terminal.errors import PadError, PadGarbled, PadRefused, PadSilent, PadUnplugged
from terminal.pin.conversation import (
    Done,
    Ended,
    Entered,
    Failed,
    Failure,
    Limits,
    Outcome,
    PadConversation,
    Refused,
)
from terminal.pin.dialects import DEFAULT_DIALECT, Dialect, show_request
from terminal.pin.life import PadLife
from terminal.pin.pad import (
    CODE_DIGITS_MAX,
    CODE_DIGITS_MIN,
    Completion,
    Display,
    EftContext,
    PinEntry,
    PinEntryStatus,
    PinPadCaps,
    PromptCode,
)
from terminal.pin.prompts import lines_of
from terminal.pin.serial_link import LineSettings, SerialLink

CAPS = PinPadCaps(
    display=Display.UNRESTRICTED, length_min=CODE_DIGITS_MIN, length_max=CODE_DIGITS_MAX
)
# How soon a cancellation is noticed: a read waits no longer.
POLL_SECONDS_MAX = 0.1
# A pad needs a breath between what it said and what it hears (Semnox driver).
TURNAROUND_SECONDS = 0.1

_log = logging.getLogger(__name__)


class PadLink(Protocol):
    """What the driver needs of a port; `SerialLink` is the real one."""

    def read(self, seconds_max: float) -> bytes:
        """Return what has arrived; empty when time is up."""
        ...

    def write(self, frame: bytes) -> None:
        """Hand all bytes to the line."""
        ...

    def close(self) -> None:
        """Let go of the port; never raises."""
        ...


def _never() -> bool:
    return False


class VisaPacketPinPad:
    """A pad behind `open_link`, which is called at each claim that finds no open port."""

    caps = CAPS

    def __init__(
        self,
        open_link: Callable[[], PadLink],
        dialect: Dialect = DEFAULT_DIALECT,
        *,
        limits: Limits | None = None,
        now: Callable[[], float] = time.monotonic,
        turnaround_seconds: float = TURNAROUND_SECONDS,
    ) -> None:
        self._open_link = open_link
        self._dialect = dialect
        self._limits = limits or Limits()
        self._now = now
        self._turnaround_seconds = turnaround_seconds
        self._conversation = PadConversation(dialect, self._limits)
        self._life = PadLife(CAPS)
        self._link: PadLink | None = None
        # Whether an exchange was broken off, so that the pad may still be in it.
        self._broken_off = False

    def claim(self) -> None:
        """Open the port if it is not, and bring the pad to rest."""
        self._life.expect_idle()
        if self._link is None:
            self._link = self._open_link()
        try:
            self.reset()
        except PadError:
            self.release()
            raise
        self._life.claim()

    def release(self) -> None:
        """Close the port; never raises."""
        link, self._link = self._link, None
        self._conversation.abandon()
        self._life.release()
        if link is not None:
            link.close()

    def begin(self, context: EftContext) -> None:
        """Begin a transaction."""
        self._life.begin(context)

    def enter_pin(self, seconds_max: float, cancelled: Callable[[], bool]) -> PinEntry:
        """Let the holder type the code into the pad; return how it ended.

        Raises `PadUnplugged`, `PadSilent`, `PadGarbled`, `PadRefused` (the pad's code, or `EOT`
        where it gave none), `PadDisabled`, `PadBusy`. An entry that ended in an error has no block,
        and is over on the pad.
        """
        with self._life.entering() as context:
            prompt = context.prompt
            self.reset()
            if not self._dialect.request_has_words:
                self._put(prompt.line1, prompt.line2)
            if cancelled():
                return PinEntry(PinEntryStatus.CANCEL)
            self._breathe()
            self._conversation.ask(prompt, seconds_max, self._now())
            return self._entry(self._converse(cancelled))

    def prompt(self, code: PromptCode, language: str = "fr") -> None:
        """Show words of the fixed table."""
        self.show(*lines_of(code, language))

    def show(self, line1: str, line2: str = "") -> None:
        """Put one or two lines on the display."""
        self._life.expect_idle()
        self._put(line1, line2)

    def end(self, completion: Completion) -> None:
        """End the transaction; ABNORMAL resets a pad that was left in the middle of it."""
        self._life.end()
        if completion is Completion.ABNORMAL and self._broken_off:
            self.reset()

    def _put(self, line1: str, line2: str) -> None:
        self._breathe()
        self._conversation.tell(show_request(line1, line2), self._now())
        self._expect_done(self._converse(_never))

    def reset(self) -> None:
        """End whatever the pad is doing (`72`)."""
        self._breathe()
        self._conversation.reset(self._now())
        self._expect_done(self._converse(_never))
        self._broken_off = False

    def _breathe(self) -> None:
        """Hear latecomers out, so that they are not taken for answers to what comes next."""
        link = self._claimed_link()
        until = self._now() + self._turnaround_seconds
        try:
            while (left := until - self._now()) > 0:
                self._conversation.receive_data(link.read(left), self._now())
            self._write_pending(link)
        except PadUnplugged:
            self.release()
            raise

    def _claimed_link(self) -> PadLink:
        if self._link is None:
            raise PadUnplugged("the pad is not claimed")
        return self._link

    def _converse(self, cancelled: Callable[[], bool]) -> Outcome:
        try:
            return self._pump(self._claimed_link(), cancelled)
        except PadUnplugged:
            self.release()
            raise
        except BaseException:
            # A broken caller or an interrupt: the next exchange begins with a reset of the pad.
            self._conversation.abandon()
            self._broken_off = True
            raise

    def _pump(self, link: PadLink, cancelled: Callable[[], bool]) -> Outcome:
        """Carry bytes both ways until the exchange ends; its limits see to it that it does."""
        conversation = self._conversation
        while True:
            self._write_pending(link)
            if (outcome := conversation.next_outcome()) is not None:
                _log.debug("pad: %r", outcome)
                return outcome
            conversation.receive_data(link.read(self._patience()), self._now())
            conversation.advance(self._now())
            if cancelled():
                conversation.cancel(self._now())

    def _patience(self) -> float:
        deadline = self._conversation.deadline
        assert deadline is not None  # while an exchange goes on there is one
        return min(max(0.0, deadline - self._now()), POLL_SECONDS_MAX)

    def _write_pending(self, link: PadLink) -> None:
        if pending := self._conversation.data_to_send():
            link.write(pending)

    def _entry(self, outcome: Outcome) -> PinEntry:
        match outcome:
            case Entered(block):
                return PinEntry(PinEntryStatus.SUCCESS, block)
            case Ended(status):
                return PinEntry(status)
            case _:
                raise self._error(outcome)

    def _expect_done(self, outcome: Outcome) -> None:
        if not isinstance(outcome, Done):
            raise self._error(outcome)

    def _error(self, outcome: Outcome) -> PadError:
        match outcome:
            case Refused(code):
                return PadRefused(code)
            case Failed(Failure.SILENT):
                seconds = self._limits.ack_seconds_max * self._limits.sends_max
                return PadSilent("the pad does not answer", seconds_max=seconds)
            case _:
                return PadGarbled("the pad's answer cannot be read")


def open_visa_pad(
    device: str, line: LineSettings | None = None, dialect: Dialect = DEFAULT_DIALECT
) -> VisaPacketPinPad:
    """Return a pad on a serial device, not yet claimed."""
    return VisaPacketPinPad(lambda: SerialLink(device, line), dialect)
