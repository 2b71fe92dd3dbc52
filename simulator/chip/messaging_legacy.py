"""Messaging after legacy Authenticate (0A), the chip's half: DES, four-byte MACs, CRC-16.

The chip only ever enciphers: what the reader sends was deciphered by it. Management commands
travel plain both ways; the MAC covers the data alone and no IV runs on.
"""

from dataclasses import dataclass

from simulator.chip.crypto import BlockCipher, crc16, is_padding, pad_80, pad_zero, xor
from simulator.chip.modes import Fits, Mode, any_length
from simulator.chip.status import Status, require

MAC_LENGTH = 4
CRC_LENGTH = 2


@dataclass(slots=True)
class LegacySession:
    """A session opened by Authenticate (0A)."""

    key_number: int
    cipher: BlockCipher

    def sealed_length(self, length: int, mode: Mode) -> int:
        """Return how many bytes follow the header for so many bytes of data."""
        if mode.encrypts_command:
            return len(pad_zero(bytes(length + CRC_LENGTH), self.cipher.block))
        return length + MAC_LENGTH * (mode is Mode.WRITE_MAC)

    def open_command(
        self, ins: int, body: bytes, *, mode: Mode, header_length: int, fits: Fits = any_length
    ) -> bytes:
        """Return the command's plain body. A key change comes back with its CRCs and padding."""
        del ins  # no CRC and no MAC covers it
        header, sealed = body[:header_length], body[header_length:]
        if mode.encrypts_command:
            require(sealed != b"", Status.LENGTH_ERROR)
            require(len(sealed) % self.cipher.block == 0, Status.LENGTH_ERROR)
            plain = encipher_sent(self.cipher, sealed)
            return header + plain if mode is Mode.KEY_CHANGE else self._checked(header, plain, fits)
        if mode is not Mode.WRITE_MAC:
            return body
        require(len(sealed) >= MAC_LENGTH, Status.LENGTH_ERROR)
        plain, mac = sealed[:-MAC_LENGTH], sealed[-MAC_LENGTH:]
        require(self._mac(plain) == mac, Status.INTEGRITY_ERROR)
        return header + plain

    def seal_answer(self, answer: bytes, *, mode: Mode) -> bytes:
        """Return the answer of a successful command as its mode wants it."""
        if mode.encrypts_answer and answer:
            pad = pad_80 if mode is Mode.FULL_ANSWER_OPEN else pad_zero
            return self.cipher.encrypt(pad(answer + crc16(answer), self.cipher.block))
        return answer + (self._mac(answer) if mode is Mode.READ_MAC else b"")

    def _mac(self, message: bytes) -> bytes:
        blocks = self.cipher.encrypt(pad_zero(message, self.cipher.block) or self.cipher.zero_iv())
        return blocks[-self.cipher.block :][:MAC_LENGTH]

    def _checked(self, header: bytes, plain: bytes, fits: Fits) -> bytes:
        """Return header and data; of the lengths that the CRC confirms one the command may have."""
        shortest = max(len(plain) - CRC_LENGTH - self.cipher.block, 0)
        found = [
            header + plain[:end]
            for end in range(shortest, len(plain) - CRC_LENGTH + 1)
            if is_padding(plain[end + CRC_LENGTH :])
            and plain[end : end + CRC_LENGTH] == crc16(plain[:end])
        ]
        require(bool(found), Status.INTEGRITY_ERROR)
        return next(filter(fits, found), found[0])


def encipher_sent(cipher: BlockCipher, sent: bytes) -> bytes:
    """Undo the reader's deciphering in CBC send mode, block by block."""
    blocks = [sent[at : at + cipher.block] for at in range(0, len(sent), cipher.block)]
    before = [cipher.zero_iv(), *blocks]
    return b"".join(
        xor(cipher.encrypt(block), chain) for block, chain in zip(blocks, before, strict=False)
    )
