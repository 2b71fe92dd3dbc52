"""The chip's arithmetic: block ciphers, CMAC with a running IV, CRC, rotation, padding.

Not here: keys' meaning, sessions. DES is what factory cards use; nothing else here may.
"""

import binascii
from dataclasses import dataclass, field

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES

AES_BLOCK = 16
DES_BLOCK = 8
_CRC_A_START, _CRC_A_POLYNOMIAL = 0x6363, 0x8408
# RFC 4493 and NIST SP 800-38B §5.3: the constant R of each block size.
_SUBKEY_CONSTANTS = {AES_BLOCK: 0x87, DES_BLOCK: 0x1B}


@dataclass(frozen=True, slots=True)
class BlockCipher:
    """AES-128 (16-byte key) or DES (8 bytes: single, 16: two-key triple, 24: three-key triple)."""

    key: bytes = field(repr=False)
    block: int

    def encrypt(self, plain: bytes, iv: bytes | None = None) -> bytes:
        """Encrypt whole blocks in CBC; the IV is zero when not given."""
        encryptor = self._cipher(iv).encryptor()
        return encryptor.update(plain) + encryptor.finalize()

    def decrypt(self, ciphertext: bytes, iv: bytes | None = None) -> bytes:
        """Decrypt whole blocks in CBC; the IV is zero when not given."""
        decryptor = self._cipher(iv).decryptor()
        return decryptor.update(ciphertext) + decryptor.finalize()

    def zero_iv(self) -> bytes:
        """Return one block of zeros."""
        return bytes(self.block)

    def _cipher(self, iv: bytes | None) -> Cipher[modes.CBC]:
        mode = modes.CBC(self.zero_iv() if iv is None else iv)
        if self.block == AES_BLOCK:
            return Cipher(AES(self.key), mode)
        return Cipher(TripleDES((self.key * 3)[:24]), mode)


def cmac(cipher: BlockCipher, message: bytes, iv: bytes | None = None) -> bytes:
    """Return the CMAC (SP 800-38B), chained from an IV where EV1 messaging wants it."""
    first, second = cmac_subkeys(cipher)
    whole = message and len(message) % cipher.block == 0
    padded = message if whole else pad_80(message, cipher.block)
    last = xor(padded[-cipher.block :], first if whole else second)
    return cipher.encrypt(padded[: -cipher.block] + last, iv)[-cipher.block :]


class RunningMac:
    """A CMAC whose message comes in pieces, of any lengths."""

    def __init__(self, cipher: BlockCipher) -> None:
        self._cipher = cipher
        self._chain = cipher.zero_iv()
        self._rest = b""  # at most one block: the last is treated otherwise

    def update(self, piece: bytes) -> None:
        """Add to the message."""
        waiting = self._rest + piece
        settled = max(len(waiting) - 1, 0) // self._cipher.block * self._cipher.block
        if settled:
            blocks = self._cipher.encrypt(waiting[:settled], self._chain)
            self._chain = blocks[-self._cipher.block :]
        self._rest = waiting[settled:]

    def digest(self) -> bytes:
        """Return the CMAC of all that came."""
        return cmac(self._cipher, self._rest, self._chain)


def cmac_subkeys(cipher: BlockCipher) -> tuple[bytes, bytes]:
    """Return K1 and K2."""
    first = _double(cipher.encrypt(cipher.zero_iv()))
    return first, _double(first)


def _double(block: bytes) -> bytes:
    bits = 8 * len(block)
    doubled = int.from_bytes(block, "big") << 1
    if doubled >> bits:
        doubled = (doubled & ((1 << bits) - 1)) ^ _SUBKEY_CONSTANTS[len(block)]
    return doubled.to_bytes(len(block), "big")


def truncate_odd(mac: bytes) -> bytes:
    """Return bytes 1, 3, … 15: EV2's short MAC."""
    return mac[1::2]


def jamcrc(message: bytes) -> bytes:
    """Return CRC-32 without the final inversion, 4 bytes little endian."""
    return (binascii.crc32(message) ^ 0xFFFFFFFF).to_bytes(4, "little")


def crc16(message: bytes) -> bytes:
    """Return the CRC_A of ISO/IEC 14443-3, 2 bytes little endian."""
    crc = _CRC_A_START
    for octet in message:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ (_CRC_A_POLYNOMIAL if crc & 1 else 0)
    return crc.to_bytes(2, "little")


def rotate_left(block: bytes) -> bytes:
    """Return the block rotated left by one byte."""
    return block[1:] + block[:1]


def xor(left: bytes, right: bytes) -> bytes:
    """Return the exclusive or of two strings of one length."""
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def pad_80(message: bytes, block: int) -> bytes:
    """Pad with 80 00…, a whole block when already full."""
    return pad_zero(message + b"\x80", block)


def pad_zero(message: bytes, block: int) -> bytes:
    """Pad with zeros to whole blocks, none when already full."""
    return message + bytes(-len(message) % block)


def is_padding(rest: bytes) -> bool:
    """Say whether these are zeros, or 80 and zeros."""
    return not any(rest[1:]) and rest[:1] in {b"", b"\x00", b"\x80"}


def unpad_80(padded: bytes) -> bytes | None:
    """Return the message before 80 00…, None when that padding is absent."""
    message, mark, rest = padded.rpartition(b"\x80")
    return message if mark and not any(rest) and len(rest) < AES_BLOCK else None
