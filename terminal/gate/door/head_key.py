"""The key under which a head and this gate speak (SCBK, 16 bytes), in a file of this machine.

Promise: the file is readable by its owner alone; a key everybody knows is refused, so that a head
left as delivered never opens a gate. Not here: the secure channel (`osdp_link.py`).
"""

import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from passcard.secret import Secret
from terminal.errors import SettingsError

KEY_BYTES: Final = 16
FILE_BYTES_MAX: Final = 256
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_WELL_KNOWN: Final = frozenset(
    {bytes(range(0x30, 0x40)), bytes(KEY_BYTES), b"\xff" * KEY_BYTES, bytes(range(KEY_BYTES))}
)
"""SCBK-D of the standard, and what people type instead of a key."""


def load_head_key(path: Path) -> Secret:
    """Read the key; raises SettingsError with what to do."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & _OTHERS:
                raise SettingsError(f"{path} may be read by others: chmod 600")
            text = file.read(FILE_BYTES_MAX).decode("ascii", errors="replace").strip()
    except OSError as cause:
        raise SettingsError(f"{path}: {cause.strerror}; make it with door install-key") from cause
    if not re.fullmatch(r"[0-9A-Fa-f]{32}", text):
        raise SettingsError(f"{path} is not a key of 32 hex digits")
    key = bytes.fromhex(text)
    if key in _WELL_KNOWN:
        raise SettingsError(f"{path} holds a key everybody knows: door install-key makes another")
    return Secret(key)


def make_head_key(path: Path, random: Callable[[int], bytes] = os.urandom) -> Secret:
    """Make a key and keep it at `path`, or return the one that is there; raises SettingsError.

    It is on the disk before any head has it: a head whose key nobody knows must be reset by hand.
    """
    key = random(KEY_BYTES)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return load_head_key(path)
    except OSError as cause:
        raise SettingsError(f"{path}: {cause.strerror}") from cause
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{key.hex().upper()}\n")
        file.flush()
        os.fsync(file.fileno())
    return Secret(key)
