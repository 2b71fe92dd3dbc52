"""A vault in this very process, its keys in a file: for development, tests and small sites.

It is not a secure cryptographic device: keys and codes pass through this process's memory.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backend.vault.key_file import VaultKeys, make_keys, read_keys, write_keys


class LocalVault:
    """The vault's Protocol, kept in process."""

    def __init__(
        self,
        keys: VaultKeys,
        *,
        now: Callable[[], datetime],
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._keys = keys
        self._now = now
        self._random = random
        self._signing = Ed25519PrivateKey.from_private_bytes(keys.list_signing.reveal())

    @classmethod
    def create(
        cls,
        path: Path,
        random: Callable[[int], bytes] = secrets.token_bytes,
        *,
        now: Callable[[], datetime],
    ) -> Self:
        """Make new keys, write them to a new file, and open the vault on it.

        Raises FileExistsError: an existing file is never overwritten.
        """
        write_keys(path, make_keys(random))
        return cls.load(path, now=now, random=random)

    @classmethod
    def load(
        cls,
        path: Path,
        *,
        now: Callable[[], datetime],
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> Self:
        """Open the vault on its key file; raise KeyFileRefused, FileNotFoundError."""
        return cls(read_keys(path), now=now, random=random)

    def sign(self, payload: bytes) -> str:
        """Return `payload` as a compact JWS (RFC 7515 §7.1, EdDSA of RFC 8037)."""
        header = {"alg": "EdDSA", "kid": self.public_signing_key()["kid"]}
        signed = f"{_base64url(json.dumps(header).encode())}.{_base64url(payload)}"
        return f"{signed}.{_base64url(self._signing.sign(signed.encode()))}"

    def public_signing_key(self) -> dict[str, str]:
        """Return the public key that verifies `sign`; `kid` is its thumbprint (RFC 8037 A.3)."""
        x = _base64url(self._signing.public_key().public_bytes_raw())
        members = f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'
        thumbprint = _base64url(hashlib.sha256(members.encode()).digest())
        return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": thumbprint}


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
