"""The vault's key file: mode 0600, sealed, made once, and replaced whole for a new key version.

Promise: a file others could read, or that is incomplete, is refused; so is a plain one outside
development. Keys that cards out there depend on are never overwritten by others, nor half-written.
Not here: any use of a key.
"""

import os
import secrets
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from backend.vault.check_values import CheckValue, check_values
from backend.vault.errors import KeyFileRefused
from backend.vault.key_body import read_body, write_body
from backend.vault.key_seal import (
    Seal,
    SealKeySource,
    SealKind,
    is_sealed,
    open_content,
    read_header,
    seal_content,
)
from backend.vault.keys import VaultKeys, make_keys
from backend.vault.published_keys import refuse_published

# The rest of the vault asks for keys here, wherever they are defined.
__all__ = ["VaultKeys", "make_keys"]

FILE_BYTES_MAX = 128_000


@dataclass(frozen=True, slots=True)
class KeyFileRules:
    """What a key file must be like, and where the key of its seal comes from."""

    development: bool = True
    source: SealKeySource = field(default_factory=SealKeySource)


@dataclass(frozen=True, slots=True)
class OpenKeyFile:
    """A file's keys, and the seal to close it with again (None: it was plain)."""

    keys: VaultKeys
    seal: Seal | None = None


def write_keys(
    path: Path, opened: OpenKeyFile, random: Callable[[int], bytes] = secrets.token_bytes
) -> None:
    """Write a new key file (0600) and make sure it is on the disk.

    Raises KeyFileRefused rather than lose keys that cards out there depend on.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        _write_new(path, _content_of(opened, random))
    except FileExistsError:
        raise KeyFileRefused("there is a key file already; it is never overwritten") from None
    _settle_folder(path.parent)


def replace_keys(
    path: Path, opened: OpenKeyFile, random: Callable[[int], bytes] = secrets.token_bytes
) -> None:
    """Put a file with these keys in the place of the old one, whole or not at all.

    Raises KeyFileRefused when another replacement is under way, or died half-way.
    """
    draft = path.with_name(path.name + ".new")
    try:
        _write_new(draft, _content_of(opened, random))
    except FileExistsError:
        raise KeyFileRefused(f"{draft.name} is there: another roll-over runs, or died") from None
    draft.replace(path)
    _settle_folder(path.parent)


def open_keys(path: Path, rules: KeyFileRules | None = None) -> OpenKeyFile:
    """Open a key file; raise KeyFileRefused, FileNotFoundError. Nothing of it is ever quoted."""
    rules = rules or KeyFileRules()
    content, seal = _read_file(path), None
    if is_sealed(content):
        content, seal = open_content(content, rules.source)
    elif not rules.development:
        raise KeyFileRefused("outside development the key file must be sealed")
    keys = read_body(content)
    if not rules.development:
        refuse_published(keys)
    return OpenKeyFile(keys, seal)


def describe_keys(path: Path) -> tuple[SealKind, tuple[CheckValue, ...]]:
    """Return how a file is sealed and its keys' check values; a sealed one stays closed.

    Raises KeyFileRefused, FileNotFoundError.
    """
    content = _read_file(path)
    if is_sealed(content):
        return read_header(content)
    return SealKind.PLAIN, check_values(read_body(content))


def _content_of(opened: OpenKeyFile, random: Callable[[int], bytes]) -> bytes:
    body = write_body(opened.keys)
    if opened.seal is None:
        return body
    return seal_content(opened.seal, body, check_values(opened.keys), random)


def _read_file(path: Path) -> bytes:
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
    return content


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
