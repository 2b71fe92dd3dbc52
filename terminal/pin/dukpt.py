"""AES-128 DUKPT as a terminal that must forget its keys does it (ANSI X9.24-3:2017 §6.5, annex B).

Promise: a register holds the key of each counter that may come next, and of no earlier one: using a
counter derives the registers below it and erases its own, so that nothing kept here, were it all
stolen, opens a block that was made before. Every buffer with a key can be wiped, and is.
Not done here: keeping the registers (`key_file.py`), PIN blocks (`format4.py`).

Written apart from the vault's and the simulator's; `tests/vectors/pin.json` holds all three.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

KEY_BYTES = 16
KEY_ID_BYTES = 8
COUNTER_BITS = 32
ONE_BITS_MAX = 16

# X9.24-3 tables 1 to 3: what a derived key is for, its algorithm and its length in bits.
_DERIVATION, _PIN_ENCRYPTION = 0x8000, 0x1000
_AES_128 = (0x0002).to_bytes(2, "big") + (128).to_bytes(2, "big")
_BLOCK_BYTES = 16
_SCRATCH_BYTES = 2 * _BLOCK_BYTES - 1  # what the library asks for one block
_VERSION_AND_BLOCK = b"\x01\x01"


class KeysUsedUp(Exception):
    """Every counter of this initial key has served: it needs another initial key."""


def wipe(buffer: bytearray) -> None:
    """Overwrite with zeros, in place; the length stays."""
    for place in range(len(buffer)):
        buffer[place] = 0


@contextmanager
def wiped(buffer: bytearray) -> Iterator[bytearray]:
    """Lend a buffer, and overwrite it afterwards whatever happened."""
    try:
        yield buffer
    finally:
        wipe(buffer)


def encrypt_block(key: bytearray, block: bytes | bytearray, into: bytearray) -> None:
    """Encrypt one AES block into a buffer of 16 bytes, leaving no copy elsewhere."""
    # One block of derivation data or of a PIN field, as both standards say: no mode is meant.
    encryptor = Cipher(AES(key), ECB()).encryptor()  # noqa: S305
    with wiped(bytearray(_SCRATCH_BYTES)) as scratch:
        encryptor.update_into(block, scratch)
        into[:] = memoryview(scratch)[:_BLOCK_BYTES]


class KeyRegisters:
    """The keys that may come next, and the last counter used. Wipe it when it is kept."""

    __slots__ = ("_keys", "counter", "initial_key_id")

    def __init__(self, initial_key_id: bytes, counter: int, keys: dict[int, bytearray]) -> None:
        """Take the registers over: `keys` by the place of the lowest one-bit of their counter."""
        if len(initial_key_id) != KEY_ID_BYTES:
            raise ValueError("an initial key's identifier has 8 bytes")
        self.initial_key_id = initial_key_id
        self.counter = counter
        self._keys = keys

    @classmethod
    def load(cls, initial_key: bytearray, initial_key_id: bytes) -> "KeyRegisters":
        """Derive the first registers; the caller wipes the initial key, which is not kept."""
        if len(initial_key) != KEY_BYTES:
            raise ValueError("an initial key has 16 bytes")
        made = cls(initial_key_id, 0, {})
        made._fill_below(COUNTER_BITS, initial_key)
        return made

    @property
    def used_up(self) -> bool:
        """Whether no counter is left."""
        try:
            self._next_counter()
        except KeysUsedUp:
            return True
        return False

    @property
    def key_serial_number(self) -> str:
        """Return identifier and counter in hex: what tells the vault which key closed a block."""
        return (self.initial_key_id + self.counter.to_bytes(4, "big")).hex().upper()

    def registers(self) -> Iterator[tuple[int, bytearray]]:
        """Give each register that is in use: its place, and the key itself to be copied."""
        yield from self._keys.items()

    def use_next(self) -> bytearray:
        """Step to the next counter and return its PIN key, which the caller wipes.

        The registers are then those of after the use: keep them before the key serves. Raises
        KeysUsedUp.
        """
        self.counter = self._next_counter()
        place = (self.counter & -self.counter).bit_length() - 1
        with wiped(self._keys.pop(place)) as transaction_key:
            if self.counter.bit_count() < ONE_BITS_MAX:
                self._fill_below(place, transaction_key)
            return self._derive(transaction_key, _PIN_ENCRYPTION, self.counter)

    def wipe(self) -> None:
        """Erase every register."""
        for key in self._keys.values():
            wipe(key)
        self._keys.clear()

    def _next_counter(self) -> int:
        counter = self.counter + 1
        # Past the one with too many one-bits, by its lowest: 0001FFFE is followed by 00020000.
        while counter.bit_count() > ONE_BITS_MAX:
            counter += counter & -counter
        if counter >= 1 << COUNTER_BITS:
            raise KeysUsedUp
        return counter

    def _fill_below(self, place: int, key: bytearray) -> None:
        """Derive from the key of this counter those of the counters that only it leads to."""
        for below in range(place):
            self._keys[below] = self._derive(key, _DERIVATION, self.counter | 1 << below)

    def _derive(self, key: bytearray, usage: int, counter: int) -> bytearray:
        context = self.initial_key_id[4:] + counter.to_bytes(4, "big")
        derived = bytearray(KEY_BYTES)
        data = _VERSION_AND_BLOCK + usage.to_bytes(2, "big") + _AES_128 + context
        encrypt_block(key, data, derived)
        return derived

    def __repr__(self) -> str:
        """Say which counter, never a key."""
        return f"KeyRegisters({self.key_serial_number}, hidden)"
