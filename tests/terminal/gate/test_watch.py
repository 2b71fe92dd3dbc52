"""The loop beside the reader outlives whatever the reader does."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from terminal.errors import CardSilent, ReaderAbsent, ReaderServiceDown
from terminal.gate.passages import PassageJournal, open_passage_journal
from terminal.gate.state import StateBoard
from terminal.gate.tap import CardInField, Gate
from terminal.gate.watch import watch


class ScriptedReader:
    """Does what the test says, one wait after the other, then stops the loop."""

    def __init__(self, steps: list[CardInField | Exception | None], stop: threading.Event) -> None:
        self._steps, self._stop = steps, stop

    def wait_for_card(self, seconds_max: float) -> AbstractContextManager[CardInField] | None:
        assert seconds_max > 0
        step = self._steps.pop(0)
        if not self._steps:
            self._stop.set()
        if isinstance(step, Exception):
            raise step
        return None if step is None else nullcontext(step)


class PlainCard:
    def uid(self) -> bytes:
        return bytes(7)

    def transmit(self, command: bytes) -> bytes:
        raise AssertionError(f"nobody lists this card: {command.hex()}")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[PassageJournal]:
    journal = open_passage_journal(tmp_path / "passages.sqlite3")
    yield journal
    journal.close()


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("terminal.gate.watch.RETRY_SECONDS", 0.0)


def test_troubles_are_shown_and_taps_go_on(
    journal: PassageJournal, no_pause: None, clock: object
) -> None:
    board, stop = StateBoard(), threading.Event()
    seen: list[bool] = []
    board.listen(lambda: seen.append(board.current.reader_ready))
    steps: list[CardInField | Exception | None] = [
        None,
        ReaderAbsent("unplugged"),
        ReaderServiceDown("no daemon"),
        None,
        CardSilent("a card that does not answer"),
        PlainCard(),
        None,
    ]
    gate = Gate(journal, board, now=clock)  # type: ignore[arg-type]
    watch(ScriptedReader(steps, stop), gate, board, stop)
    assert seen[:3] == [True, False, True]
    # The silent card was asked for again; the other found no list, and said so.
    shown = board.current.shown
    assert shown is not None
    assert (board.current.sequence, shown.answer) == (2, "HORS_SERVICE")


def test_only_a_written_passage_wakes_the_link(
    journal: PassageJournal, signer: object, payload: object, clock: object
) -> None:
    from terminal.gate.access_list import read_access_list  # noqa: PLC0415 - only here

    board, stop = StateBoard(), threading.Event()
    told: list[int] = []
    gate = Gate(journal, board, now=clock)  # type: ignore[arg-type]
    watch(ScriptedReader([PlainCard()], stop), gate, board, stop, after_tap=lambda: told.append(1))
    assert told == []
    held = read_access_list(
        signer.sign(payload()),  # type: ignore[attr-defined, operator]
        signer.key,  # type: ignore[attr-defined]
        "3f0c1df0-5a36-4b6e-9a3c-000000000001",
    )
    board.change(access_list=held)
    stop.clear()
    watch(ScriptedReader([PlainCard()], stop), gate, board, stop, after_tap=lambda: told.append(1))
    assert told == [1]
