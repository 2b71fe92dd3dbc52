"""Two tills at one counter, and tills that hang up: one sale, one debit, one answer told again."""

import socket
import threading
import time

import pytest

from terminal.counter.states import State
from tests.terminal.counter.fakes import HOLDER_CANCELS
from tests.terminal.counter.till.conftest import (
    LIMITS,
    WAIT_SECONDS,
    TillStand,
    decode,
    hang_up,
    outcome,
    request,
)


def test_a_second_till_is_told_that_the_counter_is_busy(stand: TillStand) -> None:
    stand.shop.hold_at_the_pad()
    with stand.send(request(CA="01")) as first:
        stand.wait_for_code()
        assert outcome(stand.ask_for(CA="02")) == ("01", "07")
        assert outcome(stand.ask_for(CA="01")) == ("01", "07"), "the same till, twice at once"
        stand.shop.go.set()
        assert outcome(decode(first.recv(1024))) == ("10", None)
    assert stand.debits() == [1250]


def test_a_till_that_hangs_up_before_the_code_is_sent_cancels(stand: TillStand) -> None:
    stand.shop.hold_at_the_pad()
    line = stand.send(request())
    stand.wait_for_code()
    hang_up(line)
    time.sleep(5 * LIMITS.look_seconds)
    stand.shop.go.set()
    stand.shop.wait_for_rest()
    view = stand.shop.counter.current()
    assert view is not None
    assert (view.record.state, view.reason) == (State.CANCELLED, "cancelled_at_counter")
    assert outcome(stand.ask_for()) == ("10", None), "asked again, it is a sale of its own"
    assert stand.debits() == [1250]


def hang_up_after_the_debit(stand: TillStand, *, politely: bool = False, **changed: str) -> None:
    """The till goes away while the backend is asked; the money moves."""
    sent, gone = threading.Event(), threading.Event()

    def pay_slowly() -> None:
        sent.set()
        assert gone.wait(WAIT_SECONDS)
        time.sleep(5 * LIMITS.look_seconds)

    stand.shop.world.backend.before_pay = pay_slowly
    line = stand.send(request(**changed))
    assert sent.wait(WAIT_SECONDS)
    if politely:
        line.close()
    else:
        hang_up(line)
    gone.set()
    stand.shop.wait_for_rest()
    stand.shop.world.backend.before_pay = lambda: None
    assert stand.debits() == [1250]


@pytest.mark.parametrize("again", [{"CD": "3"}, {"CF": "T-1"}, {"CF": "T-1", "CD": "3"}])
def test_a_lost_answer_is_told_again(stand: TillStand, again: dict[str, str]) -> None:
    hang_up_after_the_debit(stand, CF="T-1")
    for _ in range(2):
        answer = stand.ask_for(**again)
        assert (*outcome(answer), answer["AC"], answer["CB"]) == ("10", None, "A1B2C3", "1250")
    assert stand.debits() == [1250]


@pytest.mark.parametrize("politely", [True, False])
def test_the_same_amount_asked_again_by_a_till_that_went_away(
    stand: TillStand, *, politely: bool
) -> None:
    hang_up_after_the_debit(stand, politely=politely)
    stand.wait_until(lambda: not stand.door._conversations)
    assert outcome(stand.ask_for()) == ("10", None)
    assert stand.debits() == [1250], "told again, not debited again"
    assert outcome(stand.ask_for()) == ("10", None)
    assert stand.debits() == [1250, 1250], "told once, the next one is another customer"


def test_another_till_or_amount_is_another_sale(stand: TillStand) -> None:
    hang_up_after_the_debit(stand)
    assert outcome(stand.ask_for(CB="1251")) == ("10", None)
    assert outcome(stand.ask_for(CA="02")) == ("10", None)
    assert stand.debits() == [1250, 1251, 1250]


def test_a_busy_answer_in_between_does_not_hide_the_lost_one(stand: TillStand) -> None:
    hang_up_after_the_debit(stand)
    stand.shop.hold_at_the_pad()
    with stand.send(request(CA="02", CB="300")):
        stand.wait_for_code()
        assert outcome(stand.ask_for(CB="777")) == ("01", "07")
    assert outcome(stand.ask_for()) == ("10", None)
    assert outcome(stand.ask_for(CD="3")) == ("10", None)
    assert stand.debits() == [1250]


def test_after_a_restart_the_lost_answer_is_still_there(stand: TillStand) -> None:
    hang_up_after_the_debit(stand)
    stand.close()
    stand.open()
    assert outcome(stand.ask_for()) == ("10", None)
    assert stand.debits() == [1250]


def test_a_till_that_comes_back_during_the_payment_waits_for_it(stand: TillStand) -> None:
    sent, go = threading.Event(), threading.Event()

    def pay_slowly() -> None:
        sent.set()
        assert go.wait(WAIT_SECONDS)

    stand.shop.world.backend.before_pay = pay_slowly
    hung = stand.send(request())
    assert sent.wait(WAIT_SECONDS)
    hang_up(hung)
    stand.wait_until(lambda: not stand.teller._attended)
    with stand.send(request()) as line:
        time.sleep(5 * LIMITS.look_seconds)
        go.set()
        assert outcome(decode(line.recv(1024))) == ("10", None)
    assert stand.debits() == [1250]


def test_two_lines_with_one_reference_get_one_answer(stand: TillStand) -> None:
    stand.shop.hold_at_the_pad()
    with stand.send(request(CF="T-1")) as first:
        stand.wait_for_code()
        with stand.send(request(CF="T-1")) as second:
            time.sleep(5 * LIMITS.look_seconds)
            stand.shop.go.set()
            answers = [decode(line.recv(1024)) for line in (first, second)]
    assert [outcome(each) for each in answers] == [("10", None)] * 2
    assert stand.debits() == [1250]


def test_a_reference_with_another_amount_is_refused(stand: TillStand) -> None:
    assert outcome(stand.ask_for(CF="T-1")) == ("10", None)
    assert outcome(stand.ask_for(CF="T-1", CB="1251")) == ("01", "10")
    assert outcome(stand.ask_for(CF="T-2", CB="1251")) == ("10", None)
    assert stand.debits() == [1250, 1251]


def test_a_duplicate_tells_the_last_answer_even_if_it_failed(stand: TillStand) -> None:
    assert outcome(stand.ask_for(CD="3")) == ("01", "10"), "nothing was ever asked"
    stand.ask_for()
    stand.shop.world.pad.entries = [HOLDER_CANCELS]
    stand.ask_for(CB="2000")
    assert outcome(stand.ask_for(CD="3", CB="2000")) == ("01", "06")
    assert outcome(stand.ask_for(CD="3", CB="1250")) == ("01", "10"), "not what was asked last"


def test_an_answer_at_once_then_the_outcome(stand: TillStand) -> None:
    stand.shop.hold_at_the_pad()
    answer = stand.ask_for(BA="1", CF="T-1")
    assert outcome(answer) == ("11", None)
    stand.wait_for_code()
    assert outcome(stand.ask_for(BA="1", CD="3")) == ("11", None)
    stand.shop.go.set()
    stand.shop.wait_for_rest()
    assert outcome(stand.ask_for(BA="1", CF="T-1")) == ("10", None)
    assert outcome(stand.ask_for(CD="3")) == ("10", None)
    assert stand.debits() == [1250]


def test_a_till_that_left_before_we_began(stand: TillStand) -> None:
    with stand.send(request()) as line:
        line.shutdown(socket.SHUT_WR)
        assert outcome(decode(line.recv(1024))) == ("01", "11")
    assert stand.shop.views == []
