"""Value files: limits, limited credit, rights, modes; the old value until the commit."""

from typing import Any

import pytest

from tests.simulator.chip.cards import MODES, card, file_of, key, purse, standard
from tests.simulator.chip.host import AID, Host, Mode, number

CREDIT, DEBIT, LIMITED, GET, COMMIT, ABORT = 0x0C, 0xDC, 0x1C, 0x6C, 0xC7, 0xA7


def _value(host: Host, mode: Mode = "plain") -> int:
    status, answer = host.ask(GET, b"\x01", mode=mode)
    assert status == 0
    return int.from_bytes(answer, "little", signed=True)


def _amount(host: Host, ins: int, amount: int, mode: Mode = "plain") -> int:
    return host.ask(ins, b"\x01", number(amount, 4), mode)[0]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("session", ["ev2", "aes", "non_first"])
def test_money_goes_in_and_out_in_every_mode(session: str, mode: Mode) -> None:
    host = card({1: purse(mode, 0x1234, limited_credit=50)})
    assert host.ev2(2, key(2)) == 0
    assert getattr(host, session)(3, key(3)) == 0
    assert _amount(host, CREDIT, 30, mode) == 0
    assert _amount(host, DEBIT, 50, mode) == 0
    assert _amount(host, LIMITED, 5, mode) == 0
    assert _value(host, mode) == 100
    assert host.ask(COMMIT) == (0, b"")
    assert _value(host, mode) == 85


# By the nibble that grants it: Read 1, Write 2, ReadWrite 3; Change 4 grants nothing here.
@pytest.mark.parametrize("held", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("ins", "allowed"), [(GET, {1, 2, 3}), (DEBIT, {1, 2, 3}), (LIMITED, {2, 3}), (CREDIT, {3})]
)
def test_who_may_do_what(ins: int, allowed: set[int], held: int) -> None:
    host = card({1: purse(rights=0x1234, limited_credit=50)})
    assert host.ev2(held, key(held)) == 0
    status = host.ask(ins, b"\x01", b"" if ins == GET else number(1, 4), "plain")[0]
    assert status == (0 if held in allowed else 0xAE)


@pytest.mark.parametrize(("options", "status"), [(0, 0xAE), (2, 0)])
def test_the_value_may_be_free_to_see(options: int, status: int) -> None:
    host = card({1: purse("full", 0x1111, options=options)})
    assert host.ask(GET, b"\x01")[0] == status
    host = card({1: purse("full", 0x1111, options=options)})
    assert host.ev2(2, key(2)) == 0
    assert host.ask(GET, b"\x01", mode="plain")[0] == status
    host = card({1: purse("full", 0x1111, options=options)})
    assert host.ev2(1, key(1)) == 0
    assert _value(host, "full") == 100


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        ([(CREDIT, 900)], 0),
        ([(CREDIT, 901)], 0xBE),
        ([(DEBIT, 100)], 0),
        ([(DEBIT, 101)], 0xBE),
        ([(DEBIT, 60), (DEBIT, 41)], 0xBE),
        ([(DEBIT, 60), (CREDIT, 60), (DEBIT, 100)], 0),
        ([(CREDIT, 2**31 - 1)], 0xBE),
        ([(CREDIT, -1)], 0x9E),
        ([(DEBIT, -1)], 0x9E),
        ([(LIMITED, -1)], 0x9E),
        ([(LIMITED, 50)], 0),
        ([(LIMITED, 51)], 0xBE),
        ([(LIMITED, 20), (LIMITED, 20)], 0xBE),
        ([(CREDIT, 880), (LIMITED, 50)], 0xBE),
        ([(CREDIT, 0), (DEBIT, 0)], 0),
    ],
)
def test_limits(steps: list[tuple[int, int]], status: int) -> None:
    host = card({1: purse(limited_credit=50)})
    *before, last = [_amount(host, ins, amount) for ins, amount in steps]
    assert not any(before)
    assert last == status
    # An error throws away what came before it, too.
    if status:
        assert host.ask(COMMIT)[0] == 0x0C
        assert _value(host) == 100


def test_negative_limits() -> None:
    host = card({1: purse(lower=-500, upper=-10, value=-100)})
    assert _amount(host, DEBIT, 400) == 0
    assert host.ask(COMMIT)[0] == 0
    assert _value(host) == -500


def test_a_limited_credit_gives_back_what_the_last_debits_took() -> None:
    # Measured on an EV1: debits of 1300 and 1700 with a credit of 20 between give 3000.
    host = card({1: purse(upper=10000, value=5000)})
    assert _amount(host, LIMITED, 1) == 0xBE
    for ins, amount in ((DEBIT, 1300), (CREDIT, 20), (DEBIT, 1700)):
        assert _amount(host, ins, amount) == 0
    assert host.ask(COMMIT)[0] == 0
    assert file_of(host, 1).limited_credit == 3000
    settings = host.ask(0xF5, b"\x01")[1]
    assert settings[12:16] == number(3000, 4)
    # A transaction without a debit leaves it.
    assert _amount(host, CREDIT, 1) == 0
    assert host.ask(COMMIT)[0] == 0
    assert file_of(host, 1).limited_credit == 3000
    assert _amount(host, LIMITED, 2999) == 0
    assert host.ask(COMMIT)[0] == 0
    assert file_of(host, 1).limited_credit == 0
    assert _value(host) == 5000 - 3000 + 20 + 1 + 2999


def test_limited_credit_must_be_enabled() -> None:
    host = card({1: purse(options=0, limited_credit=0)})
    assert _amount(host, DEBIT, 10) == 0
    assert host.ask(COMMIT)[0] == 0
    assert file_of(host, 1).limited_credit == 10  # told, but of no use; measured on an EV1
    assert _amount(host, LIMITED, 1) == 0x9D


@pytest.mark.parametrize("ins", [GET, CREDIT, DEBIT, LIMITED])
@pytest.mark.parametrize(("at", "status"), [(2, 0x9E), (5, 0xF0)])
def test_another_file(ins: int, at: int, status: int) -> None:
    host = card({1: purse(), 2: standard()})
    body = bytes((at,)) + (b"" if ins == GET else number(1, 4))
    assert host.send(ins, body)[0] == status


def _abort(host: Host) -> None:
    assert host.ask(ABORT) == (0, b"")


def _fail(host: Host) -> None:
    assert host.send(0x99)[0] == 0x1C


def _read_an_empty_file(host: Host) -> None:
    assert host.send(0xBD, b"\x02" + number(500) + number(1))[0] == 0xBE


def _select(host: Host) -> None:
    assert host.select() == 0


def _select_nothing(host: Host) -> None:
    assert host.select(b"\x01\x02\x03") == 0xA0


def _select_by_iso(host: Host) -> None:
    host.chip.transmit(bytes.fromhex("00A4040007D2760000850100"))
    assert host.select() == 0


def _reset(host: Host) -> None:
    host.reset()
    assert host.select() == 0


def _leave(host: Host) -> None:
    host.leave()
    host.chip.power_off()
    host.chip.power_on()
    assert host.select() == 0


def _fail_to_authenticate(host: Host) -> None:
    assert host.aes(1, key(2)) == 0xAE


def _begin_anew(host: Host) -> None:
    assert host.ev2(1, key(1)) == 0


def _list(host: Host) -> None:
    assert host.ask(0x6F) == (0, b"\x01\x02")


def _authenticate(host: Host) -> None:
    # Measured: one key writes, another commits.
    assert host.aes(2, key(2)) == 0


@pytest.mark.parametrize("session", [None, "ev2", "aes"])
@pytest.mark.parametrize(
    ("event", "kept"),
    [
        (_abort, False),
        (_fail, False),
        (_read_an_empty_file, False),
        (_select, False),
        (_select_nothing, False),
        (_select_by_iso, False),
        (_reset, False),
        (_leave, False),
        (_fail_to_authenticate, False),
        (_begin_anew, False),
        (_list, True),
        (_authenticate, True),
    ],
)
def test_what_aborts_a_transaction(session: str | None, event: Any, *, kept: bool) -> None:
    host = card({1: purse(), 2: standard()})
    if session:
        assert getattr(host, session)(1, key(1)) == 0
    assert _amount(host, DEBIT, 10) == 0
    event(host)
    if event in {_fail, _read_an_empty_file, _select_nothing}:
        host.leave()
    assert host.ask(COMMIT)[0] == (0 if kept else 0x0C)
    assert file_of(host, 1).value == (90 if kept else 100)


def test_an_ev2_session_goes_on_under_another_key_with_its_transaction() -> None:
    host = card({1: purse("mac", 0x1234)})
    assert host.ev2(1, key(1)) == 0
    assert _amount(host, DEBIT, 10, "mac") == 0
    assert host.non_first(3, key(3)) == 0
    assert _amount(host, CREDIT, 1, "mac") == 0
    assert host.ask(COMMIT) == (0, b"")
    assert _value(host, "mac") == 91


@pytest.mark.parametrize("ins", [COMMIT, ABORT])
def test_nothing_to_commit_or_to_abort(ins: int) -> None:
    host = card({1: purse()})
    assert host.ask(ins)[0] == 0x0C
    assert _value(host) == 100
    assert host.ask(ins)[0] == 0x0C  # reading a value is no change


@pytest.mark.parametrize("applied", [False, True])
def test_a_torn_commit_is_all_or_nothing(*, applied: bool) -> None:
    host = card({1: purse(), 2: purse()})
    assert _amount(host, DEBIT, 10) == 0
    assert host.ask(CREDIT, b"\x02", number(10, 4))[0] == 0
    host.chip.tear_next_write(applied=applied)
    assert host.chip.transmit(b"\xc7") == b""
    host.chip.power_on()
    host.select(AID)
    values = (file_of(host, 1).value, file_of(host, 2).value)
    assert values == ((90, 110) if applied else (100, 100))
    assert host.ask(COMMIT)[0] == 0x0C
