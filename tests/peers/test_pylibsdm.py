"""pylibsdm 1.0.0a0.dev2: EV2First and EV2 secure messaging, MAC and Full."""

import pytest

from simulator.chip.chip import Chip
from tests.peers.conftest import UID, Field, PythonPeer

AID = bytes.fromhex("000001")
# The application the peer knows, that of an NTAG 424 DNA, by its ISO name.
NAME = bytes.fromhex("D2760000850101")
NEW_KEY = bytes(range(16))


@pytest.fixture
def chip(chip: Chip) -> Chip:
    """A card with the peer's application: five AES zero keys, everything free."""
    chip.power_on()
    body = AID + bytes((0x0F, 0x85)) + bytes.fromhex("10E1") + NAME
    assert chip.transmit(bytes((0x90, 0xCA, 0, 0, len(body))) + body + b"\x00") == b"\x91\x00"
    return chip


def test_it_authenticates_and_speaks(chip: Chip, field: Field, peer: PythonPeer) -> None:
    assert peer.run("pylibsdm_ev2", "authenticate") == {
        "capabilities": bytes(12).hex(),
        "key_version": "00",
        "key_settings": "0f85",
        "uid": UID.hex(),
        "counter": 3,
    }
    assert field.commands[0][5:12] == NAME, "selected by its ISO name"


def test_it_changes_settings_and_its_own_key(chip: Chip, peer: PythonPeer) -> None:
    assert peer.run("pylibsdm_ev2", "change") == {"settings": "0b85", "version": "09"}
    key = chip.memory.applications[AID].keys[0]
    assert (key.material, key.version) == (NEW_KEY, 9)


def test_it_is_refused_as_the_reference_says(chip: Chip, peer: PythonPeer) -> None:
    # A wrong key; a MAC under a counter that is not the card's; a command that needs a session.
    assert peer.run("pylibsdm_ev2", "refuse") == ["91AE", "911E", "91AE"]


@pytest.fixture
def with_files(chip: Chip) -> Chip:
    """The same with two files of 32 bytes for key 0: number 1 in MAC mode, 2 in Full."""
    chip.power_on()
    commands = ("905A00000300000100", "90CD0000070101000020000000", "90CD0000070203000020000000")
    for command in commands:
        assert chip.transmit(bytes.fromhex(command)) == b"\x91\x00"
    return chip


def test_it_writes_and_reads_files_and_changes_their_settings(
    with_files: Chip, peer: PythonPeer
) -> None:
    text = "written by somebody else's code."
    assert peer.run("pylibsdm_ev2", "files") == {
        "read": [text, text],
        "size": len(text),
        "modes": ["MAC", "PLAIN"],
        "rights": "00e0",
        "counter": 7,
    }
