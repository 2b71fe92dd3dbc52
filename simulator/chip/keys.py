"""Card keys and key settings: their kinds, versions and the bits that say who may do what."""

import enum
from dataclasses import dataclass, field

from simulator.chip.crypto import AES_BLOCK, DES_BLOCK, BlockCipher
from simulator.chip.status import RefusalError, Status

KEY_LENGTH = 16


class KeyKind(enum.IntEnum):
    """Bits 7-6 of KS2, and of KeyNo when the PICC key is changed. Three-key DES is not built."""

    TWO_KEY_DES = 0b00
    AES = 0b10

    @property
    def challenge_length(self) -> int:
        """Return how long RndA and RndB are, which is a block."""
        return AES_BLOCK if self is KeyKind.AES else DES_BLOCK


def kind_from_bits(bits: int) -> KeyKind:
    """Read the two bits, or refuse: three-key DES is not built, 11 means nothing."""
    try:
        return KeyKind(bits)
    except ValueError:
        raise RefusalError(Status.PARAMETER_ERROR) from None


@dataclass(frozen=True, slots=True)
class Key:
    """One key as the card stores it. A DES key carries its version in the parity bits."""

    kind: KeyKind
    material: bytes = field(repr=False)
    version: int = 0

    def cipher(self) -> BlockCipher:
        """Return the block cipher under this key."""
        return BlockCipher(self.material, self.kind.challenge_length)

    @property
    def is_single_des(self) -> bool:
        """Say whether both halves are equal, which makes a session key of 8 bytes."""
        bare = clear_parity(self.material)
        return self.kind is KeyKind.TWO_KEY_DES and bare[:DES_BLOCK] == bare[DES_BLOCK:]


def aes_key(material: bytes, version: int = 0) -> Key:
    """Make an AES-128 key."""
    return Key(KeyKind.AES, material, version)


def des_key(material: bytes) -> Key:
    """Make a two-key DES key; its version is read from the parity bits of the first half."""
    version = sum((octet & 1) << (7 - place) for place, octet in enumerate(material[:DES_BLOCK]))
    return Key(KeyKind.TWO_KEY_DES, material, version)


def zero_key(kind: KeyKind) -> Key:
    """Make the key cards are delivered with."""
    return Key(kind, bytes(KEY_LENGTH))


def clear_parity(material: bytes) -> bytes:
    """Return the key without its parity bits."""
    return bytes(octet & 0xFE for octet in material)


class ChangeRight(enum.IntEnum):
    """Special values of the nibble that names the key allowed to change keys."""

    KEY_ITSELF = 0xE
    FROZEN = 0xF


@dataclass(frozen=True, slots=True)
class KeySettings:
    """KS1, of the PICC or of an application."""

    value: int

    @property
    def master_key_changeable(self) -> bool:
        """Bit 0."""
        return bool(self.value & 0x01)

    @property
    def free_listing(self) -> bool:
        """Bit 1: lists and settings are told without the master key."""
        return bool(self.value & 0x02)

    @property
    def free_creation(self) -> bool:
        """Bit 2: applications (PICC) or files are created without the master key."""
        return bool(self.value & 0x04)

    @property
    def changeable(self) -> bool:
        """Bit 3."""
        return bool(self.value & 0x08)

    @property
    def change_right(self) -> int:
        """Bits 7-4, in an application: the key that changes keys, or a ChangeRight."""
        return self.value >> 4
