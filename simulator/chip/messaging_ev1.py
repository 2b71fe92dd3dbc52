"""EV1 secure messaging, the chip's half: one IV runs through every command and answer.

Serves sessions of AuthenticateAES (16-byte blocks) and AuthenticateISO (8-byte blocks).
"""

from dataclasses import dataclass

from simulator.chip.crypto import BlockCipher, cmac, is_padding, jamcrc, pad_80, pad_zero
from simulator.chip.keys import Key, KeyKind
from simulator.chip.modes import Mode
from simulator.chip.status import RefusalError, Status, require

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
        self, ins: int, body: bytes, *, mode: Mode, header_length: int, length: int | None = None
    ) -> bytes:
        """Return the command's plain body; `length` is that of the data, where it is announced.

        A key change comes back with its CRCs and padding.
        """
        header, encrypted = body[:header_length], body[header_length:]
        if not mode.encrypts_command:
            return self._open_mac(ins, body, sent=mode is Mode.WRITE_MAC)
        require(encrypted != b"", Status.LENGTH_ERROR)
        require(len(encrypted) % self.cipher.block == 0, Status.LENGTH_ERROR)
        plain = self.cipher.decrypt(encrypted, self.iv)
        self.iv = encrypted[-self.cipher.block :]
        if mode is Mode.KEY_CHANGE:
            return header + plain
        covered = bytes((ins,)) + header
        if length is None:
            return header + _checked(covered, plain, self.cipher.block)
        crc = jamcrc(covered + plain[:length])
        padded = pad_zero(plain[:length] + crc, self.cipher.block)
        require(plain == padded, Status.INTEGRITY_ERROR)
        return header + plain[:length]

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


def _checked(covered: bytes, plain: bytes, block: int) -> bytes:
    """Return the data before CRC and zeros.

    The length is not on the wire. A CRC absorbs itself to zero, so every longer reading would fit
    as well: the shortest one that fits is meant. Public libraries pad an ATS with 80 00… instead.
    """
    for end in range(max(len(plain) - CRC_LENGTH - block, 0), len(plain) - CRC_LENGTH + 1):
        message, crc, rest = plain[:end], plain[end : end + CRC_LENGTH], plain[end + CRC_LENGTH :]
        if is_padding(rest) and jamcrc(covered + message) == crc:
            return message
    raise RefusalError(Status.INTEGRITY_ERROR)


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
