"""Standard and backup files: every mode in every kind of session, frames, limits, transactions."""

from typing import Any

import pytest

from simulator.chip.crypto import AES_BLOCK, BlockCipher
from simulator.chip.keys import des_key
from simulator.chip.messaging_ev1 import Ev1Session
from simulator.chip.messaging_ev2 import Ev2Session
from tests.simulator.chip.cards import (
    MODES,
    backup,
    card,
    file_of,
    key,
    purse,
    records,
    standard,
    transaction_mac,
)
from tests.simulator.chip.host import Host, Mode, NoSession, number

DES_KEYS = tuple(des_key(bytes(range(at, at + 16))) for at in (0, 40, 80, 120, 160))
THREE_DES_KEYS = tuple(des_key(bytes(range(at, at + 24))) for at in (0, 40, 80, 120, 160))
SESSIONS = ["ev2", "aes", "iso", "iso3", "legacy"]
DATA = bytes(range(1, 181))


def _opened(session: str, files: dict[int, Any], at: int) -> Host:
    """Return a host on a card with these files, in a session of this kind under this key."""
    match session:
        case "iso" | "legacy":
            host = card(files, keys=DES_KEYS)
            assert getattr(host, session)(at, DES_KEYS[at].material) == 0
        case "iso3":
            host = card(files, keys=THREE_DES_KEYS)
            assert host.iso(at, THREE_DES_KEYS[at].material) == 0
        case _:
            host = card(files)
            assert getattr(host, session)(at, key(at)) == 0
    return host


@pytest.mark.parametrize("length", [1, 15, 16, 17, 36, 44, 45, 52, 53, 111, 112, 180])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("session", SESSIONS)
def test_what_is_written_is_read_back(session: str, mode: Mode, length: int) -> None:
    host = _opened(session, {3: standard(mode, 0x1234)}, 3)
    header = b"\x03" + number(5) + number(length)
    assert host.ask(0x3D, header, DATA[:length], mode) == (0, b"")
    assert file_of(host, 3).content[5 : 5 + length] == DATA[:length]
    assert host.ask(0xBD, header, mode=mode) == (0, DATA[:length])
    whole = bytes(5) + DATA[:length] + bytes(195 - length)
    assert host.ask(0xBD, b"\x03" + bytes(6), mode=mode) == (0, whole)
    assert host.ask(0x6F) == (0, b"\x03")


@pytest.mark.parametrize("mode", MODES)
def test_the_long_variants_take_one_frame(mode: Mode) -> None:
    host = _opened("ev2", {3: standard(mode, 0x1234)}, 3)
    header = b"\x03" + number(0) + number(180)
    assert host.ask(0x8D, header, DATA, mode) == (0, b"")
    sealed = host.session.seal(0xAD, header, b"", mode if mode != "full" else "mac")
    status, answer = host.send(0xAD, sealed)
    assert status == 0
    assert host.session.opened(0xAD, answer, mode, 180) == DATA


def test_a_long_variant_does_not_go_on_in_another_frame() -> None:
    host = card({3: standard()})
    assert host.send(0x8D, b"\x03" + number(0) + number(100) + DATA[:50]) == (0x7E, b"")


def test_more_than_one_apdu_of_a_long_answer_goes_on() -> None:
    host = card({3: standard(content=bytes(range(256)) * 2)})
    assert [len(part) for _, part in (host.send(0xAD, b"\x03" + bytes(6)), host.send(0xAF))] == [
        255,
        255,
    ]
    assert host.send(0xAF) == (0, bytes(range(256))[-2:])


def test_a_long_answer_comes_in_parts_of_59() -> None:
    host = card({3: standard()})
    assert host.send(0xBD, b"\x03" + bytes(6)) == (0xAF, bytes(59))
    assert host.send(0xAF) == (0xAF, bytes(59))
    assert host.send(0xAF) == (0xAF, bytes(59))
    assert host.send(0xAF) == (0, bytes(23))


# Session, the key it is under (None: no session), and whether the file's own mode applies.
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("session", SESSIONS)
@pytest.mark.parametrize(
    ("rights", "read", "write"),
    [
        (0x3FFF, True, None),
        (0xFF3F, True, True),
        (0xF3FF, None, True),
        (0xEFFF, False, None),
        (0xE3FF, False, True),
        (0x3EFF, True, False),
        (0x4E3F, True, True),
        (0xFFEF, False, False),
        (0x4444, "AE", "AE"),
        (0xF4FF, "9D", "AE"),
        (0xFF4F, "AE", "AE"),
    ],
)
def test_a_free_right_makes_an_exchange_plain(
    session: str, mode: Mode, rights: int, read: bool | str | None, write: bool | str | None
) -> None:
    header = b"\x01" + number(0) + number(20)
    for ins, right in ((0xBD, read), (0x3D, write)):
        host = _opened(session, {1: standard(mode, rights, DATA)}, 3)
        used: Mode = "plain" if right is False else mode
        status, answer = host.ask(ins, header, DATA[:20] if ins == 0x3D else b"", used)
        expected = {None: 0x9D, "AE": 0xAE, "9D": 0x9D}.get(right, 0)  # type: ignore[arg-type]
        assert (status, answer) == (expected, DATA[:20] if ins == 0xBD and not expected else b"")
        assert isinstance(host.session, NoSession) == (expected != 0)


@pytest.mark.parametrize(("rights", "status"), [(0xEFFF, 0), (0x1FFF, 0xAE), (0xFFFF, 0x9D)])
def test_without_a_session_only_the_free_right_counts(rights: int, status: int) -> None:
    host = card({1: standard("full", rights, DATA)})
    assert host.ask(0xBD, b"\x01" + number(0) + number(3))[0] == status


@pytest.mark.parametrize(
    ("offset", "length", "status"),
    [
        (0, 180, 0),
        (179, 1, 0),
        (0, 181, 0xBE),
        (180, 1, 0xBE),
        (0xFFFFFF, 0xFFFFFF, 0xBE),
        (180, 0, 0xBE),
        (200, 0, 0xBE),
        (179, 0, 0),
    ],
)
def test_nothing_is_read_beyond_the_end(offset: int, length: int, status: int) -> None:
    host = card({1: standard(content=DATA)})
    answer = host.ask(0xBD, b"\x01" + number(offset) + number(length))
    assert answer == (status, DATA[offset:][: length or None] if status == 0 else b"")


@pytest.mark.parametrize(
    ("offset", "length", "status"),
    [(0, 0, 0x9E), (180, 1, 0xBE), (1, 180, 0xBE), (0xFFFFFF, 0xFFFFFF, 0xBE)],
)
@pytest.mark.parametrize("make", [standard, backup])
def test_nothing_is_written_beyond_the_end(
    make: Any, offset: int, length: int, status: int
) -> None:
    host = card({1: make(content=DATA)})
    before = host.chip.memory
    assert host.send(0x3D, b"\x01" + number(offset) + number(length)) == (status, b"")
    assert host.chip.memory is before


@pytest.mark.parametrize("ins", [0xBD, 0x3D])
@pytest.mark.parametrize(
    ("at", "status"), [(2, 0x9E), (3, 0x9E), (9, 0xF0), (31, 0xF0), (99, 0xF0)]
)
def test_a_file_of_another_type_or_none(ins: int, at: int, status: int) -> None:
    host = card({1: standard(), 2: purse(), 3: records()})
    assert host.ask(ins, bytes((at,)) + number(0) + number(1), b"x" * (ins == 0x3D))[0] == status


def test_the_transaction_mac_file_is_read_and_never_written() -> None:
    host = card({1: transaction_mac(counter=0x01020304, mac=b"12345678")})
    assert host.ask(0xBD, b"\x01" + bytes(6)) == (0, bytes.fromhex("04030201") + b"12345678")
    assert host.ask(0x3D, b"\x01" + number(0) + number(1), b"x")[0] == 0x9D


# Frames from the reader.


def test_a_write_waits_for_all_its_data() -> None:
    host = card({1: standard()})
    header = b"\x01" + number(0) + number(100)
    assert host.send(0x3D, header) == (0xAF, b"")
    assert host.send(0xAF, DATA[:99]) == (0xAF, b"")
    assert file_of(host, 1).content == DATA[:99] + bytes(101)  # each frame at once
    assert host.send(0xAF, DATA[99:100]) == (0, b"")
    assert file_of(host, 1).content[:100] == DATA[:100]


@pytest.mark.parametrize("frames", [0, 1, 2, 3])
def test_a_plain_write_that_is_cut_leaves_a_mix(frames: int) -> None:
    old = b"\xff" * 200
    host = card({1: standard(content=old)})
    parts = [b"\x01" + number(20) + number(150) + DATA[:52], DATA[52:111], DATA[111:150]]
    for at, part in enumerate(parts[:frames]):
        assert host.send(0xAF if at else 0x3D, part) == (0xAF if at < 2 else 0, b"")
    host.chip.power_off()
    written = [0, 52, 111, 150][frames]
    assert file_of(host, 1).content == old[:20] + DATA[:written] + old[20 + written :]


@pytest.mark.parametrize("applied", [False, True])
def test_a_plain_write_that_is_torn_in_the_middle_of_a_frame(*, applied: bool) -> None:
    old = b"\xff" * 200
    host = card({1: standard(content=old)})
    assert host.send(0x3D, b"\x01" + number(0) + number(150) + DATA[:52]) == (0xAF, b"")
    host.chip.tear_next_write(applied=applied)
    assert host.chip.transmit(b"\xaf" + DATA[52:111]) == b""
    kept = 111 if applied else 52
    assert file_of(host, 1).content == DATA[:kept] + old[kept:]


@pytest.mark.parametrize("mode", ["mac", "full"])
@pytest.mark.parametrize("session", SESSIONS)
def test_a_protected_write_that_is_cut_changes_nothing(session: str, mode: Mode) -> None:
    host = _opened(session, {1: standard(mode, 0x1111)}, 1)
    before = host.chip.memory
    body = host.session.seal(0x3D, b"\x01" + number(0) + number(100), DATA[:100], mode)
    assert host.send(0x3D, body[:59]) == (0xAF, b"")
    host.chip.power_off()
    assert host.chip.memory is before


def test_a_write_into_a_backup_file_that_is_cut_changes_nothing() -> None:
    host = card({1: backup()})
    before = host.chip.memory
    assert host.send(0x3D, b"\x01" + number(0) + number(100) + DATA[:50]) == (0xAF, b"")
    host.chip.power_off()
    assert host.chip.memory is before


def test_an_empty_frame_in_a_write_is_refused() -> None:
    host = card({1: standard()})
    assert host.send(0x3D, b"\x01" + number(0) + number(100) + DATA[:50]) == (0xAF, b"")
    assert host.send(0xAF) == (0x7E, b"")
    assert host.send(0xAF, DATA[50:100]) == (0x1C, b"")


def test_more_data_than_announced_is_refused() -> None:
    host = card({1: standard()})
    before = host.chip.memory
    assert host.send(0x3D, b"\x01" + number(0) + number(3) + b"abcd") == (0x7E, b"")
    assert host.chip.memory is before
    assert host.send(0x3D, b"\x01" + number(0) + number(3) + b"ab") == (0xAF, b"")
    assert host.send(0xAF, b"cd") == (0x7E, b"")
    assert file_of(host, 1).content == b"ab" + bytes(198)


def test_another_command_drops_a_write_and_the_next_frame_learns_it() -> None:
    host = card({1: standard()})
    assert host.send(0x3D, b"\x01" + number(0) + number(100) + DATA[:50]) == (0xAF, b"")
    assert host.send(0x6F) == (0, b"\x01")
    assert host.send(0xAF, DATA[50:100]) == (0xCA, b"")
    assert host.send(0xAF, DATA[50:100]) == (0x1C, b"")
    assert file_of(host, 1).content == DATA[:50] + bytes(150)


@pytest.mark.parametrize("mode", ["mac", "full"])
@pytest.mark.parametrize("session", SESSIONS)
def test_a_damaged_write_changes_nothing(session: str, mode: Mode) -> None:
    header = b"\x01" + number(0) + number(20)
    probe = _opened(session, {1: standard(mode, 0x1111)}, 1)
    for place in range(7, len(probe.session.seal(0x3D, header, DATA[:20], mode))):
        host = _opened(session, {1: standard(mode, 0x1111)}, 1)
        body = bytearray(host.session.seal(0x3D, header, DATA[:20], mode))
        body[place] ^= 0x10
        assert host.carry(0x3D, bytes(body)) == (0x1E, b"")
        assert file_of(host, 1).content == bytes(200)
        assert host.chip._state.session is None


# Backup files.


def test_a_backup_file_shows_the_old_until_committed() -> None:
    host = card({1: backup(content=b"old bytes")})
    write = b"\x01" + number(0) + number(3)
    assert host.ask(0x3D, write, b"new") == (0, b"")
    assert host.ask(0x3D, b"\x01" + number(8) + number(1), b"S") == (0, b"")
    assert host.ask(0xBD, b"\x01" + bytes(6)) == (0, b"old bytes")
    assert host.ask(0xC7) == (0, b"")
    assert host.ask(0xBD, b"\x01" + bytes(6)) == (0, b"new byteS")
    assert host.ask(0xC7)[0] == 0x0C


@pytest.mark.vectors("ev1_cmac_chain")
def test_the_published_ev1_session_is_carried_out(vector: dict[str, Any]) -> None:
    host = card()
    cipher = BlockCipher(bytes.fromhex(vector["inputs"]["session_key"]), AES_BLOCK)
    host.chip._state.session = Ev1Session(0, cipher, cipher.zero_iv())
    for step in vector["inputs"]["steps"]:
        answer = host.chip.transmit(bytes.fromhex(step["command_native"]))
        assert answer.hex() == ("00" + step["response_data"] + step["response_mac"]).lower()


# AN12343 Tables 23 to 26: a file of 48 bytes written and read in one session.
@pytest.mark.parametrize(("table", "communication"), [("t23", 1), ("t25", 3)], ids=["mac", "full"])
def test_published_ev2_writes_and_reads_are_carried_out(
    desfire_vectors: list[dict[str, Any]], table: str, communication: int
) -> None:
    mode = {1: "mac", 3: "full"}[communication]
    following = {"t23": "t24", "t25": "t26"}[table]
    exchanges = [
        vector
        for name in (table, following)
        for vector in desfire_vectors
        if vector["name"].startswith(f"an12343-{name}-")
    ]
    inputs = {**exchanges[0]["inputs"]}
    host = card({0: standard(mode, 0x1111, bytes(48))})
    enc, mac = (
        BlockCipher(bytes.fromhex(inputs.get(name, "00" * 16)), AES_BLOCK)
        for name in ("ses_enc", "ses_mac")
    )
    host.chip._state.session = Ev2Session(1, enc, mac, bytes.fromhex(inputs["ti"]))
    for command, answer in zip(exchanges[::2], exchanges[1::2], strict=True):
        frame = bytes.fromhex(command["inputs"]["cmd"] + command["outputs"]["payload"])
        assert host.chip.transmit(frame).hex() == "00" + answer["outputs"]["payload"]
