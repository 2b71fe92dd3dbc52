"""What goes over the pad's line is heard in words, and no code with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.pad.faults import Fault, Faults
from simulator.pad.frames import frame
from simulator.pad.keys import AesCodeSealer, MemoryCounter, PadKey
from simulator.pad.pad import SimulatedPad
from simulator.wire.feed import Feed, What
from simulator.wire.pad_wire import HeardKeypad, HeardPad
from tests.simulator.wire_recorder import Recorder

CODE = "739146"
REQUEST = frame("Z62.9250000000000018\x1c0406NA\x1cB\x1cC\x1c9")


@pytest.fixture
def heard_pad() -> tuple[HeardPad, Recorder]:
    feed = Recorder()
    sealer = AesCodeSealer(PadKey(bytes(16)), bytes(8), MemoryCounter())
    return HeardPad(sealer, feed), feed


def test_a_code_is_asked_and_entered_and_nobody_hears_it(
    heard_pad: tuple[HeardPad, Recorder],
) -> None:
    pad, feed = heard_pad
    sent = pad.receive_data(REQUEST[:7], 0) + pad.receive_data(REQUEST[7:], 0)
    for key in f"{CODE}E":
        sent += pad.press(key, 1)
    sent += pad.receive_data(b"\x06", 2)
    assert [(event.what, event.words) for event in feed.events] == [
        (What.TO_PAD, "ask for a code of 4 to 6 digits for card …0018, within 270 s"),
        (What.FROM_PAD, "understood (ACK)"),
        (What.FROM_PAD, "a code was entered: encrypted block, hidden"),
        (What.TO_PAD, "understood (ACK)"),
    ]
    block = sent[sent.index(b"710") + 3 :][:52].decode()
    for secret in (CODE, "739", block, block[:16], block[-16:], "925000000000"):
        assert secret not in feed.said()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Z2\x1aBonjour", 'show "Bonjour" / ""'),
        ("Z32\x1aA\x1cB", 'show "A" / "B"'),
        ("72", "end what you are doing"),
        ("11", "are you there"),
        ("Z62.12\x1c", "ask for a code, which the pad refuses with 2"),
        ("Z9739146", "something that the pad ignores"),
    ],
)
def test_packets_in_words(heard_pad: tuple[HeardPad, Recorder], text: str, words: str) -> None:
    pad, feed = heard_pad
    pad.receive_data(frame(text), 0)
    assert feed.events[0].words == words


def test_trouble_on_the_line_in_words(heard_pad: tuple[HeardPad, Recorder]) -> None:
    pad, feed = heard_pad
    pad.receive_data(frame("72", flaw=1), 0)
    pad.faults = Faults({Fault.NAK: 1})
    pad.receive_data(frame("72"), 0)
    pad.receive_data(frame("Z62.12\x1c"), 0)
    pad.unplug()
    assert [event.words for event in feed.events] == [
        "unreadable",
        "say that again (NAK)",
        "end what you are doing",
        "say that again (NAK)",
        "ask for a code, which the pad refuses with 2",
        "understood (ACK)",
        "refused with 2",
        "the cable is out",
    ]


@given(pieces=st.lists(st.binary(max_size=40), max_size=8))
def test_any_bytes_on_the_line_change_nothing(pieces: list[bytes]) -> None:
    def pad(kind: type[SimulatedPad], *feed: Feed) -> SimulatedPad:
        return kind(AesCodeSealer(PadKey(bytes(16)), bytes(8), MemoryCounter()), *feed)

    heard, unheard = pad(HeardPad, Recorder()), pad(SimulatedPad)
    for piece in pieces:
        assert heard.receive_data(piece, 0) == unheard.receive_data(piece, 0)


def test_of_a_keypad_only_that_a_key_was_pressed() -> None:
    feed = Recorder()
    keypad = HeardKeypad(feed)
    assert b"".join(keypad.press(key, 0) for key in "7391E") == b"7391\r"
    keypad.unplug()
    assert [event.words for event in feed.events] == [*["a key, hidden"] * 5, "the cable is out"]
    assert not set("0123456789") & set("".join(event.words for event in feed.events))
