"""A whole host for the chip's tests: every kind of session, every mode, frames both ways.

Written from the facts with third-party ciphers; it shares no code with the chip, nor with the
terminal. It checks every MAC, CRC and padding that the chip sends.
"""

import binascii
import os
from collections.abc import Callable
from typing import Any, Literal

from Crypto.Cipher import AES, DES, DES3
from Crypto.Hash import CMAC

from simulator.chip.chip import Chip

Mode = Literal["management", "plain", "mac", "full"]
AID = bytes.fromhex("F59250")
PICC = bytes(3)
ZERO = bytes(16)
FRAME_MAX = 59
FRAMED = {0x3D, 0x3B, 0xDB}
WRITES = FRAMED | {0x8D, 0x8B, 0xBA, 0x0C, 0xDC, 0x1C, 0xC8}
READS = {0xBD, 0xAD, 0xBB, 0xAB, 0x6C, 0x51}
OPEN_ENDED = {0xBD, 0xAD, 0xBB, 0xAB}

Answer = tuple[int, bytes]


def rol(block: bytes) -> bytes:
    return block[1:] + block[:1]


def xored(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def crc32(message: bytes) -> bytes:
    return (binascii.crc32(message) ^ 0xFFFFFFFF).to_bytes(4, "little")


def crc16(message: bytes) -> bytes:
    # CRC_A: CCITT, reflected, from 6363.
    crc = 0x6363
    for octet in message:
        mixed = octet ^ crc & 0xFF
        mixed = (mixed ^ mixed << 4) & 0xFF
        crc = crc >> 8 ^ mixed << 8 ^ mixed << 3 ^ mixed >> 4
    return crc.to_bytes(2, "little")


def padded(message: bytes, block: int, mark: bytes = b"") -> bytes:
    message += mark
    return message + bytes(-len(message) % block)


def number(value: int, length: int = 3) -> bytes:
    return value.to_bytes(length, "little", signed=value < 0)


def cipher_of(key: bytes, iv: bytes, *, aes: bool) -> Any:
    if aes:
        return AES.new(key, AES.MODE_CBC, iv)
    if len(key) == 8 or key[:8] == key[8:] or len(set(key)) == 1:
        return DES.new(key[:8], DES.MODE_CBC, iv)
    return DES3.new(key, DES3.MODE_CBC, iv)


class Session:
    """A session as the host keeps it; this one is none."""

    def seal(self, _ins: int, header: bytes, plain: bytes, _mode: Mode, /) -> bytes:
        return header + plain

    def opened(self, _ins: int, answer: bytes, _mode: Mode, _length: int | None, /) -> bytes:
        return answer


class NoSession(Session):
    """No session."""


class Ev2(Session):
    def __init__(self, key: bytes, rnd_a: bytes, rnd_b: bytes, ti: bytes, counter: int) -> None:
        context = rnd_a[:2] + xored(rnd_a[2:8], rnd_b[:6]) + rnd_b[6:] + rnd_a[8:]
        self.enc = CMAC.new(key, bytes.fromhex("A55A00010080") + context, AES).digest()
        self.mac_key = CMAC.new(key, bytes.fromhex("5AA500010080") + context, AES).digest()
        self.ti, self.counter = ti, counter

    def _mac(self, first: int, body: bytes) -> bytes:
        message = bytes((first,)) + number(self.counter, 2) + self.ti + body
        return CMAC.new(self.mac_key, message, AES).digest()[1::2]

    def _cipher(self, label: str) -> Any:
        block = bytes.fromhex(label) + self.ti + number(self.counter, 2) + bytes(8)
        return AES.new(self.enc, AES.MODE_CBC, AES.new(self.enc, AES.MODE_ECB).encrypt(block))

    def seal(self, ins: int, header: bytes, plain: bytes, mode: Mode, /) -> bytes:
        if mode == "full" and plain and ins not in READS:
            plain = self._cipher("A55A").encrypt(padded(plain, 16, b"\x80"))
        mac = b"" if mode == "plain" else self._mac(ins, header + plain)
        return header + plain + mac

    def opened(self, ins: int, answer: bytes, mode: Mode, length: int | None, /) -> bytes:
        del length
        self.counter += 1
        if mode == "plain":
            return answer
        answer, mac = answer[:-8], answer[-8:]
        assert mac == self._mac(0, answer)
        if mode == "full" and ins in READS:
            answer = self._cipher("5AA5").decrypt(answer)
            answer, _, rest = answer.rpartition(b"\x80")
            assert not any(rest)
        return answer


class Ev1(Session):
    def __init__(self, key: bytes, *, aes: bool) -> None:
        self.key, self.aes = key, aes
        self.block = 16 if aes else 8
        self.iv = bytes(self.block)

    def _cipher(self) -> Any:
        return cipher_of(self.key, self.iv, aes=self.aes)

    def _cmac(self, message: bytes) -> bytes:
        # CMAC by hand: pycryptodome's has no running IV.
        zero = cipher_of(self.key, bytes(self.block), aes=self.aes).encrypt(bytes(self.block))
        subkey, bits, constant = zero, 8 * self.block, 0x87 if self.aes else 0x1B
        whole = bool(message) and len(message) % self.block == 0
        for _ in range(1 if whole else 2):
            shifted = int.from_bytes(subkey, "big") << 1
            shifted = (shifted ^ constant if shifted >> bits else shifted) & ((1 << bits) - 1)
            subkey = shifted.to_bytes(self.block, "big")
        message = message if whole else padded(message, self.block, b"\x80")
        message = message[: -self.block] + xored(message[-self.block :], subkey)
        self.iv = self._cipher().encrypt(message)[-self.block :]
        return self.iv[:8]

    def seal(self, ins: int, header: bytes, plain: bytes, mode: Mode, /) -> bytes:
        if mode != "full" or ins in READS:
            mac = self._cmac(bytes((ins,)) + header + plain)
            return header + plain + (mac if mode == "mac" and ins in WRITES else b"")
        if ins != 0xC4:
            plain += crc32(bytes((ins,)) + header + plain)
        sealed: bytes = self._cipher().encrypt(padded(plain, self.block))
        self.iv = sealed[-self.block :]
        return header + sealed

    def opened(self, ins: int, answer: bytes, mode: Mode, length: int | None, /) -> bytes:
        if mode == "full" and ins in READS:
            plain = self._cipher().decrypt(answer)
            self.iv = answer[-self.block :]
            if length is None:
                plain, _, rest = plain.rpartition(b"\x80")
                assert not any(rest)
                length = len(plain) - 4
            answer = plain[:length]
            assert plain[length : length + 4] == crc32(answer + b"\x00")
            assert not any(plain[length + 4 :])
            return answer
        answer, mac = answer[:-8], answer[-8:]
        assert mac == self._cmac(answer + b"\x00")
        return answer


class Legacy(Session):
    def __init__(self, key: bytes) -> None:
        self.key = key

    def _encipher(self, message: bytes) -> bytes:
        enciphered: bytes = cipher_of(self.key, bytes(8), aes=False).encrypt(message)
        return enciphered

    def _mac(self, message: bytes) -> bytes:
        return self._encipher(padded(message, 8))[-8:-4]

    def seal(self, ins: int, header: bytes, plain: bytes, mode: Mode, /) -> bytes:
        if mode == "full" and ins not in READS:
            return header + deciphered(self.key, padded(plain + crc16(plain) * (ins != 0xC4), 8))
        return header + plain + (self._mac(plain) if mode == "mac" and ins in WRITES else b"")

    def opened(self, ins: int, answer: bytes, mode: Mode, length: int | None, /) -> bytes:
        if ins not in READS or mode == "plain":
            return answer
        if mode == "mac":
            assert answer[-4:] == self._mac(answer[:-4])
            return answer[:-4]
        plain: bytes = cipher_of(self.key, bytes(8), aes=False).decrypt(answer)
        if length is None:
            plain = plain.rpartition(b"\x80")[0]
            length = len(plain) - 2
        assert plain[length : length + 2] == crc16(plain[:length])
        return plain[:length]


def deciphered(key: bytes, message: bytes) -> bytes:
    """Decipher in CBC send mode, as a reader of the first DESFire does all it sends."""
    sent, chain = b"", bytes(8)
    for at in range(0, len(message), 8):
        mixed = xored(message[at : at + 8], chain)
        chain = cipher_of(key, bytes(8), aes=False).decrypt(mixed)
        sent += chain
    return sent


class Host:
    """Sends commands to a powered chip, in whatever session is open."""

    def __init__(self, chip: Chip) -> None:
        self.chip = chip
        self.session: Session = NoSession()
        self.number: int | None = None
        chip.power_on()

    def send(self, ins: int, body: bytes = b"") -> Answer:
        """Send one frame as it is."""
        length = bytes((len(body),)) if body else b""
        answer = self.chip.transmit(bytes((0x90, ins, 0, 0)) + length + body + b"\x00")
        assert answer[-2:-1] == b"\x91"
        return answer[-1], answer[:-2]

    def carry(self, ins: int, body: bytes = b"") -> Answer:
        """Send a command in frames where it takes frames, fetch all of its answer."""
        cut = FRAME_MAX if ins in FRAMED else 255
        parts = [body[at : at + cut] for at in range(0, len(body), cut)] or [b""]
        status, answer = self.send(ins, parts[0])
        for part in parts[1:]:
            if status != 0xAF:
                return status, answer
            assert answer == b""
            status, answer = self.send(0xAF, part)
        while status == 0xAF:
            status, part = self.send(0xAF)
            answer += part
        return status, answer

    def ask(
        self, ins: int, header: bytes = b"", data: bytes = b"", mode: Mode = "management"
    ) -> Answer:
        """Send a command in the session; any error ends the session on both sides."""
        status, answer = self.carry(ins, self.session.seal(ins, header, data, mode))
        if status != 0:
            self.leave()
            return status, answer
        open_ended = ins in OPEN_ENDED and header[4:7] == bytes(3)
        length = self._expected(ins, header)
        return 0, self.session.opened(ins, answer, mode, None if open_ended else length)

    def _expected(self, ins: int, header: bytes) -> int | None:
        if ins in {0xBD, 0xAD}:
            return int.from_bytes(header[4:7], "little")
        return {0x6C: 4, 0x51: 7, 0xBB: self.records_length, 0xAB: self.records_length}.get(ins)

    # What a reader expects of ReadRecords it knows from the file's settings.
    records_length: int | None = None

    def leave(self) -> None:
        """Know that the session is gone."""
        self.session, self.number = NoSession(), None

    def select(self, aid: bytes = AID) -> int:
        self.leave()
        return self.send(0x5A, aid)[0]

    def reset(self) -> None:
        self.leave()
        self.chip.reset()

    def ev2(self, key_number: int = 0, key: bytes = ZERO) -> int:
        def finish(rnd_a: bytes, rnd_b: bytes, proof: bytes) -> Session:
            plain = AES.new(key, AES.MODE_CBC, ZERO).decrypt(proof)
            assert plain[4:20] == rol(rnd_a)
            return Ev2(key, rnd_a, rnd_b, plain[:4], 0)

        return self._shake(0x71, bytes((key_number, 0)), key, finish, chained=False)

    def non_first(self, key_number: int = 0, key: bytes = ZERO) -> int:
        before = self.session

        def finish(rnd_a: bytes, rnd_b: bytes, proof: bytes) -> Session:
            assert AES.new(key, AES.MODE_CBC, ZERO).decrypt(proof) == rol(rnd_a)
            assert isinstance(before, Ev2)
            return Ev2(key, rnd_a, rnd_b, before.ti, before.counter)

        return self._shake(0x77, bytes((key_number,)), key, finish, chained=False)

    def aes(self, key_number: int = 0, key: bytes = ZERO) -> int:
        def finish(rnd_a: bytes, rnd_b: bytes, _proof: bytes) -> Session:
            mixed = rnd_a[:4] + rnd_b[:4] + rnd_a[12:] + rnd_b[12:]
            return Ev1(mixed, aes=True)

        return self._shake(0xAA, bytes((key_number,)), key, finish, chained=True)

    def iso(self, key_number: int = 0, key: bytes = ZERO) -> int:
        def finish(rnd_a: bytes, rnd_b: bytes, _proof: bytes) -> Session:
            return Ev1(des_session_key(key, rnd_a, rnd_b), aes=False)

        return self._shake(0x1A, bytes((key_number,)), key, finish, chained=True)

    def _shake(
        self,
        ins: int,
        body: bytes,
        key: bytes,
        finish: Callable[[bytes, bytes, bytes], Session],
        *,
        chained: bool,
    ) -> int:
        aes = ins != 0x1A
        zero = bytes(16 if aes else 8)
        self.leave()
        status, challenge = self.send(ins, body)
        if status != 0xAF:
            return status
        rnd_b = cipher_of(key, zero, aes=aes).decrypt(challenge)
        rnd_a = os.urandom(len(rnd_b))
        iv = challenge[-len(zero) :] if chained else zero
        sealed = cipher_of(key, iv, aes=aes).encrypt(rnd_a + rol(rnd_b))
        status, proof = self.send(0xAF, sealed)
        if status == 0:
            if chained:
                opened = cipher_of(key, sealed[-len(zero) :], aes=aes).decrypt(proof)
                assert opened == rol(rnd_a)
            self.session, self.number = finish(rnd_a, rnd_b, proof), body[0]
        return status

    def legacy(self, key_number: int = 0, key: bytes = ZERO) -> int:
        self.leave()
        status, challenge = self.send(0x0A, bytes((key_number,)))
        if status != 0xAF:
            return status
        rnd_b = cipher_of(key, bytes(8), aes=False).decrypt(challenge)
        rnd_a = os.urandom(8)
        status, proof = self.send(0xAF, deciphered(key, rnd_a + rol(rnd_b)))
        if status == 0:
            assert cipher_of(key, bytes(8), aes=False).decrypt(proof) == rol(rnd_a)
            self.session = Legacy(des_session_key(key, rnd_a, rnd_b))
            self.number = key_number
        return status


def des_session_key(key: bytes, rnd_a: bytes, rnd_b: bytes) -> bytes:
    bare = bytes(octet & 0xFE for octet in key)
    if len(key) == 24:
        return b"".join(rnd_a[at : at + 4] + rnd_b[at : at + 4] for at in (0, 6, 12))
    if bare[:8] == bare[8:16]:
        return rnd_a[:4] + rnd_b[:4]
    return rnd_a[:4] + rnd_b[:4] + rnd_a[4:8] + rnd_b[4:8]
