"""The wires in words: what is said, what is never said, and who hears it."""

import asyncio
import contextlib
import hashlib
import itertools
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from passcard.card_keys import PersonalisationKeys
from passcard.layout import ACCESS_AID, BENEFITS_AID
from passcard.personalise import personalise
from passcard.secret import Secret
from simulator.chip.chip import Chip
from simulator.chip.commands import AUTHENTICATIONS, COMMANDS
from simulator.chip.status import Status
from simulator.pad.cable import PadCable
from simulator.pad.frames import frame
from simulator.pad.keys import AesCodeSealer, MemoryCounter, PadKey
from simulator.pcscd import PrivatePcscd
from simulator.refusals import TooManyListeners
from simulator.tabletop import Tabletop
from simulator.vpcd import Direction, VirtualCard
from simulator.wire.card_wire import CardWire
from simulator.wire.card_words import command_words, status_words
from simulator.wire.feed import Feed, Listener, What, Wire, WireEvent, event_stream
from simulator.wire.pad_wire import HeardPad
from tests.simulator.served import code_of, served
from tests.simulator.wire_recorder import Recorder

AT = datetime(2026, 11, 21, 11, 4, tzinfo=UTC)
UID = bytes.fromhex("04A1B2C3D4E5F6")
CODE = "739146"
REQUEST = frame("Z62.9250000000000018\x1c0406NA\x1cB\x1cC\x1c9")


def wire_to(feed: Feed) -> CardWire:
    ticks = iter(range(10_000))
    return CardWire("Pass Counter", feed, lambda _card: "LEA", monotonic=lambda: next(ticks))


def converse(feed: Feed, card: VirtualCard) -> Callable[[bytes], bytes]:
    """Carry commands to a card over a wire that is listened to."""
    wire = wire_to(feed)
    wire.see(card, True)
    card.power_on()

    def transmit(command: bytes) -> bytes:
        wire.hear(Direction.TO_CARD, command)
        answer = card.transmit(command)
        wire.hear(Direction.FROM_CARD, answer)
        return answer

    return transmit


# --- words ---


@pytest.mark.parametrize(
    ("command", "words", "is_public"),
    [
        ("905A000003F5925000", "SelectApplication F59250 (Pass benefits)", True),
        ("905A000003F5925100", "SelectApplication F59251 (Pass access)", True),
        ("905A00000300000000", "SelectApplication 000000 (the card itself)", True),
        ("905A000003F4812000", "SelectApplication F48120", True),
        ("905A000004F592500000", "SelectApplication", False),
        ("9060000000", "GetVersion", True),
        ("60", "GetVersion, native", True),
        ("90AF000000", "Go on", False),
        ("9071000002010000", "AuthenticateEV2First with key 1", False),
        ("90AA0000010000", "AuthenticateAES with key 0", False),
        ("9064000001C200", "GetKeyVersion 2", True),
        ("90C4000019" + "80" + "5E" * 24 + "00", "ChangeKey", False),
        ("903D00000F" + "01" * 15 + "00", "WriteData", False),
        ("9099000000", "Unknown DESFire command", False),
        ("00A404000E325041592E5359532E444446303100", 'SELECT "2PAY.SYS.DDF01"', True),
        ("00A4000C023F00", "SELECT 3F00", True),
        ("00A40000", "SELECT", True),
        ("0020000004" + "07030901", "VERIFY", False),
        ("00B0000010", "READ BINARY", False),
        ("0077000000", "Unknown ISO 7816 command", False),
        ("FFCA000000", "Get the UID (the reader answers)", True),
        ("FF00000000", "Ask the reader", False),
    ],
)
def test_commands_in_words(command: str, words: str, is_public: bool) -> None:
    said = command_words(bytes.fromhex(command))
    assert (said.words, said.is_public) == (words, is_public)


def test_no_command_and_no_status_of_the_chip_is_without_words() -> None:
    for ins in {**COMMANDS, **AUTHENTICATIONS}:
        assert not command_words(bytes((0x90, ins, 0, 0, 0))).words.startswith("Unknown")
    for status in Status:
        answer = bytes((0x91, status))
        assert status_words(answer, is_native=False) != "unknown status", status.name


def test_further_frames_say_what_they_go_on_with() -> None:
    version = command_words(bytes.fromhex("9060000000"))
    more = command_words(bytes.fromhex("90AF000000"), version)
    assert (more.words, more.is_public) == ("GetVersion: go on", True)
    again = command_words(bytes.fromhex("90AF00000100AA"), more)
    assert not again.is_public
    begun = command_words(bytes.fromhex("9071000002000000"))
    answered = command_words(bytes.fromhex("90AF000020" + "5E" * 32 + "00"), begun)
    assert answered.words == "AuthenticateEV2First: answer to the challenge"
    assert not answered.is_public


@pytest.mark.parametrize(
    ("answer", "is_native", "words"),
    [
        ("9100", False, "done"),
        ("01029100", False, "done"),
        ("91AF", False, "more follows"),
        ("91AE", False, "authentication error"),
        ("9177", False, "unknown status"),
        ("9000", False, "done"),
        ("6A82", False, "file not found"),
        ("6C12", False, "wrong length, 18 would be right"),
        ("7777", False, "unknown status"),
        ("90", False, "unknown status"),
        ("AF0102", True, "more follows"),
        ("77", True, "unknown status"),
        ("", False, "none: the card is mute"),
    ],
)
def test_answers_in_words(answer: str, is_native: bool, words: str) -> None:
    assert status_words(bytes.fromhex(answer), is_native=is_native) == words


@given(commands=st.lists(st.binary(min_size=1, max_size=300), max_size=5), answer=st.binary())
def test_any_bytes_are_said_without_an_error(commands: list[bytes], answer: bytes) -> None:
    feed = Recorder()
    wire = wire_to(feed)
    for command in commands:
        wire.hear(Direction.TO_CARD, command)
        wire.hear(Direction.FROM_CARD, answer)
    assert len(feed.events) == len(commands)


PUBLIC = {0x45, 0x5A, 0x60, 0x61, 0x64, 0x6A, 0x6D, 0x6E, 0x6F, 0xF5}


@given(
    ins=st.integers(0, 255).filter(lambda ins: ins not in PUBLIC),
    secret=st.binary(min_size=6, max_size=60),
    style=st.sampled_from(["wrapped", "native", "iso"]),
)
def test_what_is_not_known_as_public_is_never_shown(ins: int, secret: bytes, style: str) -> None:
    """Not the body of the command, and not that of its answer."""
    heads = {"wrapped": bytes((0x90, ins, 0, 0, len(secret))), "native": bytes((ins,))}
    iso_ins = 0x20 if ins == 0xA4 else ins
    head = heads.get(style, bytes((0, iso_ins, 0, 0, len(secret))))
    feed = Recorder()
    wire = wire_to(feed)
    wire.hear(Direction.TO_CARD, head + secret)
    wire.hear(Direction.FROM_CARD, secret + b"\x91\x00")
    if style == "native" and ins in {0x00, 0x90, 0xFF}:  # these are not native frames
        return
    (event,) = feed.events
    assert event.command_hex is None
    assert event.answer_hex is None
    assert secret.hex().upper() not in feed.said().upper()
    assert str(list(secret)) not in feed.said()


def test_a_whole_personalisation_is_heard_and_no_secret_with_it() -> None:
    made = itertools.count()
    drawn: list[bytes] = []

    def random(length: int) -> bytes:
        drawn.append(hashlib.shake_128(f"{next(made)}".encode()).digest(length))
        return drawn[-1]

    keys = [random(16) for _ in range(5)]
    feed = Recorder()
    transmit = converse(feed, Chip(UID, random))
    talk = personalise(UID, PersonalisationKeys(*map(Secret, keys)), random)
    command = next(talk)
    with contextlib.suppress(StopIteration):
        while True:
            command = talk.send(transmit(command))
    said = feed.said().upper()
    for secret in drawn:
        assert len(secret) < 8 or secret.hex().upper() not in said
    words = [event.words for event in feed.events]
    assert f"SelectApplication {BENEFITS_AID.hex().upper()} (Pass benefits)" in words
    assert f"SelectApplication {ACCESS_AID.hex().upper()} (Pass access)" in words
    assert words.count("ChangeKey") == 5
    assert {event.command_hex for event in feed.events if event.words == "ChangeKey"} == {None}
    assert all(event.microseconds == 1_000_000 for event in feed.events if event.answer)


def test_arrivals_departures_and_an_answer_that_was_lost() -> None:
    feed = Recorder()
    wire = wire_to(feed)
    card = Chip(UID, bytes)
    wire.see(card, True)
    wire.hear(Direction.TO_CARD, b"\x01")
    wire.hear(Direction.TO_CARD, bytes.fromhex("9060000000"))
    wire.see(card, False)
    wire.hear(Direction.FROM_CARD, b"\x91\x00")
    assert [(event.what, event.words, event.answer) for event in feed.events] == [
        (What.ARRIVED, "the card arrives", None),
        (What.POWER, "power on", None),
        (What.EXCHANGE, "GetVersion", "none: the card left"),
        (What.LEFT, "the card leaves", None),
    ]
    assert {event.card for event in feed.events} == {"LEA"}


def test_a_mute_card_is_said() -> None:
    feed = Recorder()
    wire = wire_to(feed)
    wire.hear(Direction.TO_CARD, bytes.fromhex("9060000000"))
    wire.hear(Direction.FROM_CARD, b"")
    assert (feed.events[0].answer, feed.events[0].status) == ("none: the card is mute", None)


# --- the feed ---


def event(words: str) -> WireEvent:
    return WireEvent(Wire.PAD, "pad", What.TO_PAD, words)


def test_each_listener_hears_all_in_order_and_the_slow_one_is_told_what_he_lost() -> None:
    async def listen() -> None:
        feed = Feed(now=lambda: AT, listeners_max=2, events_max=3)
        first, slow = feed.listen(), feed.listen()
        with pytest.raises(TooManyListeners):
            feed.listen()
        feed.publish(event("a"))
        news, dropped = await first.take(1.0)
        assert (news, dropped) == (
            [
                {
                    "sequence": 1,
                    "at": "2026-11-21T11:04:00.000Z",
                    "wire": "pad",
                    "place": "pad",
                    "what": "to pad",
                    "words": "a",
                }
            ],
            0,
        )
        for words in "bcde":
            feed.publish(event(words))
        news, dropped = await slow.take(1.0)
        assert ([each["words"] for each in news], dropped) == (["c", "d", "e"], 2)
        assert await slow.take(0.0) == ([], 0)
        feed.leave(slow)
        feed.leave(slow)
        feed.listen()

    asyncio.run(listen())


def test_a_listener_whose_loop_has_ended_harms_nobody() -> None:
    feed = Feed()

    async def listen() -> Listener:
        return feed.listen()

    asyncio.run(listen())
    feed.publish(event("a"))


def test_the_stream_keeps_its_connection_warm_and_leaves() -> None:
    async def listen() -> None:
        feed = Feed(now=lambda: AT, listeners_max=1, events_max=1)
        stream = event_stream(feed, feed.listen(), quiet_seconds_max=0.0)
        assert await anext(stream) == ": listening\n\n"
        assert await anext(stream) == ": nothing new\n\n"
        feed.publish(event("a"))
        feed.publish(event("é"))
        assert await anext(stream) == 'event: dropped\ndata: {"dropped": 1}\n\n'
        said = await anext(stream)
        assert said.startswith("id: 2\nevent: pad\ndata: {")
        assert json.loads(said.splitlines()[2].removeprefix("data: "))["words"] == "é"
        await stream.aclose()
        stopped = event_stream(feed, feed.listen(), stopping=lambda: True)
        assert [said async for said in stopped] == [": listening\n\n"]
        feed.listen()

    asyncio.run(listen())


# --- over HTTP ---


def events_of(lines: Iterator[str], count: int) -> list[Any]:
    """Return the next events of a stream."""
    found = (json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data"))
    return list(itertools.islice(found, count))


def until(words: str, lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    while True:
        (event,) = events_of(lines, 1)
        yield event
        if event["words"] == words:
            return


def test_a_tap_through_the_real_daemon_is_heard_over_http(
    daemon: PrivatePcscd, pcsc_client: Callable[..., Any]
) -> None:
    table = Tabletop()
    with contextlib.ExitStack() as stack:
        for name, port in daemon.ports.items():
            stack.callback(table.add_reader(name, port).close)
        control = stack.enter_context(served(table))
        control.post("/cards", json={"name": "LEA", "kind": "blank", "uid": UID.hex()})
        stream = stack.enter_context(control.stream("GET", "/events"))
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        assert next(lines) == ": listening"
        place = f"/readers/{next(iter(daemon.ports))}/card"
        client = pcsc_client(daemon)
        control.put(place, json={"card": "LEA"})
        reader = next(iter(daemon.ports))
        client.connect(reader)
        client.transmit(reader, "FFCA000000")
        client.transmit(reader, "905A00000300000000")
        client.transmit(reader, "90AA0000010000")
        control.delete(place)
        everything = list(until("the card leaves", lines))
    assert [each["sequence"] for each in everything] == list(range(1, len(everything) + 1))
    # On a busy machine pcscd lets an idle card sleep before the client comes, and wakes it again.
    heard = [each for each in everything if each["words"] not in {"power on", "power off"}]
    assert everything[1]["words"] == "power on"
    assert [each["words"] for each in heard] == [
        "the card arrives",
        "Get the UID (the reader answers)",
        "SelectApplication 000000 (the card itself)",
        "AuthenticateAES with key 0",
        "the card leaves",
    ]
    assert {each["card"] for each in heard} == {"LEA"}
    assert heard[1]["answer_hex"] == UID.hex().upper() + "9000"
    assert heard[3]["answer"] == "authentication error"
    assert "command_hex" not in heard[3]


def test_the_pad_is_heard_over_http_and_listeners_are_bounded(tmp_path: Path) -> None:
    feed = Feed(listeners_max=1)
    pad = HeardPad(AesCodeSealer(PadKey(bytes(16)), bytes(8), MemoryCounter()), feed)
    with contextlib.ExitStack() as stack:
        cable = stack.enter_context(PadCable(pad, tmp_path / "pad"))
        control = stack.enter_context(served(Tabletop(cable=cable, feed=feed)))
        with control.stream("GET", "/events") as stream:
            lines = stream.iter_lines()
            assert next(lines) == ": listening"
            assert code_of(httpx.get(f"{control.base_url}/events")) == (503, "too_many_listeners")
            pad.receive_data(REQUEST, time.monotonic())
            control.post("/pad/keys", json={"keys": f"{CODE}E"})
            for plugged in (False, False, True, True):
                control.put("/pad/plug", json={"plugged": plugged})
            heard = events_of(lines, 5)
        assert [each["words"] for each in heard[2:]] == [
            "a code was entered: encrypted block, hidden",
            "the cable is out",
            "the cable is in",
        ]
        assert CODE not in str(heard)
