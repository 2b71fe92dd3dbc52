"""Concert on a real serial line (a pseudo-terminal), on a counter with fakes."""

import os
import pty
import select
import threading
import tty
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from terminal.counter.tills import concert
from terminal.counter.tills.caisse_ap import TillService
from terminal.counter.tills.concert import ConcertDoor
from terminal.counter.tills.ticket import ticket_of
from terminal.pin.serial_link import SerialLink
from tests.terminal.counter.fakes import HOLDER_CANCELS
from tests.terminal.counter.till.conftest import LIMITS, PLACE, WAIT_SECONDS, TillStand, decode

CALLS_MAX, CALL_SECONDS = 20, 1.0  # a till calls again until it is heard
STX, ETX, EOT, ENQ, ACK, NAK = b"\x02", b"\x03", b"\x04", b"\x05", b"\x06", b"\x15"


class SerialTill:
    """The till's side of the line, written from the protocol's table."""

    def __init__(self, folder: Path) -> None:
        self.master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.device = folder / "till-line"
        self.device.symlink_to(os.ttyname(self._slave))

    def unplug(self) -> None:
        os.close(self.master)
        os.close(self._slave)
        self.device.unlink()

    def say(self, raw: bytes) -> None:
        os.write(self.master, raw)

    def hear(self, count: int = 1) -> bytes:
        heard = b""
        while len(heard) < count:
            ready, _, _ = select.select([self.master], [], [], WAIT_SECONDS)
            assert ready, f"the terminal is silent after {heard!r}"
            heard += os.read(self.master, count - len(heard))
        return heard

    def ask(self, message: bytes) -> None:
        for _ in range(CALLS_MAX):
            self.say(ENQ)
            ready, _, _ = select.select([self.master], [], [], CALL_SECONDS)
            if ready and self.hear() == ACK:
                break
        else:
            pytest.fail("the terminal does not take the line")
        self.say(framed(message))
        assert self.hear() == ACK
        self.say(EOT)

    def listen(self) -> bytes:
        """Take the answer, acknowledge it, and hear the end."""
        assert self.hear() == ENQ
        self.say(ACK)
        assert self.hear() == STX
        message = b""
        while (byte := self.hear()) != ETX:
            message += byte
        assert framed(message)[-1:] == self.hear()
        self.say(ACK)
        assert self.hear() == EOT
        return message


def framed(message: bytes) -> bytes:
    check = 0
    for value in message + ETX:
        check ^= value
    return STX + message + ETX + bytes((check,))


@pytest.fixture
def till(tmp_path: Path) -> SerialTill:
    return SerialTill(tmp_path)


@pytest.fixture
def line(
    stand: TillStand, till: SerialTill, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TillStand]:
    """The stand, with its serial door open."""
    monkeypatch.setattr(concert, "REOPEN_SECONDS", 0.02)
    monkeypatch.setattr(concert, "LOOK_SECONDS", 0.02)
    service = TillService(
        stand.teller,
        partial(ticket_of, PLACE),
        lambda: stand.stopping,
        LIMITS,
    )
    opened = threading.Event()

    def open_link() -> SerialLink:
        link = SerialLink(str(till.device))
        opened.set()
        return link

    with ConcertDoor(open_link, service):
        assert opened.wait(WAIT_SECONDS)
        yield stand
        stand.shop.go.set()


def test_a_sale(line: TillStand, till: SerialTill) -> None:
    till.ask(b"0200001245010978  bon 42  A010B010")
    assert till.listen() == b"020000012451978  bon 42  "
    assert line.debits() == [1245]
    line.wait_until(lambda: line.book.debits_of("concert-v2 02")[0].delivered)


def test_the_short_request_and_the_long_answer(line: TillStand, till: SerialTill) -> None:
    till.ask(b"0100001245110978          ")
    assert till.listen() == b"010000012451978          " + b" " * 55


def test_a_sale_given_up_on_the_pad(line: TillStand, till: SerialTill) -> None:
    line.shop.world.pad.entries = [HOLDER_CANCELS]
    till.ask(b"0100001245010978          A010B010")
    assert till.listen() == b"017000012451978          "
    assert line.debits() == []


def test_an_answer_at_once(line: TillStand, till: SerialTill) -> None:
    line.shop.hold_at_the_pad()
    till.ask(b"0100001245010978          A011B010")
    assert till.listen() == b"010000012451978          "
    assert line.debits() == [], "it has begun, and is not paid"
    line.wait_for_code()
    line.shop.go.set()
    line.shop.wait_for_rest()
    assert line.debits() == [1245]


def test_version_3_speaks_caisse_ap(line: TillStand, till: SerialTill) -> None:
    till.ask(b"CZ0040300CJ012012345678901CA00201CB0041250CD0010CE003978CF003T-1")
    answer = decode(till.listen())
    assert (answer["AE"], answer["CF"], answer["AC"]) == ("10", "T-1", "A1B2C3")
    till.ask(b"CZ0040300CJ012012345678901CA00201CB0041250CD0010CE003978CF003T-1")
    assert decode(till.listen())["AE"] == "10"
    assert line.debits() == [1250]
    till.ask(b"CZ0040300CA00")
    assert decode(till.listen())["AF"] == "09"


def test_what_is_no_message_gets_no_answer_and_the_next_one_does(
    line: TillStand, till: SerialTill
) -> None:
    till.ask(b"nonsense")
    till.ask(b"0100001245010978          A010B010")
    assert till.listen() == b"010000012451978          "


def test_a_line_that_breaks_after_the_debit(line: TillStand, till: SerialTill) -> None:
    till.ask(b"0100001245010978          A010B010")
    assert till.hear() == ENQ  # debited: the answer is ready
    till.unplug()
    again = SerialTill(till.device.parent)
    again.ask(b"0100001245010978          A010B010")
    assert again.listen() == b"010000012451978          "
    assert line.debits() == [1245], "told again, not debited again"
    again.ask(b"0100000000013978          ")
    assert again.listen() == b"010000012451978          ", "and on a duplicate request"
    again.unplug()
