"""A digit of a code, and a PIN block, appear in no log, no repr and no exception."""

import gc
import logging
import re

import pytest

from simulator.pad.faults import Fault, Faults
from terminal.errors import PadError
from tests.terminal.pin.conftest import CODE, Bench

# The code, even with something between its digits.
CODE_SHOWN = re.compile(r"\D{0,4}".join(CODE))
# Where an object lies in memory is no secret, and may look like anything.
ADDRESS = re.compile(r" at 0x[0-9a-f]+")
OURS = ("terminal.pin", "simulator.pad", "simulator.dukpt", "simulator.pin_block")


def _shown_by_our_objects() -> list[str]:
    """The repr of every living object of both ends."""
    # Some classes of others have a descriptor for their module's name: str() of it is not ours.
    ours = [thing for thing in gc.get_objects() if str(type(thing).__module__).startswith(OURS)]
    return [ADDRESS.sub("", repr(thing)) for thing in ours]


def _expect_clean(texts: list[str], blocks: list[str]) -> None:
    for text in texts:
        assert not CODE_SHOWN.search(text), "a code is shown"
        assert not [block for block in blocks if block in text.upper()], "a PIN block is shown"


@pytest.mark.usefixtures("young_objects")
def test_nothing_is_shown_while_somebody_types(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    seen: list[str] = []

    def look() -> bool:
        seen.extend(_shown_by_our_objects())
        return False

    bench.press(f"{CODE[:2]}B{CODE}E", pause=0.5)
    bench.pad.claim()
    entry = bench.enter(cancelled=look)
    assert entry.encrypted_pin_block is not None
    block = entry.encrypted_pin_block.reveal()
    seen.extend(_shown_by_our_objects())
    assert any("SimulatedPad(ENTERING" in text for text in seen)
    assert any("EncryptedPinBlock(" in text for text in seen)
    _expect_clean(seen, [block])
    logged = [f"{record.getMessage()} {record.args}" for record in caplog.records]
    assert logged
    _expect_clean(logged, [block])


def test_the_digits_are_gone_after_use(bench: Bench) -> None:
    buffer = bench.simulated._digits
    for keys in (f"{CODE}E", f"{CODE}C", f"{CODE}"):
        bench.press(keys)
        bench.pad.claim()
        bench.enter(seconds_max=5)
        assert buffer is bench.simulated._digits
        assert not buffer
        assert bench.simulated._pressed is None


class WatchedBuffer(bytearray):
    """Remembers what it held when it was emptied."""

    left: bytes = b""

    def clear(self) -> None:
        self.left += bytes(self)
        super().clear()


def test_the_digits_are_overwritten_before_they_are_let_go(bench: Bench) -> None:
    buffer = bench.simulated._digits = WatchedBuffer()
    bench.press(f"12B{CODE}E")
    bench.pad.claim()
    assert bench.enter().encrypted_pin_block is not None
    assert buffer.left == bytes(6)


def test_no_exception_quotes_what_was_typed(bench: Bench) -> None:
    bench.press(f"{CODE}E")
    bench.pad.claim()
    bench.simulated.faults = Faults({Fault.SPOIL_CHECK_BYTE: 9})
    with pytest.raises(PadError) as caught:
        bench.enter()
    said = [str(caught.value), repr(caught.value), repr(vars(caught.value))]
    _expect_clean(said, [bytes(bench.said_by_pad)[-40:].decode("ascii", "replace")])
    for key in ("X", CODE, ""):
        with pytest.raises(ValueError, match="a key is") as refused:
            bench.simulated.press(key, 0)
        assert not key or key not in str(refused.value).replace("E, B", "")
