"""Whatever comes over the air is answered as a card answers: never an exception, never silence."""

import random

from hypothesis import given
from hypothesis import strategies as st

from simulator.chip.chip import Chip
from simulator.chip.commands import AUTHENTICATIONS, COMMANDS
from simulator.chip.generation import EV1, EV2
from simulator.chip.iso7816 import ISO_COMMANDS
from simulator.chip.status import Status
from tests.simulator.chip.cards import (
    UID,
    backup,
    card,
    key,
    purse,
    records,
    standard,
    transaction_mac,
)
from tests.simulator.chip.host import AID, READS, Host, Mode

INSTRUCTIONS = sorted({*COMMANDS, *AUTHENTICATIONS, 0x5A, 0x6D, 0xAF, 0xF0, 0xF2, 0xFD})
ISO_INSTRUCTIONS = [*ISO_COMMANDS, 0x20]
STATUSES = set(Status)
OTHER = bytes.fromhex("F59251")
# With a body that often makes sense: a file number, rights, small numbers.
known = [0, 0, 0, 1, 2, 3, 4, 5, 0xE, 0xEE, 0xFF, 0x21, 0x80, 0x81, 0x85]
octets = st.one_of(st.sampled_from(known), st.integers(0, 255))
bodies = st.lists(octets, max_size=70).map(bytes)
natives = st.builds(lambda ins, body: bytes((ins,)) + body, st.sampled_from(INSTRUCTIONS), bodies)
wrapped = natives.map(
    lambda frame: (
        bytes((0x90, frame[0], 0, 0))
        + (bytes((len(frame) - 1,)) + frame[1:] if len(frame) > 1 else b"")
        + b"\x00"
    )
)
iso = st.builds(lambda ins, rest: bytes((0, ins)) + rest, st.sampled_from(ISO_INSTRUCTIONS), bodies)
frames = st.one_of(st.binary(min_size=1, max_size=300), natives, wrapped, iso)


def _furnished(generation: bool) -> Host:
    files = {
        0: standard(rights=0x1010),
        1: standard("full", 0x1E01),
        2: backup("mac", 0x0000),
        3: purse("mac", 0x0E00, limited_credit=20),
        4: records("full", 0x0E00, b"aaaa", b"bbbb"),
        5: transaction_mac(0xEFE0),
    }
    chip = card(files).chip
    memory = chip.memory.with_application(OTHER, chip.memory.applications[AID])
    kind = EV2 if generation else EV1
    host = Host(Chip(UID, random.Random(2).randbytes, memory=memory, generation=kind))
    # Both at once, where a chip can: what a number with bit 7 is of.
    assert host.send(0x5A, AID + (OTHER if generation else b""))[0] == 0
    return host


def _must_be_an_answer(command: bytes, answer: bytes) -> None:
    assert answer, command.hex()
    if command[0] == 0x00 and len(command) >= 4:
        assert len(answer) >= 2
        assert answer[-2] in {0x90, 0x69, 0x6A, 0x67, 0x6B, 0x6D, 0x6F}
    elif command[0] == 0x90:
        assert answer[-2] == 0x91
        assert answer[-1] in STATUSES
    else:
        assert answer[0] in STATUSES


@given(st.lists(frames, max_size=15), st.booleans())
def test_any_bytes_at_all(commands: list[bytes], generation: bool) -> None:
    host = _furnished(generation)
    for command in commands:
        _must_be_an_answer(command, host.chip.transmit(command))


steps = st.tuples(
    st.sampled_from(sorted(COMMANDS)),
    bodies,
    st.integers(0, 12),
    st.sampled_from(["management", "plain", "mac", "full"]),
    st.sampled_from(["ev2", "aes"]),
    st.sampled_from([0, 1, 0x80, 0x81]),
)


@given(st.lists(steps, min_size=1, max_size=8))
def test_any_body_behind_a_right_mac(
    asked: list[tuple[int, bytes, int, Mode, str, int]],
) -> None:
    # A session of the right key, a right seal, and anything inside it: what is read behind the MAC.
    host = _furnished(generation=True)
    for ins, body, cut, mode, how, number in asked:
        chip = host.chip
        if chip._state.session is None:
            host.leave()
            assert getattr(host, how)(number, key(number & 1)) in {0, 0xAE, 0x40}
        if ins in READS:
            mode = "mac" if mode == "full" else mode  # noqa: PLW2901
        sealed = host.session.seal(ins, body[:cut], body[cut:], mode)
        answer = chip.transmit(bytes((ins,)) + sealed)
        _must_be_an_answer(bytes((ins,)), answer)
        if answer[0] == Status.OK and hasattr(host.session, "counter"):
            host.session.counter += 1
        elif hasattr(host.session, "iv") or answer[0] != Status.OK:
            chip.transmit(b"\x5a" + AID + OTHER)
            host.leave()


def test_silence_is_for_chips_without_power() -> None:
    host = _furnished(generation=True)
    assert host.chip.transmit(b"") == b""
    host.chip.power_off()
    assert host.chip.transmit(b"\x60") == b""
    assert isinstance(host.chip, Chip)
