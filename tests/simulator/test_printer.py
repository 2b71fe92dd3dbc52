"""The ticket printer's twin: what it prints, what it answers, and what an empty roll does."""

import shutil
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_address

import pytest
from escpos.capabilities import pickle_dir
from escpos.printer import Dummy
from hypothesis import given
from hypothesis import strategies as st

from simulator.printer.escpos import EscPosReader, Heard, Row, Sign
from simulator.printer.printer import CONNECTIONS_MAX, MEMORY_ROWS_MAX, NetworkPrinter, Paper
from simulator.wire.feed import Feed
from terminal.counter.receipts.printer import open_printer
from terminal.errors import PrinterAbsent, PrinterOutOfPaper
from terminal.till_settings import PrinterSettings

ANSWER_SECONDS_MAX = 5.0
# The library keeps its printers there for a next time, which looks elsewhere.
shutil.rmtree(pickle_dir, ignore_errors=True)


def ticket(*rows: str) -> bytes:
    """Return a ticket as the library that terminals use writes it."""
    printer = Dummy(profile="default")
    printer.hw("INIT")
    printer.charcode("CP1252")
    for place, row in enumerate(rows):
        printer.set(bold=place == 0, double_height=place == 0, normal_textsize=place != 0)
        printer.textln(row)
    printer.cut()
    written: bytes = printer.output
    return written


def hear(sent: bytes) -> list[Heard]:
    return EscPosReader().hear(sent)


def test_a_ticket_of_the_library_is_read() -> None:
    heard = hear(ticket("Librairie du Parc", "Léa · 12,50 €"))
    assert heard[:2] == [
        Row("Librairie du Parc", bold=True, tall=True),
        Row("Léa · 12,50 €"),
    ]
    assert heard[-1] is Sign.CUT
    assert heard.count(Sign.CUT) == 1


@given(st.lists(st.integers(1, 40), max_size=8))
def test_a_ticket_cut_anywhere_is_the_same(cuts: list[int]) -> None:
    sent, reader, heard = ticket("Pass", "x" * 42), EscPosReader(), []
    for cut in cuts:
        heard += reader.hear(sent[:cut])
        sent = sent[cut:]
    assert heard + reader.hear(sent) == hear(ticket("Pass", "x" * 42))


@given(st.binary(max_size=400))
def test_whatever_comes_is_survived(sent: bytes) -> None:
    reader = EscPosReader()
    for _ in range(3):
        reader.hear(sent)


def test_pictures_and_bar_codes_are_skipped_whole() -> None:
    raster = b"\x1dv0\x00\x02\x00\x03\x00" + b"AAAAAA"
    bar_code = b"\x1dkI\x04ABCD" + b"\x1dk\x04ABC\x00"
    columns = b"\x1b*\x21\x02\x00" + b"BBBBBB"
    function = b"\x1d(L\x03\x00CCC"
    assert hear(raster + bar_code + columns + function + b"end\n") == [Row("end")]


@pytest.fixture
def printer() -> Iterator[NetworkPrinter]:
    paper = Paper(now=lambda: datetime(2026, 11, 21, 11, 4, tzinfo=UTC))
    with NetworkPrinter(Feed(), paper=paper) as twin:
        yield twin


def settings(printer: NetworkPrinter) -> PrinterSettings:
    return PrinterSettings(kind="network", host=ip_address("127.0.0.1"), port=printer.port)


def texts(printer: NetworkPrinter) -> list[list[str]]:
    return [[row.text for row in one.rows] for one in printer.view().tickets]


def test_a_terminal_prints_on_it(printer: NetworkPrinter) -> None:
    open_printer(settings(printer)).print_ticket(ticket("Reçu", "12,50 €"))
    assert texts(printer) == [["Reçu", "12,50 €"]]
    printer.tear_off()
    assert texts(printer) == []


def test_without_paper_a_terminal_is_told_so_before_it_prints(printer: NetworkPrinter) -> None:
    printer.load(0)
    with pytest.raises(PrinterOutOfPaper):
        open_printer(settings(printer)).print_ticket(ticket("Reçu"))
    printer.load(None)
    assert texts(printer) == []
    open_printer(settings(printer)).print_ticket(ticket("Reçu"))
    assert texts(printer) == [["Reçu"]]


def test_a_roll_that_ends_in_a_ticket_keeps_the_rest_for_the_next_roll(
    printer: NetworkPrinter,
) -> None:
    printer.load(1)
    with pytest.raises(PrinterOutOfPaper):
        open_printer(settings(printer)).print_ticket(ticket("Reçu", "12,50 €"))
    seen = printer.view()
    assert ([row.text for row in seen.hanging], seen.has_paper) == (["Reçu"], False)
    assert seen.waiting > 0
    printer.load(None)
    assert texts(printer) == [["Reçu", "12,50 €"]]


def test_its_memory_is_bounded() -> None:
    paper = Paper(rows_left=0)
    for _ in range(MEMORY_ROWS_MAX + 5):
        paper.take(Row("x"))
    assert len(paper.waiting) == MEMORY_ROWS_MAX


def test_too_many_at_once_are_sent_away_and_stopping_ends_all(printer: NetworkPrinter) -> None:
    lines = []
    for _ in range(CONNECTIONS_MAX):
        line = socket.create_connection(("127.0.0.1", printer.port), ANSWER_SECONDS_MAX)
        line.sendall(b"\x10\x04\x04")
        assert line.recv(1) == b"\x12"
        lines.append(line)
    with socket.create_connection(("127.0.0.1", printer.port), ANSWER_SECONDS_MAX) as one_more:
        assert one_more.recv(1) == b""
    place = settings(printer)
    printer.stop()
    for line in lines:
        assert line.recv(1) == b""
        line.close()
    with pytest.raises(PrinterAbsent):
        open_printer(place).print_ticket(ticket("Reçu"))
