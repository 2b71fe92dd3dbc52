"""GET CHALLENGE, EXTERNAL and INTERNAL AUTHENTICATE, by a host of its own; then native commands."""

import os

import pytest

from simulator.chip.keys import Key, des_key
from tests.simulator.chip.cards import card, key, standard
from tests.simulator.chip.host import PICC, Ev1, Host, cipher_of, number

OK = b"\x90\x00"
DES_KEYS = tuple(des_key(bytes(range(at, at + 16))) for at in (0, 40, 80))
SINGLE_KEYS = tuple(des_key(bytes(range(at, at + 8)) * 2) for at in (0, 40, 80))
THREE_KEYS = tuple(des_key(bytes(range(at, at + 24))) for at in (0, 40, 80))
KINDS: dict[str, tuple[tuple[Key, ...] | None, int, int]] = {
    "aes": (None, 0x09, 16),
    "two": (DES_KEYS, 0x02, 8),
    "single": (SINGLE_KEYS, 0x02, 8),
    "three": (THREE_KEYS, 0x04, 16),
}


def _iso(host: Host, ins: int, p1: int, p2: int, data: bytes = b"", le: int | None = None) -> bytes:
    body = bytes((len(data),)) + data if data else b""
    tail = b"" if le is None else bytes((le,))
    return host.chip.transmit(bytes((0, ins, p1, p2)) + body + tail)


def _sealed(material: bytes, plain: bytes, *, aes: bool) -> bytes:
    sealed: bytes = cipher_of(material, bytes(16 if aes else 8), aes=aes).encrypt(plain)
    return sealed


def _session_key(kind: str, rnd_a: bytes, rnd_b: bytes) -> bytes:
    start = rnd_a[:4] + rnd_b[:4]
    match kind:
        case "aes":
            return start + rnd_a[12:16] + rnd_b[12:16]
        case "two":
            return start + rnd_a[4:8] + rnd_b[4:8]
        case "three":
            return start + rnd_a[6:10] + rnd_b[6:10] + rnd_a[12:16] + rnd_b[12:16]
        case _:
            return start


def _material(kind: str, at: int) -> bytes:
    keys = KINDS[kind][0]
    return keys[at].material if keys else key(at)


def _opened(kind: str, at: int, algorithm: int, reference: int) -> Host:
    """Open a session in three steps, checking what the card proves."""
    keys, _, length = KINDS[kind]
    host = card({1: standard("full", 0x1111)}, keys=keys)
    aes, material = kind == "aes", _material(kind, at)
    challenge = _iso(host, 0x84, 0, 0, le=length)
    assert (len(challenge), challenge[-2:]) == (length + 2, OK)
    rnd_a, question = os.urandom(length), os.urandom(length)
    proof = _sealed(material, rnd_a + challenge[:-2], aes=aes)
    assert _iso(host, 0x82, algorithm, reference, proof) == OK
    answer = _iso(host, 0x88, algorithm, reference, question, 2 * length)
    assert answer[-2:] == OK
    plain = cipher_of(material, bytes(16 if aes else 8), aes=aes).decrypt(answer[:-2])
    assert plain[length:] == question
    host.session = Ev1(_session_key(kind, rnd_a, plain[:length]), aes=aes)
    return host


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_the_session_is_that_of_the_native_authentications(kind: str, *, named: bool) -> None:
    host = _opened(kind, 1, KINDS[kind][1] if named else 0, 0x81)
    header = b"\x01" + number(0) + number(20)
    assert host.ask(0x3D, header, bytes(range(20)), "full") == (0, b"")
    assert host.ask(0xBD, header, mode="full") == (0, bytes(range(20)))
    assert host.ask(0x5F, b"\x01", b"\x03\x11\x11", "full") == (0, b"")


def test_the_cards_own_key_is_referred_to_without_bit_7() -> None:
    host = card()
    assert host.select(PICC) == 0
    challenge = _iso(host, 0x84, 0, 0, le=16)[:-2]
    proof = _sealed(bytes(16), bytes(16) + challenge, aes=True)
    assert _iso(host, 0x82, 0x09, 0x00, proof) == OK
    assert _iso(host, 0x88, 0x09, 0x00, bytes(16), 0)[-2:] == OK
    assert host.chip._state.has_master


@pytest.mark.parametrize(
    ("algorithm", "reference", "answer"),
    [
        (0x02, 0x81, "6A86"),
        (0x04, 0x81, "6A86"),
        (0x01, 0x81, "6A86"),
        (0x09, 0x01, "6A86"),  # the level of the card is not selected
        (0x09, 0xA1, "6A86"),
        (0x09, 0x85, "6A88"),
        (0x09, 0x82, "6982"),  # another key
    ],
)
def test_an_external_authentication_that_is_refused(
    algorithm: int, reference: int, answer: str
) -> None:
    host = card()
    challenge = _iso(host, 0x84, 0, 0, le=16)[:-2]
    proof = _sealed(key(1), bytes(16) + challenge, aes=True)
    assert _iso(host, 0x82, algorithm, reference, proof).hex().upper() == answer
    # The challenge is used up.
    assert _iso(host, 0x82, 0x09, 0x81, proof).hex() == "6985"
    assert _iso(host, 0x88, 0x09, 0x81, bytes(16), 0).hex() == "6985"


def test_a_challenge_of_another_keys_length() -> None:
    host = card()
    _iso(host, 0x84, 0, 0, le=8)
    assert _iso(host, 0x82, 0x09, 0x81, bytes(32)).hex() == "6985"


@pytest.mark.parametrize("between", ["60", "9060000000", "00A4000000", "00B0810000"])
@pytest.mark.parametrize("steps", [1, 2])
def test_any_other_command_between_the_steps_ends_them(between: str, steps: int) -> None:
    host = card()
    challenge = _iso(host, 0x84, 0, 0, le=16)[:-2]
    proof = _sealed(key(1), bytes(16) + challenge, aes=True)
    if steps == 2:
        assert _iso(host, 0x82, 0x09, 0x81, proof) == OK
    host.chip.transmit(bytes.fromhex(between))
    if between.startswith("00A4"):
        host.select()
    if steps == 1:
        assert _iso(host, 0x82, 0x09, 0x81, proof).hex() == "6985"
    else:
        assert _iso(host, 0x88, 0x09, 0x81, bytes(16), 0).hex() == "6985"


def test_the_last_step_is_for_the_same_key() -> None:
    host = card()
    challenge = _iso(host, 0x84, 0, 0, le=16)[:-2]
    proof = _sealed(key(1), bytes(16) + challenge, aes=True)
    assert _iso(host, 0x82, 0x09, 0x81, proof) == OK
    assert _iso(host, 0x88, 0x09, 0x82, bytes(16), 0).hex() == "6a86"
    assert host.chip._state.session is None


def test_power_ends_the_steps() -> None:
    host = card()
    challenge = _iso(host, 0x84, 0, 0, le=16)[:-2]
    host.reset()
    assert host.select() == 0
    proof = _sealed(key(1), bytes(16) + challenge, aes=True)
    assert _iso(host, 0x82, 0x09, 0x81, proof).hex() == "6985"


def test_messaging_that_was_switched_off_is_not_reached_this_way() -> None:
    host = card()
    assert host.select(PICC) == 0
    assert host.ev2() == 0
    assert host.ask(0x5C, b"\x04", b"\x00\x02", "full") == (0, b"")
    assert host.select() == 0
    challenge = _iso(host, 0x84, 0, 0, le=16)[:-2]
    proof = _sealed(key(1), bytes(16) + challenge, aes=True)
    assert _iso(host, 0x82, 0x09, 0x81, proof).hex() == "6982"
