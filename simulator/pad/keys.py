"""The pad's tamper-resistant half: an initial key, a counter, and blocks made from them.

Promise: a key serial number never serves twice, across restarts too where the counter has a file:
the counter is kept before the block leaves. A key has a type that cannot be printed.
Not done here: the mathematics (`simulator/dukpt.py`, `simulator/pin_block.py`).
"""

import contextlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, Protocol

from simulator import dukpt
from simulator.pin_block import format0_block, format4_block


class PadKey:
    """A key that hides itself."""

    __slots__ = ("_raw",)

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def reveal(self) -> bytes:
        """Return the key: the one door; grep for `reveal` to audit it."""
        return self._raw

    def __repr__(self) -> str:
        """Show nothing."""
        return "PadKey(hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is not pickled")


@dataclass(frozen=True, slots=True)
class SealedCode:
    """What leaves the pad, in hex: which key, and the block only the vault can open."""

    key_serial_number: str
    block: str

    def __repr__(self) -> str:
        """Say which key, never which block."""
        return f"SealedCode({self.key_serial_number}, hidden)"


class EntryCounter(Protocol):
    """Where the last counter used is kept."""

    def last(self) -> int:
        """Return the last counter used; 0 if none was."""
        ...

    def keep(self, counter: int) -> None:
        """Keep the counter about to be used; return when it is safe."""
        ...


class MemoryCounter:
    """A counter that a restart forgets: for tests, with a key of their own."""

    def __init__(self, last: int = 0) -> None:
        self._last = last

    def last(self) -> int:
        """Return the last counter used."""
        return self._last

    def keep(self, counter: int) -> None:
        """Keep it while the process lives."""
        self._last = counter


class FileCounter:
    """A counter in a file, for one key: another key begins at 0 again."""

    def __init__(self, path: Path, key_id: str) -> None:
        self._path = path
        self._key_id = key_id

    def last(self) -> int:
        """Return the last counter kept; raise ValueError if the file is not ours to read."""
        try:
            kept = json.loads(self._path.read_text())
        except FileNotFoundError:
            return 0
        if not isinstance(kept, dict) or not isinstance(kept.get("counter"), int):
            raise ValueError(f"{self._path} is not a pad counter")  # noqa: TRY004 -- a bad file
        counter: int = kept["counter"]
        return counter if kept.get("key_id") == self._key_id else 0

    def keep(self, counter: int) -> None:
        """Replace the file in one step, and return when the disk has it."""
        draft = self._path.with_suffix(".draft")
        with draft.open("w") as file:
            json.dump({"key_id": self._key_id, "counter": counter}, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)


class CodeSealer(Protocol):
    """Turns digits into what may leave the pad."""

    @property
    def exhausted(self) -> bool:
        """Whether there is no key left."""
        ...

    def seal(self, digits: bytearray, account: str) -> SealedCode:
        """Use up one key; the caller wipes the digits."""
        ...


class AesCodeSealer:
    """AES-128 DUKPT and format 4. `random` returns that many unpredictable bytes."""

    def __init__(
        self,
        initial_key: PadKey,
        initial_key_id: bytes,
        counter: EntryCounter,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._initial_key = initial_key
        self._initial_key_id = initial_key_id
        self._counter = counter
        self._random = random

    @property
    def exhausted(self) -> bool:
        """Whether the last counter has been used."""
        return _is_last(self._counter.last(), dukpt.next_aes_counter)

    def seal(self, digits: bytearray, account: str) -> SealedCode:
        """Use up one key; raise `CounterExhausted` if there is none."""
        counter = dukpt.next_aes_counter(self._counter.last())
        self._counter.keep(counter)
        key = dukpt.aes_pin_key(self._initial_key.reveal(), self._initial_key_id, counter)
        block = format4_block(key, digits, account, self._random)
        number = dukpt.aes_key_serial_number(self._initial_key_id, counter)
        return SealedCode(number.hex().upper(), block.hex().upper())


class TdesCodeSealer:
    """TDES DUKPT and format 0, as legacy pads do; leading Fs of the number are stripped."""

    def __init__(self, initial_key: PadKey, initial_ksn: bytes, counter: EntryCounter) -> None:
        self._initial_key = initial_key
        self._initial_ksn = initial_ksn
        self._counter = counter

    @property
    def exhausted(self) -> bool:
        """Whether the last counter has been used."""
        return _is_last(self._counter.last(), dukpt.next_tdes_counter)

    def seal(self, digits: bytearray, account: str) -> SealedCode:
        """Use up one key; raise `CounterExhausted` if there is none."""
        counter = dukpt.next_tdes_counter(self._counter.last())
        self._counter.keep(counter)
        key = dukpt.tdes_pin_key(self._initial_key.reveal(), self._initial_ksn, counter)
        block = format0_block(key, digits, account)
        number = dukpt.tdes_key_serial_number(self._initial_ksn, counter).hex().upper()
        return SealedCode(number.lstrip("F"), block.hex().upper())


def _is_last(counter: int, following: Callable[[int], int]) -> bool:
    with contextlib.suppress(dukpt.CounterExhausted):
        following(counter)
        return False
    return True


def read_key_file(path: Path) -> tuple[PadKey, bytes]:
    """Return the initial key (16 bytes) and its id: 8 bytes for AES, 10 for TDES.

    The file is JSON: `{"initial_key": hex32, "initial_key_id": hex16 or hex20}`.
    """
    try:
        read = json.loads(path.read_text())
        key, key_id = bytes.fromhex(read["initial_key"]), bytes.fromhex(read["initial_key_id"])
    except (ValueError, KeyError, TypeError):
        # The cause would quote the file, and the file is a key.
        raise ValueError(f"{path} is not a pad key file") from None
    if len(key) != 16 or len(key_id) not in (8, 10):
        raise ValueError(f"{path} has a key or an id of the wrong length")
    return PadKey(key), key_id


def load_sealer(key_file: Path, counter_file: Path | None) -> CodeSealer:
    """Return the sealer this key file calls for, counting in the file if there is one."""
    key, key_id = read_key_file(key_file)
    counter: EntryCounter = MemoryCounter()
    if counter_file is not None:
        counter = FileCounter(counter_file, key_id.hex().upper())
    counter.last()  # a broken counter stops the start, not the first entry
    if len(key_id) == 8:
        return AesCodeSealer(key, key_id, counter)
    return TdesCodeSealer(key, key_id, counter)
