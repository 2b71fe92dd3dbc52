"""A journal file and a till for the tests that ask over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from terminal.counter.journal import SaleJournal, open_sale_journal
from tests.terminal.counter.shop import Shop


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SaleJournal]:
    opened = open_sale_journal(tmp_path / "counter.db")
    yield opened
    opened.close()


@pytest.fixture
def shop(journal: SaleJournal) -> Iterator[Shop]:
    made = Shop(journal)
    yield made
    made.go.set()
    assert made.counter.stop()
