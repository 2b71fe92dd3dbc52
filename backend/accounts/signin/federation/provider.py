"""One OpenID provider: where a browser is sent, and what comes of the code it brings back.

Promise: no row is held while the provider is asked; what it publishes is fetched seldom, and again
as soon as it signs with a key we do not know; what does not hold is refused, and why stays in the
log. Not here: whose browser it is, and whose account.
"""

import base64
import hashlib
import json
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, Final
from urllib.parse import urlencode

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from backend.accounts.signin.federation.errors import (
    NoProvider,
    ProviderAnswerRefused,
    ProviderSaidNo,
    ProviderUnavailable,
)
from backend.accounts.signin.federation.metadata import (
    WELL_KNOWN,
    Metadata,
    read_metadata,
    settled_metadata,
)
from backend.accounts.signin.federation.tokens import (
    Claims,
    Expected,
    Identity,
    Key,
    UnknownKey,
    check_access_token,
    check_id_token,
    check_userinfo,
    open_token,
    read_keys,
)
from backend.accounts.signin.federation.wire import Answer, Wire
from backend.secret_files import read_secret_file
from backend.settings import Settings

LOG: Final = logging.getLogger(__name__)
RETURN_PATH: Final = "/connexion/franceconnect/retour"
GOODBYE_PATH: Final = "/connexion/franceconnect/au-revoir"
FETCHED_FOR: Final = timedelta(hours=1)
ASSERTION_SECONDS: Final = 60
SECRET_BYTES_MAX: Final = 1_024
KEY_BYTES_MAX: Final = 16 * 1_024
TOKEN_CHARACTERS_MAX: Final = 16 * 1_024
JWT_BEARER: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True, slots=True)
class Question:
    """What one browser is sent to the provider with; none of it serves twice."""

    state: str
    nonce: str = field(repr=False)
    #: PKCE (RFC 7636): the hash goes with the browser, this with the code.
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identified:
    """Somebody the provider identified; the token goes back to it when they sign out."""

    identity: Identity
    id_token: str = field(repr=False)


class Provider:
    """The provider of the settings; raises NoProvider where there is none."""

    def __init__(
        self, settings: Settings, now: Callable[[], datetime], wire: Wire | None = None
    ) -> None:
        if settings.franceconnect_issuer is None or settings.franceconnect_client_id is None:
            raise NoProvider
        self.issuer = settings.franceconnect_issuer
        self._client_id = settings.franceconnect_client_id
        self._settings = settings
        self._now = now
        self._wire = wire or Wire(settings.franceconnect_proxy)
        self._home = settings.public_url.rstrip("/")
        self._lock = Lock()
        self._settled = settled_metadata(settings)
        self._metadata: Metadata | None = None
        self._metadata_at = now()
        self._keys: KeySet | None = None
        self._keys_at = now()

    def address_for(self, question: Question) -> str:
        """Return where to send a browser; raise ProviderUnavailable."""
        metadata = self._read_metadata()
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._home + RETURN_PATH,
            "scope": self._settings.franceconnect_scopes,
            "state": question.state,
            "nonce": question.nonce,
        }
        if self._settings.franceconnect_acr:
            asked["acr_values"] = self._settings.franceconnect_acr
        if metadata.pkce:
            made = hashlib.sha256(question.verifier.encode()).digest()
            asked["code_challenge"] = base64.urlsafe_b64encode(made).rstrip(b"=").decode()
            asked["code_challenge_method"] = "S256"
        return _with(metadata.authorization, asked)

    def check_sender(self, said: str | None) -> None:
        """Refuse an answer that says, or should say, that another provider sends it (RFC 9207)."""
        if said is None and not self._read_metadata().says_issuer:
            return
        if said != self.issuer:
            raise ProviderAnswerRefused(why="sender")

    def identify(self, code: str, question: Question) -> Identified:
        """Exchange a code for who somebody is.

        Raises ProviderUnavailable, ProviderSaidNo, ProviderAnswerRefused.
        """
        metadata = self._read_metadata()
        given = self._exchange(metadata, code, question)
        id_token, access_token = _text(given, "id_token"), _text(given, "access_token")
        expected = Expected(
            self.issuer, self._client_id, question.nonce, self._settings.franceconnect_acr
        )
        said = self._open(id_token)
        subject = check_id_token(said, expected, self._now())
        check_access_token(said, access_token)
        answer = self._wire.get(metadata.userinfo, bearer=access_token)
        if answer.status != 200:
            LOG.warning("identity provider: userinfo answered %d", answer.status)
            raise ProviderUnavailable(why="userinfo")
        claims = self._claims_of(answer)
        return Identified(check_userinfo(claims, expected, subject, self._now()), id_token)

    def goodbye_address(self, id_token: str, state: str) -> str | None:
        """Return where a browser ends its session at the provider; None where it cannot."""
        end = self._read_metadata().end_session
        if end is None:
            return None
        back = self._home + GOODBYE_PATH
        asked = {"id_token_hint": id_token, "state": state, "post_logout_redirect_uri": back}
        return _with(end, asked)

    def _exchange(self, metadata: Metadata, code: str, question: Question) -> Claims:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._home + RETURN_PATH,
        }
        if metadata.pkce:
            form["code_verifier"] = question.verifier
        basic = None
        if self._settings.franceconnect_key_file is not None:
            form |= self._assertion()
        else:
            secret = _read_secret(self._settings.franceconnect_secret_file)
            if metadata.secret_in_form:
                form |= {"client_id": self._client_id, "client_secret": secret}
            else:
                basic = self._client_id, secret
        answer = self._wire.post(metadata.token, form, basic)
        given = _read_json(answer)
        if answer.status != 200:
            error = str(given.get("error"))[:40]
            LOG.warning("identity provider: the code was refused: %s", error)
            raise ProviderSaidNo(error=error)
        return given

    def _assertion(self) -> dict[str, str]:
        """Say who we are with our private key (`private_key_jwt`, OIDC Core §9)."""
        key = _read_key(self._settings.franceconnect_key_file)
        issued = int(self._now().timestamp())
        header = {"alg": "ES256" if isinstance(key, ECKey) else "RS256", "typ": "JWT"}
        if self._settings.franceconnect_key_id is not None:
            header["kid"] = self._settings.franceconnect_key_id
        said = {
            "iss": self._client_id,
            "sub": self._client_id,
            # Its name, not an address of it: what another could not be made to accept.
            "aud": self.issuer,
            "iat": issued,
            "exp": issued + ASSERTION_SECONDS,
            "jti": secrets.token_urlsafe(24),
        }
        signed = jwt.encode(header, said, key)
        return {
            "client_id": self._client_id,
            "client_assertion_type": JWT_BEARER,
            "client_assertion": signed,
        }

    def _claims_of(self, answer: Answer) -> Claims:
        """Read who somebody is: signed, as FranceConnect says it, or plain, as others do."""
        if answer.content_type == "application/jwt":
            return self._open(answer.body.decode("ascii", "replace").strip())
        return _read_json(answer)

    def _open(self, raw: str) -> Claims:
        private = None
        if self._settings.franceconnect_decryption_key_file is not None:
            private = _read_key(self._settings.franceconnect_decryption_key_file)
        try:
            return open_token(raw, self._read_keys(), private)
        except UnknownKey:
            pass
        try:
            return open_token(raw, self._read_keys(anew=True), private)
        except UnknownKey:
            raise ProviderAnswerRefused(why="kid") from None

    def _read_metadata(self) -> Metadata:
        if self._settled is not None:
            return self._settled
        with self._lock:
            known, until = self._metadata, self._metadata_at + FETCHED_FOR
        if known is not None and self._now() < until:
            return known
        answer = self._fetch(self.issuer.rstrip("/") + WELL_KNOWN)
        fetched = read_metadata(answer, self._settings)
        with self._lock:
            self._metadata, self._metadata_at = fetched, self._now()
        return fetched

    def _read_keys(self, *, anew: bool = False) -> KeySet:
        with self._lock:
            known, until = self._keys, self._keys_at + FETCHED_FOR
        if known is not None and not anew and self._now() < until:
            return known
        fetched = read_keys(self._fetch(self._read_metadata().jwks))
        with self._lock:
            self._keys, self._keys_at = fetched, self._now()
        return fetched

    def _fetch(self, address: str) -> bytes:
        answer = self._wire.get(address)
        if answer.status != 200:
            raise ProviderUnavailable(why=f"status {answer.status}")
        return answer.body


def _with(address: str, asked: dict[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"


def _read_json(answer: Answer) -> Claims:
    try:
        said: Any = json.loads(answer.body)
    except (ValueError, RecursionError):
        raise ProviderUnavailable(why="json") from None
    if not isinstance(said, dict):
        raise ProviderUnavailable(why="json")
    return said


def _text(given: Claims, name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= TOKEN_CHARACTERS_MAX:
        raise ProviderAnswerRefused(why=name)
    return value


def _read_secret(path: Path | None) -> str:
    try:
        return _read_file(path, SECRET_BYTES_MAX).strip().decode()
    except UnicodeDecodeError:
        LOG.warning("identity provider: %s is not text", path)
        raise ProviderUnavailable(why="secret file") from None


def _read_key(path: Path | None) -> Key:
    try:
        private = load_pem_private_key(_read_file(path, KEY_BYTES_MAX), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        private = None
    if isinstance(private, EllipticCurvePrivateKey):
        return ECKey.import_key(private)
    if isinstance(private, RSAPrivateKey):
        return RSAKey.import_key(private)
    LOG.error("identity provider: %s holds no RSA or P-256 private key", path)
    raise ProviderUnavailable(why="key file")


def _read_file(path: Path | None, bytes_max: int) -> bytes:
    if path is None:
        raise NoProvider
    try:
        return read_secret_file(path, bytes_max).reveal()
    except OSError as cause:
        LOG.warning("identity provider: %s cannot be read: %s", path, type(cause).__name__)
        raise ProviderUnavailable(why="key file") from None
