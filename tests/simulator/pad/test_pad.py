"""The pad by itself: what it says, what it shows, and when it gives up."""

from pathlib import Path

import pytest

from simulator.pad.faults import Fault, Faults, at_another_speed
from simulator.pad.frames import frame
from simulator.pad.keys import AesCodeSealer, FileCounter, MemoryCounter, PadKey
from simulator.pad.pad import SimulatedPad

ACK, NAK, EOT = b"\x06", b"\x15", b"\x04"
REQUEST = frame("Z62.9250000000000018\x1c0406N12,50 EUR\x1cVOTRE CODE:\x1cPATIENTEZ\x1c1")
ANSWER_BYTES = 4 + 56 + 2


@pytest.fixture
def pad() -> SimulatedPad:
    sealer = AesCodeSealer(PadKey(bytes(16)), bytes(8), MemoryCounter(), bytes)
    return SimulatedPad(sealer, idle_lines=("PASS", ""))


def type_keys(pad: SimulatedPad, keys: str, now: float = 0) -> bytes:
    return b"".join(pad.press(key, now) for key in keys)


def test_at_rest_it_shows_its_name_and_ignores_keys(pad: SimulatedPad) -> None:
    assert pad.lines == ("PASS", "")
    assert type_keys(pad, "1234EBC") == b""
    assert not pad.entering
    assert pad.deadline is None


def test_words(pad: SimulatedPad) -> None:
    assert pad.receive_data(frame("Z32\x1aPAIEMENT\x1cACCEPTE"), 0) == ACK
    assert pad.lines == ("PAIEMENT", "ACCEPTE")
    assert pad.receive_data(frame("Z2" + "A" * 20), 0) == ACK
    assert pad.lines == ("A" * 16, "ACCEPTE")


def test_an_entry_and_its_display(pad: SimulatedPad) -> None:
    assert pad.receive_data(REQUEST, 0) == ACK
    assert pad.lines == ("12,50 EUR", "VOTRE CODE:")
    assert type_keys(pad, "12E") == b""
    assert pad.lines == ("12,50 EUR", "VOTRE CODE:••")
    assert type_keys(pad, "B") == b""
    assert pad.lines == ("12,50 EUR", "VOTRE CODE:")
    assert type_keys(pad, "12345678") == b""
    assert pad.lines == ("12,50 EUR", "VOTRE CODE••••••")
    # What the dots had hidden comes back.
    type_keys(pad, "B")
    assert pad.lines == ("12,50 EUR", "VOTRE CODE:")
    type_keys(pad, "123456")
    answer = pad.press("E", 1)
    assert not pad._digits
    assert len(answer) == ANSWER_BYTES
    assert answer.startswith(b"\x02710" + b"0" * 23 + b"1")
    assert pad.lines == ("PATIENTEZ", "")
    assert pad.receive_data(ACK, 1) == b""
    assert pad.lines == ("PATIENTEZ", "")
    assert pad.entry_count == 1
    assert pad.deadline is None


def test_the_answer_is_said_three_times_five_seconds_apart(pad: SimulatedPad) -> None:
    pad.receive_data(REQUEST, 0)
    answer = type_keys(pad, "1234E")
    assert pad.advance(4.9) == b""
    assert pad.advance(5) == answer
    assert pad.advance(10) == answer
    assert pad.advance(15) == EOT
    assert pad.lines == ("PASS", "")
    assert pad.deadline is None


def test_a_nak_brings_the_same_answer_again_and_three_end_it(pad: SimulatedPad) -> None:
    pad.receive_data(REQUEST, 0)
    answer = type_keys(pad, "1234E")
    assert pad.receive_data(NAK, 0) == answer
    assert pad.receive_data(NAK, 0) == answer
    assert pad.receive_data(NAK, 0) == EOT
    assert pad.entry_count == 1


def test_the_next_entry_has_all_its_tries(pad: SimulatedPad) -> None:
    for _ in range(2):
        pad.receive_data(REQUEST, 0)
        answer = type_keys(pad, "1234E")
        assert pad.receive_data(NAK, 0) == answer
        assert pad.receive_data(NAK, 0) == answer
        assert pad.receive_data(ACK, 0) == b""


@pytest.mark.parametrize("end", ["red key", "time", "reset", "goodbye"])
def test_every_way_an_entry_ends_without_a_code(pad: SimulatedPad, end: str) -> None:
    pad.receive_data(REQUEST, 0)
    type_keys(pad, "12")
    due_at = pad.deadline
    assert due_at == 30
    said = {
        "red key": lambda: pad.press("C", 1),
        "time": lambda: pad.advance(30),
        "reset": lambda: pad.receive_data(frame("72"), 1),
        "goodbye": lambda: pad.receive_data(EOT, 1),
    }[end]()
    assert said == (b"" if end == "goodbye" else EOT)
    assert not pad.entering
    assert pad.deadline is None
    assert pad.entry_count == 0


def test_the_same_request_again_keeps_what_was_typed_and_another_does_not(
    pad: SimulatedPad,
) -> None:
    pad.receive_data(REQUEST, 0)
    type_keys(pad, "12")
    assert pad.receive_data(REQUEST, 1) == ACK
    assert pad.lines[1].endswith("••")
    other = frame("Z62.9250000000000026\x1c0404NA\x1cB\x1cC")
    assert pad.receive_data(other, 2) == ACK
    assert pad.lines == ("A", "B")
    assert pad.entering


def test_a_wrong_request_is_answered_with_its_code(pad: SimulatedPad) -> None:
    assert pad.receive_data(frame("Z62.1\x1c"), 0) == ACK + frame("712")
    assert pad.receive_data(ACK, 0) == b""
    assert pad.receive_data(frame("72"), 0) == ACK


def test_unreadable_frames_are_asked_for_three_times(pad: SimulatedPad) -> None:
    spoiled = frame("72", flaw=1)
    assert pad.receive_data(spoiled * 4, 0) == NAK * 3 + EOT
    assert pad.receive_data(spoiled, 0) == NAK
    assert pad.receive_data(frame("72"), 0) == ACK
    assert pad.receive_data(spoiled * 3, 0) == NAK * 3


def test_the_connection_test(pad: SimulatedPad) -> None:
    assert pad.receive_data(bytes.fromhex("0F31310E0E"), 0) == ACK + EOT


def test_unplugging_forgets_the_entry(pad: SimulatedPad) -> None:
    pad.receive_data(REQUEST + b"\x02Z", 0)
    type_keys(pad, "123")
    pad.unplug()
    assert not pad.entering
    assert pad.lines == ("PASS", "")
    assert pad.receive_data(frame("72"), 0) == ACK


def test_faults_are_spent(pad: SimulatedPad) -> None:
    pad.faults = Faults({Fault.NAK: 1, Fault.LOSE_ACK: 1, Fault.SPOIL_CHECK_BYTE: 1})
    assert pad.receive_data(frame("72"), 0) == NAK
    assert pad.receive_data(frame("72"), 0) == b""
    assert pad.receive_data(REQUEST, 0) == ACK
    spoiled = type_keys(pad, "1234E")
    whole = pad.receive_data(NAK, 0)
    assert spoiled[:-1] == whole[:-1]
    assert spoiled[-1] != whole[-1]
    pad.faults = Faults(silent=True)
    assert pad.receive_data(ACK, 0) == b""
    assert pad.advance(99) == b""


@pytest.mark.parametrize("key", ["", "12", "X", "e", "٣"])
def test_other_keys_do_not_exist(pad: SimulatedPad, key: str) -> None:
    with pytest.raises(ValueError, match="a key is"):
        pad.press(key, 0)


def test_a_counter_that_cannot_be_kept_seals_nothing(tmp_path: Path) -> None:
    counter = FileCounter(tmp_path / "counter", "00")
    pad = SimulatedPad(AesCodeSealer(PadKey(bytes(16)), bytes(8), counter))
    pad.receive_data(REQUEST, 0)
    (tmp_path / "counter").mkdir()
    assert type_keys(pad, "1234E") == frame("71B")
    assert not pad._digits
    assert pad.receive_data(ACK, 0) == b""
    assert pad.entry_count == 0
    assert pad.receive_data(REQUEST, 0) == ACK + frame("71B")


def test_an_acknowledgement_may_come_late_and_a_goodbye_unasked(pad: SimulatedPad) -> None:
    pad.faults = Faults({Fault.LATE_ACK: 1, Fault.UNASKED_GOODBYE: 1})
    assert pad.receive_data(REQUEST, 0) == b"\x04"
    for key in "1234":
        assert pad.press(key, 1) == b""
    said = pad.press("E", 2)
    assert said.startswith(b"\x02710")
    assert said.endswith(b"\x06")
    assert pad.receive_data(b"\x06", 3) == b""
    assert pad.receive_data(frame("72"), 4) == b"\x06"


def test_at_another_speed_nothing_is_understood(pad: SimulatedPad) -> None:
    pad.faults = Faults(wrong_speed=True)
    assert b"\x06" not in pad.receive_data(frame("72"), 0)
    assert at_another_speed(b"\x01\x80") == b"\x03\x00\x00\xc0"
