"""Rows of the pads' tables that no other file plays: speed, order, and what is never said."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.pad.faults import Fault, Faults
from simulator.pad.pad import SimulatedPad
from terminal.errors import PadError, PadGarbled, PadSilent
from terminal.pin.dialects import DIALECTS
from terminal.pin.pad import PinEntryStatus
from tests.terminal.pin.conftest import CODE, Bench, aes_sealer, tdes_sealer

Vectors = dict[str, Any]
# What a driver may say: words, a request for a code, an end; never `70` or `76`, the self-test
# that makes a block of a code nobody typed, nor `90` and `94`, which load keys.
SAID = re.compile(r"(Z2|Z3|72|Z62|Z63)")


def benches(vectors: Vectors) -> list[Bench]:
    return [
        Bench(make(vectors), dialect=dialect)
        for make in (aes_sealer, tdes_sealer)
        for dialect in DIALECTS.values()
    ]


def packets_of(said: bytes) -> list[str]:
    return [body.decode() for body in re.findall(rb"\x02([^\x03]*)\x03", said, re.DOTALL)]


def test_only_packets_of_the_list_are_ever_sent(pin_vectors: Vectors) -> None:
    for bench in benches(pin_vectors):
        bench.pad.claim()
        for keys in (f"{CODE}E", "73C", "7"):
            bench.press(keys)
            bench.enter(seconds_max=20)
        bench.pad.show("Paiement", "accepté")
        bench.pad.show("76")
        said = packets_of(bytes(bench.said_by_host))
        assert len(said) > 8
        assert [body for body in said if not SAID.match(body)] == []
        assert b"\x0f" not in bench.said_by_host, "no administration packet either"


@pytest.mark.parametrize("text", ["76", "76" + "9250000000000018\x1cD1250", "70", "90" + "0" * 36])
def test_a_simulated_pad_makes_no_block_of_a_code_nobody_typed(
    pin_vectors: Vectors, text: str
) -> None:
    pad = SimulatedPad(aes_sealer(pin_vectors))
    inside = text.encode() + b"\x03"
    check = 0
    for byte in inside:
        check ^= byte
    assert pad.receive_data(b"\x02" + inside + bytes((check,)), 0.0) == b""
    assert pad.entry_count == 0


def test_at_another_speed_nothing_is_understood_and_nothing_hangs(pin_vectors: Vectors) -> None:
    for bench in benches(pin_vectors):
        bench.simulated.faults = Faults(wrong_speed=True)
        with pytest.raises((PadGarbled, PadSilent)):
            bench.pad.claim()
        assert bench.seconds < 60
        bench.simulated.faults = Faults()
        bench.pad.claim()
        bench.press(f"{CODE}E")
        assert bench.enter().status is PinEntryStatus.SUCCESS


def test_a_speed_that_changes_while_the_holder_types(pin_vectors: Vectors) -> None:
    for bench in benches(pin_vectors):
        bench.pad.claim()
        bench.press(f"{CODE}E")

        def change(bench: Bench = bench) -> bool:
            bench.simulated.faults = Faults(wrong_speed=bench.simulated.entering)
            return False

        with pytest.raises(PadError):
            bench.enter(seconds_max=20, cancelled=change)
        assert bench.seconds < 120


@pytest.mark.parametrize("fault", [Fault.LATE_ACK, Fault.UNASKED_GOODBYE, Fault.LOSE_ACK])
@pytest.mark.parametrize("after", [0.1, 1.0, 3.0])
def test_an_answer_before_its_acknowledgement_and_goodbyes_at_any_time(
    pin_vectors: Vectors, fault: Fault, after: float
) -> None:
    for bench in benches(pin_vectors):
        bench.pad.claim()
        bench.simulated.faults = Faults({fault: 1})
        bench.press(f"{CODE}E", after=after, pause=0.05)
        entry = bench.enter()
        assert entry.status is PinEntryStatus.SUCCESS
        bench.pad.show("Paiement", "accepté")
        assert bench.simulated.lines == ("PAIEMENT", "ACCEPTE")
        assert bench.simulated.entry_count == 1


def test_an_abnormal_end_brings_a_pad_to_rest_that_was_left_in_the_middle(
    pin_vectors: Vectors,
) -> None:
    def break_down() -> bool:
        if bench.simulated.entering:
            raise ZeroDivisionError
        return False

    for bench in benches(pin_vectors):
        bench.pad.claim()
        with pytest.raises(ZeroDivisionError):
            bench.enter(cancelled=break_down)
        assert not bench.simulated.entering


@given(chunks=st.lists(st.integers(1, 90), min_size=1, max_size=60), data=st.data())
def test_glued_and_split_at_any_byte_with_any_stumble(
    pin_vectors: Vectors, chunks: list[int], data: st.DataObject
) -> None:
    bench = Bench(data.draw(st.sampled_from([aes_sealer, tdes_sealer]))(pin_vectors))
    faults = st.dictionaries(st.sampled_from(list(Fault)), st.integers(1, 2), max_size=2)
    bench.simulated.faults = Faults(data.draw(faults))
    left = list(chunks)
    whole = bench.read

    def read(seconds_max: float) -> bytes:
        bench.chunk = left.pop() if left else 4096
        return whole(seconds_max)

    bench.read = read  # type: ignore[method-assign]
    seen = set()
    for _ in range(2):
        try:
            bench.pad.claim()
            bench.press(f"{CODE}E")
            entry = bench.enter()
        except PadError:
            continue
        if entry.encrypted_pin_block is not None:
            number = entry.encrypted_pin_block.key_serial_number
            assert number not in seen, "an entry is delivered once"
            seen.add(number)
    assert bench.simulated.entry_count >= len(seen)
