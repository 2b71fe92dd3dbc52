"""Frames: any split gives the same events, and no damage gives a wrong packet."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.pin.packets import (
    BODY_BYTES_MAX,
    Control,
    Damaged,
    Event,
    FrameDecoder,
    FrameKind,
    Packet,
    lrc,
)

letters = st.sampled_from([*range(0x20, 0x7F), 0x1A, 0x1C, 0x1D, 0x1E, 0x1F])
bodies = st.lists(letters, min_size=1, max_size=60).map(bytes)
packets = st.builds(Packet, bodies, st.sampled_from(FrameKind))
events = st.lists(st.one_of(packets, st.sampled_from(Control)), max_size=6)


def decode(received: bytes, *, chunk: int = 4096) -> list[Event]:
    decoder = FrameDecoder()
    found: list[Event] = []
    for start in range(0, len(received), chunk):
        decoder.receive_data(received[start : start + chunk])
        found.extend(iter(decoder.next_event, None))
    return found


def test_a_frame_byte_by_byte() -> None:
    # `72`, the packet whose LRC happens to be ACK's byte.
    assert Packet(b"72").encode() == bytes.fromhex("02 37 32 03 06")
    assert Packet(b"11", FrameKind.ADMINISTRATION).encode() == bytes.fromhex("0F 31 31 0E 0E")
    assert lrc(b"72\x03") == 0x06
    assert [control.encode() for control in Control] == [b"\x06", b"\x15", b"\x04"]


@given(sent=events, chunk=st.integers(1, 80))
def test_any_split_gives_what_was_sent(sent: list[Event], chunk: int) -> None:
    line = b"".join(event.encode() for event in sent if not isinstance(event, Damaged))
    assert decode(line, chunk=chunk) == sent


@given(received=st.binary(max_size=600), chunk=st.integers(1, 50))
def test_any_bytes_are_survived_and_splitting_changes_nothing(received: bytes, chunk: int) -> None:
    assert decode(received, chunk=chunk) == decode(received)


@given(packet=packets, data=st.data())
def test_one_damaged_byte_never_gives_another_packet(packet: Packet, data: st.DataObject) -> None:
    frame = bytearray(packet.encode())
    place = data.draw(st.integers(0, len(frame) - 1))
    frame[place] ^= data.draw(st.integers(1, 255))
    assert not [event for event in decode(bytes(frame)) if isinstance(event, Packet)]


@given(packet=packets, data=st.data())
def test_one_lost_byte_never_gives_another_packet(packet: Packet, data: st.DataObject) -> None:
    frame = bytearray(packet.encode())
    del frame[data.draw(st.integers(0, len(frame) - 1))]
    found = decode(bytes(frame))
    # Losing a zero-weight part is impossible: the end byte is in the sum, the start has no twin.
    assert not [event for event in found if isinstance(event, Packet) and event != packet]


@given(noise=st.lists(st.integers(0x20, 0x7E), max_size=40).map(bytes), packet=packets)
def test_noise_before_a_frame_does_not_hide_it(noise: bytes, packet: Packet) -> None:
    assert decode(noise + packet.encode()) == [packet]


@given(cut=packets, packet=packets, data=st.data())
def test_a_frame_cut_short_does_not_hide_the_next(
    cut: Packet, packet: Packet, data: st.DataObject
) -> None:
    begun = cut.encode()[: data.draw(st.integers(2, len(cut.body) + 1))]
    assert decode(begun + packet.encode()) == [Damaged(), packet]


def test_a_control_byte_inside_a_frame_is_damage_not_a_goodbye() -> None:
    assert decode(b"\x02Z2\x04A\x03" + bytes((lrc(b"Z2\x04A\x03"),))) == [Damaged()]


def test_a_frame_without_its_start_is_damaged() -> None:
    assert decode(Packet(b"71A").encode()[1:]) == [Damaged()]


def test_control_bytes_between_noise_are_heard() -> None:
    assert decode(b"xx\x06\x00\x04") == [Control.ACK, Control.EOT]


def test_an_empty_frame_is_damaged() -> None:
    assert decode(b"\x02\x03\x03") == [Damaged()]


@pytest.mark.parametrize(
    ("begun", "expected"),
    [
        (b"\x02Z2", [Damaged()]),
        (b"\x02Z2\x03", [Damaged()]),
        (b"noise", []),
        (b"\x03", []),
        (b"", []),
    ],
)
def test_what_stops_arriving_can_be_given_up(begun: bytes, expected: list[Event]) -> None:
    decoder = FrameDecoder()
    decoder.receive_data(begun)
    assert decoder.has_partial == bool(begun)
    decoder.abandon_partial()
    assert not decoder.has_partial
    assert list(iter(decoder.next_event, None)) == expected


def test_discarding_forgets_whole_and_partial() -> None:
    decoder = FrameDecoder()
    decoder.receive_data(Packet(b"72").encode() + b"\x02Z")
    decoder.discard()
    assert not decoder.has_partial
    assert decoder.next_event() is None


def test_a_body_longer_than_any_packet_is_given_up_and_the_next_is_read() -> None:
    endless = b"\x02" + b"A" * (BODY_BYTES_MAX + 50)
    assert decode(endless + Packet(b"72").encode()) == [Packet(b"72")]
    assert decode(endless + b"\x03\x00") == [Damaged()]


def test_a_babbling_line_costs_events_not_memory() -> None:
    decoder = FrameDecoder(events_max=3)
    decoder.receive_data(b"\x06" * 1000 + b"\x04")
    assert list(iter(decoder.next_event, None)) == [Control.ACK, Control.ACK, Control.EOT]


@pytest.mark.parametrize("body", [b"", b"A" * (BODY_BYTES_MAX + 1), b"\x02", b"\xe9", b"\n"])
def test_a_body_that_cannot_travel_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="a body"):
        Packet(body).encode()


def test_a_packet_shows_its_identifier_only() -> None:
    packet = Packet(b"710" + b"9876543210E000011B9C1845EB993A7A")
    assert repr(packet) == "Packet('71', 35 bytes)"
    assert "Z6" in repr(Packet(b"Z62.4012345678909"))
    assert not set(chain("401234567890")) <= set(repr(Packet(b"Z62.4012345678909")))
