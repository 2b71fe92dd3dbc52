"""The vault's key file: JSON, mode 0600, made once and never overwritten.

Promise: a file others could read, or that is incomplete, is refused. Not here: any use of a key.
"""

import json
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from backend.vault.errors import KeyFileRefused
from passcard.secret import Secret

FORMAT = 1
FILE_BYTES_MAX = 10_000
KEY_BYTES = {
    "picc": 16,
    "benefits_master": 16,
    "benefits_authenticate": 16,
    "access_master": 16,
    "access_authenticate": 16,
    "pin_bdk_aes": 16,
    "pin_bdk_tdes": 16,
    "pin_reference": 32,
    "list_signing": 32,
    "sealing": 32,
}


@dataclass(frozen=True, slots=True)
class VaultKeys:
    """Every key the vault holds, one purpose each."""

    picc: Secret
    benefits_master: Secret
    benefits_authenticate: Secret
    access_master: Secret
    access_authenticate: Secret
    pin_bdk_aes: Secret
    pin_bdk_tdes: Secret
    pin_reference: Secret
    list_signing: Secret
    sealing: Secret
    pin_reference_version: int


def make_keys(random: Callable[[int], bytes]) -> VaultKeys:
    """Make every key afresh."""
    fresh = {name: Secret(random(length)) for name, length in KEY_BYTES.items()}
    return VaultKeys(pin_reference_version=1, **fresh)


def write_keys(path: Path, keys: VaultKeys) -> None:
    """Write a new key file (0600) and make sure it is on the disk.

    Raises KeyFileRefused rather than lose keys that cards out there depend on.
    """
    body = {"format": FORMAT, "pin_reference_version": keys.pin_reference_version}
    shown = {name: secret.reveal().hex().upper() for name, secret in _secrets(keys)}
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise KeyFileRefused("there is a key file already; it is never overwritten") from None
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        os.fchmod(file.fileno(), 0o600)
        json.dump(body | {"keys": shown}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


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
    return _parse(content)


def _check_file(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise KeyFileRefused("the key file is not a regular file")
    if status.st_uid != os.geteuid():
        raise KeyFileRefused("the key file belongs to somebody else")
    if stat.S_IMODE(status.st_mode) & 0o177:
        raise KeyFileRefused("the key file is open to others: chmod 600 it")


def _parse(content: bytes) -> VaultKeys:
    if len(content) > FILE_BYTES_MAX:
        raise KeyFileRefused("the key file is too long")
    try:
        body = json.loads(content)
        if body["format"] != FORMAT:
            raise KeyFileRefused("the key file is of another format")
        keys = {name: Secret(bytes.fromhex(body["keys"][name])) for name in KEY_BYTES}
        version = int(body["pin_reference_version"])
    except (ValueError, KeyError, TypeError):
        # `from None`: a parser's message may quote what it could not read.
        raise KeyFileRefused("the key file is damaged") from None
    if any(len(keys[name].reveal()) != length for name, length in KEY_BYTES.items()):
        raise KeyFileRefused("a key in the key file has the wrong length")
    return VaultKeys(pin_reference_version=version, **keys)


def _secrets(keys: VaultKeys) -> Iterator[tuple[str, Secret]]:
    for member in fields(keys):
        value = getattr(keys, member.name)
        if isinstance(value, Secret):
            yield member.name, value
