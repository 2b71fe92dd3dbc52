"""Caisse-AP over a real socket, on a counter with fakes."""

import threading
import time
from dataclasses import replace

import pytest

from terminal.counter.states import State
from terminal.counter.tills.wish import Action
from terminal.errors import BackendUnreachable, JournalError, JournalFault
from tests.terminal.counter.fakes import HOLDER_CANCELS, WRONG_BLOCK, typed
from tests.terminal.counter.till.conftest import (
    LIMITS,
    WAIT_SECONDS,
    TillStand,
    decode,
    outcome,
    request,
)


def test_a_sale(stand: TillStand) -> None:
    answer = stand.ask_for(CF="T-1", CK="100")
    assert outcome(answer) == ("10", None)
    assert {tag: answer[tag] for tag in ("CZ", "CJ", "CA", "CB", "CD", "CE", "CF")} == {
        "CZ": "0300",
        "CJ": "012345678901",
        "CA": "01",
        "CB": "1250",
        "CD": "0",
        "CE": "978",
        "CF": "T-1",
    }
    assert (answer["AC"], answer["AA"]) == ("A1B2C3", "9250********0018")
    assert answer["ZT"].startswith("CK003100AK")
    assert stand.debits() == [1250]
    (sale,) = stand.shop.journal.list_since(stand.shop.clock.now())
    assert (sale.state, sale.masked_card_number) == (State.APPROVED, "9250 •••• •••• 0018")


def test_one_digit_of_amount_and_one_of_till(stand: TillStand) -> None:
    answer = stand.ask_for(CB="5", CA="1")
    assert (answer["AE"], answer["CB"], answer["CA"]) == ("10", "5", "1")
    assert stand.debits() == [5]


def test_a_wrong_code_stays_on_the_pad(stand: TillStand) -> None:
    stand.shop.world.pad.entries = [typed(WRONG_BLOCK), typed()]
    assert outcome(stand.ask_for()) == ("10", None)


def test_refusals_and_failures(stand: TillStand) -> None:
    stand.shop.world.backend.balance_cents = 100
    assert outcome(stand.ask_for()) == ("01", "04")
    stand.shop.world.pad.entries = [typed(WRONG_BLOCK)]
    assert outcome(stand.ask_for()) == ("01", "05"), "the last try blocks the code"
    stand.shop.world.pad.entries = [HOLDER_CANCELS]
    assert outcome(stand.ask_for()) == ("01", "06")
    stand.shop.world.reader.card = None
    assert outcome(stand.ask_for()) == ("01", "08")
    assert stand.debits() == []


def test_an_unknown_answer_of_the_backend_is_not_completed(stand: TillStand) -> None:
    def lose() -> None:
        raise BackendUnreachable("lost")

    stand.shop.world.backend.after_pay = lose
    assert outcome(stand.ask_for(CF="T-1")) == ("01", "07")
    assert stand.debits() == [], "reversed"
    stand.shop.world.backend.after_pay = lambda: None
    assert outcome(stand.ask_for(CF="T-1")) == ("10", None), "what came to nothing is tried again"
    assert stand.debits() == [1250]


def test_a_probe_says_that_we_are_here_also_during_a_sale(stand: TillStand) -> None:
    probe = b"CZ0040320CJ012012345678901CA00201CD001I"
    with stand.send(probe) as line:
        assert line.recv(1024) == b"CZ0040320CJ012012345678901CA00201CD001IAE00210"
    stand.shop.hold_at_the_pad()
    with stand.send(request()):
        stand.wait_for_code()
        assert outcome(stand.ask(probe)) == ("10", None)


# --- bad input ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "failure"),
    [
        (b"GET / HTTP/1.1\r\nHost: till\r\n\r\n", "09"),
        (request() + request(), "09"),
        (request()[:-1], "09"),
        (request()[:-3], "09"),
        (b"CZ0040300CA00201", "09"),
        (b"\xff" * 3000, "09"),
        (b"CZ0040300" + b"\n" * 3000, "09"),
        (request(CB="12,5"), "09"),
        (request(CB="0"), "09"),
        (request(CE="840"), "13"),
        (request(CC="00C"), "10"),
        (request(CD="B"), "12"),
        (request(CB="100001"), "04"),
    ],
)
def test_bad_input_is_answered_with_its_code_and_begins_nothing(
    stand: TillStand, raw: bytes, failure: str
) -> None:
    assert outcome(stand.ask(raw)) == ("01", failure)
    assert stand.shop.views == []


def test_nothing_at_all_is_answered_in_the_end(stand: TillStand) -> None:
    assert stand.ask(b"") == {"CZ": "0300", "AE": "01", "AF": "09"}


def test_a_request_in_slow_pieces(stand: TillStand) -> None:
    raw = request()
    with stand.connect() as line:
        for start in range(0, len(raw), 8):
            line.sendall(raw[start : start + 8])
            time.sleep(0.02)
        assert outcome(decode(line.recv(1024))) == ("10", None)


def test_a_request_slower_than_the_limit(stand: TillStand) -> None:
    raw = request()
    with stand.connect() as line:
        line.settimeout(0.05)
        began = time.monotonic()
        answer = b""
        for start in range(len(raw)):
            line.sendall(raw[start : start + 1])
            try:
                answer = line.recv(1024)
                break
            except TimeoutError:
                continue
        assert outcome(decode(answer)) == ("01", "09")
        assert time.monotonic() - began < 3 * LIMITS.request_seconds_max
    assert stand.shop.views == []


def test_what_a_till_says_after_its_request_is_dropped(stand: TillStand) -> None:
    stand.shop.hold_at_the_pad()
    with stand.send(request()) as line:
        stand.wait_for_code()
        line.sendall(request(CB="99999"))
        time.sleep(0.05)
        stand.shop.go.set()
        assert outcome(decode(line.recv(1024))) == ("10", None)
    assert stand.debits() == [1250]


# --- limits and faults -------------------------------------------------------------------------


def test_a_sale_that_lasts_too_long_is_given_up(stand: TillStand) -> None:
    stand.reopen(replace(LIMITS, sale_seconds_max=0.05))
    stand.shop.world.pad.on_entry = lambda: time.sleep(0.3)
    assert outcome(stand.ask_for()) == ("01", "08")
    assert stand.debits() == []


def test_an_outcome_that_comes_after_the_limit_is_told_when_it_is_known(stand: TillStand) -> None:
    go = threading.Event()
    stand.shop.world.backend.before_pay = lambda: go.wait(WAIT_SECONDS)
    stand.reopen(replace(LIMITS, answer_seconds_max=0.2))
    assert outcome(stand.ask_for()) == ("01", "08")
    stand.wait_until(lambda: not stand.door._conversations)
    go.set()
    stand.shop.wait_for_rest()
    assert stand.debits() == [1250]
    assert outcome(stand.ask_for()) == ("10", None)
    assert stand.debits() == [1250]


def test_more_lines_than_allowed_are_closed(stand: TillStand) -> None:
    stand.shop.hold_at_the_pad()
    lines = [stand.send(request(CF="T-1")) for _ in range(LIMITS.connections_max)]
    stand.wait_until(lambda: len(stand.door._conversations) == LIMITS.connections_max)
    with stand.connect() as one_more:
        assert one_more.recv(1024) == b""
    stand.shop.go.set()
    for line in lines:
        line.close()


def test_a_book_that_cannot_be_written_sells_nothing(
    stand: TillStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise JournalError(JournalFault.DISK_FULL, "full")

    monkeypatch.setattr(stand.book, "open", full)
    assert outcome(stand.ask_for()) == ("01", "07")
    assert stand.shop.views == []


def test_a_fault_of_ours_closes_the_line_and_frees_the_place(
    stand: TillStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(stand.teller, "serve", fail)
    with stand.send(request()) as line:
        assert line.recv(1024) == b""
    monkeypatch.undo()
    assert outcome(stand.ask_for()) == ("10", None)


def test_closing_the_door_gives_up_a_sale_that_sent_nothing(stand: TillStand) -> None:
    stand.shop.hold_at_the_pad()
    with stand.send(request()) as line:
        stand.wait_for_code()
        stand.stopping = True
        time.sleep(5 * LIMITS.look_seconds)
        stand.shop.go.set()
        assert outcome(decode(line.recv(1024))) == ("01", "11")
    assert stand.debits() == []


def test_the_book_tells_what_was_asked(stand: TillStand) -> None:
    stand.ask_for(CF="T-1")
    (exchange,) = stand.book.debits_of("caisse-ap 012345678901 01")
    assert (exchange.action, exchange.amount_cents, exchange.reference) == (
        Action.DEBIT,
        1250,
        "T-1",
    )
    stand.wait_until(lambda: stand.book.find(exchange.exchange_id).delivered)  # type: ignore[union-attr]
