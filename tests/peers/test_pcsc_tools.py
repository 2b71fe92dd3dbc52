"""pcsc-tools: pcsc_scan, in C, which an administrator asks first, and scriptor, in Perl."""

import pytest

from simulator.chip.chip import Chip
from tests.peers.conftest import READER, UID, Field, installed


@pytest.fixture(autouse=True)
def _pcsc_tools() -> None:
    installed(["pcsc_scan", "scriptor"], "pcsc-tools")


def test_it_sees_the_reader_and_the_card(chip: Chip, field: Field) -> None:
    seen = field.run("pcsc_scan", "-n", "-q", "-t", "2")
    assert f"{READER} 00 00" in seen
    assert "3B 81 80 01 80 80" in seen
    assert "Card inserted" in seen


def test_it_sees_the_reader_without_a_card(field: Field) -> None:
    assert f"{READER} 00 00" in field.run("pcsc_scan", "-r", "-q")
    seen = field.run("pcsc_scan", "-n", "-q", "-t", "1")
    assert "Card removed" in seen
    assert "ATR" not in seen


def test_scriptor_reads_the_version_in_three_parts(chip: Chip, field: Field) -> None:
    script = "90 60 00 00 00\n90 AF 00 00 00\n90 AF 00 00 00\n"
    answers = [line for line in field.run("scriptor", asked=script).splitlines() if "<" in line]
    assert [("91 AF" in line, "91 00" in line) for line in answers] == [
        (True, False),
        (True, False),
        (False, True),
    ]
    assert answers[-1].startswith(f"< {UID.hex(' ').upper()}")
