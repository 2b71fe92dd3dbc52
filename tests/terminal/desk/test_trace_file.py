"""A desk's trace: timed, redacted, for its owner, and never without end."""

import re
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from terminal.desk import trace_file
from terminal.desk.personalise import personalise_card, with_next_card
from terminal.desk.trace_file import TracedReader, TraceFile
from terminal.errors import CardRemoved, SettingsError
from tests.terminal.desk.twins import (
    NUMBER,
    UID,
    BoxReader,
    ChipLink,
    DrivingBackend,
    blank,
    is_personalised,
    keys_of,
)

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def make(path: Path, link: ChipLink) -> None:
    with TraceFile(path, now=lambda: NOON) as trace:
        reader = TracedReader(BoxReader([link]), trace)
        with_next_card(reader, lambda card: personalise_card(card, DrivingBackend(), NUMBER))


def test_a_card_is_made_and_told(tmp_path: Path) -> None:
    chip, path = blank(), tmp_path / "trace.txt"
    link = ChipLink(chip)
    make(path, link)
    assert is_personalised(chip)
    assert link.let_go == 1
    text = path.read_text()
    lines = text.splitlines()
    assert lines[0] == "2026-11-21T12:00:00.000+00:00 a card is on the reader"
    assert lines[1].startswith("2026-11-21T12:00:00.000+00:00 1 SelectApplication, application")
    assert len(lines) == 1 + link.sent
    for secret in (UID, NUMBER.encode(), keys_of(UID).picc.reveal()):
        assert secret.hex() not in text.lower()
    assert NUMBER not in text
    assert max(map(len, re.findall(r"[0-9A-F]{7,}", text)), default=0) == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_it_is_only_added_to_and_a_lost_card_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "trace.txt"
    make(path, ChipLink(blank()))
    first = path.read_text()
    with pytest.raises(CardRemoved):
        make(path, ChipLink(blank(), pull_at=2))
    assert path.read_text().startswith(first)
    assert path.read_text().splitlines()[-1].endswith("2 GetVersion | 5 bytes sent | no answer")


def test_nobody_comes_and_nothing_is_told(tmp_path: Path) -> None:
    with TraceFile(tmp_path / "trace.txt") as trace:
        assert TracedReader(BoxReader([]), trace).wait_for_card(0.0) is None
    assert not (tmp_path / "trace.txt").read_text()


def test_a_traced_card_leaves_as_an_untraced_one(tmp_path: Path) -> None:
    with TraceFile(tmp_path / "trace.txt") as trace:
        card = TracedReader(BoxReader([ChipLink(blank())]), trace).wait_for_card(0.0)
        assert card is not None
        assert (card.uid(), card.wait_for_removal(0.0)) == (UID, True)


def test_it_stops_growing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_file, "TRACE_BYTES_MAX", 1000)
    path = tmp_path / "trace.txt"
    for _ in range(2):
        make(path, ChipLink(blank()))
    assert path.stat().st_size < 1200
    assert path.read_text().splitlines()[-1] == "the trace is full"


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="trace"):
        TraceFile(tmp_path / "absent" / "trace.txt")
