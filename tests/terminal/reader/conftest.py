"""A reader on the real pcscd."""

from collections.abc import Iterator

import pytest

from simulator.pcscd import PrivatePcscd
from terminal.reader.pcsc import PcscReader
from tests.terminal.virtual_cards import READERS


@pytest.fixture
def reader(pcscd: PrivatePcscd) -> Iterator[PcscReader]:
    with PcscReader(READERS[0]) as opened:
        yield opened
