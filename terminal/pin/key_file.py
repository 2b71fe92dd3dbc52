"""A keypad's keys in a file of this terminal, one use after the other.

Promise: the file is ours alone (mode 0600); what a use leaves is on the disk before its block
exists, so that no key serial number serves twice, whenever the power goes; what the use took off
is overwritten. A key that was once here does not come back: its counter would begin again.
Not done here: the mathematics (`dukpt.py`, `format4.py`).

    magic 8 | initial key identifier 8 | last counter 4 | registers in use 4 | 32 registers of 16
    | SHA-256 of all that 32
"""

import contextlib
import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path

from terminal.errors import PadRefused, SettingsError
from terminal.pin import format4
from terminal.pin.dukpt import (
    COUNTER_BITS,
    KEY_BYTES,
    KEY_ID_BYTES,
    KeyRegisters,
    KeysUsedUp,
    wiped,
)
from terminal.pin.key_block import InitialKey
from terminal.pin.pad import EncryptedPinBlock, PinProfile

KEY_FILE = "keypad.key"
FORMER_FILE = "keypad.former"
USED_UP = "KEYS_USED_UP"
NO_KEY = "NO_KEY"
NOT_KEPT = "NOT_KEPT"
_MAGIC = b"PASSKPD1"
_HEAD = len(_MAGIC) + KEY_ID_BYTES + 8
_REGISTERS = COUNTER_BITS * KEY_BYTES
_CHECK = 32
FILE_BYTES = _HEAD + _REGISTERS + _CHECK
FORMER_BYTES_MAX = 64 * 1024
_PRIVATE = 0o600
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class KeypadKeys:
    """The keys of the keypad beside this terminal, in `folder`."""

    def __init__(self, folder: Path, random: Callable[[int], bytes] = os.urandom) -> None:
        self._folder = folder
        self._file = folder / KEY_FILE
        self._random = random

    def install(self, initial: InitialKey) -> None:
        """Keep a new pad's key, wiping the one given; raise SettingsError if it was here before."""
        with wiped(initial.key) as key:
            former = self._former()
            if initial.key_id.hex() in former:
                raise SettingsError("this keypad's key was installed here before: ask for another")
            registers = KeyRegisters.load(key, initial.key_id)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # First the name: were the power to go now, the key is asked for again, never used again.
        note = "".join(f"{one}\n" for one in [*former, initial.key_id.hex()])
        _replace(self._folder / FORMER_FILE, note.encode())
        self._keep(registers)

    def check(self) -> None:
        """Raise SettingsError unless there is a whole key that only we can read."""
        try:
            registers = self._load()
        except PadRefused:
            raise SettingsError(
                f"{self._file} is missing: install the keypad's key (keypad install-key)"
            ) from None
        registers.wipe()

    def seal(self, digits: bytearray, account_number: str) -> EncryptedPinBlock:
        """Use up one key; the caller wipes the digits.

        Raises PadRefused (`NO_KEY`, `KEYS_USED_UP`, `NOT_KEPT`), SettingsError for a file not to be
        trusted.
        """
        registers = self._load()
        try:
            key = registers.use_next()
        except KeysUsedUp:
            registers.wipe()
            raise PadRefused(USED_UP) from None
        with wiped(key):
            self._keep(registers)
            block = format4.seal(key, digits, account_number, self._random)
        profile = PinProfile.AES128_DUKPT_ISO4
        return EncryptedPinBlock(profile, registers.key_serial_number, block.hex().upper())

    def _former(self) -> list[str]:
        try:
            with (self._folder / FORMER_FILE).open(encoding="ascii") as file:
                return file.read(FORMER_BYTES_MAX).split()
        except FileNotFoundError:
            return []

    def _load(self) -> KeyRegisters:
        with wiped(bytearray(FILE_BYTES + 1)) as content:
            length = self._read_into(content)
            body, check = memoryview(content)[: FILE_BYTES - _CHECK], content[FILE_BYTES - _CHECK :]
            whole = length == FILE_BYTES and bytes(body[: len(_MAGIC)]) == _MAGIC
            if not whole or hashlib.sha256(body).digest() != bytes(check[:_CHECK]):
                raise SettingsError(f"{self._file} is damaged: install another key")
            return _parse(content)

    def _read_into(self, content: bytearray) -> int:
        try:
            number = os.open(self._file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            raise PadRefused(NO_KEY) from None
        except OSError as cause:
            raise SettingsError(f"{self._file}: {cause.strerror}") from cause
        try:
            found = os.fstat(number)
            if found.st_uid != os.geteuid() or found.st_mode & _OTHERS:
                raise SettingsError(f"{self._file} must be ours, and closed to others (mode 0600)")
            return os.readv(number, [content])
        finally:
            os.close(number)

    def _keep(self, registers: KeyRegisters) -> None:
        """Write the registers to the disk in one step, and wipe them here and in the old file."""
        with wiped(_compose(registers)) as content:
            registers.wipe()
            try:
                _replace(self._file, content)
            except OSError as cause:
                # Nothing was used: without a line on the disk there is no block.
                raise PadRefused(NOT_KEPT, f"{self._file}: {cause.strerror}") from cause


def _parse(content: bytearray) -> KeyRegisters:
    head = bytes(content[len(_MAGIC) : _HEAD])
    counter = int.from_bytes(head[KEY_ID_BYTES : KEY_ID_BYTES + 4], "big")
    in_use = int.from_bytes(head[KEY_ID_BYTES + 4 :], "big")
    keys = {
        place: content[_HEAD + KEY_BYTES * place : _HEAD + KEY_BYTES * (place + 1)]
        for place in range(COUNTER_BITS)
        if in_use >> place & 1
    }
    return KeyRegisters(head[:KEY_ID_BYTES], counter, keys)


def _compose(registers: KeyRegisters) -> bytearray:
    content = bytearray(FILE_BYTES)
    in_use = 0
    for place, key in registers.registers():
        in_use |= 1 << place
        content[_HEAD + KEY_BYTES * place : _HEAD + KEY_BYTES * (place + 1)] = key
    head = _MAGIC + registers.initial_key_id
    content[:_HEAD] = head + registers.counter.to_bytes(4, "big") + in_use.to_bytes(4, "big")
    check = hashlib.sha256(memoryview(content)[:-_CHECK]).digest()
    content[-_CHECK:] = check
    return content


def _replace(path: Path, content: bytes | bytearray) -> None:
    """Put a file in place of the other in one step, on the disk; then overwrite the other."""
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE)
    try:
        os.write(number, content)
        os.fsync(number)
    finally:
        os.close(number)
    before = _open_before(path)
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    if before is not None:
        _overwrite(before)


def _open_before(path: Path) -> int | None:
    try:
        return os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None


def _overwrite(number: int) -> None:
    """Best effort: a flash disk or a journal may keep what is overwritten."""
    with contextlib.suppress(OSError):
        os.pwrite(number, bytes(os.fstat(number).st_size), 0)
        os.fsync(number)
    os.close(number)
