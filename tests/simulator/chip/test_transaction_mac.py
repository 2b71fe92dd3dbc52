"""The transaction MAC: published keys and values, what is counted, who may name the reader."""

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from Crypto.Cipher import AES
from Crypto.Hash import CMAC
from hypothesis import given
from hypothesis import strategies as st

from simulator.chip.chip import Chip
from simulator.chip.configuration import RANDOM_ID
from simulator.chip.crypto import AES_BLOCK, BlockCipher, RunningMac, cmac, truncate_odd
from simulator.chip.keys import aes_key
from simulator.chip.messaging_ev2 import Ev2Session
from simulator.chip.transactions import encrypt_reader_id, session_keys
from tests.simulator.chip.cards import (
    UID,
    backup,
    card,
    file_of,
    key,
    purse,
    records,
    standard,
    transaction_mac,
)
from tests.simulator.chip.host import Host, number

Vector = dict[str, Any]
COMMIT, ABORT, READER_ID = 0xC7, 0xA7, 0xC8
TM_KEY = bytes.fromhex("00112233445566778899AABBCCDDEEFF")
READER = bytes(range(16))


def _inputs(vector: Vector) -> dict[str, Any]:
    return {
        name: bytes.fromhex(value) if isinstance(value, str) and name != "meaning" else value
        for name, value in vector["inputs"].items()
    }


@pytest.mark.vectors("tmac_session_keys")
def test_published_session_keys(vector: Vector) -> None:
    inputs = _inputs(vector)
    enc, mac = session_keys(aes_key(inputs["tm_key"]), inputs["tmc_reported"], inputs["uid"])
    assert enc.key.hex() == vector["outputs"]["ses_tm_enc"]
    assert mac.key.hex() == vector["outputs"]["ses_tm_mac"]


@pytest.mark.vectors("tmac_value")
def test_a_published_value(vector: Vector) -> None:
    inputs = _inputs(vector)
    _, mac = session_keys(aes_key(inputs["tm_key"]), inputs["tmc_reported"], inputs["uid"])
    running = RunningMac(mac)
    running.update(inputs["tmi"])
    assert truncate_odd(running.digest()).hex() == vector["outputs"]["tmv"]


@pytest.mark.vectors("enc_tmri")
def test_a_published_reader_id(vector: Vector) -> None:
    inputs = _inputs(vector)
    sealed = encrypt_reader_id(BlockCipher(inputs["ses_tm_enc"], AES_BLOCK), inputs["tmri_prev"])
    assert sealed.hex() == vector["outputs"]["enc_tmri"]


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_a_mac_of_pieces_is_the_mac_of_the_whole(pieces: list[bytes]) -> None:
    cipher = BlockCipher(TM_KEY, AES_BLOCK)
    running = RunningMac(cipher)
    for piece in pieces:
        running.update(piece)
    assert running.digest() == cmac(cipher, b"".join(pieces))


# AN12343 p. 83: the file is created in this very session.
def test_the_published_creation(desfire_vectors: list[Vector]) -> None:
    vector = next(
        one for one in desfire_vectors if one["name"].endswith("createtransactionmacfile")
    )
    inputs = vector["inputs"]
    host = card()
    enc, mac = (
        BlockCipher(bytes.fromhex(inputs[name]), AES_BLOCK) for name in ("ses_enc", "ses_mac")
    )
    host.chip._state.session = Ev2Session(0, enc, mac, bytes.fromhex(inputs["ti"]), 1)
    answer = host.chip.transmit(b"\xce" + bytes.fromhex(vector["outputs"]["payload"]))
    assert (answer[0], len(answer)) == (0, 9)
    made = file_of(host, 0x0F)
    assert made.key == aes_key(bytes.fromhex(inputs["data"])[:16], 0)
    assert made.head.rights.value == 0x1F10


def _pad(message: bytes) -> bytes:
    return message + bytes(-len(message) % 16)


def expected_mac(tmi: bytes, counter: int, uid: bytes = UID) -> bytes:
    """Compute a TMV from the formula of the data sheet, with another library."""
    context = bytes.fromhex("5A00010080") + number(counter, 4) + uid
    session = CMAC.new(TM_KEY, context, AES).digest()
    return CMAC.new(session, tmi, AES).digest()[1::2]


def _shop(rights: int = 0xEFFE, **changes: Any) -> Host:
    files = {
        1: standard(content=b"0123456789"),
        2: backup(content=bytes(40)),
        3: purse(limited_credit=50),
        4: records("plain", 0xEEEE, b"aaaa", b"bbbb"),
        9: transaction_mac(rights, TM_KEY, **changes),
    }
    return card(files)


def _commit(host: Host) -> tuple[int, bytes]:
    """Commit; return the counter and the value that the card reports."""
    status, answer = host.ask(COMMIT, b"\x01")
    assert status == 0
    return int.from_bytes(answer[:4], "little"), answer[4:]


# What is sent, and what it adds to the input, by hand from the table of the facts.
ENTRIES: list[Any] = [
    pytest.param("BD 01 020000 030000", "BD 01 020000 030000 0000000000000000 323334", id="read"),
    pytest.param("AD 01 020000 030000", "AD 01 020000 030000 0000000000000000 323334", id="long"),
    pytest.param("BD 01 080000 000000", "BD 01 080000 020000 0000000000000000 3839", id="read all"),
    pytest.param(
        "3D 01 000000 020000 4142", "3D 01 000000 020000 0000000000000000 4142", id="write"
    ),
    pytest.param(
        "3D 02 000000 020000 4142", "3D 02 000000 020000 0000000000000000 4142", id="back"
    ),
    pytest.param("8D 02 000000 020000 4142", "8D 02 000000 020000 0000000000000000 4142", id="8D"),
    pytest.param("6C 03", "6C 03 64000000", id="value"),
    pytest.param("0C 03 07000000", "0C 03 07000000", id="credit"),
    pytest.param("DC 03 07000000", "DC 03 07000000", id="debit"),
    pytest.param("1C 03 07000000", "1C 03 07000000", id="limited credit"),
    pytest.param("3B 04 010000 020000 5859", "3B 04 010000 020000 0000000000000000 5859", id="rec"),
    pytest.param(
        "DB 04 010000 010000 020000 5859", "DB 04 010000 010000 020000 0000000000 5859", id="update"
    ),
    pytest.param("BB 04 000000 010000", "BB 04 000000 010000 0000000000000000 62626262", id="one"),
    pytest.param(
        "BB 04 000000 000000", "BB 04 000000 020000 0000000000000000 6161616162626262", id="all"
    ),
    pytest.param("EB 04", "EB 04", id="clear"),
]


@pytest.mark.parametrize(("command", "entry"), ENTRIES)
def test_each_command_adds_its_entry(command: str, entry: str) -> None:
    host = _shop(counter=6)
    assert host.send(bytes.fromhex(command)[0], bytes.fromhex(command)[1:])[0] == 0
    reported = _commit(host)
    assert reported == (7, expected_mac(_pad(bytes.fromhex(entry)), 7))
    assert host.ask(0xBD, b"\x09" + bytes(6)) == (0, number(7, 4) + reported[1])


def test_a_whole_transaction_in_a_session_is_the_same_without_its_messaging() -> None:
    host = card(
        {
            2: backup("full", 0x1111, bytes(40)),
            3: purse("mac", 0x1111),
            9: transaction_mac(0xEFFE, TM_KEY),
        }
    )
    assert host.ev2(1, key(1)) == 0
    header = b"\x02" + number(3) + number(20)
    assert host.ask(0x3D, header, bytes(range(20)), "full") == (0, b"")
    assert host.ask(0x6C, b"\x03", mode="mac") == (0, number(100, 4))
    assert host.ask(0xDC, b"\x03", number(9, 4), "mac") == (0, b"")
    tmi = _pad(b"\x3d" + header) + _pad(bytes(range(20)))
    tmi += _pad(b"\x6c\x03" + number(100, 4)) + _pad(b"\xdc\x03" + number(9, 4))
    assert _commit(host) == (1, expected_mac(tmi, 1))


def test_frames_do_not_show_in_the_value() -> None:
    host = _shop()
    header = b"\x02" + number(0) + number(30)
    assert host.send(0x3D, header + bytes(range(10)))[0] == 0xAF
    assert host.send(0xAF, bytes(range(10, 30)))[0] == 0
    tmi = _pad(b"\x3d" + header) + _pad(bytes(range(30)))
    assert _commit(host) == (1, expected_mac(tmi, 1))


def test_reading_the_transaction_mac_file_is_not_counted() -> None:
    host = _shop()
    assert host.ask(0xBD, b"\x09" + bytes(6))[0] == 0
    assert host.ask(COMMIT)[0] == 0x0C


def test_an_abort_takes_the_reads_out() -> None:
    host = _shop()
    assert host.ask(0x6C, b"\x03")[0] == 0
    assert host.ask(ABORT) == (0, b"")
    assert host.ask(0xDC, b"\x03", number(1, 4))[0] == 0
    assert _commit(host) == (1, expected_mac(_pad(b"\xdc\x03" + number(1, 4)), 1))


@pytest.mark.parametrize(("option", "answer_length"), [(b"", 0), (b"\x00", 0), (b"\x01", 12)])
def test_the_option_of_commit(option: bytes, answer_length: int) -> None:
    host = _shop()
    assert host.ask(0x0C, b"\x03", number(1, 4))[0] == 0
    status, answer = host.ask(COMMIT, option)
    assert (status, len(answer)) == (0, answer_length)
    assert file_of(host, 9).counter == 1


@pytest.mark.parametrize(
    ("option", "status"), [(b"\x01", 0x9D), (b"\x02", 0x9E), (b"\x00\x00", 0x7E)]
)
def test_options_that_are_refused(option: bytes, status: int) -> None:
    host = card({3: purse()})
    assert host.ask(0x0C, b"\x03", number(1, 4))[0] == 0
    assert host.ask(COMMIT, option)[0] == status
    assert file_of(host, 3).value == 100


# CommitReaderID.


def test_the_reader_of_the_transaction_before_is_told_encrypted() -> None:
    host = _shop(0x1F1E)
    for counter, before in ((1, bytes(16)), (2, READER)):
        assert host.ev2(1, key(1)) == 0
        assert host.ask(0x0C, b"\x03", number(1, 4), "plain")[0] == 0
        status, sealed = host.ask(READER_ID, READER, mode="mac")
        context = bytes.fromhex("A500010080") + number(counter, 4) + UID
        enc = CMAC.new(TM_KEY, context, AES).digest()
        assert (status, AES.new(enc, AES.MODE_ECB).decrypt(sealed)) == (0, before)
        tmi = _pad(b"\x0c\x03" + number(1, 4)) + _pad(b"\xc8" + READER + sealed)
        assert _commit(host) == (counter, expected_mac(tmi, counter))


def test_without_a_session_a_free_reader_id_is_answered_with_nothing() -> None:
    host = _shop(0xEFEE)
    assert host.ask(READER_ID, READER) == (0, b"")
    assert _commit(host) == (1, expected_mac(_pad(b"\xc8" + READER), 1))


@pytest.mark.parametrize(
    ("rights", "opens", "status"),
    [
        (0xEFFE, 1, 0x9D),  # the feature is off
        (0xEF1E, 1, 0),
        (0xEF1E, 2, 0xAE),
        (0xEF1E, None, 0xAE),
        (0xEFEE, 2, 0),
        (0xEFEE, None, 0),
    ],
)
def test_who_may_name_the_reader(rights: int, opens: int | None, status: int) -> None:
    host = _shop(rights)
    if opens is not None:
        assert host.ev2(opens, key(opens)) == 0
    assert host.ask(READER_ID, READER, mode="mac")[0] == status


def test_a_commit_without_the_reader_id_that_is_asked_for_is_refused() -> None:
    host = _shop(0xEFEE)
    assert host.ask(0x0C, b"\x03", number(1, 4))[0] == 0
    assert host.ask(COMMIT)[0] == 0x9D
    assert file_of(host, 3).value == 100
    assert file_of(host, 9).counter == 0


def test_an_aborted_reader_id_is_not_the_one_before() -> None:
    host = _shop(0xEFEE)
    assert host.ask(READER_ID, READER)[0] == 0
    assert host.ask(READER_ID, READER)[0] == 0x9D  # one a transaction
    assert host.ask(READER_ID, READER)[0] == 0
    assert host.ask(ABORT)[0] == 0
    assert file_of(host, 9).reader_id == bytes(16)


def test_no_reader_id_without_the_file() -> None:
    host = card({3: purse()})
    assert host.ask(READER_ID, READER)[0] == 0x9D


# The counter and its limit.


def _read(host: Host) -> int:
    return host.ask(0xBD, b"\x01" + bytes(6))[0]


def _write(host: Host) -> int:
    return host.ask(0x3D, b"\x02" + number(0) + number(1), b"x")[0]


def _credit(host: Host) -> int:
    return host.ask(0x0C, b"\x03", number(1, 4))[0]


def _clear(host: Host) -> int:
    return host.ask(0xEB, b"\x04")[0]


def _name(host: Host) -> int:
    return host.ask(READER_ID, READER)[0]


@pytest.mark.parametrize("act", [_read, _write, _credit, _clear, _name])
def test_an_exhausted_counter_stops_everything_but_selection(act: Callable[[Host], int]) -> None:
    host = _shop(0xEFEE, counter=5, counter_max=5)
    assert act(host) == 0x9D
    assert host.select() == 0
    assert host.ask(0xBD, b"\x09" + bytes(6)) == (0, number(5, 4) + bytes(8))
    host = _shop(0xEFEE, counter=4, counter_max=5)
    assert act(host) == 0


def test_the_limit_is_set_and_told() -> None:
    host = _shop(0xEFE0)
    assert host.ev2(0) == 0
    assert host.ask(0x5F, b"\x09", b"\x20\xe0\xef" + number(2, 4), "full") == (0, b"")
    assert host.ask(0xF5, b"\x09") == (0, b"\x05\x20\xe0\xef\x02\x00" + number(2, 4))
    assert file_of(host, 9).counter_max == 2
    assert host.ask(0x5F, b"\x09", b"\x00\xe0\xef", "full") == (0, b"")
    assert file_of(host, 9).counter_max == 0xFFFFFFFF
    assert host.ask(0x5F, b"\x09", b"\x20\xe0\xef", "full")[0] == 0x7E


def test_the_value_is_of_the_true_uid_behind_a_random_one() -> None:
    memory = _shop().chip.memory
    hidden = memory.with_configuration(replace(memory.configuration, flags=RANDOM_ID))
    host = Host(Chip(UID, os.urandom, memory=hidden))
    assert len(host.chip.uid) == 4
    assert host.select() == 0
    assert host.ask(0xDC, b"\x03", number(1, 4))[0] == 0
    assert _commit(host) == (1, expected_mac(_pad(b"\xdc\x03" + number(1, 4)), 1))


@pytest.mark.parametrize("applied", [False, True])
def test_a_torn_commit_counts_with_its_money_or_not_at_all(*, applied: bool) -> None:
    host = _shop()
    assert host.ask(0xDC, b"\x03", number(1, 4))[0] == 0
    host.chip.tear_next_write(applied=applied)
    assert host.chip.transmit(b"\xc7\x01") == b""
    counted = (file_of(host, 9).counter, file_of(host, 3).value)
    assert counted == ((1, 99) if applied else (0, 100))
    tmi = _pad(b"\xdc\x03" + number(1, 4))
    assert (file_of(host, 9).mac == expected_mac(tmi, 1)) == applied
