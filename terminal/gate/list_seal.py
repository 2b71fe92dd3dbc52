"""The seal of a gate's stored list: AES-256-GCM under a key derived from the terminal's own.

Promise: a copy of the list's file alone tells nothing, not even names, and cannot be changed; bound
to its gate, it opens at no other. Whoever also copies the terminal's key file opens it: to claim
more, the disk must be encrypted.
"""

import secrets
from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from passcard.secret import Secret

HEADER: Final = b"pass-list-1\n"
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12  # NIST SP 800-38D §8.2.2: random, far below 2^32 lists a key
PURPOSE: Final = b"pass-terminal access list at rest"


class SealBroken(ValueError):
    """Not sealed under this key for this gate, or changed since."""


class ListSeal:
    """Seals and opens the list of one gate."""

    def __init__(
        self,
        terminal_key: Secret,
        gate: str,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """Derive the key (HKDF-SHA-256, RFC 5869) from the terminal's 32 secret bytes."""
        derivation = HKDF(SHA256(), KEY_BYTES, salt=None, info=PURPOSE)
        self._cipher = AESGCM(derivation.derive(terminal_key.reveal()))
        self._bound_to = HEADER + gate.encode()
        self._random = random

    def close(self, content: bytes) -> bytes:
        """Return the sealed file: header, nonce, cipher text with its tag."""
        nonce = self._random(NONCE_BYTES)
        return HEADER + nonce + self._cipher.encrypt(nonce, content, self._bound_to)

    def open(self, sealed: bytes) -> bytes:
        """Return what was sealed; raise SealBroken."""
        if not sealed.startswith(HEADER) or len(sealed) < len(HEADER) + NONCE_BYTES:
            raise SealBroken
        begin = len(HEADER) + NONCE_BYTES
        nonce, rest = sealed[len(HEADER) : begin], memoryview(sealed)[begin:]
        try:
            return self._cipher.decrypt(nonce, rest, self._bound_to)
        except InvalidTag:
            raise SealBroken from None
