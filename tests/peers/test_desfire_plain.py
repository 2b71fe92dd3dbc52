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
