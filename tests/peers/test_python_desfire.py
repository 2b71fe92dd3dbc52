"""python-desfire 0.1.5: EV1 secure messaging in native frames, DES and AES."""

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
