"""The record outlives power cuts, and the report opens in a spreadsheet as it was written."""

import csv
import json
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from terminal.desk.batch_record import BatchLine, BatchRecord, CardResult, write_report
from terminal.errors import JournalError, SettingsError

NUMBERS = ("9250000000000018", "9250000000000026")


def line(number: str = NUMBERS[0], result: CardResult = CardResult.DONE) -> BatchLine:
    return BatchLine(
        card_number=number,
        uid="04E1B2C3D4E5F6",
        result=result,
        reason="" if result is CardResult.DONE else "uid_taken",
        seconds=1.5,
        finished_at=datetime(2026, 11, 21, 12, 0, 5, tzinfo=UTC),
    )


def test_what_was_added_is_there_again(tmp_path: Path) -> None:
    path = tmp_path / "lot.jsonl"
    with BatchRecord(path) as record:
        record.add(line())
        record.add(line(NUMBERS[1], CardResult.CHIP_SET_ASIDE))
    with BatchRecord(path) as record:
        assert record.lines == [line(), line(NUMBERS[1], CardResult.CHIP_SET_ASIDE)]
        assert record.done_numbers == {NUMBERS[0]}
        assert record.done_uids == {"04E1B2C3D4E5F6"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_cut_at_every_byte_of_the_last_line_the_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "lot.jsonl"
    with BatchRecord(path) as record:
        record.add(line())
        first = path.stat().st_size
        record.add(line(NUMBERS[1]))
    whole = path.read_bytes()
    for end in range(first, len(whole)):
        path.write_bytes(whole[:end])
        with BatchRecord(path) as record:
            assert record.lines == [line()]
            record.add(line(NUMBERS[1]))
        assert path.read_bytes() == whole


@pytest.mark.parametrize("content", [b"{}\n", b"hello\n", b"[1]\n", b"\xff\n"])
def test_another_file_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "lot.jsonl"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match="no record"):
        BatchRecord(path)
    assert path.read_bytes() == content


def test_a_second_batch_on_the_same_record_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lot.jsonl"
    with BatchRecord(path), pytest.raises(SettingsError, match="another batch"):
        BatchRecord(path)
    BatchRecord(path).close()


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        BatchRecord(tmp_path / "absent" / "lot.jsonl")
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SettingsError):
        BatchRecord(tmp_path / "link.jsonl")


def test_a_disk_that_is_full_is_a_journal_error(tmp_path: Path) -> None:
    with BatchRecord(tmp_path / "lot.jsonl") as record:
        descriptor = os.open("/dev/full", os.O_WRONLY)
        os.dup2(descriptor, record._file.fileno())
        os.close(descriptor)
        with pytest.raises(JournalError):
            record.add(line())
        assert record.lines == []


def test_the_report_opens_in_a_spreadsheet(tmp_path: Path) -> None:
    with BatchRecord(tmp_path / "lot.jsonl") as record:
        record.add(line())
        record.add(line(NUMBERS[1], CardResult.CHIP_SET_ASIDE))
        record.add(line(NUMBERS[1], CardResult.ORDER_REFUSED))
        as_csv, as_json = write_report(record, left=4, per_hour=240)
    raw = as_csv.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfnumero_carte;uid;")
    rows = list(csv.reader(raw.decode("utf-8-sig").splitlines(), delimiter=";"))
    assert rows[1] == [
        "9250 0000 0000 0018",
        "04 E1 B2 C3 D4 E5 F6",
        "faite",
        "",
        "1,50",
        "2026-11-21T12:00:05Z",
    ]
    assert [row[2:4] for row in rows[2:]] == [
        ["puce écartée", "uid_taken"],
        ["commande refusée", "uid_taken"],
    ]
    report = json.loads(as_json.read_bytes())
    assert report["cards"][0] == {
        "card_number": NUMBERS[0],
        "uid": "04E1B2C3D4E5F6",
        "result": "done",
        "reason": "",
        "seconds": 1.5,
        "finished_at": "2026-11-21T12:00:05Z",
    }
    counts = {name: report[name] for name in ("done", "chip_set_aside", "order_refused", "left")}
    assert counts == {"done": 1, "chip_set_aside": 1, "order_refused": 1, "left": 4}
    assert report["per_hour"] == 240
    assert {stat.S_IMODE(path.stat().st_mode) for path in (as_csv, as_json)} == {0o600}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lot.csv", "lot.json", "lot.jsonl"]


def test_a_report_that_cannot_be_written_is_a_journal_error(tmp_path: Path) -> None:
    with BatchRecord(tmp_path / "lot.jsonl") as record:
        (tmp_path / "lot.csv").mkdir()
        with pytest.raises(JournalError):
            write_report(record, left=0, per_hour=0)


def test_a_line_does_not_print_whose_card_it_is() -> None:
    assert NUMBERS[0] not in repr(line())
    assert "04E1" not in repr(line())
