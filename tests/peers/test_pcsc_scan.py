"""pcsc_scan of pcsc-tools: what an administrator sees when a reader or a card does not show."""

import pytest

from simulator.chip.chip import Chip
from tests.peers.conftest import READER, Field, installed


@pytest.fixture(autouse=True)
def _pcsc_scan() -> None:
    installed(["pcsc_scan"], "pcsc-tools")


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
