"""A PKCS#11 token: the only file that speaks to one (SoftHSM2, or a real HSM).

Promise: one session, one question at a time; every key put here is SENSITIVE, not EXTRACTABLE and
good for one thing; the token's own errors become ours, without what was asked. Not here: which key
means what.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from pathlib import Path
from typing import Any

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass

from backend.vault.errors import TokenRefused, VaultUnavailable
from passcard.secret import Secret

#: What a token must be able to do. Small HSMs may lack the first.
MECHANISMS = {
    "CKM_AES_ECB_ENCRYPT_DATA": Mechanism.AES_ECB_ENCRYPT_DATA,
    "CKM_AES_ECB": Mechanism.AES_ECB,
    "CKM_AES_CBC": Mechanism.AES_CBC,
    "CKM_SHA256_HMAC": Mechanism.SHA256_HMAC,
    "CKM_EDDSA": Mechanism.EDDSA,
}
_ED25519 = bytes.fromhex("06032B6570")  # DER of the curve's object identifier (RFC 8410 §3)
_AES_BLOCK = 16
_PURPOSES = (
    Attribute.ENCRYPT,
    Attribute.DECRYPT,
    Attribute.SIGN,
    Attribute.VERIFY,
    Attribute.WRAP,
    Attribute.UNWRAP,
    Attribute.DERIVE,
)
_CLOSED = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}


class Purpose(Enum):
    """The one thing a secret key is good for."""

    ENCRYPTION = auto()
    DERIVATION = auto()
    MAC = auto()
    WRAPPING = auto()


_MEANT: dict[Purpose, tuple[tuple[Attribute, ...], KeyType]] = {
    Purpose.ENCRYPTION: ((Attribute.ENCRYPT,), KeyType.AES),
    Purpose.DERIVATION: ((Attribute.DERIVE,), KeyType.AES),
    Purpose.MAC: ((Attribute.SIGN,), KeyType.GENERIC_SECRET),
    Purpose.WRAPPING: ((Attribute.ENCRYPT, Attribute.DECRYPT), KeyType.AES),
}


class Token:
    """An open token and the objects of one set of keys, found by label."""

    def __init__(self, module: Path, label: str, pin: Secret, key_set: str) -> None:
        """Log in; raise TokenRefused."""
        self._lock = threading.Lock()
        self._prefix = key_set + "/"
        try:
            token = pkcs11.lib(str(module)).get_token(token_label=label)
            self._check_mechanisms(token)
            self._session = _open_session(token, pin)
            self._objects = self._find_objects()
        except (pkcs11.PKCS11Error, RuntimeError, OSError) as cause:
            # The cause is named, not kept: it may quote what was given.
            raise TokenRefused(f"the token cannot be used: {type(cause).__name__}") from None

    def close(self) -> None:
        """Close the session; the keys stay in the token."""
        with self._lock:
            self._session.close()

    def labels(self) -> frozenset[str]:
        """Name every object of the set, without the set's own name."""
        return frozenset(self._objects)

    def encrypt_cbc(self, label: str, plain: bytes) -> bytes:
        """Encrypt whole blocks under a key of the token, with an IV of zeros."""
        with self._asking():
            closed: bytes = self._objects[label].encrypt(
                plain, mechanism=Mechanism.AES_CBC, mechanism_param=bytes(_AES_BLOCK)
            )
            return closed

    def decrypt_block(self, label: str, closed: bytes) -> bytes:
        """Decrypt one block under a key of the token."""
        with self._asking():
            plain: bytes = self._objects[label].decrypt(closed, mechanism=Mechanism.AES_ECB)
            return plain

    def hmac(self, label: str, message: bytearray) -> bytes:
        """Compute HMAC-SHA-256 under a key of the token."""
        with self._asking():
            tag: bytes = self._objects[label].sign(bytes(message), mechanism=Mechanism.SHA256_HMAC)
            return tag

    def sign(self, label: str, message: bytes) -> bytes:
        """Sign with an Ed25519 key of the token."""
        with self._asking():
            signature: bytes = self._objects[label].sign(message, mechanism=Mechanism.EDDSA)
            return signature

    def read_data(self, label: str) -> bytes:
        """Read a data object."""
        with self._asking():
            value: bytes = self._objects[label][Attribute.VALUE]
            return value

    def derive_readable(self, label: str, block: bytes) -> Secret:
        """Derive the one kind of key that has to leave: the encryption of `block`."""
        with self._asking():
            attributes = {Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True}
            derived = _derive(self._objects[label], block, attributes)
            try:
                return Secret(derived[Attribute.VALUE])
            finally:
                derived.destroy()

    def open_with_derived(
        self,
        label: str,
        path: tuple[bytes, ...],
        read: Callable[[Callable[[bytes | bytearray], bytearray]], bytearray],
    ) -> bytearray:
        """Walk from a key along `path`, and let `read` decrypt blocks with what is at its end.

        Every key on the way derives and nothing else; the last one decrypts and nothing else.
        """
        with self._asking():
            key, walked = self._objects[label], []
            try:
                for place, block in enumerate(path, 1):
                    purpose = Attribute.DECRYPT if place == len(path) else Attribute.DERIVE
                    key = _derive(key, block, {**_only((purpose,)), **_CLOSED})
                    walked.append(key)
                last = key
                return read(
                    lambda closed: bytearray(
                        last.decrypt(bytes(closed), mechanism=Mechanism.AES_ECB)
                    )
                )
            finally:
                for each in walked:
                    each.destroy()

    def put_secret_key(self, label: str, key: Secret, purpose: Purpose) -> None:
        """Put a secret key into the token, good for `purpose` alone."""
        purposes, kind = _MEANT[purpose]
        attributes = {
            Attribute.CLASS: ObjectClass.SECRET_KEY,
            Attribute.KEY_TYPE: kind,
            Attribute.VALUE: key.reveal(),
        }
        self._put(label, {**attributes, **_only(purposes), **_CLOSED})

    def put_signing_key(self, label: str, seed: Secret) -> None:
        """Put an Ed25519 private key into the token."""
        attributes = {
            Attribute.CLASS: ObjectClass.PRIVATE_KEY,
            Attribute.KEY_TYPE: KeyType.EC_EDWARDS,
            Attribute.EC_PARAMS: _ED25519,
            Attribute.VALUE: seed.reveal(),
            Attribute.SIGN: True,
        }
        self._put(label, {**attributes, **_CLOSED})

    def put_data(self, label: str, value: bytes) -> None:
        """Put a data object into the token, for those logged in."""
        self._put(label, {Attribute.CLASS: ObjectClass.DATA, Attribute.VALUE: value})

    def _put(self, label: str, attributes: dict[Attribute, Any]) -> None:
        if label in self._objects:
            raise TokenRefused("the token has such a key already; it is never overwritten")
        whole = {
            **attributes,
            Attribute.LABEL: self._prefix + label,
            Attribute.TOKEN: True,
            Attribute.PRIVATE: True,
        }
        with self._asking():
            self._objects[label] = self._session.create_object(whole)

    def _find_objects(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for each in self._session.get_objects({Attribute.TOKEN: True}):
            label = each[Attribute.LABEL]
            if not label.startswith(self._prefix):
                continue
            if each[Attribute.CLASS] is not ObjectClass.DATA and (
                each[Attribute.EXTRACTABLE] or not each[Attribute.SENSITIVE]
            ):
                raise TokenRefused("a key in the token could be read out of it")
            found[label.removeprefix(self._prefix)] = each
        return found

    @staticmethod
    def _check_mechanisms(token: Any) -> None:
        known = set(token.slot.get_mechanisms())
        missing = [name for name, mechanism in MECHANISMS.items() if mechanism not in known]
        if missing:
            raise TokenRefused(f"the token lacks {', '.join(missing)}")

    @contextmanager
    def _asking(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except (pkcs11.PKCS11Error, KeyError):
                # `from None`: a cause may hold what was asked.
                raise VaultUnavailable from None


def _open_session(token: Any, pin: Secret) -> Any:
    try:
        return token.open(rw=True, user_pin=pin.reveal().decode())
    except pkcs11.UserAlreadyLoggedIn:
        # Sessions of one process share the login.
        return token.open(rw=True)


def _only(purposes: tuple[Attribute, ...]) -> dict[Attribute, bool]:
    return {each: each in purposes for each in _PURPOSES}


def _derive(key: Any, block: bytes, attributes: dict[Attribute, bool]) -> Any:
    return key.derive_key(
        KeyType.AES,
        8 * _AES_BLOCK,
        mechanism=Mechanism.AES_ECB_ENCRYPT_DATA,
        mechanism_param=block,
        template={Attribute.TOKEN: False, **attributes},
    )
