"""`pass-backend ledger …`: what it says, and which status a script sees."""

import json
from pathlib import Path
from threading import Event
from uuid import uuid4

import pytest
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from backend import schema
from backend.__main__ import main
from backend.commands import ledger
from backend.database import Database
from backend.ledger.accounts import open_account
from backend.ledger.tables import AccountKind
from backend.ledger.transfers import transfer
from backend.services import utc_now


@pytest.fixture
def books(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Database:
    """A ledger with one grant and one payment, which the command line finds."""
    monkeypatch.setenv("PASS_BACKEND_DATABASE_URL", database_url)
    # No command on the books needs the vault.
    monkeypatch.setenv("PASS_BACKEND_VAULT_KEY_FILE", str(tmp_path / "nowhere"))
    with database.engine.begin() as connection:
        scripts = ScriptDirectory(str(schema.MIGRATIONS))
        MigrationContext.configure(connection).stamp(scripts, "head")
    now = utc_now()
    with database.unit_of_work() as session:
        kinds = (AccountKind.FUNDING, AccountKind.WALLET, AccountKind.PAYABLE)
        region, lea, shop = (open_account(session, kind, now=now).id for kind in kinds)
        for debit, credit, cents in ((region, lea, 100), (lea, shop, 30)):
            transfer(
                session,
                transfer_id=uuid4(),
                debit_account_id=debit,
                credit_account_id=credit,
                amount_cents=cents,
                reason="Essai",
                reference="test:1",
                now=now,
            )
    return database


def _forge(books: Database) -> None:
    with books.engine.begin() as connection:
        connection.execute(text("UPDATE ledger_account SET debits_posted = 31 WHERE limited"))


def test_sealed_and_sound_is_status_0(books: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "seal"]) == 0
    assert capsys.readouterr().out == "2 transfers sealed in 2 chains.\n"
    assert main(["ledger", "check"]) == 0
    said = capsys.readouterr()
    assert said.out == (
        "Ledger sound: 3 accounts, 2 transfers (2 in 2 seals), 0 open holds, "
        "debits equal credits.\n"
    )
    assert "chains: 2/2" in said.err


def test_a_difference_is_status_1_and_named(
    books: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    _forge(books)
    assert main(["ledger", "check"]) == 1
    words = capsys.readouterr().out
    assert "NOT sound" in words
    assert "totals_differ" in words
    assert main(["ledger", "check", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["sound"], found["transfers"]) == (False, 2)
    assert {one["trouble"] for one in found["problems"]} == {"trial_balance", "totals_differ"}


def test_what_cannot_be_checked_is_status_2(
    books: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    heads = tmp_path / "heads"
    heads.write_text("[]\n")
    assert main(["ledger", "check", "--heads", str(heads)]) == 2
    assert main(["ledger", "check", "--heads", str(tmp_path / "none")]) == 2
    monkeypatch.setenv("PASS_BACKEND_DATABASE_URL", f"sqlite:///{tmp_path}/new.sqlite3")
    assert main(["ledger", "check"]) == 2
    monkeypatch.setenv("PASS_BACKEND_DATABASE_URL", "postgresql+psycopg://x@/x?host=/nowhere")
    assert main(["ledger", "check"]) == 2


def test_heads_kept_elsewhere_are_compared(
    books: Database, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["ledger", "seal", "--json"]) == 0
    line = capsys.readouterr().out
    heads = tmp_path / "heads.jsonl"
    heads.write_text(line)
    assert main(["ledger", "check", "--heads", str(heads)]) == 0
    printed = json.loads(line)
    printed["heads"][0]["hash"] = "00" * 32
    heads.write_text(json.dumps(printed))
    assert main(["ledger", "check", "--heads", str(heads)]) == 1
    assert "kept elsewhere" in capsys.readouterr().out


@pytest.mark.parametrize("pause", ["0", "-1", "3601", "soon"])
def test_a_pause_has_limits(pause: str) -> None:
    with pytest.raises(SystemExit):
        main(["ledger", "seal", "--every", pause])


class _StopAfter(Event):
    """A stop that comes after some rounds, without any time passing."""

    def __init__(self, rounds: int) -> None:
        super().__init__()
        self.rounds = rounds

    def wait(self, timeout: float | None = None) -> bool:
        self.rounds -= 1
        if self.rounds == 0:
            self.set()
        return timeout is None or self.is_set()


def test_sealing_goes_on_until_told_to_stop(books: Database) -> None:
    done = list(ledger.seal_every(books, utc_now, 1, _StopAfter(3)))
    assert [one.transfers for one in done] == [2, 0, 0]


def test_a_database_that_is_away_is_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    away = Database(f"sqlite:///{tmp_path}/empty.sqlite3")
    assert list(ledger.seal_every(away, utc_now, 1, _StopAfter(2))) == []
    assert caplog.text.count("tried again in 1 s") == 2
    away.close()
