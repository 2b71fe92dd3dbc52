"""One pad's side of the line, without the line: bytes and time in, bytes and outcomes out.

Promise: every exchange that is begun ends in exactly one outcome, within its named limits, whatever
the pad sends or does not send; the same entry is delivered once, however often the pad repeats it.
Not done here: I/O, sleeping, reading a clock (`now` is seconds of any steady clock).
"""

import math
from dataclasses import dataclass
from enum import Enum, auto

from terminal.pin.dialects import (
    RESET,
    TIMEOUT_UNIT_SECONDS,
    TIMEOUT_UNITS_MAX,
    Dialect,
    Foreign,
    Malformed,
    Refusal,
)
from terminal.pin.machine import Action, Event, State, step
from terminal.pin.packets import Control, Damaged, FrameDecoder, Packet
from terminal.pin.packets import Event as LineEvent
from terminal.pin.pad import EncryptedPinBlock, PinEntryStatus, PinPrompt

# A refusal that came as EOT, from a pad that gave no code of its own.
UNHEARD = "EOT"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how often; times in seconds (Semnox driver, UIC PP791 p. 27)."""

    ack_seconds_max: float = 2.0
    sends_max: int = 3
    naks_max: int = 3
    # A frame whose next byte does not come within this is over.
    gap_seconds_max: float = 0.5
    # For one command and all its repetitions; waiting for the holder is not counted.
    exchange_seconds_max: float = 20.0
    # An EOT this close to the pad's own limit is the limit, not the holder's red key.
    timeout_margin_seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class Done:
    """The pad took the words, or is at rest."""


@dataclass(frozen=True, slots=True)
class Entered:
    """The holder typed a code; it is for the vault."""

    encrypted_pin_block: EncryptedPinBlock


@dataclass(frozen=True, slots=True)
class Ended:
    """The entry ended without a code: CANCEL or TIMEOUT."""

    status: PinEntryStatus


@dataclass(frozen=True, slots=True)
class Refused:
    """The pad will not do it, and says why."""

    code: str


class Failure(Enum):
    """Why nothing useful came of an exchange."""

    SILENT = auto()
    GARBLED = auto()


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing useful came of it."""

    why: Failure


Outcome = Done | Entered | Ended | Refused | Failed

_LINE_EVENTS = {Control.ACK: Event.ACK, Control.NAK: Event.NAK, Control.EOT: Event.EOT}


class PadConversation:
    """Call `tell`, `ask` or `reset`; then feed `receive_data` and `advance` until an outcome."""

    def __init__(self, dialect: Dialect, limits: Limits | None = None) -> None:
        self.state = State.RESTING
        self._dialect = dialect
        self._limits = limits or Limits()
        self._decoder = FrameDecoder()
        self._output = bytearray()
        self._outcome: Outcome | None = None
        self._command = RESET
        self._sends = 0
        self._naks = 0
        self._began_at = 0.0
        self._exchange_until = 0.0
        self._wait_until: float | None = None
        self._last_byte_at = 0.0
        self._entry_seconds_max = 0.0
        self._ending: PinEntryStatus | None = None
        self._answer: EncryptedPinBlock | Refusal | None = None
        self._last_key: str | None = None

    # What the driver calls.

    def tell(self, packet: Packet, now: float) -> None:
        """Begin to show words; ends in `Done`, `Refused` or `Failed`."""
        self._begin(Event.TELL, packet, now)

    def ask(self, prompt: PinPrompt, seconds_max: float, now: float) -> None:
        """Begin an entry; ends in `Entered`, `Ended`, `Refused` or `Failed`."""
        request = self._dialect.request(prompt, _timeout_units(seconds_max))
        self._begin(Event.ASK, request, now)
        self._entry_seconds_max = seconds_max

    def reset(self, now: float) -> None:
        """Begin to bring the pad to rest; ends in `Done` or `Failed`."""
        self._begin(Event.RESET, RESET, now)

    def cancel(self, now: float) -> None:
        """End the entry now, if the holder is typing; else nothing."""
        if self.state is State.ENTERING:
            self._give_up_entry(PinEntryStatus.CANCEL, Event.RESET, now)

    def abandon(self) -> None:
        """Forget the exchange and all bytes; what was delivered stays known."""
        self.state = State.RESTING
        self._decoder.discard()
        self._output.clear()
        self._outcome = None
        self._wait_until = None
        self._answer = None

    def receive_data(self, received: bytes, now: float) -> None:
        """Take bytes from the pad as they came, cut anywhere."""
        if received:
            self._last_byte_at = now
        self._decoder.receive_data(received)
        self._take_events(now)

    def advance(self, now: float) -> None:
        """Let time pass: call it when `deadline` is reached, or more often."""
        if self._decoder.has_partial and now >= self._last_byte_at + self._limits.gap_seconds_max:
            self._decoder.abandon_partial()
            self._take_events(now)
        if self._wait_until is not None and now >= self._wait_until:
            self._on_wait_over(now)

    def data_to_send(self) -> bytes:
        """Return, once, the bytes that are to be written now."""
        output = bytes(self._output)
        self._output.clear()
        return output

    def next_outcome(self) -> Outcome | None:
        """Return, once, how the exchange ended; None while it has not."""
        outcome, self._outcome = self._outcome, None
        return outcome

    @property
    def deadline(self) -> float | None:
        """When `advance` has something to do; None if never."""
        waits = [self._wait_until] if self._wait_until is not None else []
        if self._decoder.has_partial:
            waits.append(self._last_byte_at + self._limits.gap_seconds_max)
        return min(waits, default=None)

    # From what happened to the table's words.

    def _take_events(self, now: float) -> None:
        while (happened := self._decoder.next_event()) is not None:
            self._on(self._name(happened), now)

    def _name(self, happened: LineEvent) -> Event:
        match happened:
            case Control():
                return self._spend(_LINE_EVENTS[happened])
            case Damaged():
                return self._spend(Event.DAMAGED)
            case Packet():
                return self._name_answer(happened)

    def _name_answer(self, packet: Packet) -> Event:
        answer = self._dialect.read_answer(packet.body)
        match answer:
            case EncryptedPinBlock():
                return self._name_entry(answer)
            case Refusal():
                self._answer = answer
                return Event.REFUSAL
            case Malformed():
                return Event.MALFORMED
            case Foreign():
                return Event.FOREIGN

    def _name_entry(self, block: EncryptedPinBlock) -> Event:
        """Wanted or too late, an entry that came once never comes as a new one again."""
        if block.key_serial_number == self._last_key:
            return Event.REPEAT
        self._last_key = block.key_serial_number
        self._answer = block
        return Event.ANSWER

    def _spend(self, event: Event) -> Event:
        """Turn an event that asks for another try into the one that says there is none left."""
        if self.state is State.RESTING:
            return event
        sent_enough = self._sends >= self._limits.sends_max
        if event is Event.NAK and sent_enough:
            return Event.REJECTED
        if event is Event.EOT and sent_enough and self.state in (State.TELLING, State.ASKING):
            return Event.DISMISSED
        if event is Event.DAMAGED and self._naks >= self._limits.naks_max:
            return Event.UNREADABLE
        if event is Event.EOT and self._naks and self.state is State.ENTERING:
            # After an answer we could not read, a goodbye is the pad's, not the holder's.
            return Event.UNREADABLE
        return event

    def _on_wait_over(self, now: float) -> None:
        if self.state is State.ENTERING:
            self._give_up_entry(PinEntryStatus.TIMEOUT, Event.DUE, now)
            return
        too_often = self._sends >= self._limits.sends_max
        too_long = now >= self._exchange_until
        self._on(Event.UNANSWERED if too_often or too_long else Event.DUE, now)

    def _begin(self, event: Event, command: Packet, now: float) -> None:
        step(self.state, event)  # refuse before anything has changed
        self._ending = None
        self._outcome = None
        self._command = command
        self._on(event, now)

    def _give_up_entry(self, status: PinEntryStatus, event: Event, now: float) -> None:
        self._ending = status
        self._command = RESET
        self._on(event, now)

    # From the table's words to bytes and outcomes.

    def _on(self, event: Event, now: float) -> None:
        if self.state is State.ENTERING:
            self._exchange_until = now + self._limits.exchange_seconds_max
        self.state, action = step(self.state, event)
        if action in _ENDINGS:
            self._wait_until = None
            self._outcome = self._end(action, now)
        else:
            self._act(action, now)
        self._answer = None

    def _act(self, action: Action, now: float) -> None:
        match action:
            case Action.SEND:
                self._began_at, self._sends, self._naks = now, 0, 0
                self._exchange_until = now + self._limits.exchange_seconds_max
                self._send_command(now)
            case Action.RESEND:
                self._send_command(now)
            case Action.ACKNOWLEDGE:
                self._send_control(Control.ACK)
            case Action.START_OVER:
                self._send_control(Control.ACK)
                self._sends = 0
                self._send_command(now)
            case Action.ASK_AGAIN:
                self._naks += 1
                self._send_control(Control.NAK)
            case Action.AWAIT_HOLDER:
                self._naks = 0
                self._wait_until = now + self._entry_seconds_max
            case _:
                pass

    def _end(self, action: Action, now: float) -> Outcome:
        match action:
            case Action.FINISH:
                return Ended(self._ending) if self._ending else Done()
            case Action.END_ENTRY:
                return Ended(self._who_ended(now))
            case Action.REFUSE_UNHEARD:
                return Refused(UNHEARD)
            case Action.FAIL_SILENT:
                return Failed(Failure.SILENT)
            case Action.FAIL_GARBLED:
                self._send_control(Control.EOT)
                return Failed(Failure.GARBLED)
            case _:
                self._send_control(Control.ACK)
                return self._take_answer()

    def _take_answer(self) -> Outcome:
        if isinstance(self._answer, Refusal):
            return Refused(self._answer.code)
        assert self._answer is not None
        return Entered(self._answer)

    def _who_ended(self, now: float) -> PinEntryStatus:
        """Tell the holder's red key from the pad's own limit: on the wire both are EOT."""
        if not self._dialect.request_has_timeout:
            return PinEntryStatus.CANCEL
        pad_seconds = _timeout_units(self._entry_seconds_max) * TIMEOUT_UNIT_SECONDS
        over = now - self._began_at >= pad_seconds - self._limits.timeout_margin_seconds
        return PinEntryStatus.TIMEOUT if over else PinEntryStatus.CANCEL

    def _send_command(self, now: float) -> None:
        self._sends += 1
        self._output += self._command.encode()
        # However often a babbling pad makes us start over, the exchange as a whole ends.
        self._wait_until = min(now + self._limits.ack_seconds_max, self._exchange_until)

    def _send_control(self, control: Control) -> None:
        self._output += control.encode()


_ENDINGS = frozenset(
    (
        Action.FINISH,
        Action.DELIVER,
        Action.END_ENTRY,
        Action.REFUSE,
        Action.REFUSE_UNHEARD,
        Action.FAIL_SILENT,
        Action.FAIL_GARBLED,
    )
)


def _timeout_units(seconds_max: float) -> int:
    return min(max(1, math.ceil(seconds_max / TIMEOUT_UNIT_SECONDS)), TIMEOUT_UNITS_MAX)
