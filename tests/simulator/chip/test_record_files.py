"""Linear and cyclic record files."""

import pytest

from tests.simulator.chip.cards import MODES, card, file_of, key, purse, records
from tests.simulator.chip.host import Host, Mode, number

WRITE, UPDATE, READ, CLEAR, COMMIT = 0x3B, 0xDB, 0xBB, 0xEB, 0xC7
A, B, C, D = b"aaaa", b"bbbb", b"cccc", b"dddd"


def _write(host: Host, record: bytes, offset: int = 0, mode: Mode = "plain") -> int:
    header = b"\x01" + number(offset) + number(len(record))
    return host.ask(WRITE, header, record, mode)[0]


def _read(host: Host, first: int = 0, count: int = 0, mode: Mode = "plain") -> tuple[int, bytes]:
    host.records_length = 4 * count
    return host.ask(READ, b"\x01" + number(first) + number(count), mode=mode)


def _commit(host: Host) -> int:
    return host.ask(COMMIT)[0]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("session", ["ev2", "aes"])
@pytest.mark.parametrize("cyclic", [False, True])
def test_records_are_written_and_read(session: str, mode: Mode, *, cyclic: bool) -> None:
    host = card({1: records(mode, 0x1234, cyclic=cyclic)})
    assert getattr(host, session)(3, key(3)) == 0
    for record in (A, B):
        assert _write(host, record, mode=mode) == 0
        assert _commit(host) == 0
    assert _read(host, mode=mode) == (0, A + B)
    assert _read(host, 0, 1, mode) == (0, B)
    assert _read(host, 1, 1, mode) == (0, A)
    # UpdateRecord is an EV2 command; its AF variant serves EV1 sessions too.
    header = b"\x01" + number(1) + number(1) + number(2)
    assert host.ask(UPDATE, header, b"XY", mode) == (0, b"")
    assert _commit(host) == 0
    assert _read(host, mode=mode) == (0, b"aXYa" + B)


@pytest.mark.parametrize(
    ("first", "count", "found"),
    [
        (0, 0, A + B + C),
        (0, 3, A + B + C),
        (0, 2, B + C),
        (1, 2, A + B),
        (1, 0, A + B),
        (2, 1, A),
        (2, 0, A),
        (3, 0, None),
        (3, 1, None),
        (2, 2, None),
        (0, 4, None),
        (0xFFFFFF, 0xFFFFFF, None),
    ],
)
def test_record_0_is_the_newest_and_the_oldest_comes_first(
    first: int, count: int, found: bytes | None
) -> None:
    host = card({1: records("plain", 0xEEEE, A, B, C)})
    assert _read(host, first, count) == ((0, found) if found else (0xBE, b""))


def test_a_cyclic_file_of_four_holds_three() -> None:
    host = card({1: records()})
    for record in (A, B, C, D):
        assert _write(host, record) == 0
        assert _commit(host) == 0
    assert _read(host) == (0, B + C + D)


def test_a_full_linear_file_takes_no_more() -> None:
    host = card({1: records("plain", 0xEEEE, A, B, C, cyclic=False)})
    assert _write(host, D) == 0
    assert _commit(host) == 0
    assert _read(host) == (0, A + B + C + D)
    assert _write(host, A) == 0xBE


def test_writing_again_rewrites_the_one_new_record() -> None:
    host = card({1: records("plain", 0xEEEE, A)})
    assert _write(host, b"12") == 0
    assert _write(host, b"3", 3) == 0
    assert _read(host) == (0, A)
    assert _commit(host) == 0
    assert _read(host) == (0, A + b"12\x003")


def test_an_empty_file_cannot_be_read_and_costs_the_transaction() -> None:
    host = card({1: records(), 2: purse()})
    assert host.ask(0xDC, b"\x02", number(10, 4))[0] == 0
    assert _read(host)[0] == 0xBE
    assert _commit(host) == 0x0C


def test_clearing_waits_for_the_commit_and_forbids_writing_before_it() -> None:
    host = card({1: records("plain", 0xEEEE, A, B)})
    assert host.ask(CLEAR, b"\x01") == (0, b"")
    assert _read(host) == (0, A + B)
    assert _commit(host) == 0
    assert file_of(host, 1).records == ()
    assert host.ask(CLEAR, b"\x01") == (0, b"")
    assert _write(host, A) == 0x9D
    assert _write(host, A) == 0
    assert host.ask(CLEAR, b"\x01") == (0, b"")
    assert _commit(host) == 0
    assert file_of(host, 1).records == ()


@pytest.mark.parametrize("ins", [WRITE, 0x8B])
@pytest.mark.parametrize(("offset", "length"), [(0, 5), (4, 1), (1, 4), (0, 0)])
def test_nothing_is_written_beyond_a_record(ins: int, offset: int, length: int) -> None:
    host = card({1: records()})
    body = b"\x01" + number(offset) + number(length) + bytes(length)
    assert host.send(ins, body)[0] == (0xBE if length else 0x9E)


@pytest.mark.parametrize("ins", [UPDATE, 0xBA])
@pytest.mark.parametrize(
    ("record", "offset", "length", "status"),
    [(0, 0, 4, 0), (1, 3, 1, 0), (2, 0, 4, 0xBE), (0, 1, 4, 0xBE), (0, 0, 0, 0x9E)],
)
def test_what_can_be_updated(ins: int, record: int, offset: int, length: int, status: int) -> None:
    host = card({1: records("plain", 0xEEEE, A, B)})
    body = b"\x01" + number(record) + number(offset) + number(length) + bytes(length)
    assert host.send(ins, body)[0] == status


def test_a_record_updated_and_one_written_are_committed_together() -> None:
    host = card({1: records("plain", 0xEEEE, A, B, C)})
    header = b"\x01" + number(0) + number(0) + number(1)
    assert host.ask(UPDATE, header, b"!") == (0, b"")
    assert _write(host, D) == 0
    assert _commit(host) == 0
    assert _read(host) == (0, B + b"!ccc" + D)


def test_an_update_after_clearing_is_refused() -> None:
    host = card({1: records("plain", 0xEEEE, A)})
    assert host.ask(CLEAR, b"\x01") == (0, b"")
    assert host.ask(UPDATE, b"\x01" + number(0) + number(0) + number(1), b"!")[0] == 0x9D


# Read 1, Write 2, ReadWrite 3.
@pytest.mark.parametrize("held", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("ins", "allowed"), [(READ, {1, 3}), (WRITE, {2, 3}), (UPDATE, {3}), (CLEAR, {3})]
)
def test_who_may_do_what(ins: int, allowed: set[int], held: int) -> None:
    host = card({1: records("plain", 0x1234, A)})
    assert host.ev2(held, key(held)) == 0
    mode: Mode = "plain"
    match ins:
        case 0xBB:
            body, record = b"\x01" + number(0) + number(1), b""
        case 0x3B:
            body, record = b"\x01" + number(0) + number(1), b"x"
        case 0xDB:
            body, record = b"\x01" + number(0) + number(0) + number(1), b"x"
        case _:
            body, record, mode = b"\x01", b"", "management"
    assert host.ask(ins, body, record, mode)[0] == (0 if held in allowed else 0xAE)


@pytest.mark.parametrize("ins", [WRITE, UPDATE, READ, CLEAR])
@pytest.mark.parametrize(("at", "status"), [(2, 0x9E), (5, 0xF0)])
def test_another_file(ins: int, at: int, status: int) -> None:
    host = card({1: records(), 2: purse()})
    fields = {CLEAR: 0, UPDATE: 3}.get(ins, 2)
    body = bytes((at,)) + number(1) * fields + b"x" * (ins in {WRITE, UPDATE})
    assert host.send(ins, body)[0] == status
