"""Sealing a key file: AES-256-GCM under a key that is not on the disk beside it.

    credential    a file that systemd unseals for this service alone ($CREDENTIALS_DIRECTORY)
    passphrases   two, of two people: argon2id of each, combined by XOR, so that neither suffices

Promise: the header (which seal, salts, check values) is authenticated with the content; a wrong
passphrase, a foreign credential and a changed byte are one answer. Not here: the keys' meaning.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from backend.vault.check_values import CheckValue
from backend.vault.errors import KeyFileRefused
from passcard.secret import Secret

FORMAT = "pass-vault-sealed/1"
CREDENTIAL_NAME = "pass-vault-seal"
TOKEN_PIN_NAME = "pass-vault-token-pin"  # noqa: S105
CREDENTIAL_BYTES_MIN = 32
CREDENTIAL_BYTES_MAX = 1024
PASSPHRASES = 2
PASSPHRASE_CHARACTERS_MIN = 12
PASSPHRASE_CHARACTERS_MAX = 200
SALT_BYTES = 16
NONCE_BYTES = 12
KEY_BYTES = 32
# RFC 9106 §4, second recommended option; part of the format, so changed with its number only.
ARGON2_TIME_COST = 3
ARGON2_MEMORY_KIB = 65_536
ARGON2_LANES = 4

Random = Callable[[int], bytes]
#: Asks a person, without echo; the argument says what for.
Ask = Callable[[str], str]


class SealKind(StrEnum):
    """What opens a key file."""

    PLAIN = "plain"
    CREDENTIAL = "credential"
    PASSPHRASES = "passphrases"


@dataclass(frozen=True, slots=True)
class SealKeySource:
    """Where the key of a seal may come from: systemd's folder, and people."""

    credentials_folder: Path | None = None
    ask: Ask | None = None


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal's key, and what its header must say to find that key again."""

    kind: SealKind
    salts: tuple[bytes, ...]
    key: Secret


def token_pin(source: SealKeySource) -> Secret:
    """Return a token's PIN: a credential, else what somebody types; raise KeyFileRefused."""
    if source.credentials_folder is not None:
        path = source.credentials_folder / TOKEN_PIN_NAME
        if path.is_file():
            with path.open("rb") as file:
                return Secret(file.read(CREDENTIAL_BYTES_MAX).strip())
    if source.ask is None:
        raise KeyFileRefused("the token asks for its PIN, and nobody is there")
    return Secret(source.ask("PIN of the token: ").encode())


def new_seal(kind: SealKind, source: SealKeySource, random: Random) -> Seal:
    """Make the seal of a new file; raise KeyFileRefused when its key cannot be had."""
    salts = tuple(random(SALT_BYTES) for _ in range(PASSPHRASES))
    if kind is SealKind.CREDENTIAL:
        salts = salts[:1]
    return Seal(kind, salts, _seal_key(kind, salts, source))


def seal_content(
    seal: Seal, content: bytes, values: tuple[CheckValue, ...], random: Random
) -> bytes:
    """Return a sealed file around `content`, with the keys' check values readable outside."""
    nonce = random(NONCE_BYTES)
    header = {
        "format": FORMAT,
        "seal": seal.kind.value,
        "salts": [salt.hex() for salt in seal.salts],
        "nonce": nonce.hex(),
        "check_values": [list(value) for value in values],
    }
    closed = AESGCM(seal.key.reveal()).encrypt(nonce, content, _bound(header))
    return json.dumps(header | {"content": closed.hex()}, indent=1).encode("ascii")


def open_content(file: bytes, source: SealKeySource) -> tuple[bytes, Seal]:
    """Open a sealed file; return its content and the seal to close it with again.

    Raises KeyFileRefused.
    """
    header, closed = _split(file)
    kind, salts = SealKind(header["seal"]), tuple(bytes.fromhex(one) for one in header["salts"])
    seal = Seal(kind, salts, _seal_key(kind, salts, source))
    try:
        nonce = bytes.fromhex(header["nonce"])
        content = AESGCM(seal.key.reveal()).decrypt(nonce, closed, _bound(header))
    except (InvalidTag, ValueError):
        raise KeyFileRefused("the key file does not open: wrong key, or damaged") from None
    return content, seal


def is_sealed(file: bytes) -> bool:
    """Say whether a key file is sealed, without opening it."""
    try:
        body = json.loads(file)
    except ValueError:
        return False
    return isinstance(body, dict) and body.get("format") == FORMAT


def read_header(file: bytes) -> tuple[SealKind, tuple[CheckValue, ...]]:
    """Return what a sealed file says of itself unopened; raise KeyFileRefused."""
    header, _ = _split(file)
    values = tuple((str(n), int(v), str(c)) for n, v, c in header["check_values"])
    return SealKind(header["seal"]), values


def _split(file: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        header = json.loads(file)
        closed = bytes.fromhex(header.pop("content"))
        kind = SealKind(header["seal"])
        salts = [bytes.fromhex(one) for one in header["salts"]]
        wanted = PASSPHRASES if kind is SealKind.PASSPHRASES else 1
        sound = len(salts) == wanted and all(len(salt) == SALT_BYTES for salt in salts)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise KeyFileRefused("the key file is damaged") from None
    if kind is SealKind.PLAIN or not sound:
        raise KeyFileRefused("the key file is damaged")
    return header, closed


def _bound(header: dict[str, Any]) -> bytes:
    return json.dumps(header, sort_keys=True, separators=(",", ":")).encode("ascii")


def _seal_key(kind: SealKind, salts: tuple[bytes, ...], source: SealKeySource) -> Secret:
    if kind is SealKind.CREDENTIAL:
        return _credential_key(source.credentials_folder, salts[0])
    return _passphrases_key(source.ask, salts)


def _credential_key(folder: Path | None, salt: bytes) -> Secret:
    if folder is None:
        raise KeyFileRefused("the key file's seal needs $CREDENTIALS_DIRECTORY, which is not set")
    try:
        with (folder / CREDENTIAL_NAME).open("rb") as file:
            raw = file.read(CREDENTIAL_BYTES_MAX + 1)
    except OSError:
        raise KeyFileRefused(f"the credential {CREDENTIAL_NAME} cannot be read") from None
    if not CREDENTIAL_BYTES_MIN <= len(raw) <= CREDENTIAL_BYTES_MAX:
        raise KeyFileRefused(f"the credential {CREDENTIAL_NAME} has the wrong length")
    return Secret(HKDF(SHA256(), KEY_BYTES, salt, FORMAT.encode()).derive(raw))


def _passphrases_key(ask: Ask | None, salts: tuple[bytes, ...]) -> Secret:
    if ask is None:
        raise KeyFileRefused("the key file is sealed with two passphrases, and nobody is there")
    typed = [ask(f"Passphrase {number} of {PASSPHRASES}: ") for number in range(1, len(salts) + 1)]
    if any(not PASSPHRASE_CHARACTERS_MIN <= len(one) <= PASSPHRASE_CHARACTERS_MAX for one in typed):
        raise KeyFileRefused(f"a passphrase has at least {PASSPHRASE_CHARACTERS_MIN} characters")
    if len(set(typed)) != len(typed):
        raise KeyFileRefused("the two passphrases must be of two people, and differ")
    key = bytes(KEY_BYTES)
    for one, salt in zip(typed, salts, strict=True):
        part = hash_secret_raw(
            one.encode(),
            salt,
            time_cost=ARGON2_TIME_COST,
            memory_cost=ARGON2_MEMORY_KIB,
            parallelism=ARGON2_LANES,
            hash_len=KEY_BYTES,
            type=Type.ID,
        )
        key = bytes(a ^ b for a, b in zip(key, part, strict=True))
    return Secret(key)
