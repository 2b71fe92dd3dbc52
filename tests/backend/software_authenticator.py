"""A device that keeps passkeys, in software: what it answers can be bent for a test."""

import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2 import cbor
from fido2.utils import websafe_decode, websafe_encode

UP, UV, BE, BS, AT = 0x01, 0x04, 0x08, 0x10, 0x40
Json = dict[str, Any]


@dataclass
class SoftwareAuthenticator:
    """One passkey on one device, for one site; the fields are what may be bent."""

    site: str = "pass.example"
    origin: str = "https://pass.example"
    flags: int = UP | UV
    counter: int = 0
    cross_origin: bool = False
    algorithm: int = -7
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    holder: bytes = b""

    def create(self, options: Json, challenge: str | None = None) -> str:
        """Make the passkey; answer as `navigator.credentials.create` does."""
        self.holder = websafe_decode(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose = {
            1: 2,
            3: self.algorithm,
            -1: 1,
            -2: numbers.x.to_bytes(32, "big"),
            -3: numbers.y.to_bytes(32, "big"),
        }
        attested = (
            bytes(16)
            + struct.pack(">H", len(self.credential_id))
            + self.credential_id
            + cbor.encode(cose)
        )
        said = self._said(self.flags | AT) + attested
        made = cbor.encode({"fmt": "none", "attStmt": {}, "authData": said})
        client = self._client("webauthn.create", challenge or options["challenge"])
        return self._answer(client, attestationObject=websafe_encode(made))

    def get(self, options: Json, challenge: str | None = None, *, named: bool = True) -> str:
        """Answer a challenge as `navigator.credentials.get` does."""
        said = self._said(self.flags)
        client = self._client("webauthn.get", challenge or options["challenge"])
        signed = said + hashlib.sha256(client).digest()
        signature = self.key.sign(signed, ec.ECDSA(SHA256()))
        more = {"userHandle": websafe_encode(self.holder)} if named else {}
        return self._answer(
            client,
            authenticatorData=websafe_encode(said),
            signature=websafe_encode(signature),
            **more,
        )

    def _said(self, flags: int) -> bytes:
        site = hashlib.sha256(self.site.encode()).digest()
        return site + struct.pack(">BI", flags, self.counter)

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {
            "type": kind,
            "challenge": challenge,
            "origin": self.origin,
            "crossOrigin": self.cross_origin,
        }
        return json.dumps(said).encode()

    def _answer(self, client: bytes, **response: str) -> str:
        name = websafe_encode(self.credential_id)
        response["clientDataJSON"] = websafe_encode(client)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
