"""The pad's pseudo-terminal, opened and closed as terminals do, without the terminal's code."""

import contextlib
import os
import select
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.pad.cable import PadCable, Unplugged
from simulator.pad.frames import frame
from simulator.pad.keys import AesCodeSealer, MemoryCounter, PadKey
from simulator.pad.pad import SimulatedPad

ANSWER_SECONDS_MAX = 5.0
ACK, EOT = b"\x06", b"\x04"
REQUEST = frame("Z62.9250000000000018\x1c0404NA\x1cB\x1cC\x1c9")


@pytest.fixture
def cable(tmp_path: Path) -> Iterator[PadCable]:
    sealer = AesCodeSealer(PadKey(bytes(16)), bytes(8), MemoryCounter())
    with PadCable(SimulatedPad(sealer), tmp_path / "dev" / "pad") as plugged:
        yield plugged


@contextlib.contextmanager
def opened(link: Path) -> Iterator[int]:
    port = os.open(link, os.O_RDWR | os.O_NOCTTY)
    try:
        yield port
    finally:
        os.close(port)


def ask(port: int, sent: bytes, length: int = 1) -> bytes:
    os.write(port, sent)
    received = b""
    while len(received) < length:
        ready, _, _ = select.select([port], [], [], ANSWER_SECONDS_MAX)
        assert ready, "the pad does not answer"
        received += os.read(port, length - len(received))
    return received


def test_the_link_is_a_serial_port_that_can_be_opened_again(cable: PadCable) -> None:
    for _ in range(3):
        with opened(cable.link) as port:
            assert os.isatty(port)
            assert ask(port, frame("72")) == ACK


def test_no_byte_is_changed_or_echoed_by_the_line(cable: PadCable) -> None:
    with opened(cable.link) as port:
        # 03, 11, 13, 1A, 1C mean something to a line that is not raw.
        assert ask(port, frame("Z32\x1aUN\x1cDEUX")) == ACK
        assert select.select([port], [], [], 0.05)[0] == []
    assert cable.view().lines == ("UN", "DEUX")


def test_keys_reach_the_line(cable: PadCable) -> None:
    with opened(cable.link) as port:
        assert ask(port, REQUEST) == ACK
        cable.press("1234E")
        assert len(ask(port, b"", 62)) == 62
        assert ask(port, ACK + frame("72")) == ACK
    assert cable.view().entry_count == 1


def test_pulling_the_plug(cable: PadCable) -> None:
    with opened(cable.link) as port:
        assert ask(port, REQUEST) == ACK
        cable.unplug()
        assert not os.path.lexists(cable.link)
        assert select.select([port], [], [], ANSWER_SECONDS_MAX)[0] == [port]
        with pytest.raises(OSError, match="Input/output"):
            os.write(port, frame("72"))
    with pytest.raises(Unplugged):
        cable.press("1")
    assert not cable.view().plugged
    assert not cable.view().entering
    cable.unplug()
    cable.plug()
    cable.plug()
    with opened(cable.link) as port:
        assert ask(port, frame("72")) == ACK


def test_a_pad_nobody_listens_to_does_not_block(cable: PadCable) -> None:
    with opened(cable.link) as port:
        for _ in range(200):
            os.write(port, frame("11") * 20)
            select.select([], [port], [], ANSWER_SECONDS_MAX)
    assert cable.view().plugged


def test_stopping_leaves_nothing(tmp_path: Path) -> None:
    sealer = AesCodeSealer(PadKey(bytes(16)), bytes(8), MemoryCounter())
    before = len(list(Path("/proc/self/fd").iterdir()))
    with PadCable(SimulatedPad(sealer), tmp_path / "pad"):
        assert (tmp_path / "pad").is_symlink()
    assert not os.path.lexists(tmp_path / "pad")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert not [thread for thread in threading.enumerate() if thread.name == "pad"]


def test_a_stale_link_is_replaced_and_a_strangers_is_left(tmp_path: Path) -> None:
    link = tmp_path / "pad"
    link.symlink_to("/dev/pts/nothing")
    sealer = AesCodeSealer(PadKey(bytes(16)), bytes(8), MemoryCounter())
    with PadCable(SimulatedPad(sealer), link) as cable:
        with opened(link) as port:
            assert ask(port, frame("72")) == ACK
        link.unlink()
        link.symlink_to("/dev/null")
        assert cable.view().plugged
    assert str(link.readlink()) == "/dev/null"
