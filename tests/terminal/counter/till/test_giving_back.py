"""Refunds and cancellations on a till's word: of the right payment, once, or honestly not."""

import base64
import socket

import pytest

from terminal.counter.tills.limits import TillLimits
from terminal.counter.tills.wish import Action, Wish
from terminal.errors import BackendUnreachable
from tests.terminal.counter.fakes import HOLDER_CANCELS
from tests.terminal.counter.till.conftest import TillStand, encode, hang_up, outcome, request
from tests.terminal.counter.till.test_request import inside

DONE, NO, WHICH, LOST = ("10", None), ("01", "04"), ("01", "10"), ("01", "07")


def given_back(stand: TillStand) -> list[int]:
    return [cents for _, cents in stand.payments.done.values()]


@pytest.mark.parametrize("action", ["1", "2"])
def test_the_last_payment(stand: TillStand, action: str) -> None:
    stand.ask_for()
    answer = stand.ask_for(CD=action, CK="100")
    assert outcome(answer) == DONE
    assert (answer["CD"], answer["CB"], answer["AC"]) == (action, "1250", "Z9Y8X7")
    assert given_back(stand) == [1250]
    ticket = stand_ticket(answer)
    assert ("REMBOURSEMENT" if action == "1" else "ANNULATION") in ticket
    assert "A1B2C3" in ticket


def stand_ticket(answer: dict[str, str]) -> str:
    return base64.b64decode(inside(encode(**answer))["AK"]).decode("latin-1")


@pytest.mark.parametrize("action", ["1", "2"])
def test_a_second_time_there_is_nothing_left(stand: TillStand, action: str) -> None:
    stand.ask_for()
    stand.ask_for()
    assert outcome(stand.ask_for(CD=action)) == DONE
    stand.wait_until(lambda: stand.book.exchanges_of(_wish())[0].delivered)
    assert outcome(stand.ask_for(CD=action)) == WHICH, "the payment before it is another holder's"
    assert given_back(stand) == [1250]


def _wish() -> Wish:
    return Wish("caisse-ap 012345678901 01", Action.DUPLICATE)


def test_what_identifies_no_payment_is_refused(stand: TillStand) -> None:
    assert outcome(stand.ask_for(CD="1")) == WHICH, "nothing was ever sold"
    stand.ask_for()
    assert outcome(stand.ask_for(CD="1", CB="1249")) == WHICH, "not the amount of the last one"
    assert outcome(stand.ask_for(CD="1", CA="02")) == WHICH, "another till's payment"
    stand.shop.world.pad.entries = [HOLDER_CANCELS]
    stand.ask_for(CB="300")
    assert outcome(stand.ask_for(CD="1", CB="300")) == WHICH, "it was not paid"
    assert given_back(stand) == []


def test_a_refused_sale_does_not_hide_the_last_payment(stand: TillStand) -> None:
    stand.ask_for()
    stand.shop.world.pad.entries = [HOLDER_CANCELS]
    stand.ask_for(CB="300")
    assert outcome(stand.ask_for(CD="1")) == DONE


def test_an_old_payment_must_be_named(stand: TillStand, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.ask_for(CF="T-1")
    money_back = stand.teller._money_back
    monkeypatch.setattr(money_back, "_limits", TillLimits(last_payment_seconds_max=0.0))
    assert outcome(stand.ask_for(CD="1")) == WHICH
    assert outcome(stand.ask_for(CD="1", CF="T-1")) == DONE


def test_by_its_reference_in_parts(stand: TillStand) -> None:
    stand.ask_for(CF="T-1")
    stand.ask_for(CF="T-2")
    assert outcome(stand.ask_for(CD="1", CF="T-1", CB="500")) == DONE
    assert outcome(stand.ask_for(CD="1", CF="T-1", CB="500")) == DONE, "the same one, told again"
    assert given_back(stand) == [500]
    assert outcome(stand.ask_for(CD="1", CF="T-1", CB="751")) == NO, "more than is left"
    assert outcome(stand.ask_for(CD="2", CF="T-1", CB="500")) == WHICH, "a part is not cancelled"
    assert outcome(stand.ask_for(CD="1", CF="T-1", CB="1251")) == WHICH
    assert outcome(stand.ask_for(CD="1", CF="T-1", CB="750")) == DONE
    assert given_back(stand) == [500, 750]


def test_a_payment_given_back_is_not_told_again_as_paid(stand: TillStand) -> None:
    stand.ask_for(CF="T-1")
    assert outcome(stand.ask_for(CD="2", CF="T-1")) == DONE
    assert outcome(stand.ask_for(CF="T-1")) == DONE
    assert stand.debits() == [1250, 1250], "it is a sale of its own"


def test_a_lost_answer_is_told_again_and_nothing_goes_back_twice(stand: TillStand) -> None:
    stand.ask_for()
    lines: list[socket.socket] = []
    stand.payments.before = lambda: hang_up(lines.pop()) if lines else None
    lines.append(stand.send(request(CD="1")))
    stand.wait_until(lambda: given_back(stand) == [1250])
    assert outcome(stand.ask_for(CD="3")) == DONE
    assert given_back(stand) == [1250]


def test_the_same_request_after_a_lost_answer(stand: TillStand) -> None:
    stand.ask_for()
    stand.ask_for()
    lines: list[socket.socket] = []
    stand.payments.before = lambda: hang_up(lines.pop()) if lines else None
    lines.append(stand.send(request(CD="1")))
    stand.wait_until(lambda: given_back(stand) == [1250])
    assert outcome(stand.ask_for(CD="1")) == DONE
    assert given_back(stand) == [1250], "not the payment before it"


def test_an_outcome_nobody_could_read_is_asked_for_with_the_same_id(stand: TillStand) -> None:
    def lose() -> None:
        raise BackendUnreachable("lost")

    stand.ask_for(CF="T-1")
    stand.payments.after = lose
    assert outcome(stand.ask_for(CD="1", CF="T-1")) == LOST
    stand.close()
    stand.open()
    stand.payments.after = lambda: None
    assert outcome(stand.ask_for(CD="1", CF="T-1")) == DONE
    assert given_back(stand) == [1250]


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        ("void_too_late", NO),
        ("partner_suspended", NO),
        ("payment_not_found", WHICH),
        ("payment_in_progress", LOST),
    ],
)
def test_what_the_backend_refuses(stand: TillStand, refusal: str, told: tuple[str, str]) -> None:
    stand.ask_for()
    stand.payments.refusal = refusal
    assert outcome(stand.ask_for(CD="2")) == told
    stand.payments.refusal = None
    assert outcome(stand.ask_for(CD="1")) == DONE, "a refused cancellation may become a refund"


# --- while people practise -----------------------------------------------------------------------


@pytest.mark.parametrize("action", ["0", "1", "2"])
def test_nothing_that_moves_money_is_begun_while_people_practise(
    stand: TillStand, action: str
) -> None:
    stand.ask(request(CB="1250"))
    sales = len(stand.shop.world.backend.received)
    stand.shop.front.begin_training()
    assert outcome(stand.ask(request(CB="1250", CD=action, CF="new"))) == ("01", "07")
    assert len(stand.shop.world.backend.received) == sales
    assert stand.payments.done == {}
    stand.shop.front.end_training()
    assert outcome(stand.ask(request(CB="700", CF="after")))[0] == "10"


def test_looking_goes_on_while_people_practise(stand: TillStand) -> None:
    paid = stand.ask(request(CB="1250", CF="paid"))
    stand.shop.front.begin_training()
    assert outcome(stand.ask(request(CD="I")))[0] == "10"
    told = stand.ask(request(CB="1250", CD="3", CF="paid"))
    assert outcome(told) == outcome(paid)
