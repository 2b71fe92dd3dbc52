"""Every command with every wrong length, without a session and inside each kind."""

import pytest
from Crypto.Cipher import AES

from simulator.chip.commands import AUTHENTICATIONS, COMMANDS, GET_DF_NAMES, SELECT_APPLICATION
from simulator.chip.iso7816 import ISO_COMMANDS
from simulator.chip.proximity import PROXIMITY_COMMANDS
from simulator.chip.status import Status
from tests.simulator.chip.cards import backup, card, purse, records, standard, transaction_mac
from tests.simulator.chip.host import PICC, Host, Mode, number

LENGTH_MAX = 70
# A body of a right length; where several lengths are right, all of them. Files: 1 to 5 below.
ZERO_RIGHTS = b"\xee\xee"
PICC_LEVEL = {0x5C, 0x6A, 0xCA, 0xFC}
ENCRYPTED = {0x54: 0, 0x5C: 1, 0xC4: 1, 0xC6: 2, 0xCE: 5}
BODIES: dict[int, tuple[bytes, set[int]]] = {
    0x45: (b"", {0}),
    0x51: (b"", {0}),
    0x54: (b"\x0f", {1}),
    0x55: (b"\x01", {1}),
    0x56: (b"\x01\x02", {2}),
    0x57: (b"\x01\x02", {2}),
    0x5C: (b"\x00\x00", {2}),
    0x5F: (b"\x01\x00" + ZERO_RIGHTS, {4}),
    0x60: (b"", {0, 1}),
    0x61: (b"", {0}),
    0x64: (b"\x00", {1}),
    0x6A: (b"", {0}),
    0x6C: (b"\x03", {1}),
    0x6E: (b"", {0}),
    0x6F: (b"", {0}),
    0xA7: (b"", {0}),
    0xC0: (b"\x09\x00" + ZERO_RIGHTS + number(1) + number(2), {10}),
    0xC1: (b"\x09\x00" + ZERO_RIGHTS + number(1) + number(2), {10}),
    0xC4: (b"\x01" + bytes(21), {22}),
    0xC6: (b"\x00\x01" + bytes(21), {23}),
    0xC7: (b"", {0, 1}),
    0xC8: (bytes(16), {16}),
    0xCA: (b"\x01\x02\x03\x0f\x81", {5, *range(7, 24)}),
    0xCB: (b"\x09\x00" + ZERO_RIGHTS + number(1), {7}),
    0xCC: (b"\x09\x00" + ZERO_RIGHTS + bytes(13), {17}),
    0xCD: (b"\x09\x00" + ZERO_RIGHTS + number(1), {7}),
    0xCE: (b"\x09\x00\xef\xff\x02" + bytes(17), {22}),
    0xDA: (b"\x01\x02\x03", {3}),
    0xDF: (b"\x01", {1}),
    0xEB: (b"\x04", {1}),
    0xF5: (b"\x01", {1}),
    0xFC: (b"", {0}),
    **{ins: (b"\x03" + number(1, 4), {5}) for ins in (0x0C, 0xDC, 0x1C)},
    **{ins: (b"\x01" + number(0) + number(3), {7}) for ins in (0xBD, 0xAD)},
    **{ins: (b"\x04" + number(0) + number(1), {7}) for ins in (0xBB, 0xAB)},
    **{ins: (b"\x01" + number(0) + number(3) + b"abc", {10}) for ins in (0x3D, 0x8D)},
    **{ins: (b"\x04" + number(0) + number(3) + b"abc", {10}) for ins in (0x3B, 0x8B)},
    **{ins: (b"\x04" + number(0) * 2 + number(3) + b"abc", {13}) for ins in (0xDB, 0xBA)},
}
# What may come in several frames waits for the rest of its data.
WAITING = {0x3D: 7, 0x3B: 7, 0xDB: 10}
PLAIN = {0x5F, 0x6C, 0x0C, 0xDC, 0x1C, *WAITING, 0x8D, 0x8B, 0xBA, 0xBD, 0xAD, 0xBB, 0xAB}


def _host(ins: int, session: str | None) -> Host:
    files = {
        1: standard(),
        2: backup(),
        3: purse(limited_credit=5),
        4: records("plain", 0xEEEE, b"aaaa"),
        5: transaction_mac(0xEFE0),
    }
    host = card(files)
    if ins in PICC_LEVEL:
        assert host.select(PICC) == 0
    if session:
        assert getattr(host, session)() == 0
    return host


def _send(host: Host, ins: int, body: bytes) -> int:
    mode: Mode = "plain" if ins in PLAIN else "management"
    if ins == 0xC8:
        mode = "mac"
    if ins in ENCRYPTED:
        mode = "full"
    header = ENCRYPTED.get(ins, len(body))
    return host.send(ins, host.session.seal(ins, body[:header], body[header:], mode))[0]


def test_the_table_is_whole() -> None:
    assert set(BODIES) == set(COMMANDS)


@pytest.mark.parametrize("session", [None, "ev2", "aes"])
@pytest.mark.parametrize("ins", BODIES, ids=lambda ins: f"{ins:02X}")
def test_every_wrong_length(ins: int, session: str | None) -> None:
    whole, right = BODIES[ins]
    for length in range(LENGTH_MAX):
        if length in right:
            continue
        body = (whole + bytes(LENGTH_MAX))[:length]
        host = _host(ins, session)
        before = host.chip.memory
        status = _send(host, ins, body)
        if session == "aes" and ins in {0x54, 0x5C, 0xCE} and length < max(right):
            # EV1 tells no length, and the CRC of what is too short confirms what is long enough.
            assert status in set(Status)
            continue
        expected = {0x7E}
        if length >= WAITING.get(ins, LENGTH_MAX) and length < max(right):
            expected = {0xAF}
        elif session is None and ins in ENCRYPTED:
            expected = {0xAE, 0x7E}
        elif session == "aes" and ins in {0xC4, 0xC6}:
            # In EV1 a key's tail that is too long is a wrong padding.
            expected = {0x7E, 0x1E}
        assert status in expected, length
        if ins != 0x3D or status != 0xAF:  # a plain write keeps each of its frames
            assert host.chip.memory is before


@pytest.mark.parametrize("ins", [*AUTHENTICATIONS, *PROXIMITY_COMMANDS, SELECT_APPLICATION])
def test_every_wrong_length_of_what_has_no_messaging(ins: int) -> None:
    right = {0x71: range(2, 3), SELECT_APPLICATION: (3, 6), 0xF0: range(1), 0xF2: range(2, 3)}
    lengths = {0xFD: range(8, 9)}.get(ins, right.get(ins, range(1, 2)))
    for length in range(LENGTH_MAX):
        if length in lengths:
            continue
        host = card()
        assert host.ev2() == 0
        if ins in {0xF2, 0xFD}:
            assert host.send(0xF0)[0] == 0x90
        body = (b"\x00" if ins != 0xF2 else b"\x01") + bytes(LENGTH_MAX)
        assert host.send(ins, body[:length])[0] == 0x7E
    assert host.select(PICC) == 0
    assert host.send(GET_DF_NAMES, b"\x00")[0] == 0x7E


# The ISO 7816 commands: what a right one is, and which lengths of data and which Le it may have.
ISO: dict[int, tuple[bytes, set[int], set[int | None]]] = {
    0xA4: (b"\x00\x00", {0, 2}, {None, *range(256)}),
    0xB0: (b"\x81\x00", {0}, {0, *range(1, 201)}),
    0xB2: (b"\x01\x24", {0}, {0, 4}),
    0xE2: (b"\x00\x20", {1, 2, 3, 4}, {None}),
    0xD6: (b"\x81\x00", set(range(1, 201)), {None, *range(256)}),
    0x82: (b"\x00\x80", {32}, {None, *range(256)}),
    0x84: (b"\x00\x00", {0}, {8, 16}),
    0x88: (b"\x00\x80", {16}, {0, 32}),
}


def test_the_table_of_iso_commands_is_whole() -> None:
    assert set(ISO) == set(ISO_COMMANDS)


@pytest.mark.parametrize("ins", ISO, ids=lambda ins: f"{ins:02X}")
def test_every_wrong_length_of_an_iso_command(ins: int) -> None:
    where, lengths, expected = ISO[ins]
    for length in range(0, 256, 1 if ins != 0xD6 else 5):
        for le in (None, 0, 1, 4, 8, 16, 32, 201, 255):
            if length in lengths and le in expected:
                continue
            host = card({1: standard(), 4: records("plain", 0xEEEE, b"aaaa")})
            if ins in {0x82, 0x88}:
                challenge = host.chip.transmit(bytes.fromhex("0084000010"))[:-2]
            if ins == 0x88:
                proof = AES.new(bytes(16), AES.MODE_CBC, bytes(16)).encrypt(bytes(16) + challenge)
                sent = bytes.fromhex("0082008020") + proof
                assert host.chip.transmit(sent) == b"\x90\x00"
            data = bytes((length,)) + bytes(length) if length else b""
            command = bytes((0, ins)) + where + data + (b"" if le is None else bytes((le,)))
            before = host.chip.memory
            answer = host.chip.transmit(command)
            # An id or a name of another length is of nothing here.
            assert answer == (b"\x6a\x82" if ins == 0xA4 else b"\x67\x00"), (length, le)
            assert host.chip.memory is before
