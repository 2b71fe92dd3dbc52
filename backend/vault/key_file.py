"""The vault's key file: mode 0600, made once, and replaced whole when a key gets a new version.

Promise: a file others could read, or that is incomplete, is refused; keys that cards out there
depend on are never overwritten by others, nor half-written. Not here: any use of a key.
"""

import os
import stat
from pathlib import Path

from backend.vault.errors import KeyFileRefused
from backend.vault.key_body import read_body, write_body
from backend.vault.keys import VaultKeys, make_keys

# The rest of the vault asks for keys here, wherever they are defined.
__all__ = ["VaultKeys", "make_keys", "read_keys", "replace_keys", "write_keys"]

FILE_BYTES_MAX = 64_000


def write_keys(path: Path, keys: VaultKeys) -> None:
    """Write a new key file (0600) and make sure it is on the disk.

    Raises KeyFileRefused rather than lose keys that cards out there depend on.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        _write_new(path, write_body(keys))
    except FileExistsError:
        raise KeyFileRefused("there is a key file already; it is never overwritten") from None
    _settle_folder(path.parent)


def replace_keys(path: Path, keys: VaultKeys) -> None:
    """Put a file with these keys in the place of the old one, whole or not at all.

    Raises KeyFileRefused when another replacement is under way, or died half-way.
    """
    draft = path.with_name(path.name + ".new")
    try:
        _write_new(draft, write_body(keys))
    except FileExistsError:
        raise KeyFileRefused(f"{draft.name} is there: another roll-over runs, or died") from None
    draft.replace(path)
    _settle_folder(path.parent)


def read_keys(path: Path) -> VaultKeys:
    """Read a key file; raise KeyFileRefused, FileNotFoundError. Nothing of it is ever quoted."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        raise
    except OSError as cause:
        raise KeyFileRefused("the key file cannot be opened, or is a link") from cause
    try:
        _check_file(os.fstat(descriptor))
        content = os.read(descriptor, FILE_BYTES_MAX + 1)
    finally:
        os.close(descriptor)
    if len(content) > FILE_BYTES_MAX:
        raise KeyFileRefused("the key file is too long")
    return read_body(content)


def _write_new(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _settle_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_file(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise KeyFileRefused("the key file is not a regular file")
    if status.st_uid != os.geteuid():
        raise KeyFileRefused("the key file belongs to somebody else")
    if stat.S_IMODE(status.st_mode) & 0o177:
        raise KeyFileRefused("the key file is open to others: chmod 600 it")
