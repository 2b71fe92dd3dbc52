"""Card keys and key settings: their kinds, versions and the bits that say who may do what."""

import enum
from dataclasses import dataclass, field

from simulator.chip.crypto import AES_BLOCK, DES_BLOCK, BlockCipher
from simulator.chip.status import RefusalError, Status

KEY_LENGTH = 16
THREE_KEY_LENGTH = 24


class KeyKind(enum.IntEnum):
    """Bits 7-6 of KS2, and of KeyNo when the PICC key is changed."""

    TWO_KEY_DES = 0b00
    THREE_KEY_DES = 0b01
    AES = 0b10

    @property
    def block(self) -> int:
        """Return the cipher's block length."""
        return AES_BLOCK if self is KeyKind.AES else DES_BLOCK

    @property
    def challenge_length(self) -> int:
        """Return how long RndA and RndB are."""
        return DES_BLOCK if self is KeyKind.TWO_KEY_DES else AES_BLOCK

    @property
    def key_length(self) -> int:
        """Return the length of a key."""
        return THREE_KEY_LENGTH if self is KeyKind.THREE_KEY_DES else KEY_LENGTH


def kind_from_bits(bits: int) -> KeyKind:
    """Read the two bits, or refuse: 11 means nothing."""
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

    def __post_init__(self) -> None:
        if len(self.material) != self.kind.key_length or not 0 <= self.version <= 0xFF:
            raise ValueError("a key of another length, or with a version of more than a byte")

    def cipher(self) -> BlockCipher:
        """Return the block cipher under this key."""
        return BlockCipher(self.material, self.kind.block)

    @property
    def is_single_des(self) -> bool:
        """Say whether both halves are equal, which makes a session key of 8 bytes."""
        bare = clear_parity(self.material)
        return self.kind is KeyKind.TWO_KEY_DES and bare[:DES_BLOCK] == bare[DES_BLOCK:]


def aes_key(material: bytes, version: int = 0) -> Key:
    """Make an AES-128 key."""
    return Key(KeyKind.AES, material, version)


def des_key(material: bytes) -> Key:
    """Make a DES key of 16 or 24 bytes; its version is in the parity bits of the first eight."""
    version = sum((octet & 1) << (7 - place) for place, octet in enumerate(material[:DES_BLOCK]))
    three = len(material) == THREE_KEY_LENGTH
    return Key(KeyKind.THREE_KEY_DES if three else KeyKind.TWO_KEY_DES, material, version)


def zero_key(kind: KeyKind) -> Key:
    """Make the key cards are delivered with."""
    return Key(kind, bytes(kind.key_length))


def clear_parity(material: bytes) -> bytes:
    """Return the key without its parity bits."""
    return bytes(octet & 0xFE for octet in material)


def with_version(material: bytes, version: int) -> bytes:
    """Return a DES key with its version in the parity bits of the first eight bytes."""
    bits = [version >> 7 - place & 1 for place in range(DES_BLOCK)]
    bare = clear_parity(material)
    return bytes(octet | bits[at % DES_BLOCK] for at, octet in enumerate(bare))


class ChangeRight(enum.IntEnum):
    """Special values of the nibble that names the key allowed to change keys."""

    KEY_ITSELF = 0xE
    FROZEN = 0xF


@dataclass(frozen=True, slots=True)
class KeySettings:
    """KS1, of the PICC or of an application."""

    value: int

    def __post_init__(self) -> None:
        if not 0 <= self.value <= 0xFF:
            raise ValueError("KS1 is one byte")

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
