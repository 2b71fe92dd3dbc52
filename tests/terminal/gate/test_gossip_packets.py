"""What a gate tells its siblings, as bytes: whole, signed, for one, or refused."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from terminal.gate.gossip.packets import (
    LINES_MAX,
    PACKET_BYTES_MAX,
    Admitted,
    Packet,
    PacketRefused,
    TakenBack,
    open_packet,
    seal_packet,
)

NOON = datetime(2026, 11, 17, 11, 4, tzinfo=UTC)


def key_of(number: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([number + 1]) * 32)


def gate_of(number: int) -> str:
    return str(UUID(int=number + 1))


CARDS = [str(UUID(int=1000 + number)) for number in range(40)]


def packet(**changes: object) -> Packet:
    plain = Packet(
        gate=gate_of(0),
        to=gate_of(1),
        number=(1, 1),
        after=0,
        upto=9,
        holds=0,
        lines=(
            Admitted(8, UUID(int=1), UUID(CARDS[0]), "lunch", NOON, UUID(int=9)),
            TakenBack(9, UUID(int=2)),
        ),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


KEYS = MappingProxyType({gate_of(0): key_of(0).public_key()})


def test_a_packet_comes_back_whole_and_names_nobody() -> None:
    sealed = seal_packet(packet(), key_of(0))
    assert open_packet(sealed, KEYS, gate_of(1)) == packet()
    longest = Admitted(2**53, uuid4(), uuid4(), "a" * 40, NOON, uuid4())
    lines = tuple(replace(longest, sequence=2**53 - at) for at in range(LINES_MAX))
    full = packet(lines=lines, number=(2**53, 2**53), after=1, upto=2**53, holds=2**53)
    assert len(seal_packet(full, key_of(0))) <= PACKET_BYTES_MAX


def test_what_is_not_a_siblings_word_for_us_is_refused() -> None:
    good = seal_packet(packet(), key_of(0))
    flipped = bytearray(good)
    flipped[-5] ^= 1
    raw = json.loads(good[67:])
    wrong = {
        "empty": b"",
        "cut": good[:80],
        "too long": good + b" " * PACKET_BYTES_MAX,
        "other magic": b"PG2" + good[3:],
        "flipped": bytes(flipped),
        "another's key": seal_packet(packet(), key_of(2)),
        "unknown gate": seal_packet(packet(gate=gate_of(7)), key_of(7)),
        "for another": seal_packet(packet(to=gate_of(2)), key_of(0)),
        "numbers": seal_packet(packet(upto=8), key_of(0)),
        "backwards": seal_packet(packet(after=10), key_of(0)),
        "more fields": b"PG1" + bytes(64) + json.dumps(raw | {"name": "Léa"}).encode(),
    }
    for datagram in wrong.values():
        with pytest.raises(PacketRefused):
            open_packet(datagram, KEYS, gate_of(1))


@given(st.binary(max_size=PACKET_BYTES_MAX + 10))
def test_no_bytes_are_more_than_refused(noise: bytes) -> None:
    for datagram in (noise, b"PG1" + bytes(64) + noise):
        with pytest.raises(PacketRefused):
            open_packet(datagram, KEYS, gate_of(1))
