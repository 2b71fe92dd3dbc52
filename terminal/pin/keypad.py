"""The driver of a plain numeric keypad on a serial line: the terminal encrypts, at once.

Promise: a digit goes from the line into one buffer, from there into an encrypted block, and is
overwritten; no text, log, error or repr ever has it. Such a keypad is no secure device, and
`caps.keypad_in_clear` says so to whoever shows or registers it.
Not done here: keys (`key_file.py`), the line (`serial_link.py`), a display: there is none.

Keys are ASCII: digits; Enter, `#` or `E` to validate; Backspace, `*` or `B` to clear; Escape or
`C` to cancel. What else comes is ignored.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from pathlib import Path
from typing import Protocol

from terminal.errors import PadDisabled, PadRefused, PadUnplugged, SettingsError
from terminal.pin.dukpt import wiped
from terminal.pin.key_file import NO_KEY, KeypadKeys
from terminal.pin.life import PadLife
from terminal.pin.pad import (
    CODE_DIGITS_MAX,
    CODE_DIGITS_MIN,
    Completion,
    Display,
    EftContext,
    EncryptedPinBlock,
    PinEntry,
    PinEntryStatus,
    PinPadCaps,
    PromptCode,
)
from terminal.pin.prompts import lines_of
from terminal.pin.serial_link import LineSettings, SerialLink

CAPS = PinPadCaps(
    display=Display.NONE,
    length_min=CODE_DIGITS_MIN,
    length_max=CODE_DIGITS_MAX,
    keypad_in_clear=True,
)
# How soon a cancellation is noticed: a read waits no longer.
POLL_SECONDS_MAX = 0.1
READ_BYTES_MAX = 64
# What was pressed before the code was asked for: read away, and no more than this.
STALE_READS_MAX = 64
NO_DISPLAY = "NO_DISPLAY"


class Key(Enum):
    """What a byte of the line means."""

    DIGIT = auto()
    VALIDATE = auto()
    CLEAR = auto()
    CANCEL = auto()
    OTHER = auto()


_MEANINGS = {
    **dict.fromkeys(b"0123456789", Key.DIGIT),
    **dict.fromkeys(b"\r\n#E", Key.VALIDATE),
    **dict.fromkeys(b"\b\x7f*B", Key.CLEAR),
    **dict.fromkeys(b"\x1bC", Key.CANCEL),
}


class KeypadLink(Protocol):
    """What the driver needs of a line; `SerialLink` is the real one."""

    def read_into(self, buffer: bytearray, seconds_max: float) -> int:
        """Put what has arrived into the buffer and return how much; 0 when time is up."""
        ...

    def close(self) -> None:
        """Let go of the line; never raises."""
        ...


class CodeSealer(Protocol):
    """Turns digits into what may leave this terminal; `KeypadKeys` is the real one."""

    def check(self) -> None:
        """Raise SettingsError unless there is a key."""
        ...

    def seal(self, digits: bytearray, account_number: str) -> EncryptedPinBlock:
        """Use up one key; the caller wipes the digits."""
        ...


class TypedDigits:
    """The digits typed so far, in one buffer that never moves; `wipe` it."""

    __slots__ = ("_buffer", "_length_min", "count")

    def __init__(self, length_min: int, length_max: int) -> None:
        self._buffer = bytearray(length_max)
        self._length_min = length_min
        self.count = 0

    @property
    def complete(self) -> bool:
        """Whether as many digits were typed as a code has."""
        return self.count >= self._length_min

    @contextmanager
    def typed(self) -> Iterator[bytearray]:
        """Give the digits that were typed, to be encrypted; they are wiped after."""
        with wiped(bytearray(self.count)) as digits:
            for place in range(self.count):
                digits[place] = self._buffer[place]
            yield digits

    def add(self, digit: int) -> None:
        """Take one digit, as its ASCII byte; one too many is lost."""
        if self.count < len(self._buffer):
            self._buffer[self.count] = digit
            self.count += 1

    def wipe(self) -> None:
        """Overwrite all of it."""
        for place in range(len(self._buffer)):
            self._buffer[place] = 0
        self.count = 0

    def __repr__(self) -> str:
        """Say nothing of them."""
        return "TypedDigits(hidden)"


class KeypadPinPad:
    """A keypad behind `open_link`, which is called at each claim that finds no open line."""

    caps = CAPS

    def __init__(
        self,
        open_link: Callable[[], KeypadLink],
        sealer: CodeSealer,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open_link = open_link
        self._sealer = sealer
        self._now = now
        self._life = PadLife(CAPS)
        self._link: KeypadLink | None = None

    def claim(self) -> None:
        """Open the line if it is not; PadRefused if there is no key to encrypt with."""
        self._life.expect_idle()
        with _refusing():
            self._sealer.check()
        if self._link is None:
            self._link = self._open_link()
        self._life.claim()

    def release(self) -> None:
        """Close the line; never raises."""
        link, self._link = self._link, None
        self._life.release()
        if link is not None:
            link.close()

    def begin(self, context: EftContext) -> None:
        """Begin a transaction."""
        self._life.begin(context)

    def enter_pin(self, seconds_max: float, cancelled: Callable[[], bool]) -> PinEntry:
        """Let the holder type the code and validate; return how it ended.

        Raises PadUnplugged, PadRefused (`NO_KEY`, `KEYS_USED_UP`), PadDisabled, PadBusy.
        """
        with self._life.entering() as context:
            prompt = context.prompt
            typed = TypedDigits(prompt.length_min, prompt.length_max)
            try:
                status = self._collect(typed, seconds_max, cancelled)
                if status is not PinEntryStatus.SUCCESS:
                    return PinEntry(status)
                with _refusing(), typed.typed() as digits:
                    return PinEntry(status, self._sealer.seal(digits, prompt.card_number))
            finally:
                typed.wipe()

    def prompt(self, code: PromptCode, language: str = "fr") -> None:
        """Do nothing: there is no display. ValueError for a language that is not ours."""
        lines_of(code, language)
        self._life.expect_idle()

    def show(self, line1: str, line2: str = "") -> None:
        """Refuse: there is no display."""
        del line1, line2
        self._life.expect_idle()
        raise PadRefused(NO_DISPLAY)

    def end(self, completion: Completion) -> None:
        """End the transaction."""
        del completion  # nothing on the keypad is to be brought to rest
        self._life.end()

    def _collect(
        self, typed: TypedDigits, seconds_max: float, cancelled: Callable[[], bool]
    ) -> PinEntryStatus:
        until = self._now() + seconds_max
        with wiped(bytearray(READ_BYTES_MAX)) as arrived:
            self._drop_stale(arrived)
            while not cancelled():
                if (left := until - self._now()) <= 0:
                    return PinEntryStatus.TIMEOUT
                count = self._read(arrived, min(left, POLL_SECONDS_MAX))
                for place in range(count):
                    byte, arrived[place] = arrived[place], 0
                    if (status := _take(typed, byte)) is not None:
                        return status
        return PinEntryStatus.CANCEL

    def _drop_stale(self, arrived: bytearray) -> None:
        """Read away keys pressed before the code was asked for: they are no part of it."""
        for _ in range(STALE_READS_MAX):
            if not self._read(arrived, 0):
                return

    def _read(self, arrived: bytearray, seconds_max: float) -> int:
        if self._link is None:
            raise PadDisabled("the keypad is not claimed")
        try:
            return self._link.read_into(arrived, seconds_max)
        except PadUnplugged:
            self.release()
            raise


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn a key file that is not to be trusted into a pad that does not serve."""
    try:
        yield
    except SettingsError as cause:
        raise PadRefused(NO_KEY, str(cause)) from cause


def _take(typed: TypedDigits, byte: int) -> PinEntryStatus | None:
    """Take one byte of the line; return the end of the entry, or None while it goes on."""
    match _MEANINGS.get(byte, Key.OTHER):
        case Key.DIGIT:
            typed.add(byte)
        case Key.CLEAR:
            typed.wipe()
        case Key.CANCEL:
            return PinEntryStatus.CANCEL
        case Key.VALIDATE if typed.complete:
            return PinEntryStatus.SUCCESS
        case _:
            pass
    return None


def open_keypad(device: str, line: LineSettings | None, state_dir: Path) -> KeypadPinPad:
    """Return a keypad on a serial device, not yet claimed, with its keys in `state_dir`."""
    return KeypadPinPad(lambda: SerialLink(device, line), KeypadKeys(state_dir))
