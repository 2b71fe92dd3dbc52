"""EV1 secure messaging, the chip's half: one IV runs through every command and answer.

Serves sessions of AuthenticateAES (16-byte blocks) and AuthenticateISO (8-byte blocks).
"""

from dataclasses import dataclass

from simulator.chip.crypto import BlockCipher, cmac, is_padding, jamcrc, pad_80, pad_zero
from simulator.chip.keys import Key, KeyKind
from simulator.chip.modes import Fits, Mode, any_length
from simulator.chip.status import Status, require

MAC_LENGTH = 8
CRC_LENGTH = 4


@dataclass(slots=True)
class Ev1Session:
    """A session opened by AuthenticateAES or AuthenticateISO."""

    key_number: int
    cipher: BlockCipher
    iv: bytes

    def sealed_length(self, length: int, mode: Mode) -> int:
        """Return how many bytes follow the header for so many bytes of data."""
        if mode.encrypts_command:
            return len(pad_zero(bytes(length + CRC_LENGTH), self.cipher.block))
        return length + MAC_LENGTH * (mode is Mode.WRITE_MAC)

    def open_command(
        self, ins: int, body: bytes, *, mode: Mode, header_length: int, fits: Fits = any_length
    ) -> bytes:
        """Return the command's plain body. A key change comes back with its CRCs and padding."""
        header, encrypted = body[:header_length], body[header_length:]
        if not mode.encrypts_command:
            return self._open_mac(ins, body, sent=mode is Mode.WRITE_MAC)
        require(encrypted != b"", Status.LENGTH_ERROR)
        require(len(encrypted) % self.cipher.block == 0, Status.LENGTH_ERROR)
        plain = self.cipher.decrypt(encrypted, self.iv)
        self.iv = encrypted[-self.cipher.block :]
        if mode is Mode.KEY_CHANGE:
            return header + plain
        return _checked(bytes((ins,)), header, plain, self.cipher.block, fits)

    def _open_mac(self, ins: int, body: bytes, *, sent: bool) -> bytes:
        """Move the IV over the command; where a MAC is sent, check it and take it off."""
        body, mac = (body[:-MAC_LENGTH], body[-MAC_LENGTH:]) if sent else (body, b"")
        require(not sent or len(mac) == MAC_LENGTH, Status.LENGTH_ERROR)
        self.iv = cmac(self.cipher, bytes((ins,)) + body, self.iv)
        require(not sent or self.iv[:MAC_LENGTH] == mac, Status.INTEGRITY_ERROR)
        return body

    def seal_answer(self, answer: bytes, *, mode: Mode) -> bytes:
        """Return the answer of a successful command with its MAC, or encrypted with its CRC."""
        if mode.encrypts_answer and answer:
            plain = answer + jamcrc(answer + bytes((Status.OK,)))
            pad = pad_80 if mode is Mode.FULL_ANSWER_OPEN else pad_zero
            sealed = self.cipher.encrypt(pad(plain, self.cipher.block), self.iv)
            self.iv = sealed[-self.cipher.block :]
            return sealed
        self.iv = cmac(self.cipher, answer + bytes((Status.OK,)), self.iv)
        return answer + self.iv[:MAC_LENGTH]


def _checked(ins: bytes, header: bytes, plain: bytes, block: int, fits: Fits) -> bytes:
    """Return header and data, without the CRC and the padding behind them.

    The length is not on the wire, and a CRC absorbs itself to zero: a longer reading confirms its
    CRC as well, and one time in 256 a shorter one. The shortest that is of a length the command may
    have is meant. Public libraries pad an ATS with 80 00… instead of zeros.
    """
    found = [
        header + plain[:end]
        for end in range(max(len(plain) - CRC_LENGTH - block, 0), len(plain) - CRC_LENGTH + 1)
        if is_padding(plain[end + CRC_LENGTH :])
        and jamcrc(ins + header + plain[:end]) == plain[end : end + CRC_LENGTH]
    ]
    require(bool(found), Status.INTEGRITY_ERROR)
    return next(filter(fits, found), found[0])


def session_cipher(key: Key, rnd_a: bytes, rnd_b: bytes) -> BlockCipher:
    """Derive the session's cipher from both random numbers."""
    start = rnd_a[:4] + rnd_b[:4]
    if key.kind is KeyKind.AES:
        return BlockCipher(start + rnd_a[12:16] + rnd_b[12:16], key.cipher().block)
    if key.kind is KeyKind.THREE_KEY_DES:
        middle = rnd_a[6:10] + rnd_b[6:10]
        return BlockCipher(start + middle + rnd_a[12:16] + rnd_b[12:16], key.cipher().block)
    if key.is_single_des:
        return BlockCipher(start, key.cipher().block)
    return BlockCipher(start + rnd_a[4:8] + rnd_b[4:8], key.cipher().block)
