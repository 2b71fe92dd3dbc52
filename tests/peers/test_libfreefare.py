"""libfreefare 0.4.0, written in C, as Debian builds it: EV1 keys, files and transactions.

`freefare/` holds a program of ours that calls it; how it reaches PC/SC is in `nfc_over_pcsc.c`.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

from simulator.chip.chip import Chip
from tests.peers.conftest import UID, Field

SOURCES = Path(__file__).parent / "freefare"
HEADERS = (Path("/usr/include/freefare.h"), Path("/usr/include/nfc/nfc.h"))
AID = bytes.fromhex("F59250")


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compile our program against Debian's libfreefare."""
    if not all(header.is_file() for header in HEADERS):
        pytest.skip("peer not installed: libfreefare (Debian package libfreefare-dev)")
    if not all(map(shutil.which, ("gcc", "pkg-config"))):
        pytest.skip("peer not compilable: libfreefare (Debian packages gcc, pkg-config)")
    made = tmp_path_factory.mktemp("freefare") / "stories"
    asked = ["pkg-config", "--cflags", "--libs", "libpcsclite"]
    flags = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split()
    sources = sorted(map(str, SOURCES.glob("*.c")))
    strict = ["-std=c11", "-D_DEFAULT_SOURCE", "-O1", "-Wall", "-Wextra", "-Werror"]
    command = ["gcc", *strict, "-o", str(made), *sources, *flags, "-lfreefare"]
    built = subprocess.run(command, check=False, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return made


def test_it_reads_what_anybody_may(chip: Chip, field: Field, program: Path) -> None:
    told = dict(line.split(" ", 1) for line in field.run(program, "look").splitlines())
    assert told == {
        "uid": UID.hex(),
        "hardware": "01 18.0",
        "settings": "0f",
        "keys": "1",
        "key_version": "0",
        "applications": "0",
    }


def test_it_personalises_a_blank_card(chip: Chip, field: Field, program: Path) -> None:
    told = dict(line.split(" ", 1) for line in field.run(program, "personalise").splitlines())
    assert told == {"uid_under_des": UID.hex(), "uid_under_aes": UID.hex()}
    picc, made = chip.memory.applications[bytes(3)], chip.memory.applications[AID]
    assert (picc.keys[0].material, picc.keys[0].version) == (bytes(range(32, 48)), 7)
    assert [key.material for key in made.keys] == [bytes(range(16)), bytes(range(16, 32))]


STORIES = [
    "refuse",
    "settle",
    "legacy",
    "standard",
    "backup",
    "value",
    "linear",
    "cyclic",
    "settings",
    "des",
    "three-key",
    "iso",
    "configure",
    "format",
    "ats",
]


@pytest.mark.parametrize("story", STORIES)
def test_its_stories(chip: Chip, field: Field, program: Path, story: str) -> None:
    field.run(program, story)
    assert len(field.commands) == len(field.answers) > 5
