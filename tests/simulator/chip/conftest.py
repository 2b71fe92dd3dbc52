"""A reader's side of the protocol, for the chip's tests: third-party ciphers, nothing of ours.

It shares no code with the chip nor with the terminal; the published vectors judge all three.
"""

import json
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from Crypto.Cipher import AES, DES
from Crypto.Hash import CMAC

from simulator.chip.chip import Chip

UID = bytes.fromhex("04112233445566")
AID = bytes.fromhex("F59250")
ZERO = bytes(16)


def aes_mac(key: bytes, message: bytes) -> bytes:
    """Return a whole CMAC."""
    return CMAC.new(key, ciphermod=AES).update(message).digest()


def crc(message: bytes) -> bytes:
    """Return DESFire's CRC32, little endian."""
    return (zlib.crc32(message) ^ 0xFFFFFFFF).to_bytes(4, "little")


def rol(block: bytes) -> bytes:
    """Rotate left by one byte."""
    return block[1:] + block[:1]


class Reader:
    """Sends wrapped commands to a powered chip and keeps the session's state."""

    def __init__(self, chip: Chip) -> None:
        self.chip = chip
        self.enc = self.mac_key = self.ti = b""
        self.counter = 0
        self.des: bytes = b""
        self.des_iv = bytes(8)
        chip.power_on()

    def send(self, ins: int, body: bytes = b"") -> tuple[int, bytes]:
        """Send one frame; return status and data."""
        length = bytes((len(body),)) if body else b""
        answer = self.chip.transmit(bytes((0x90, ins, 0, 0)) + length + body + b"\x00")
        assert answer[-2:-1] == b"\x91"
        return answer[-1], answer[:-2]

    def ask(self, ins: int, body: bytes = b"") -> tuple[int, bytes]:
        """Send a command and fetch every part of its answer."""
        status, answer = self.send(ins, body)
        while status == 0xAF:
            status, part = self.send(0xAF)
            answer += part
        return status, answer

    def select(self, aid: bytes = AID) -> int:
        """Select an application; return the status."""
        return self.send(0x5A, aid)[0]

    def aes(self, number: int, key: bytes = ZERO) -> int:
        """AuthenticateAES; an EV1 session that this reader does not go on with."""
        status, challenge = self.send(0xAA, bytes((number,)))
        if status != 0xAF:
            return status
        rnd_b, rnd_a = AES.new(key, AES.MODE_CBC, ZERO).decrypt(challenge), os.urandom(16)
        answer = AES.new(key, AES.MODE_CBC, challenge).encrypt(rnd_a + rol(rnd_b))
        status, proof = self.send(0xAF, answer)
        if status == 0:
            assert AES.new(key, AES.MODE_CBC, answer[-16:]).decrypt(proof) == rol(rnd_a)
        return status

    def iso(self, number: int = 0) -> int:
        """AuthenticateISO with the zero DES key."""
        status, challenge = self.send(0x1A, bytes((number,)))
        if status != 0xAF:
            return status
        rnd_b, rnd_a = DES.new(bytes(8), DES.MODE_CBC, bytes(8)).decrypt(challenge), os.urandom(8)
        answer = DES.new(bytes(8), DES.MODE_CBC, challenge).encrypt(rnd_a + rol(rnd_b))
        status, proof = self.send(0xAF, answer)
        if status == 0:
            assert DES.new(bytes(8), DES.MODE_CBC, answer[-8:]).decrypt(proof) == rol(rnd_a)
        self.des, self.des_iv = rnd_a[:4] + rnd_b[:4], bytes(8)
        return status

    def iso_full(self, ins: int, header: bytes, plain: bytes) -> tuple[int, bytes]:
        """Send a command encrypted under the DES session; `plain` has its CRC already."""
        padded = plain + bytes(-len(plain) % 8)
        sealed = DES.new(self.des, DES.MODE_CBC, self.des_iv).encrypt(padded)
        return self.send(ins, header + sealed)

    def ev2(self, number: int, key: bytes = ZERO, *, first: bool = True) -> int:
        """AuthenticateEV2First or NonFirst; check the card's proof."""
        body = bytes((number,)) + (b"\x00" if first else b"")
        status, challenge = self.send(0x71 if first else 0x77, body)
        if status != 0xAF:
            return status
        rnd_b, rnd_a = AES.new(key, AES.MODE_CBC, ZERO).decrypt(challenge), os.urandom(16)
        sealed = AES.new(key, AES.MODE_CBC, ZERO).encrypt(rnd_a + rol(rnd_b))
        status, proof = self.send(0xAF, sealed)
        if status != 0:
            return status
        plain = AES.new(key, AES.MODE_CBC, ZERO).decrypt(proof)
        if first:
            self.ti, self.counter = plain[:4], 0
        assert plain[4 * first :][:16] == rol(rnd_a)
        assert len(plain) == (32 if first else 16)
        mixed = bytes(a ^ b for a, b in zip(rnd_a[2:8], rnd_b[:6], strict=True))
        context = rnd_a[:2] + mixed + rnd_b[6:] + rnd_a[8:]
        self.enc = aes_mac(key, bytes.fromhex("A55A00010080") + context)
        self.mac_key = aes_mac(key, bytes.fromhex("5AA500010080") + context)
        return 0

    def macced(self, ins: int, body: bytes = b"") -> tuple[int, bytes]:
        """Send a command with its MAC; check and take off the answer's."""
        status, answer = self.ask(ins, body + self._mac(ins, body))
        self.counter += 1
        return (status, self._checked(answer)) if status == 0 and answer else (status, answer)

    def full(self, ins: int, header: bytes, plain: bytes) -> tuple[int, bytes]:
        """Send an encrypted command; check and take off the answer's MAC, if it has one."""
        padded = plain + b"\x80"
        padded += bytes(-len(padded) % 16)
        sealed = AES.new(self.enc, AES.MODE_CBC, self._iv("A55A")).encrypt(padded)
        return self.macced(ins, header + sealed)

    def opened(self, answer: bytes) -> bytes:
        """Decrypt an answer whose MAC was checked; take off 80 00…."""
        plain: bytes = AES.new(self.enc, AES.MODE_CBC, self._iv("5AA5")).decrypt(answer)
        return plain.rstrip(b"\x00")[:-1]

    def change_key(self, number: int, new: bytes, old: bytes | None, version: int = 1) -> int:
        """ChangeKey; without `old` the session's own."""
        plain = new + bytes((version,))
        if old is not None:
            mixed = bytes(a ^ b for a, b in zip(new, old, strict=True))
            plain = mixed + bytes((version,)) + crc(new)
        return self.full(0xC4, bytes((number,)), plain)[0]

    def _mac(self, first: int, body: bytes) -> bytes:
        counter = self.counter.to_bytes(2, "little")
        return aes_mac(self.mac_key, bytes((first,)) + counter + self.ti + body)[1::2]

    def _iv(self, label: str) -> bytes:
        block = bytes.fromhex(label) + self.ti + self.counter.to_bytes(2, "little") + bytes(8)
        iv: bytes = AES.new(self.enc, AES.MODE_ECB).encrypt(block)
        return iv

    def _checked(self, answer: bytes) -> bytes:
        body, mac = answer[:-8], answer[-8:]
        assert mac == self._mac(0, body)
        return body


@pytest.fixture
def blank() -> Chip:
    """A card as delivered."""
    return Chip(UID, os.urandom)


@pytest.fixture
def blank_reader(blank: Chip) -> Reader:
    """A reader with a card as delivered, powered."""
    return Reader(blank)


@pytest.fixture
def new_reader() -> Callable[[Chip], Reader]:
    """Make a reader for a chip, which it powers."""
    return Reader


@pytest.fixture
def reader(blank: Chip) -> Reader:
    """A reader, on a card whose PICC key is AES zeros, with our application of 3 AES zero keys.

    The application's settings are 0F: everything free, keys changed under key 0.
    """
    made = Reader(blank)
    assert made.iso() == 0
    plain = ZERO + b"\x00"
    assert made.iso_full(0xC4, b"\x80", plain + crc(b"\xc4\x80" + plain)) == (0, b"")
    assert made.send(0xCA, AID + bytes((0x0F, 0x83))) == (0, b"")
    return made


@pytest.fixture
def scripted() -> Callable[..., Callable[[int], bytes]]:
    """Make a source of randomness that gives these hex strings in turn."""

    def make(*chunks: str) -> Callable[[int], bytes]:
        script = iter([bytes.fromhex(chunk) for chunk in chunks])

        def random(length: int) -> bytes:
            chunk = next(script)
            assert len(chunk) == length
            return chunk

        return random

    return make


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test marked with kinds of vectors every vector of them, as `vector`."""
    marker = metafunc.definition.get_closest_marker("vectors")
    if marker is None:
        return
    path = Path(__file__).parents[2] / "vectors" / "desfire.json"
    vectors: list[dict[str, Any]] = json.loads(path.read_text())["vectors"]
    chosen = [vector for vector in vectors if vector["kind"] in marker.args]
    metafunc.parametrize("vector", chosen, ids=[vector["name"] for vector in chosen])


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker."""
    config.addinivalue_line("markers", "vectors(*kinds): run with each published vector of a kind")
