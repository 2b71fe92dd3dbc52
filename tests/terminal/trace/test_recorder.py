"""A folder of traces: nothing secret in it, bounded, and never in the way of a terminal."""

import logging
import stat
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from passcard.personalise import personalise
from passcard.session import run
from simulator.cards.played_back import PlayedBackCard
from simulator.cards.trace_text import read_recorded_card
from simulator.chip.other_cards import BankCard
from simulator.pcscd import PrivatePcscd
from simulator.vpcd import VirtualCardSlot
from terminal import __main__ as command_line
from terminal.errors import CardRemoved, CardSilent
from terminal.reader.pcsc import PcscReader
from terminal.settings import GateSettings
from terminal.trace import recorder as recorder_module
from terminal.trace.look import COMMANDS_MAX, look_at
from terminal.trace.masking import masked
from terminal.trace.player import TracePlayer
from terminal.trace.reading import load_trace, parse_trace
from terminal.trace.recorder import (
    FILES_MAX,
    Instruments,
    TapRecord,
    TraceFolder,
    kept_traces,
    record_alone,
)
from terminal.trace.recording import RecordingReader, recorded
from terminal.trace.text import NoAnswer
from tests.passcard.field import UID, Field, blank, keys_of, seeded
from tests.terminal.virtual_cards import READERS

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ATR = bytes.fromhex("3B8180018080")


def instruments() -> Instruments:
    """A clock that goes on by a minute and 7 ms each time it is looked at, and known keys."""
    minutes, ticks = count(), count()
    return Instruments(
        now=lambda: NOON + timedelta(minutes=next(minutes)),
        monotonic=lambda: next(ticks) * 0.007,
        random=seeded("trace"),
    )


def folder_at(path: Path) -> TraceFolder:
    return TraceFolder(path, lambda: READERS[0], instruments())


def talk(record: TapRecord, *commands: str, answer: str = "9100") -> None:
    for each in commands:
        record.carry(lambda _command: bytes.fromhex(answer), bytes.fromhex(each))


def one_tap(folder: TraceFolder, commands: int = 1) -> None:
    record = folder.begin(UID, ATR)
    talk(record, *["9060000000"] * commands)
    folder.keep(record)


def texts(folder: Path) -> list[str]:
    return [file.read_text() for file in kept_traces(folder)]


def personalised_in(folder: TraceFolder) -> list[bytes]:
    """Make a card while the folder listens; return what went by."""
    record, field, wire = folder.begin(UID, ATR), Field(blank()), list[bytes]()

    def carry(command: bytes) -> bytes:
        answer = record.carry(field.transmit, command)
        wire.extend((command, answer))
        return answer

    run(personalise(UID, keys_of(), seeded("host")), carry)
    folder.keep(record)
    return wire


def test_a_card_is_made_and_no_uid_key_or_cryptogram_is_in_the_file(tmp_path: Path) -> None:
    wire = personalised_in(folder_at(tmp_path / "traces"))
    [text] = texts(tmp_path / "traces")
    squeezed = text.replace(" ", "").upper()
    secrets = [UID, keys_of().picc.reveal(), *(said[5:-1] for said in wire if len(said) > 20)]
    assert len(secrets) > 20
    for secret in secrets:
        assert secret.hex().upper() not in squeezed
        assert secret[-8:].hex().upper() not in squeezed
    tap = parse_trace(text).taps[0]
    assert len(tap.exchanges) == len(wire) / 2
    assert "# ChangeKey, key 0, type AES" in text
    assert tap.at == "2026-11-22T12:00:00Z"
    assert [tap.exchanges[0].asked_at, tap.exchanges[0].answered_at] == [7, 14]
    file = kept_traces(tmp_path / "traces")[0]
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (
        0o600,
        0o700,
    )


def test_what_was_recorded_is_replayed(tmp_path: Path) -> None:
    folder = folder_at(tmp_path)
    record = folder.begin(UID, ATR)
    chip = blank()
    chip.power_on()
    look_at(lambda command: record.carry(chip.transmit, command))
    folder.keep(record)
    trace = load_trace(kept_traces(tmp_path)[0])
    for replayed in (trace, masked(trace, bytes(32))):
        player = TracePlayer(replayed)
        card = player.wait_for_card(0.0)
        assert card is not None
        with card:
            look_at(card.transmit)
        player.finish()
        assert card.uid()[0] == UID[0]
        assert card.uid() != UID


@pytest.mark.parametrize(
    ("error", "noted"), [(CardRemoved, NoAnswer.GONE), (CardSilent, NoAnswer.SILENT)]
)
def test_a_card_that_leaves_is_noted_and_raised(
    tmp_path: Path, error: type[CardRemoved | CardSilent], noted: NoAnswer
) -> None:
    def leave(_command: bytes) -> bytes:
        raise error("gone")

    folder = folder_at(tmp_path)
    record = folder.begin(None, ATR)
    with pytest.raises(error):
        record.carry(leave, b"\x90\x60\0\0\0")
    folder.keep(record)
    tap = parse_trace(texts(tmp_path)[0]).taps[0]
    assert (tap.uid, tap.exchanges[0].answer) == (None, noted)


def test_one_card_is_the_same_within_a_file_and_another_in_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_at(tmp_path)
    one_tap(folder)
    one_tap(folder)
    monkeypatch.setattr(recorder_module, "FILE_BYTES_MAX", 10)
    one_tap(folder)
    first, second = (load_trace(file).taps for file in kept_traces(tmp_path))
    assert first[0].uid == first[1].uid != second[0].uid
    assert UID not in {tap.uid for tap in (*first, *second)}


def test_files_taps_and_folder_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "FILE_BYTES_MAX", 10)
    monkeypatch.setattr(recorder_module, "TAP_EXCHANGES_MAX", 3)
    folder = folder_at(tmp_path)
    for _ in range(FILES_MAX + 5):
        one_tap(folder, commands=5)
    kept = kept_traces(tmp_path)
    assert len(kept) == FILES_MAX
    assert kept[-1].name > kept[0].name > "2026-11-22T1205"
    assert len(load_trace(kept[0]).taps[0].exchanges) == 3


def test_a_folder_that_cannot_be_written_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "traces").write_text("a file")
    folder = folder_at(tmp_path / "traces")
    with caplog.at_level(logging.WARNING):
        one_tap(folder)
        one_tap(folder)
    assert caplog.text.count("no more traces") == 1


def test_a_file_that_is_taken_away_is_followed_by_another(tmp_path: Path) -> None:
    folder = folder_at(tmp_path)
    one_tap(folder)
    kept_traces(tmp_path)[0].unlink()
    one_tap(folder)
    assert len(load_trace(kept_traces(tmp_path)[0]).taps) == 1


def test_looking_at_a_card_is_short_and_changes_nothing() -> None:
    class Endless:
        atr = ATR
        asked = 0

        def uid(self) -> bytes:
            return UID

        def transmit(self, _command: bytes) -> bytes:
            self.asked += 1
            return bytes.fromhex("F59250F59251") + b"\x91\xaf"

    endless, bank = Endless(), BankCard(UID)
    record_alone(endless, "x", look_at, instruments())
    assert endless.asked <= COMMANDS_MAX
    asked = list[bytes]()

    def ask(command: bytes) -> bytes:
        asked.append(command)
        return bank.transmit(command)

    look_at(ask)
    assert [each.hex() for each in asked] == ["9060000000"]


def settings(tmp_path: Path, trace_dir: Path | None) -> GateSettings:
    return GateSettings(
        backend_url="http://127.0.0.1:1",
        state_dir=tmp_path,
        reader=READERS[0],
        trace_dir=trace_dir,
    )


def test_without_a_folder_the_reader_is_the_reader(tmp_path: Path) -> None:
    reader = PcscReader(READERS[0])
    assert recorded(reader, settings(tmp_path, None)) is reader
    assert isinstance(recorded(reader, settings(tmp_path, tmp_path)), RecordingReader)


@pytest.mark.xdist_group("pcscd")
def test_a_card_is_recorded_played_back_as_a_card_and_recorded_again(
    pcscd: PrivatePcscd, slot: VirtualCardSlot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, given = tmp_path / "first.trace", tmp_path / "given.trace"

    def record_to(out: Path) -> str:
        arguments = ["trace", "record", "--reader", READERS[0], "--out", str(out)]
        assert command_line.main(arguments) == 0
        return capsys.readouterr().out

    slot.insert(blank())
    assert "1 carte(s), 5 commande(s)" in record_to(first)
    slot.remove()
    assert command_line.main(["trace", "mask", str(first), "--out", str(given), "--json"]) == 0
    assert '"commands": 5' in capsys.readouterr().out
    assert UID.hex(" ").upper() not in first.read_text() + given.read_text()

    played = PlayedBackCard(read_recorded_card(given.read_text()))
    slot.insert(played)
    with_folder = settings(tmp_path, tmp_path / "traces")
    with PcscReader(READERS[0]) as reader:
        traced = recorded(reader, with_folder)
        card = traced.wait_for_card(5.0)
        assert card is not None
        with card:
            assert (card.uid(), card.atr) == (played.uid, played.atr)
            look_at(card.transmit)
            assert played.remark() is None
            assert card.transmit(b"\x90\x60\0\0\0") == b"\x6f\x00"
            assert played.remark() == "the trace ends before this"
        traced.close()
    again = load_trace(kept_traces(tmp_path / "traces")[0]).taps[0]
    known = load_trace(given).taps[0]
    assert [each.command for each in again.exchanges[:-1]] == [
        each.command for each in known.exchanges
    ]
    assert again.uid != known.uid


def run_trace(*words: str | Path) -> int:
    return command_line.main(["trace", *map(str, words)])


def test_the_command_line_masks_checks_and_refuses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = folder_at(tmp_path / "traces")
    one_tap(folder)
    one_tap(folder, commands=2)
    out = tmp_path / "out.trace"
    assert run_trace("mask", tmp_path / "traces", "--tap", "last", "--out", out) == 0
    assert "1 carte(s), 2 commande(s)" in capsys.readouterr().out
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert run_trace("check", out, "--json") == 0
    assert capsys.readouterr().out == '{"files": 1, "cards": 1}\n'
    assert run_trace("mask", tmp_path / "traces", "--out", out) == 11
    assert "is there already" in capsys.readouterr().out
    out.write_text("pass-trace 1\ncard: 04\n")
    assert run_trace("check", out) == 11
    assert "out.trace: line 2: a UID has 4, 7 or 10 bytes" in capsys.readouterr().out
    (tmp_path / "empty").mkdir()
    for source in (tmp_path / "empty", tmp_path / "nothing"):
        assert run_trace("mask", source, "--out", tmp_path / "x", "--json") == 11
        assert '"code": "trace_unusable"' in capsys.readouterr().out
    assert run_trace("mask", kept_traces(tmp_path / "traces")[0], "--tap", "3", "--out", "x") == 11
    for wrong in ("0", "x"):
        with pytest.raises(SystemExit):
            run_trace("mask", "x", "--tap", wrong, "--out", "y")
