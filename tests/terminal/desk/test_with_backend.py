"""The whole desk: its command line, a real backend over HTTP, chips in process or behind pcscd."""

import csv
import json
import logging
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from simulator.chip.chip import Chip
from simulator.chip.other_cards import foreign_desfire
from simulator.vpcd import VirtualCardSlot
from terminal import __main__ as command_line
from terminal.desk import station, words
from terminal.desk.batch import Notice
from terminal.desk.relay import DeskConnection
from tests.terminal.desk.twins import BoxReader, ChipLink, blank, box


class OpenBox(BoxReader):
    """A box of cards where a PC/SC reader is expected."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.links.clear()


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    known = (root.handlers[:], root.level, logging.getLogger("terminal").level)
    yield
    root.handlers[:], level, ours = known
    root.setLevel(level)
    logging.getLogger("terminal").setLevel(ours)


class Hand:
    """Runs a command of the desk, with these cards to put on the reader."""

    def __init__(self, config: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
        self._config, self._monkeypatch, self._capsys = config, monkeypatch, capsys

    def run(self, *arguments: str, cards: list[DeskConnection]) -> tuple[int, str]:
        self._monkeypatch.setattr(station, "PcscReader", lambda _name: OpenBox(list(cards)))
        self._capsys.readouterr()
        status = command_line.main(["desk", *arguments, "--config", str(self._config)])
        return status, self._capsys.readouterr().out


@pytest.fixture
def hand(
    real_desk: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Hand:
    monkeypatch.setattr("terminal.desk.batch.CARD_SECONDS_MAX", 0.05)
    return Hand(real_desk.config, monkeypatch, capsys)


def strange(length: int) -> bytes:
    """Make the keys of another issuer."""
    return bytes(range(length))


def links(chips: list[Chip]) -> list[DeskConnection]:
    return [ChipLink(chip) for chip in chips]


def test_a_card_is_made_renewed_and_retired(real_desk: Any, hand: Hand) -> None:
    (number,) = real_desk.order(1)
    chip = blank()
    masked = f"9250 •••• •••• {number[-4:]}"
    status, said = hand.run("personalise", "--card-number", number, cards=links([chip]))
    assert (status, said.splitlines()[-1]) == (0, words.done(masked))
    assert real_desk.card(number).state == "active"

    real_desk.roll_card_keys()
    status, said = hand.run("renew", cards=links([chip]))
    assert (status, said.splitlines()) == (
        0,
        [words.PRESENT_CARD_TO_RENEW, words.RENEWING, words.renewed(masked)],
    )
    assert real_desk.card(number).key_version == 2

    status, said = hand.run("retire", cards=links([chip]))
    assert (status, said.splitlines()) == (
        0,
        [words.PRESENT_CARD_TO_RETIRE, words.RETIRING, words.retired(masked)],
    )
    assert real_desk.card(number).state == "retired"
    status, said = hand.run("retire", "--json", cards=links([chip]))
    assert (status, json.loads(said)["code"]) == (5, "card_already_retired")


def test_what_one_command_did_is_said_as_json(real_desk: Any, hand: Hand) -> None:
    (number,) = real_desk.order(1)
    chip = blank()
    hand.run("personalise", "--card-number", number, cards=links([chip]))
    status, said = hand.run("renew", "--json", cards=links([chip]))
    shown = json.loads(said)
    assert status == 0
    assert shown == {"card_number": number, "uid": chip.uid.hex().upper(), "commands": 28}


def test_all_that_is_on_order_is_made(real_desk: Any, hand: Hand, tmp_path: Path) -> None:
    numbers = real_desk.order(3)
    report = tmp_path / "lot.csv"
    trace = tmp_path / "trace.txt"
    chips = box(3)
    foreign = foreign_desfire((0x04990000000000).to_bytes(7, "big"), strange)
    status, said = hand.run(
        "batch",
        "--all",
        "--report",
        str(report),
        "--trace",
        str(trace),
        cards=links([chips[0], foreign, *chips[1:]]),
    )
    assert status == 0, said
    assert [real_desk.card(number).uid for number in numbers] == [chip.uid for chip in chips]
    lines = said.splitlines()
    assert lines[0] == words.NOTICES[Notice.PRESENT_NEXT]
    assert lines[2].startswith(
        f"Carte 9250 •••• •••• {numbers[0][-4:]} prête. Retirez-la. (faites : 1"
    )
    assert lines[5].startswith("Puce écartée. Cette puce appartient à un autre émetteur.")
    assert lines[-1].startswith("Fin du lot (faites : 3, à faire : 0, ")
    rows = list(csv.reader(report.read_text("utf-8-sig").splitlines(), delimiter=";"))
    assert rows[2][3] == "personalisation_failed: KeysUnknown 91AE"
    assert [row[2] for row in rows[1:]] == ["faite", "puce écartée", "faite", "faite"]
    assert trace.read_text().count("a card is on the reader") == 4

    status, said = hand.run("batch", "--all", "--report", str(report), "--json", cards=[])
    assert (status, json.loads(said)["left"]) == (0, 0)
    assert json.loads(report.with_suffix(".json").read_text())["done"] == 3


def test_a_file_of_orders_is_made_in_two_goes(real_desk: Any, hand: Hand, tmp_path: Path) -> None:
    numbers = real_desk.order(3)
    orders = tmp_path / "ecole.csv"
    orders.write_text("numero_carte\n" + "\n".join(numbers))
    chips = box(3)
    status, _ = hand.run("batch", "--orders", str(orders), cards=links(chips[:2]))
    assert status == 7
    report = json.loads((tmp_path / "ecole-rapport.json").read_text())
    assert (report["done"], report["left"]) == (2, 1)
    status, said = hand.run("batch", "--orders", str(orders), cards=links(chips[2:]))
    assert status == 0, said
    report = json.loads((tmp_path / "ecole-rapport.json").read_text())
    assert [card["card_number"] for card in report["cards"]] == numbers


def test_ctrl_c_finishes_the_card_and_keeps_what_is_done(
    real_desk: Any, hand: Hand, tmp_path: Path
) -> None:
    real_desk.order(3)
    report = tmp_path / "lot"

    class Interrupted(ChipLink):
        def transmit(self, command: bytes) -> bytes:
            if self.sent == 10:
                signal.raise_signal(signal.SIGINT)
            return super().transmit(command)

    first, *others = box(3)
    arguments = ("batch", "--all", "--report", str(report))
    status, said = hand.run(*arguments, cards=[Interrupted(first), *links(others)])
    assert status == 8
    assert words.STOPPING in said
    assert said.splitlines()[-1].startswith("Fin du lot (faites : 1, à faire : 2, ")
    status, said = hand.run(*arguments, cards=links(others))
    assert status == 0, said
    assert json.loads(report.with_suffix(".json").read_text())["done"] == 3


def test_a_second_ctrl_c_stops_at_once_and_writes_the_report(
    real_desk: Any, hand: Hand, tmp_path: Path
) -> None:
    real_desk.order(1)
    report = tmp_path / "lot"

    class Interrupted(ChipLink):
        def transmit(self, command: bytes) -> bytes:
            if self.sent in (10, 11):
                signal.raise_signal(signal.SIGINT)
            return super().transmit(command)

    chip = blank()
    arguments = ("batch", "--all", "--report", str(report))
    before = signal.getsignal(signal.SIGINT)
    status, _ = hand.run(*arguments, cards=[Interrupted(chip)])
    assert status == 130
    assert signal.getsignal(signal.SIGINT) is before
    assert json.loads(report.with_suffix(".json").read_text())["left"] == 1
    status, _ = hand.run(*arguments, cards=links([chip]))
    assert status == 0


def test_a_bad_box_has_its_own_exit_status(real_desk: Any, hand: Hand) -> None:
    real_desk.order(1)
    strangers = [foreign_desfire(chip.uid, strange) for chip in box(20)]
    status, said = hand.run("batch", "--all", cards=links(strangers))
    assert status == 8
    assert said.splitlines()[-1].startswith("Trop de puces écartées de suite")
    [report] = real_desk.settings.state_dir.glob("cartes-*.csv")
    assert report.read_text("utf-8-sig").count("puce écartée") == 20


def test_a_report_in_the_place_of_the_orders_is_refused(
    real_desk: Any, hand: Hand, tmp_path: Path
) -> None:
    orders = tmp_path / "lot.csv"
    orders.write_text(real_desk.order(1)[0])
    arguments = ("batch", "--orders", str(orders), "--report", str(orders), "--json")
    status, said = hand.run(*arguments, cards=[])
    assert (status, json.loads(said)["code"]) == (3, "settings_error")


@pytest.mark.xdist_group("pcscd")
def test_a_batch_through_a_real_reader(
    real_desk: Any, slot: VirtualCardSlot, tmp_path: Path
) -> None:
    numbers = real_desk.order(3)
    chips = box(3)
    waiting = iter(chips)

    def hear(sentence: str) -> None:
        if sentence == words.NOTICES[Notice.PRESENT_NEXT]:
            slot.insert(next(waiting))
        elif "Retirez-la" in sentence:
            slot.remove()

    with station.open_desk(real_desk.settings, hear) as desk:
        progress = station.make_batch(desk, station.BatchPlan(None, tmp_path / "lot.jsonl"))
    assert (progress.done, progress.left) == (3, 0)
    assert [real_desk.card(number).uid for number in numbers] == [chip.uid for chip in chips]
