"""python-desfire 0.1.5: EV1 secure messaging in native frames, DES and AES."""

import pytest

from simulator.chip.chip import Chip
from tests.peers.conftest import UID, Field, PythonPeer

AID = bytes.fromhex("F59250")
NEW_KEY, OTHER_KEY = bytes(range(16)), bytes(range(16, 32))


def test_it_reads_what_anybody_may(chip: Chip, field: Field, peer: PythonPeer) -> None:
    told = peer.run("python_desfire_ev1", "look")
    assert told == {
        "uid": UID.hex(),
        "settings": 0x0F,
        "key_type": "DF_KEY_2K3DES",
        "applications": [],
        "key_version": 0,
    }
    assert field.commands[0] == b"\x60", "these are native frames"
    assert field.answers[0][0] == 0xAF


def test_it_personalises_a_blank_card(chip: Chip, peer: PythonPeer) -> None:
    told = peer.run("python_desfire_ev1", "personalise")
    assert told == {
        "uids": [UID.hex(), UID.hex()],
        "applications": [list(AID)],
        "versions": [0, 3, 5],
    }
    picc, made = chip.memory.applications[bytes(3)], chip.memory.applications[AID]
    assert (picc.keys[0].material, picc.keys[0].version) == (NEW_KEY, 7)
    assert [key.material for key in made.keys] == [NEW_KEY, OTHER_KEY]


def test_it_changes_settings_and_deletes_an_application(chip: Chip, peer: PythonPeer) -> None:
    assert peer.run("python_desfire_ev1", "settle") == {"before": [list(AID)], "after": []}
    assert AID not in chip.memory.applications


def test_it_is_refused_with_the_status_the_reference_names(chip: Chip, peer: PythonPeer) -> None:
    assert peer.run("python_desfire_ev1", "refuse") == [
        "ST_AuthentError",  # a wrong key
        "ST_AppNotFound",
        "ST_KeyDoesNotExist",  # to authenticate with
        "ST_KeyDoesNotExist",  # to ask the version of
    ]


@pytest.fixture
def in_application(chip: Chip) -> Chip:
    """A card with our application: one AES zero key, everything free but the files."""
    chip.power_on()
    assert chip.transmit(bytes.fromhex("90CA000005F592500F8100")) == b"\x91\x00"
    return chip


def test_it_writes_and_reads_standard_files(in_application: Chip, peer: PythonPeer) -> None:
    letter = list(range(32))
    told = peer.run("python_desfire_ev1", "files")
    assert told == {"read": {"PLAIN": letter, "ENCRYPTED": letter}, "files": [1, 2]}


def test_its_wrong_mac_is_refused(in_application: Chip, peer: PythonPeer) -> None:
    # It sends the last 8 bytes of the CMAC where EV1 sends the first, and a MAC where none goes.
    assert peer.run("python_desfire_ev1", "wrong_macs") == [
        "ST_IntegrityError",
        "ST_WrongCommandLen",
    ]
