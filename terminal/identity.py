"""Who this terminal is: an Ed25519 key made here, and what the backend said at enrolment.

Promise: the key is made on this machine, lies in `state_dir` with mode 0600 and never leaves it;
what is loaded belongs to us and nobody else could read it, or it is refused. A second enrolment
never overwrites a first one. Where systemd hands over the credential `pass-terminal-seal`, the key
is encrypted under it, so that the disk alone is no terminal: what is derived from the key (the seal
of a gate's list) stays closed, too. It keeps no token.
"""

import base64
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from uuid import UUID, uuid4

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import TypeAdapter, ValidationError

from passcard.secret import Secret
from terminal import backend_client
from terminal.api_values import Enrolment, PublicKeyJwk, TerminalKind
from terminal.errors import IdentityError, IdentitySealed

KEY_FILE = "terminal-key.pem"
IDENTITY_FILE = "identity.json"
TOKEN_AUDIENCE = "pass-backend"  # noqa: S105 -- a name, not a secret
ASSERTION_LIFETIME = timedelta(seconds=60)
FILE_BYTES_MAX = 64 * 1024

SEAL_CREDENTIAL = "pass-terminal-seal"
CREDENTIALS_VARIABLE = "CREDENTIALS_DIRECTORY"  # systemd.exec(5), LoadCredentialEncrypted=
SEAL_BYTES_MIN, SEAL_BYTES_MAX = 16, 1023  # OpenSSL takes no longer passphrase
_SEALED = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"

_PRIVATE_MODE = 0o600
_OTHERS_MASK = stat.S_IRWXG | stat.S_IRWXO


class EnrolmentSettings(Protocol):
    """The settings that an enrolment needs."""

    @property
    def backend_url(self) -> str: ...  # noqa: D102 -- scheme, host and port
    @property
    def backend_ca_file(self) -> Path | None: ...  # noqa: D102 -- None: the system's authorities
    @property
    def state_dir(self) -> Path: ...  # noqa: D102 -- made if absent, mode 0700


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityRecord(Enrolment):
    """What identity.json holds: nothing secret, but nothing that others may change."""

    backend_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity(IdentityRecord):
    """This terminal, able to prove it. Only `load_identity` and `enrol` make one."""

    private_key: Ed25519PrivateKey = field(repr=False, compare=False)

    def client_assertion(self, now: datetime, new_id: Callable[[], UUID] = uuid4) -> str:
        """Return a signed assertion that lives 60 s (RFC 7523 §3)."""
        claims = {
            "iss": self.terminal_id,
            "sub": self.terminal_id,
            "aud": TOKEN_AUDIENCE,
            "iat": now,
            "exp": now + ASSERTION_LIFETIME,
            "jti": str(new_id()),
        }
        return jwt.encode(claims, self.private_key, algorithm="EdDSA")

    def secret(self) -> Secret:
        """Return the 32 secret bytes of the key, to derive from: never to be written down."""
        return Secret(self.private_key.private_bytes_raw())

    def list_verification_key(self) -> Ed25519PublicKey:
        """Return the key that access lists must be signed with."""
        return Ed25519PublicKey.from_public_bytes(_from_base64url(self.list_signing_key.x))


def load_identity(state_dir: Path, kind: TerminalKind | None = None) -> Identity:
    """Load the identity; IdentityError if absent, open to others, or of another kind."""
    raw = _read_private(state_dir / IDENTITY_FILE)
    try:
        record = TypeAdapter(IdentityRecord).validate_json(raw, strict=True)
    except ValidationError:
        path = state_dir / IDENTITY_FILE
        raise IdentityError(f"{path} is damaged: enrol again", path=str(path)) from None
    if kind is not None and record.kind != kind:
        raise IdentityError(f"this terminal is enrolled as a {record.kind}, not as a {kind}")
    return _with_key(record, _load_key(state_dir / KEY_FILE))


def enrol(settings: EnrolmentSettings, code: str) -> Identity:
    """Make a key, exchange the one-time code for an identity, and keep both in `state_dir`.

    If the answer is lost, the same call may be made again: it sends the same key.
    """
    folder = settings.state_dir
    path = folder / IDENTITY_FILE
    if path.exists():
        raise IdentityError("this terminal is enrolled already", path=str(path))
    key = _load_or_make_key(folder)
    enrolment = backend_client.enrol(
        settings.backend_url, code, _public_jwk(key), ca_file=settings.backend_ca_file
    )
    values = {each.name: getattr(enrolment, each.name) for each in fields(enrolment)}
    record = IdentityRecord(**values, backend_url=settings.backend_url)
    _write_private(path, TypeAdapter(IdentityRecord).dump_json(record, indent=2) + b"\n")
    return _with_key(record, key)


def _with_key(record: IdentityRecord, key: Ed25519PrivateKey) -> Identity:
    values = {each.name: getattr(record, each.name) for each in fields(record)}
    return Identity(**values, private_key=key)


def _load_or_make_key(folder: Path) -> Ed25519PrivateKey:
    path = folder / KEY_FILE
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as cause:
        raise IdentityError(f"{folder}: {cause.strerror}", path=str(folder)) from cause
    if path.exists():
        return _load_key(path)
    key = Ed25519PrivateKey.generate()
    seal = _seal()
    closed = NoEncryption() if seal is None else BestAvailableEncryption(seal)
    _write_private(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, closed))
    return key


def _seal() -> bytes | None:
    """Return the credential that closes the key, or None where systemd gave none."""
    folder = os.environ.get(CREDENTIALS_VARIABLE)
    if folder is None:
        return None
    path = Path(folder) / SEAL_CREDENTIAL
    try:
        with path.open("rb") as file:
            seal = file.read(SEAL_BYTES_MAX + 1)
    except FileNotFoundError:
        return None
    except OSError as cause:
        raise IdentityError(f"{path}: {cause.strerror}", path=str(path)) from cause
    if not SEAL_BYTES_MIN <= len(seal) <= SEAL_BYTES_MAX:
        raise IdentityError(f"{path} must have {SEAL_BYTES_MIN} to {SEAL_BYTES_MAX} bytes")
    return seal


def _load_key(path: Path) -> Ed25519PrivateKey:
    raw = _read_private(path)
    seal = _seal() if raw.startswith(_SEALED) else None
    if seal is None and raw.startswith(_SEALED):
        raise IdentitySealed(
            f"{path} is sealed: it opens with the systemd credential {SEAL_CREDENTIAL}",
            path=str(path),
        )
    try:
        key = load_pem_private_key(raw, password=seal)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise IdentityError(f"{path} is damaged: enrol again", path=str(path)) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise IdentityError(f"{path} is not an Ed25519 key", path=str(path))
    return key


def _read_private(path: Path) -> bytes:
    """Read a file of ours that nobody else may touch; follows no symbolic link."""
    try:
        # Without O_NONBLOCK a pipe in the file's place would wait for a writer.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        raise IdentityError(
            f"{path} is missing: enrol this terminal first", path=str(path)
        ) from None
    except OSError as cause:
        raise IdentityError(f"{path}: {cause.strerror}", path=str(path)) from cause
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise IdentityError(f"{path} is not a file of ours", path=str(path))
        if found.st_mode & _OTHERS_MASK:
            raise IdentityError(f"{path} is open to others: chmod 600 it", path=str(path))
        return os.read(descriptor, FILE_BYTES_MAX)
    finally:
        os.close(descriptor)


def _write_private(path: Path, content: bytes) -> None:
    """Write a new file with mode 0600 in one step: it is there whole, or not at all."""
    temporary = path.with_suffix(".new")
    try:
        temporary.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with open(os.open(temporary, flags, _PRIVATE_MODE), "wb") as file:  # noqa: PTH123 -- idem
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as cause:
        raise IdentityError(f"{path}: {cause.strerror}", path=str(path)) from cause


def _public_jwk(key: Ed25519PrivateKey) -> PublicKeyJwk:
    raw = key.public_key().public_bytes_raw()
    return PublicKeyJwk(x=base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii"))


def _from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
