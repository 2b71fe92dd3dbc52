"""Printing and reading receipts over HTTP, on printers that work, are away, or have no paper."""

import dataclasses
import os
import pty
import select
import socket
import threading
import tty
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NoReturn
from uuid import UUID, uuid4

import pytest

from terminal.counter import words
from terminal.counter.api import create_app
from terminal.counter.receipts import printer as printers
from terminal.counter.receipts.office import open_office
from terminal.counter.receipts.printer import open_printer
from terminal.counter.receipts.receipt import ReceiptPlace
from terminal.counter.returns.book import Kind, MoneyBack, open_return_book
from terminal.counter.returns.desk import ReturnDesk
from terminal.counter.till import Returns
from terminal.errors import PrinterAbsent, PrinterOutOfPaper, PrinterSilent
from terminal.settings import CounterSettings
from terminal.till_settings import PrinterSettings
from tests.terminal.counter.receipts.roll import Roll, print_on_roll
from tests.terminal.counter.shop import Shop

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

HAS_PAPER, LOW, NO_PAPER = b"\x12", b"\x1e", b"\x72"
ASK = b"\x10\x04\x04"
WAIT_SECONDS = 10


class NetworkPrinter:
    """A printer on the network: answers for its paper, keeps what it is sent."""

    def __init__(self) -> None:
        self.paper = [HAS_PAPER]
        self.received = b""
        self.done = threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def settings(self) -> PrinterSettings:
        port = self._server.getsockname()[1]
        return PrinterSettings.model_validate(
            {"kind": "network", "host": "127.0.0.1", "port": port}
        )

    def roll(self) -> Roll:
        assert self.done.wait(WAIT_SECONDS)
        return print_on_roll(self.received)

    def close(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown(socket.SHUT_RDWR)
            self._thread.join(WAIT_SECONDS)
        self._server.close()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._server.accept()
            except OSError:
                return
            with line:
                self._print(line)
            self.done.set()

    def _print(self, line: socket.socket) -> None:
        self.received, self.asked = b"", 0
        self.done.clear()
        while piece := line.recv(4096):
            self.received += piece
            while self.received.count(ASK) > self.asked:
                answer = self.paper[min(self.asked, len(self.paper) - 1)]
                self.asked += 1
                line.sendall(answer)


@pytest.fixture
def network() -> Iterator[NetworkPrinter]:
    printer = NetworkPrinter()
    yield printer
    printer.close()


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printers, "STATUS_SECONDS_MAX", 0.1)
    monkeypatch.setattr(printers, "WRITE_SECONDS_MAX", 0.3)


# --- the printer -------------------------------------------------------------------------------


def test_a_ticket_goes_out_between_two_looks_at_the_paper(network: NetworkPrinter) -> None:
    open_printer(network.settings).print_ticket(b"bonjour\n")
    assert network.roll().text == "bonjour\n"
    assert network.received == ASK + b"bonjour\n" + ASK


def test_paper_that_comes_to_its_end_still_prints(network: NetworkPrinter) -> None:
    network.paper = [LOW]
    open_printer(network.settings).print_ticket(b"bonjour\n")


@pytest.mark.parametrize("paper", [[NO_PAPER], [HAS_PAPER, NO_PAPER]])
def test_no_paper_before_or_in_the_middle(network: NetworkPrinter, paper: list[bytes]) -> None:
    network.paper = paper
    with pytest.raises(PrinterOutOfPaper):
        open_printer(network.settings).print_ticket(b"bonjour\n")


@pytest.mark.parametrize("answer", [b"", b"\x00", b"\xff\xff"])
def test_a_printer_that_does_not_say(network: NetworkPrinter, answer: bytes) -> None:
    network.paper = [answer]
    with pytest.raises(PrinterSilent):
        open_printer(network.settings).print_ticket(b"bonjour\n")
    told = network.settings.model_copy(update={"asks_status": False})
    open_printer(told).print_ticket(b"bonjour\n")


def test_a_printer_that_is_not_there(network: NetworkPrinter, tmp_path: Path) -> None:
    settings = network.settings
    network.close()
    for away in (
        settings,
        PrinterSettings(kind="file", device=str(tmp_path / "lp0")),
        PrinterSettings(kind="serial", device=str(tmp_path / "ttyS9")),
    ):
        with pytest.raises(PrinterAbsent):
            open_printer(away).print_ticket(b"bonjour\n")


@pytest.fixture
def line() -> Iterator[tuple[int, str]]:
    master, slave = pty.openpty()
    tty.setraw(slave)
    yield master, os.ttyname(slave)
    os.close(master)
    os.close(slave)


@pytest.mark.parametrize("kind", ["serial", "file"])
def test_on_a_line_or_a_device(line: tuple[int, str], kind: str) -> None:
    master, device = line
    heard: list[bytes] = []

    def printer() -> None:
        while select.select([master], [], [], 1)[0]:
            heard.append(os.read(master, 4096))
            if ASK in heard[-1]:
                os.write(master, HAS_PAPER)
            if b"".join(heard).count(ASK) == 2:
                return

    thread = threading.Thread(target=printer)
    thread.start()
    settings = PrinterSettings.model_validate({"kind": kind, "device": device})
    open_printer(settings).print_ticket(b"bonjour\n" * 20)
    thread.join(WAIT_SECONDS)
    assert b"".join(heard) == ASK + b"bonjour\n" * 20 + ASK


def test_a_device_that_takes_nothing_more(tmp_path: Path) -> None:
    pipe = tmp_path / "lp0"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    settings = PrinterSettings(kind="file", device=str(pipe), asks_status=False)
    with pytest.raises(PrinterSilent):
        open_printer(settings).print_ticket(b"x" * 1_000_000)
    os.close(reader)


# --- over HTTP ---------------------------------------------------------------------------------


class NoPayments:
    def void_payment(self, *_: object) -> NoReturn:
        raise AssertionError

    refund_payment = find_by_receipt = void_payment


class Office:
    """The shop's till, giving receipts."""

    def __init__(self, shop: Shop, stack: ExitStack, folder: Path) -> None:
        self.shop = shop
        self._stack = stack
        self._folder = folder
        self.http = shop.http

    def with_printer(self, printer: PrinterSettings | None) -> "Office":
        settings = CounterSettings.model_construct(state_dir=self._folder, printer=printer)
        place = ReceiptPlace("Librairie du Parc", "caisse 1")
        office = self._stack.enter_context(open_office(settings, place, self.shop.clock.now))
        book = self._stack.enter_context(closing(open_return_book(self._folder / "returns.db")))
        self.returns = book
        desk = ReturnDesk(book, NoPayments(), now=self.shop.clock.now, new_id=uuid4)
        returns = Returns(desk, book)
        till = dataclasses.replace(self.shop.till, receipts=office, returns=returns)
        self.http = TestClient(create_app(till), base_url="http://127.0.0.1:9251")
        return self

    def sold(self) -> str:
        sale_id = self.shop.sell()
        self.shop.wait_for_rest()
        return sale_id

    def put_on_paper(self, sale_id: str, body: object = None) -> tuple[int, dict[str, object]]:
        answer = self.http.post(f"/sales/{sale_id}/receipt/print", json=body)
        return answer.status_code, answer.json()

    def refused(self, sale_id: str) -> str:
        status, body = self.put_on_paper(sale_id)
        assert status >= 400
        assert body["message"] == words.API_SENTENCES[str(body["code"])]
        return str(body["code"])


@pytest.fixture
def office(shop: Shop, tmp_path: Path) -> Iterator[Office]:
    with ExitStack() as stack:
        yield Office(shop, stack, tmp_path)


def test_a_receipt_to_read(office: Office) -> None:
    office.with_printer(None)
    sale_id = office.sold()
    text = office.http.get(f"/sales/{sale_id}/receipt")
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert text.headers["cache-control"] == "no-store"
    assert "A1B2C3" in text.text
    assert "9250 •••• •••• 0018" in text.text
    assert "Solde" not in text.text
    asked = office.http.get(f"/sales/{sale_id}/receipt?with_balance=true")
    assert "Solde restant                      87,50\u00a0€" in asked.text
    pdf = office.http.get(f"/sales/{sale_id}/receipt?format=pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.headers["content-disposition"] == 'inline; filename="recu-0000-0000.pdf"'
    assert pdf.content.startswith(b"%PDF-")
    odd = office.http.get(f"/sales/{sale_id}/receipt?format=docx")
    assert (odd.status_code, odd.json()["code"]) == (422, "malformed_request")


def test_printed_once_then_a_duplicata(office: Office, network: NetworkPrinter) -> None:
    office.with_printer(network.settings)
    sale_id = office.sold()
    assert office.put_on_paper(sale_id) == (200, {"duplicate": False})
    first = network.roll()
    assert first.cut
    assert "A1B2C3" in first.text
    assert "DUPLICATA" not in first.text
    assert "Solde" not in first.text
    assert office.put_on_paper(sale_id, {"with_balance": True}) == (200, {"duplicate": True})
    again = network.roll()
    assert "DUPLICATA" in again.text
    assert "Solde restant                      87,50 €" in again.text
    assert "DUPLICATA" in office.http.get(f"/sales/{sale_id}/receipt").text


def test_a_printer_that_fails_touches_no_sale(office: Office, network: NetworkPrinter) -> None:
    office.with_printer(network.settings)
    sale_id = office.sold()
    before = office.http.get(f"/sales/{sale_id}").json()
    network.paper = [NO_PAPER]
    assert office.refused(sale_id) == "printer_out_of_paper"
    network.paper = [b""]
    assert office.refused(sale_id) == "printer_silent"
    network.paper = [HAS_PAPER]
    assert office.put_on_paper(sale_id) == (200, {"duplicate": False}), "the first on paper"
    network.close()
    assert office.http.get(f"/sales/{sale_id}").json() == before


def test_no_printer_and_no_receipt_yet(office: Office) -> None:
    office.with_printer(None)
    assert office.refused(office.sold()) == "no_printer"
    assert office.refused("none") == "sale_not_found"
    office.shop.hold_at_the_pad()
    sale_id = office.shop.sell()
    office.shop.wait_for_state("code")
    early = office.http.get(f"/sales/{sale_id}/receipt")
    assert (early.status_code, early.json()["code"]) == (409, "sale_not_finished")
    office.shop.go.set()
    office.shop.wait_for_rest(2)


def test_a_printer_switched_off(office: Office, network: NetworkPrinter) -> None:
    office.with_printer(network.settings)
    network.close()
    assert office.refused(office.sold()) == "printer_absent"


@pytest.mark.parametrize(
    ("kind", "headline"), [(Kind.VOID, "ANNULATION"), (Kind.REFUND, "REMBOURSEMENT")]
)
def test_the_receipt_of_money_that_went_back(
    office: Office, network: NetworkPrinter, kind: Kind, headline: str
) -> None:
    office.with_printer(network.settings)
    sale_id = office.sold()
    asked = MoneyBack(
        return_id=UUID(int=9 << 96),
        payment_id=UUID(int=1),
        sale_id=sale_id,
        kind=kind,
        amount_cents=500,
        asked_at=office.shop.clock.now(),
    )
    office.returns.open(asked)
    path = f"/returns/{asked.return_id}/receipt"
    early = office.http.get(path)
    assert (early.status_code, early.json()["code"]) == (409, "return_not_done")
    office.returns.settle_done(asked.return_id, "Z9Y8X7", office.shop.clock.now())
    text = office.http.get(path).text
    assert headline in text
    for fact in ("5,00\u00a0€", "9250 •••• •••• 0018", "Culture", "Z9Y8X7", "A1B2C3", "0000 0009"):
        assert fact in text
    assert "Solde" not in office.http.get(f"{path}?with_balance=true").text
    assert office.http.get(f"{path}?format=pdf").content.startswith(b"%PDF-")
    answers = [office.http.post(f"{path}/print").json() for _ in range(2)]
    assert answers == [{"duplicate": False}, {"duplicate": True}]
    for unknown in (UUID(int=1), "nonsense"):
        missing = office.http.get(f"/returns/{unknown}/receipt")
        assert (missing.status_code, missing.json()["code"]) == (404, "return_not_found")


def test_money_named_by_another_tills_receipt_has_no_card_here(office: Office) -> None:
    office.with_printer(None)
    asked = MoneyBack(
        return_id=uuid4(),
        payment_id=uuid4(),
        sale_id=None,
        kind=Kind.REFUND,
        amount_cents=500,
        asked_at=office.shop.clock.now(),
    )
    office.returns.open(asked)
    office.returns.settle_done(asked.return_id, "Z9Y8X7", office.shop.clock.now())
    text = office.http.get(f"/returns/{asked.return_id}/receipt").text
    assert "Z9Y8X7" in text
    assert "Carte  " not in text
