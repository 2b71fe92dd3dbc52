"""Signing access lists (EdDSA), so that a gate believes a list wherever it got it from."""

import base64
import hashlib
import json
from collections.abc import Callable


class ListSigner:
    """An Ed25519 key that signs, wherever it is kept, and its public half of 32 bytes."""

    def __init__(self, sign: Callable[[bytes], bytes], public_key: bytes) -> None:
        self._sign = sign
        self._public_key = public_key

    def sign(self, payload: bytes) -> str:
        """Return `payload` as a compact JWS (RFC 7515 §7.1, EdDSA of RFC 8037)."""
        header = {"alg": "EdDSA", "kid": self.public_jwk()["kid"]}
        signed = f"{_base64url(json.dumps(header).encode())}.{_base64url(payload)}"
        return f"{signed}.{_base64url(self._sign(signed.encode()))}"

    def public_jwk(self) -> dict[str, str]:
        """Return the key that verifies `sign`; `kid` is its thumbprint (RFC 8037 A.3)."""
        x = _base64url(self._public_key)
        members = f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'
        thumbprint = _base64url(hashlib.sha256(members.encode()).digest())
        return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": thumbprint}


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
