"""Whether what a provider signed holds: identity tokens, and who somebody is.

Pure but for the library. Only the asymmetric signatures that FranceConnect v2 makes are accepted
(ES256, RS256): with those, neither `none` nor a public key used as a secret says anything.
Encrypted answers (FranceConnect+: RSA-OAEP or ECDH-ES, with AES-256-GCM) hold a signed one.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, TypeVar

from joserfc import jwe, jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from backend.accounts.signin.federation.errors import ProviderAnswerRefused
from backend.accounts.tables import EMAIL_CHARACTERS_MAX, NAME_CHARACTERS_MAX

ALGORITHMS: Final = ("ES256", "RS256")
ENCRYPTIONS: Final = ("RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "A256GCM")
LEEWAY: Final = timedelta(seconds=30)
AGE_MAX: Final = timedelta(minutes=10)
SUBJECT_CHARACTERS_MAX: Final = 255
RSA_BITS_MIN: Final = 2048
#: eIDAS levels, the weakest first: a stronger one than asked for will do.
_LEVELS: Final = ("eidas1", "eidas2", "eidas3")
_JWE_DOTS: Final = 4
Claims = dict[str, Any]
Key = ECKey | RSAKey
_T = TypeVar("_T")


class UnknownKey(Exception):
    """The token names a signing key that is not among those fetched: fetch them again."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What an identity token must say."""

    issuer: str
    client_id: str
    nonce: str
    acr: str


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """Who somebody is, as the provider says it: no more of it than is used."""

    subject: str
    #: Every given name, with spaces between them; the family name is that of birth.
    given_name: str
    family_name: str
    #: None where it was not given. A presumed one (the first of a month or year) looks as another.
    birth_date: date | None
    email: str | None


def read_keys(document: bytes) -> KeySet:
    """Read a provider's public keys, leaving out what signs nothing for us.

    Raises ProviderAnswerRefused.
    """
    said = _guard("keys", lambda: json.loads(document)["keys"])
    keys: list[Any] = []
    for one in said if isinstance(said, list) else []:
        key = _guard("key", lambda one=one: _read_key(one))  # type: ignore[misc]
        if key is not None:
            keys.append(key)
    return KeySet(keys)


def open_token(raw: str, keys: KeySet, private: Key | None) -> Claims:
    """Return what a signed token says, decrypted first where it is encrypted.

    Raises ProviderAnswerRefused, UnknownKey.
    """
    if raw.count(".") == _JWE_DOTS:
        raw = _decrypt(raw, private)
    header = _guard("header", lambda: jws.extract_compact(raw.encode()).headers())
    if header.get("alg") not in ALGORITHMS:
        raise ProviderAnswerRefused(why="algorithm")
    key = _key_of(header, keys)
    opened = _guard("signature", lambda: jws.deserialize_compact(raw, key, list(ALGORITHMS)))
    said = _guard("claims", lambda: json.loads(opened.payload or b""))
    if not isinstance(said, dict):
        raise ProviderAnswerRefused(why="claims")
    return said


def check_id_token(said: Claims, expected: Expected, now: datetime) -> str:
    """Return whom an identity token is about (OIDC Core §3.1.3.7); raise ProviderAnswerRefused."""
    _hold(said.get("iss") == expected.issuer, "iss")
    audience = said.get("aud")
    _hold(audience in (expected.client_id, [expected.client_id]), "aud")
    _hold(said.get("azp", expected.client_id) == expected.client_id, "azp")
    expires, issued = _moment(said, "exp"), _moment(said, "iat")
    _hold(now.timestamp() < expires + LEEWAY.total_seconds(), "exp")
    _hold(issued <= now.timestamp() + LEEWAY.total_seconds(), "iat")
    _hold(now.timestamp() <= issued + AGE_MAX.total_seconds(), "iat")
    nonce = said.get("nonce")
    _hold(isinstance(nonce, str), "nonce")
    _hold(hmac.compare_digest(str(nonce).encode(), expected.nonce.encode()), "nonce")
    _hold(not expected.acr or _is_strong_enough(said.get("acr"), expected.acr), "acr")
    return _subject(said)


def check_access_token(said: Claims, access_token: str) -> None:
    """Check that an identity token goes with an access token, where it says so (`at_hash`)."""
    if "at_hash" in said:
        # Both algorithms hash with SHA-256; the left half counts (OIDC Core §3.1.3.6).
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        made = base64.urlsafe_b64encode(half).rstrip(b"=")
        _hold(hmac.compare_digest(str(said["at_hash"]).encode(), made), "at_hash")


def check_userinfo(said: Claims, expected: Expected, subject: str, now: datetime) -> Identity:
    """Return who somebody is, if it is the same person (OIDC Core §5.3.2 and §5.3.4)."""
    _hold(said.get("iss", expected.issuer) == expected.issuer, "userinfo iss")
    audience = said.get("aud", expected.client_id)
    _hold(audience in (expected.client_id, [expected.client_id]), "userinfo aud")
    if "exp" in said:
        _hold(now.timestamp() < _moment(said, "exp") + LEEWAY.total_seconds(), "userinfo exp")
    _hold(hmac.compare_digest(_subject(said).encode(), subject.encode()), "userinfo sub")
    return Identity(
        subject,
        _words(said.get("given_name"), NAME_CHARACTERS_MAX),
        _words(said.get("family_name"), NAME_CHARACTERS_MAX),
        _date(said.get("birthdate")),
        _words(said.get("email"), EMAIL_CHARACTERS_MAX + 1) or None,
    )


def _read_key(said: Claims) -> Key | None:
    if said.get("use", "sig") != "sig" or said.get("alg", ALGORITHMS[0]) not in ALGORITHMS:
        return None
    if said.get("kty") == "EC" and said.get("crv") == "P-256":
        return ECKey.import_key({name: said[name] for name in said if name != "d"})
    if said.get("kty") == "RSA":
        public: dict[str, str | list[str]] = {
            name: str(said[name]) for name in ("kty", "n", "e", "kid") if name in said
        }
        if 8 * len(base64.urlsafe_b64decode(str(said["n"]) + "==")) >= RSA_BITS_MIN:
            return RSAKey.import_key(public)
    return None


def _key_of(header: Claims, keys: KeySet) -> Key:
    """Choose the key a token names; without a name, the only one of its kind."""
    kind = ECKey if header["alg"] == "ES256" else RSAKey
    fitting = [one for one in keys.keys if isinstance(one, kind)]
    if "kid" in header:
        fitting = [one for one in fitting if one.kid == header["kid"]]
    if not fitting:
        raise UnknownKey
    _hold(len(fitting) == 1, "key")
    return fitting[0]


def _decrypt(raw: str, private: Key | None) -> str:
    if private is None:
        raise ProviderAnswerRefused(why="encrypted")
    first = raw.partition(".")[0]
    outer = _guard("header", lambda: json.loads(base64.urlsafe_b64decode(first + "==")))
    _hold("zip" not in outer, "compressed")
    opened = _guard("decryption", lambda: jwe.decrypt_compact(raw, private, list(ENCRYPTIONS)))
    return _guard("decrypted", lambda: (opened.plaintext or b"").decode("ascii"))


def _is_strong_enough(said: object, asked: str) -> bool:
    if said in _LEVELS and asked in _LEVELS:
        return _LEVELS.index(str(said)) >= _LEVELS.index(asked)
    return said == asked


def _subject(said: Claims) -> str:
    subject = said.get("sub")
    _hold(isinstance(subject, str) and 1 <= len(subject) <= SUBJECT_CHARACTERS_MAX, "sub")
    return str(subject)


def _moment(said: Claims, name: str) -> int:
    value = said.get(name)
    _hold(isinstance(value, int) and not isinstance(value, bool) and value >= 0, name)
    return int(value or 0)


def _words(said: object, characters_max: int) -> str:
    if not isinstance(said, str):
        return ""
    plain = "".join(letter if letter.isprintable() else " " for letter in said)
    return " ".join(plain.split())[:characters_max].strip()


def _date(said: object) -> date | None:
    try:
        return date.fromisoformat(str(said)) if isinstance(said, str) else None
    except ValueError:
        return None


def _hold(holds: bool, why: str) -> None:
    if not holds:
        raise ProviderAnswerRefused(why=why)


def _guard(why: str, read: Callable[[], _T]) -> _T:
    """Run a step of the library, and refuse whatever makes it stumble."""
    try:
        return read()
    except (JoseError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # `from None`: a cause may quote the token.
        raise ProviderAnswerRefused(why=why) from None
