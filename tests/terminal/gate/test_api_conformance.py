"""The gate's HTTP is what its own description says: Schemathesis finds nothing wrong."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from terminal.gate.access_list import read_access_list
from terminal.gate.api import Screen, create_app
from terminal.gate.events import StateStream
from terminal.gate.passages import open_passage_journal
from terminal.gate.state import StateBoard
from terminal.gate.view import state_json
from tests.conformance import Asking, ask
from tests.terminal.gate.signed_lists import GATE, Signer

HOST = {"Host": "127.0.0.1:9252"}
# A stream of events does not end.
OPERATIONS = [{"include-path": "/events", "enabled": False}]


@pytest.fixture
def app(
    tmp_path: Path,
    signer: Signer,
    payload: Callable[..., dict[str, Any]],
    clock: Callable[[], datetime],
) -> Iterator[FastAPI]:
    journal = open_passage_journal(tmp_path / "passages.sqlite3")
    board = StateBoard()
    held = read_access_list(signer.sign(payload()), signer.key, GATE)
    board.change(access_list=held, confirmed_at=clock(), online=True, reader_ready=True)
    stream = StateStream(board, lambda: state_json(board.current, clock()))
    yield create_app(Screen(board, journal, stream, clock, "Borne du réfectoire"))
    journal.close()


def test_all_that_is_described_is_so(app: FastAPI) -> None:
    asking = Asking(seed=1, examples=1, phases=["fuzzing"], headers=HOST, operations=OPERATIONS)
    asked = ask(app, asking)
    assert not asked.wrong, asked.words()
    assert asked.calls >= 7


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_everything(app: FastAPI) -> None:
    for seed in (2, 3):
        asked = ask(app, Asking(seed=seed, examples=40, headers=HOST, operations=OPERATIONS))
        assert not asked.wrong, asked.words()
        assert asked.calls > 60
