"""desfire 0.2: wrapped frames and free rights, without any key."""

from pathlib import Path

import pytest

from simulator.chip.chip import Chip
from tests.peers.conftest import PythonPeer

AID = bytes.fromhex("F59250")


@pytest.fixture
def chip(chip: Chip) -> Chip:
    """A card with an application in which everybody may do everything."""
    chip.power_on()
    assert chip.transmit(bytes.fromhex("90CA000005F592500F8100")) == b"\x91\x00"
    return chip


def test_it_lists_and_selects(chip: Chip, peer: PythonPeer, plain_peer: Path) -> None:
    told = peer.run("desfire_plain", "look", path=plain_peer)
    assert told == {"applications": [AID.hex().upper()], "refusal": 0xA0}


def test_it_spends_from_a_wallet(chip: Chip, peer: PythonPeer, plain_peer: Path) -> None:
    told = peer.run("desfire_plain", "spend", path=plain_peer)
    assert told == {"values": [100, 123], "files": [1], "left": []}


def test_it_writes_a_letter_of_many_frames(chip: Chip, peer: PythonPeer, plain_peer: Path) -> None:
    chip.power_on()
    chip.transmit(bytes.fromhex("905A000003F5925000"))
    # Standard file 2, plain, everything free, 300 bytes.
    assert chip.transmit(bytes.fromhex("90CD0000070200EEEE2C010000")) == b"\x91\x00"
    assert peer.run("desfire_plain", "write", path=plain_peer) == {"same": True, "length": 300}
