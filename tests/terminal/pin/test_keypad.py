"""The keypad's driver: bytes of a cheap line in, a closed block out, and no digit anywhere else."""

import gc
import logging
from collections import deque
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.pad.faults import Fault, Faults
from simulator.pad.keypad import SimulatedKeypad
from terminal.errors import PadRefused, PadUnplugged, SettingsError
from terminal.pin.drivers import DRIVERS, check_pad, find_driver, open_pad
from terminal.pin.key_block import InitialKey
from terminal.pin.key_file import KeypadKeys
from terminal.pin.keypad import KeypadPinPad, TypedDigits
from terminal.pin.pad import (
    Completion,
    EftContext,
    EncryptedPinBlock,
    PinEntry,
    PinEntryStatus,
    PinProfile,
    PinPrompt,
)
from terminal.settings import CounterSettings
from tests.terminal.pin.conftest import CARD_NUMBER, never

CODE = b"7391"
CONTEXT = EftContext(PinPrompt(CARD_NUMBER, "12,50 EUR", "VOTRE CODE:"))


class PlayedLine:
    """A line whose bytes come at their time; time passes while it is read."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.arriving: deque[tuple[float, bytes]] = deque()
        self.closed = 0
        self.buffers: list[bytearray] = []

    def read_into(self, buffer: bytearray, seconds_max: float) -> int:
        self.buffers.append(buffer)
        if not self.arriving or self.arriving[0][0] > self.seconds + seconds_max:
            self.seconds += seconds_max
            return 0
        at, arrived = self.arriving.popleft()
        self.seconds = max(self.seconds, at)
        buffer[: len(arrived)] = arrived
        return len(arrived)

    def close(self) -> None:
        self.closed += 1


class WatchfulSealer:
    """Remembers what it was given, and in which buffer."""

    def __init__(self, error: Exception | None = None) -> None:
        self.codes: list[bytes] = []
        self.buffers: list[bytearray] = []
        self.error = error

    def check(self) -> None:
        """Have a key."""

    def seal(self, digits: bytearray, account_number: str) -> EncryptedPinBlock:
        assert account_number == CARD_NUMBER
        self.codes.append(bytes(digits))
        self.buffers.append(digits)
        if self.error is not None:
            raise self.error
        return EncryptedPinBlock(PinProfile.AES128_DUKPT_ISO4, "00" * 12, "11" * 16)


class Bench:
    def __init__(self, error: Exception | None = None) -> None:
        self.line = PlayedLine()
        self.sealer = WatchfulSealer(error)
        self.pad = KeypadPinPad(lambda: self.line, self.sealer, now=lambda: self.line.seconds)
        self.pad.claim()
        self.pad.begin(CONTEXT)

    def enter(self, *pieces: bytes, seconds_max: float = 30) -> PinEntry:
        for number, piece in enumerate(pieces):
            self.line.arriving.append((self.line.seconds + 0.5 + 0.1 * number, piece))
        return self.pad.enter_pin(seconds_max, never)


@given(st.lists(st.integers(1, 6), max_size=8))
def test_glued_or_split_it_is_the_same_code(cuts: list[int]) -> None:
    bench = Bench()
    typed, pieces = b"12\b" + CODE + b"\r", []
    for cut in cuts:
        pieces.append(typed[:cut])
        typed = typed[cut:]
    entry = bench.enter(*filter(None, [*pieces, typed]))
    assert entry.status is PinEntryStatus.SUCCESS
    assert bench.sealer.codes == [CODE]


@pytest.mark.parametrize("validate", [b"\r", b"\n", b"\r\n", b"#", b"E"])
@pytest.mark.parametrize("clear", [b"\b", b"\x7f", b"*", b"B"])
def test_the_keys_of_every_make(validate: bytes, clear: bytes) -> None:
    bench = Bench()
    assert bench.enter(b"99", clear, CODE, validate).status is PinEntryStatus.SUCCESS
    assert bench.enter(b"73", b"\x1b").status is PinEntryStatus.CANCEL
    assert bench.sealer.codes == [CODE]


def test_too_few_are_no_code_and_too_many_are_lost() -> None:
    bench = Bench()
    assert bench.enter(b"739\r", seconds_max=2).status is PinEntryStatus.TIMEOUT
    assert bench.line.seconds == pytest.approx(2)
    assert bench.enter(b"73915\r").status is PinEntryStatus.SUCCESS
    assert bench.sealer.codes == [CODE]


def test_a_longer_code_is_taken_whole_and_a_shorter_one_where_it_may_be() -> None:
    bench = Bench()
    bench.pad.end(Completion.NORMAL)
    bench.pad.begin(EftContext(replace(CONTEXT.prompt, length_min=4, length_max=6)))
    for typed, taken in ((b"7391\r", CODE), (b"73915\r", b"73915"), (b"7391528\r", b"739152")):
        assert bench.enter(typed).status is PinEntryStatus.SUCCESS
        assert bench.sealer.codes.pop() == taken
        assert not any(bench.sealer.buffers.pop()), "wiped"
    assert bench.enter(b"739\r", seconds_max=2).status is PinEntryStatus.TIMEOUT


def test_what_was_pressed_before_the_question_is_no_answer() -> None:
    bench = Bench()
    bench.line.arriving.append((0.0, b"7391\r"))
    assert bench.enter(b"\r", seconds_max=2).status is PinEntryStatus.TIMEOUT
    assert bench.sealer.codes == []


@given(st.binary(max_size=200))
def test_noise_is_survived(noise: bytes) -> None:
    bench = Bench()
    pieces = [noise[at : at + 60] for at in range(0, len(noise), 60)]
    entry = bench.enter(*pieces, seconds_max=5)
    assert entry.status in PinEntryStatus
    assert all(code.isdigit() and len(code) == 4 for code in bench.sealer.codes)


@pytest.mark.parametrize(
    ("pieces", "error"),
    [
        ((CODE, b"\r"), None),
        ((CODE, b"\x1b"), None),
        ((CODE,), None),
        ((CODE, b"\b"), None),
        ((CODE, b"\r"), PadRefused("NO_KEY")),
        ((CODE, b"\r"), ZeroDivisionError()),
    ],
)
def test_every_buffer_is_overwritten_however_it_ends(
    pieces: tuple[bytes, ...], error: Exception | None
) -> None:
    bench = Bench(error)
    if error is None:
        bench.enter(*pieces, seconds_max=2)
    else:
        with pytest.raises(type(error)) as caught:
            bench.enter(*pieces, seconds_max=2)
        assert "7391" not in f"{caught.value!r}{vars(caught.value)}"
    for buffer in (*bench.line.buffers, *bench.sealer.buffers):
        assert not any(buffer), "a digit is left"


def test_a_byte_that_was_taken_is_overwritten_at_once() -> None:
    bench = Bench()
    left: list[bool] = []

    def look() -> bool:
        left.extend(any(buffer) for buffer in bench.line.buffers)
        return False

    bench.line.arriving.extend((1.0 + at, CODE[at : at + 1]) for at in range(4))
    bench.pad.enter_pin(8, look)
    assert len(left) > 50
    assert not any(left)


@pytest.mark.usefixtures("young_objects")
def test_no_text_of_this_process_ever_has_the_code(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """While somebody types, and after: no living str or bytes is, or has, what was typed."""
    caplog.set_level(logging.DEBUG)
    KeypadKeys(tmp_path).install(InitialKey(bytes(8), bytearray(range(16))))
    line = PlayedLine()
    pad = KeypadPinPad(lambda: line, KeypadKeys(tmp_path), now=lambda: line.seconds)
    pad.claim()
    pad.begin(CONTEXT)
    code = bytearray((0x38, 0x34, 0x30, 0x36))  # nowhere else in this file
    seen: list[str] = []

    def look() -> bool:
        # Some classes of others have a descriptor for their module's name.
        ours = [t for t in gc.get_objects() if str(type(t).__module__).startswith("terminal.pin")]
        seen.extend(repr(thing) for thing in ours)
        return False

    for number, digit in enumerate(code):
        line.arriving.append((0.5 + number, bytes((digit,))))
    line.arriving.append((5.0, b"\r"))
    assert pad.enter_pin(30, look).status is PinEntryStatus.SUCCESS
    logged = [f"{record.getMessage()}{record.args}" for record in caplog.records]
    wanted = code.decode()
    assert "TypedDigits(hidden)" in {repr(TypedDigits(4, 4)), *seen}
    assert not [text for text in (*seen, *logged) if wanted in text]


# --- the simulated keypad ---------------------------------------------------------------------


def test_a_keypad_says_what_is_pressed_and_keeps_nothing() -> None:
    keypad = SimulatedKeypad()
    assert b"".join(keypad.press(key, 0.0) for key in "73BEC") == b"73\b\r\x1b"
    assert keypad.entry_count == 1
    assert repr(keypad) == "SimulatedKeypad(1 entries)"
    assert keypad.receive_data(b"Z2", 0.0) == keypad.advance(9.0) == b""
    for wrong in ("", "77", "x", "٣"):
        with pytest.raises(ValueError, match="a key is") as caught:
            keypad.press(wrong, 0.0)
        assert not wrong or wrong not in str(caught.value)
    keypad.unplug()


@pytest.mark.parametrize(
    ("faults", "status"),
    [
        (Faults({Fault.STRAY_BYTE: 3}), PinEntryStatus.SUCCESS),
        (Faults({Fault.BOUNCE_KEY: 1}), PinEntryStatus.SUCCESS),
        (Faults(silent=True), PinEntryStatus.TIMEOUT),
        (Faults(wrong_speed=True), PinEntryStatus.TIMEOUT),
    ],
)
def test_the_faults_of_a_keypad(faults: Faults, status: PinEntryStatus) -> None:
    bench, keypad = Bench(), SimulatedKeypad(faults)
    said = [keypad.press(key, 0.0) for key in "7391E"]
    assert bench.enter(*filter(None, said), seconds_max=3).status is status
    bounced = Fault.BOUNCE_KEY in faults.left
    assert bench.sealer.codes in ([], [b"7739"] if bounced else [CODE])


# --- choosing it ------------------------------------------------------------------------------


def settings(tmp_path: Path, **changed: object) -> CounterSettings:
    plain = {
        "backend_url": "http://127.0.0.1:1",
        "state_dir": tmp_path,
        "reader": "Pass Counter",
        "pad_device": tmp_path / "pad",
    }
    return CounterSettings.model_validate({**plain, **changed})


def test_a_terminal_that_encrypts_is_refused_unless_it_is_allowed(tmp_path: Path) -> None:
    wanted = settings(tmp_path, pad_driver="keypad")
    with pytest.raises(SettingsError, match="allow_terminal_encryption = true"):
        open_pad(wanted)
    allowed = settings(tmp_path, pad_driver="keypad", allow_terminal_encryption=True)
    pad = open_pad(allowed)
    assert pad.caps.keypad_in_clear
    with pytest.raises(PadUnplugged):
        check_pad(allowed)
    (tmp_path / "pad").touch()
    for look in (pad.claim, lambda: check_pad(allowed)):
        with pytest.raises(PadRefused, match="install-key") as refused:
            look()
        assert refused.value.code == "NO_KEY"
    KeypadKeys(tmp_path).install(InitialKey(bytes(8), bytearray(range(16))))
    check_pad(allowed)
    with pytest.raises(PadUnplugged):  # a file is no serial line
        pad.claim()


def test_a_key_file_that_spoils_later_is_a_pad_that_does_not_serve(tmp_path: Path) -> None:
    KeypadKeys(tmp_path).install(InitialKey(bytes(8), bytearray(range(16))))
    line = PlayedLine()
    pad = KeypadPinPad(lambda: line, KeypadKeys(tmp_path), now=lambda: line.seconds)
    pad.claim()
    pad.begin(CONTEXT)
    (tmp_path / "keypad.key").chmod(0o644)
    line.arriving.append((1.0, CODE + b"\r"))
    with pytest.raises(PadRefused, match="mode 0600") as caught:
        pad.enter_pin(30, never)
    assert caught.value.code == "NO_KEY"
    with pytest.raises(PadRefused):
        pad.claim()


def test_the_driver_is_one_of_a_list(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"keypad, visa-packets"):
        find_driver(settings(tmp_path, pad_driver="telepathy"))
    with pytest.raises(SettingsError, match="uic-vfi-z62"):
        open_pad(settings(tmp_path, pad_dialect="klingon"))
    assert find_driver(settings(tmp_path)) is DRIVERS["visa-packets"]
    # Allowing it changes nothing for a pad that encrypts by itself.
    allowed = settings(tmp_path, allow_terminal_encryption=True)
    assert not open_pad(allowed).caps.keypad_in_clear
