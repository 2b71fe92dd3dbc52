"""opensc-tool, written in C: it lists the reader, reads the ATR and asks for the version."""

import pytest

from simulator.chip.chip import Chip
from tests.peers.conftest import READER, UID, Field, installed


@pytest.fixture(autouse=True)
def _opensc() -> None:
    installed(["opensc-tool"], "opensc")


def test_it_lists_the_reader_with_its_card(chip: Chip, field: Field) -> None:
    lines = field.run("opensc-tool", "--list-readers").splitlines()
    assert [line for line in lines if READER in line and " Yes " in line], lines


def test_it_reads_the_answer_to_reset(chip: Chip, field: Field) -> None:
    assert field.run("opensc-tool", "--atr").strip() == "3b:81:80:01:80:80"


def test_it_reads_the_version_in_three_parts(chip: Chip, field: Field) -> None:
    ask, go_on = "--send-apdu=90:60:00:00:00", "--send-apdu=90:AF:00:00:00"
    said = field.run("opensc-tool", ask, go_on, go_on)
    assert said.count("SW1=0x91, SW2=0xAF") == 2
    assert said.count("SW1=0x91, SW2=0x00") == 1
    assert UID.hex(" ").upper() in said
    assert [command[1] for command in field.commands[-3:]] == [0x60, 0xAF, 0xAF]


def test_its_search_for_cards_it_knows_leaves_the_chip_well(chip: Chip, field: Field) -> None:
    # OpenSC tries the SELECTs of all its drivers, then says which one wants the card.
    named = field.run("opensc-tool", "--name")
    assert "Unsupported card" in named
    assert len(field.commands) == len(field.answers) > 30
    assert field.run("opensc-tool", "--send-apdu=90:6E:00:00:00").count("SW2=0x00") == 1
