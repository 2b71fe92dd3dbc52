"""A PIN pad without its cable: bytes, key presses and time in; bytes and a display out.

Promise: a digit goes from the key to a buffer that is wiped, and nowhere else: the display shows
dots, no repr and no log has it, and what leaves the pad is encrypted.
Not done here: the cable (`cable.py`), threads: one caller at a time.
"""

from simulator.pad.faults import NO_FAULTS, Fault, Faults, at_another_speed
from simulator.pad.frames import (
    ACK,
    EOT,
    NAK,
    Command,
    Heard,
    LineReader,
    Signal,
    Unreadable,
    frame,
)
from simulator.pad.keys import CodeSealer
from simulator.pad.machine import Action, Event, State, step
from simulator.pad.requests import (
    ConnectionTest,
    EntryRequest,
    Request,
    Reset,
    ShowText,
    Unknown,
    WrongRequest,
    read_request,
)

DISPLAY_CHARACTERS = 16
ANSWER_SENDS_MAX = 3
ANSWER_SECONDS_MAX = 5.0
ASKS_AGAIN_MAX = 3
KEYS = "0123456789EBC"
DOT = "•"

# The maker's codes for a pad that cannot serve (UIC PP791 p. 206).
NO_KEYS_LEFT = "F"
MEMORY_BROKEN = "B"


_SIGNAL_EVENTS = {Signal.ACK: Event.ACK, Signal.NAK: Event.NAK, Signal.EOT: Event.EOT}
_PLAIN_EVENTS: dict[type[Request], Event] = {
    ShowText: Event.TEXT,
    WrongRequest: Event.WRONG_REQUEST,
    Reset: Event.RESET,
    ConnectionTest: Event.CONNECTION_TEST,
    Unknown: Event.UNKNOWN,
}


class SimulatedPad:
    """One pad. `receive_data`, `press` and `advance` return the bytes to send."""

    def __init__(
        self,
        sealer: CodeSealer,
        *,
        idle_lines: tuple[str, str] = ("", ""),
        faults: Faults = NO_FAULTS,
    ) -> None:
        self.faults = faults
        self.entry_count = 0
        self.lines = idle_lines
        self._idle_lines = idle_lines
        self._sealer = sealer
        self._state = State.IDLE
        self._reader = LineReader()
        self._output = bytearray()
        self._digits = bytearray()
        self._words = ""  # of the second line, without the dots
        self._pressed: int | None = None
        self._request: Request = Unknown()
        self._entry: EntryRequest | None = None
        self._answer = ""
        self._answer_sends = 0
        self._asks_again = 0
        self._due_at: float | None = None
        self._owes_ack = False

    def __repr__(self) -> str:
        """Say what it is doing, not what it holds."""
        return f"SimulatedPad({self._state.name}, {self.entry_count} entries)"

    @property
    def entering(self) -> bool:
        """Whether the pad waits for its keys."""
        return self._state is State.ENTERING

    @property
    def deadline(self) -> float | None:
        """When `advance` has something to do; None if never."""
        return self._due_at

    def receive_data(self, received: bytes, now: float) -> bytes:
        """Take bytes from the line, cut anywhere."""
        if self.faults.silent:
            return b""
        if self.faults.wrong_speed:
            received = at_another_speed(received)
        for heard in self._reader.hear(received):
            self._on(self._name(heard), now)
        return self._take_output()

    def press(self, key: str, now: float) -> bytes:
        """Press one key: a digit, E (validate), B (clear) or C (cancel)."""
        if len(key) != 1 or key not in KEYS:
            # Says what exists, never what was pressed.
            raise ValueError("a key is a digit, E, B or C")
        self._pressed = ord(key) if key.isdigit() else None
        try:
            self._on(self._name_key(key), now)
        finally:
            self._pressed = None
        return self._take_output()

    def advance(self, now: float) -> bytes:
        """Let time pass."""
        if self._due_at is not None and now >= self._due_at:
            answered = self._state is State.ANSWERING and self._answer_sends >= ANSWER_SENDS_MAX
            self._on(Event.SPENT if answered else Event.DUE, now)
        return self._take_output()

    def unplug(self) -> None:
        """Lose power: back to rest, digits gone."""
        self._reader.forget()
        self._output.clear()
        self._state = State.IDLE
        self._close()

    # From what happened to the table's words.

    def _name(self, heard: Heard) -> Event:
        match heard:
            case Signal.NAK if self._answer_sends >= ANSWER_SENDS_MAX:
                return Event.SPENT
            case Signal():
                return _SIGNAL_EVENTS[heard]
            case Unreadable():
                return self._name_unreadable()
            case Command(text):
                if self._spend(Fault.NAK):
                    return Event.UNREADABLE
                self._asks_again = 0
                return self._name_request(read_request(text))

    def _name_unreadable(self) -> Event:
        too_often = self._asks_again >= ASKS_AGAIN_MAX
        return Event.UNREADABLE_AGAIN if too_often else Event.UNREADABLE

    def _name_request(self, request: Request) -> Event:
        if isinstance(request, EntryRequest) and (fault := self._sealer_fault()):
            request = WrongRequest(fault)
        self._request = request
        if isinstance(request, EntryRequest):
            return Event.REQUEST_AGAIN if request == self._entry else Event.REQUEST
        return _PLAIN_EVENTS[type(request)]

    def _sealer_fault(self) -> str | None:
        try:
            return NO_KEYS_LEFT if self._sealer.exhausted else None
        except (OSError, ValueError):
            return MEMORY_BROKEN

    def _name_key(self, key: str) -> Event:
        match key:
            case "E":
                enough = self._entry and len(self._digits) >= self._entry.digits_min
                return Event.VALIDATE if enough else Event.VALIDATE_TOO_SOON
            case "B":
                return Event.CLEAR
            case "C":
                return Event.CANCEL
            case _:
                return Event.DIGIT

    # From the table's words to bytes and lines.

    def _on(self, event: Event, now: float) -> None:
        self._state, action = step(self._state, event)
        match action:
            case Action.SHOW:
                self._show()
            case Action.ACKNOWLEDGE:
                self._acknowledge()
            case Action.ACKNOWLEDGE_AND_LEAVE:
                self._acknowledge()
                self._output.append(EOT)
            case Action.OPEN_ENTRY:
                self._open_entry(now)
            case Action.ASK_AGAIN:
                self._asks_again += 1
                self._output.append(NAK)
            case Action.SAY_GOODBYE:
                self._output.append(EOT)
                self._close()
            case Action.CLOSE:
                self._close(keep_lines=True)
            case _:
                self._on_entry_or_answer(action, now)

    def _on_entry_or_answer(self, action: Action, now: float) -> None:
        match action:
            case Action.ADD_DIGIT:
                self._add_digit()
            case Action.WIPE_DIGITS:
                self._wipe()
            case Action.ANSWER:
                self._seal()
                self._send_answer(now)
            case Action.REFUSE:
                assert isinstance(self._request, WrongRequest)
                self._acknowledge()
                self._answer = f"71{self._request.code}"
                self._send_answer(now)
            case Action.ANSWER_AGAIN:
                self._send_answer(now)
            case _:
                pass
        self._redraw()

    def _show(self) -> None:
        assert isinstance(self._request, ShowText)
        self._acknowledge()
        self._put(self._request)

    def _open_entry(self, now: float) -> None:
        assert isinstance(self._request, EntryRequest)
        self._acknowledge()
        self._wipe()
        self._entry = self._request
        self._put(self._entry.lines)
        self._due_at = now + self._entry.seconds_max

    def _add_digit(self) -> None:
        assert self._entry is not None
        assert self._pressed is not None
        if len(self._digits) < self._entry.digits_max:
            self._digits.append(self._pressed)

    def _seal(self) -> None:
        assert self._entry is not None
        entry, self._entry = self._entry, None
        self.lines = (entry.working_text, "")
        try:
            sealed = self._sealer.seal(self._digits, entry.account)
        except (OSError, ValueError):
            # A counter that cannot be kept seals nothing: its key could serve twice.
            self._answer = f"71{MEMORY_BROKEN}"
            return
        finally:
            self._wipe()
        self.entry_count += 1
        self._answer = f"{entry.answer_head}{sealed.key_serial_number}{sealed.block}"

    def _send_answer(self, now: float) -> None:
        self._answer_sends += 1
        self._due_at = now + ANSWER_SECONDS_MAX
        for _ in range(2 if self._spend(Fault.REPEAT_ANSWER) else 1):
            flaw = 0x01 if self._spend(Fault.SPOIL_CHECK_BYTE) else 0
            self._output += frame(self._answer, flaw=flaw)
        if self._owes_ack:
            self._owes_ack = False
            self._output.append(ACK)

    def _acknowledge(self) -> None:
        if self._spend(Fault.UNASKED_GOODBYE):
            self._output.append(EOT)
        if self._entry_wanted and self._spend(Fault.LATE_ACK):
            self._owes_ack = True
        elif not self._spend(Fault.LOSE_ACK):
            self._output.append(ACK)

    @property
    def _entry_wanted(self) -> bool:
        return isinstance(self._request, EntryRequest)

    def _close(self, *, keep_lines: bool = False) -> None:
        self._wipe()
        self._entry = None
        self._answer, self._answer_sends, self._asks_again = "", 0, 0
        self._due_at = None
        self._owes_ack = False
        if not keep_lines:
            self.lines = self._idle_lines

    def _put(self, text: ShowText) -> None:
        wanted = zip((text.line1, text.line2), self.lines, strict=True)
        first, second = (old if new is None else new for new, old in wanted)
        self.lines = (first[:DISPLAY_CHARACTERS], second[:DISPLAY_CHARACTERS])
        self._words = self.lines[1].rstrip(DOT)

    def _redraw(self) -> None:
        """Put a dot for each digit at the end of the second line; a long code hides its words."""
        if self._entry is None:
            return
        dots = DOT * len(self._digits)
        self.lines = (self.lines[0], self._words[: DISPLAY_CHARACTERS - len(dots)] + dots)

    def _wipe(self) -> None:
        for place in range(len(self._digits)):
            self._digits[place] = 0
        self._digits.clear()

    def _take_output(self) -> bytes:
        output = bytes(self._output)
        self._output.clear()
        if self.faults.silent:
            return b""
        return at_another_speed(output) if self.faults.wrong_speed else output

    def _spend(self, fault: Fault) -> bool:
        """Use up one of a counted fault; False if none is left."""
        self.faults, spent = self.faults.spend(fault)
        return spent
