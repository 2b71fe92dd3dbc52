"""The real journal file: what is written stays, what must not be there is not."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from terminal.counter.controls import SaleControls
from terminal.counter.journal import SaleJournal, open_sale_journal
from terminal.counter.record import Facts, SaleRecord, advance
from terminal.counter.sale import SaleRun
from terminal.counter.states import Event, State
from terminal.errors import JournalError, JournalFault
from tests.terminal.counter.fake_counter import World
from tests.terminal.counter.fakes import (
    CARD_NUMBER,
    KSN,
    RIGHT_BLOCK,
    START,
    WRONG_BLOCK,
    FakePad,
    typed,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "counter.db"


@pytest.fixture
def journal(path: Path) -> Iterator[SaleJournal]:
    opened = open_sale_journal(path)
    yield opened
    opened.close()


def started(sale_id: str = "sale-1", minutes: int = 0, amount_cents: int = 1250) -> SaleRecord:
    at = START + timedelta(minutes=minutes)
    return advance(SaleRecord(sale_id, amount_cents, at, at), Event.STARTED, at)


def follow(journal: SaleJournal, record: SaleRecord, *events: Event) -> SaleRecord:
    for event in events:
        facts = Facts(payment_id=f"p-{record.sale_id}") if event is Event.CODE_TYPED else Facts()
        after = advance(record, event, record.updated_at + timedelta(seconds=1), facts)
        journal.append(record, event, after)
        record = after
    return record


SENT = (Event.CARD_SHOWN, Event.CARD_PROVEN, Event.CODE_TYPED)


def test_a_sale_comes_back_as_it_was_written(journal: SaleJournal, path: Path) -> None:
    record = started()
    journal.open_sale(record)
    assert journal.find("sale-1") == record
    facts = Facts("why", "culture", "Culture", "p1", 2, "A1B2C3", 8750, money_moved=True)
    after = advance(record, Event.CARD_SHOWN, START + timedelta(seconds=1), facts)
    journal.append(record, Event.CARD_SHOWN, after)

    again = open_sale_journal(path)
    assert again.find("sale-1") == after
    assert again.events("sale-1") == [Event.STARTED, Event.CARD_SHOWN]
    again.close()
    assert journal.find("other") is None


def test_lists_and_totals(journal: SaleJournal) -> None:
    for number in range(4):
        journal.open_sale(started(f"sale-{number}", minutes=number))
    follow(journal, started("sale-1", minutes=1), *SENT, Event.APPROVED)
    follow(journal, started("sale-2", minutes=2), *SENT, Event.ANSWER_LOST)
    follow(journal, started("sale-3", minutes=3), Event.CANCELLED)

    since = START + timedelta(minutes=1)
    assert [sale.sale_id for sale in journal.list_since(since)] == ["sale-3", "sale-2", "sale-1"]
    assert [sale.sale_id for sale in journal.list_since(since, 1)] == ["sale-3"]
    assert [sale.sale_id for sale in journal.list_unfinished()] == ["sale-0", "sale-2"]
    assert journal.total_since(since) == (1, 1250)
    assert journal.total_since(START + timedelta(hours=1)) == (0, 0)
    assert journal.count_open_reversals() == 1
    assert journal.count_open_reversals("sale-2") == 0


def test_a_stale_writer_is_refused_and_nothing_is_written(journal: SaleJournal) -> None:
    record = started()
    journal.open_sale(record)
    follow(journal, record, Event.CARD_SHOWN)
    with pytest.raises(AssertionError):
        follow(journal, record, Event.CANCELLED)
    found = journal.find("sale-1")
    assert found is not None
    assert found.state is State.PROOF
    assert journal.events("sale-1") == [Event.STARTED, Event.CARD_SHOWN]


@pytest.mark.parametrize(
    "statement",
    [
        "update event set event = 'approved'",
        "delete from event",
        "update sale set state = 'approved' where sale_id = 'sale-1'",
        *(
            "insert into sale (sale_id, amount_cents, started_at, updated_at, state)"
            f" values ('x', {amount_cents}, '', '', 'card')"
            for amount_cents in (0, -1, 100_001)
        ),
    ],
)
def test_the_file_itself_refuses_to_forget(
    journal: SaleJournal, path: Path, statement: str
) -> None:
    journal.open_sale(started())
    follow(journal, started(), Event.CANCELLED)
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(statement)
    connection.close()


def test_a_journal_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(JournalError) as error:
        open_sale_journal(tmp_path / "missing" / "counter.db")
    assert error.value.fault in JournalFault


def test_the_file_holds_no_secret(journal: SaleJournal, path: Path) -> None:
    world = World(pad=FakePad(typed(WRONG_BLOCK), typed()), journal=journal)
    record = started()
    journal.open_sale(record)
    SaleRun(record, world.collaborators, SaleControls(), lambda *_: None).run()
    assert len(journal.payment_ids("sale-1")) == 2
    journal.close()
    raw = b"".join(each.read_bytes() for each in path.parent.iterdir())
    assert b"culture" in raw
    for secret in (CARD_NUMBER, KSN, RIGHT_BLOCK, WRONG_BLOCK, "Léa", "proof_id"):
        assert secret.encode() not in raw


def test_files_are_private(journal: SaleJournal, path: Path) -> None:
    journal.open_sale(started())
    assert {each.stat().st_mode & 0o777 for each in path.parent.iterdir()} == {0o600}
