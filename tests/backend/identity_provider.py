"""An OpenID provider as FranceConnect is, on the loopback: it checks what a client must do, and
can be made to answer wrongly in every way that matters.

Written apart from our client: it signs with joserfc, and looks at the client with its own rules.
"""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwe, jws, jwt
from joserfc.jwk import ECKey, RSAKey

Json = dict[str, Any]
SUBJECT = "b6048e95bb134ec5b1d1e1fa69f287172e91722b9354d637a1bcf2ebb0fd2ef5v1"
CLAIMS: Json = {
    "sub": SUBJECT,
    "given_name": "Angela Claire Louise",
    "family_name": "DUBOIS",
    "birthdate": "1962-08-24",
    "gender": "female",
    "birthplace": "75107",
    "birthcountry": "99100",
    "email": "angela@exemple.fr",
}


@dataclass
class Bend:
    """What the provider does wrongly; as it stands, nothing."""

    #: Changes what the identity token, or the answer about the person, says.
    id_token: Callable[[Json], Json] = dict
    userinfo: Callable[[Json], Json] = dict
    #: Signs in another way: `none`, or with what everybody knows.
    sign: Callable[[Json], str] | None = None
    #: Answers the browser with this instead of a code.
    error: str | None = None
    sender: str | None = None
    #: Waits, drips or floods.
    seconds: float = 0
    drip: bool = False
    body: bytes | None = None
    status: int = 200
    issuer: str | None = None


@dataclass
class Codes:
    """What was given to a browser: each code once, with what it was asked with."""

    asked: dict[str, dict[str, str]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    tokens: dict[str, Json] = field(default_factory=dict)


class IdentityProvider:
    """The provider; `address` is its issuer."""

    client_id = "pass-client"

    def __init__(self) -> None:
        self.now: Callable[[], float] = time.time
        self._first = ECKey.generate_key("P-256", {"kid": "one"})
        self.reset()
        server = _Server(("127.0.0.1", 0), _Handler)
        server.provider = self
        self._server = server
        self.address = f"http://127.0.0.1:{server.server_address[1]}/api/v2"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def reset(self) -> None:
        """Do as FranceConnect does, and remember nothing."""
        self.key: Any = self._first
        self.secret = "a secret of the client"
        self.claims: Json = dict(CLAIMS)
        self.bend = Bend()
        self.codes = Codes()
        self.redirect_uri = "https://pass.example/connexion/franceconnect/retour"
        #: The public key of a client that says who it is with `private_key_jwt`.
        self.client_key: Any = None
        #: The public key that answers are encrypted for.
        self.encryption: tuple[str, Any] | None = None
        self.signed_userinfo = True
        self.secret_in_form = True
        self.asked: list[str] = []
        self.refused: list[str] = []

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def rotate(self, kind: str = "EC") -> None:
        """Sign with another key from now on; only that one is published."""
        name = secrets.token_hex(4)
        made: Any = None
        if kind == "EC":
            made = ECKey.generate_key("P-256", {"kid": name})
        else:
            made = RSAKey.generate_key(2048, {"kid": name})
        self.key = made

    def go(self, address: str) -> str:
        """Do as a browser that is sent to an address here; return where it is sent next."""
        place = urlsplit(address)
        line = HTTPConnection(place.netloc, timeout=10)
        line.request("GET", f"{place.path}?{place.query}")
        answer = line.getresponse()
        answer.read()
        line.close()
        assert answer.status == 303, self.refused
        return answer.headers["Location"]

    # What it answers: (status, content type, body), or an address to go to.

    def metadata(self) -> Json:
        methods = ["client_secret_post" if self.secret_in_form else "client_secret_basic"]
        return {
            "issuer": self.bend.issuer or self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "userinfo_endpoint": f"{self.address}/userinfo",
            "jwks_uri": f"{self.address}/jwks",
            "end_session_endpoint": f"{self.address}/session/end",
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": methods,
            "authorization_response_iss_parameter_supported": True,
        }

    def jwks(self) -> Json:
        public = {**self.key.as_dict(private=False), "use": "sig", "kid": self.key.kid}
        other = {"kty": "EC", "use": "enc", "crv": "P-256", "x": "", "y": "", "kid": "for others"}
        return {"keys": [other, public]}

    def authorize(self, asked: dict[str, str]) -> str:
        """Identify whoever comes, and say where their browser goes."""
        self._must(asked.get("response_type") == "code", "response_type")
        self._must(asked.get("client_id") == self.client_id, "client_id")
        self._must(asked.get("redirect_uri") == self.redirect_uri, "redirect_uri")
        self._must("openid" in asked.get("scope", "").split(), "scope")
        self._must(len(asked.get("state", "")) >= 32, "state")
        self._must(len(asked.get("nonce", "")) >= 32, "nonce")
        self._must(asked.get("acr_values") == "eidas1", "acr_values")
        self._must(asked.get("code_challenge_method") == "S256", "pkce")
        said = {"state": asked["state"], "iss": self.bend.sender or self.address}
        if self.bend.error is not None:
            said |= {"error": self.bend.error, "error_description": "User auth aborted"}
        else:
            said["code"] = secrets.token_urlsafe(32)
            self.codes.asked[said["code"]] = asked
        return f"{self.redirect_uri}?{urlencode(said)}"

    def token(self, form: dict[str, str], authorization: str) -> Json:
        code = form.get("code", "")
        self._must(form.get("grant_type") == "authorization_code", "grant_type")
        self._must(code in self.codes.asked and code not in self.codes.used, "code")
        self.codes.used.add(code)
        asked = self.codes.asked[code]
        self._must(form.get("redirect_uri") == asked["redirect_uri"], "redirect_uri")
        made = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        self._must(_text(made) == asked["code_challenge"], "code_verifier")
        self._check_client(form, authorization)
        access = secrets.token_urlsafe(24)
        now = int(self.now())
        said = self.bend.id_token(
            {
                "iss": self.address,
                "sub": self.claims["sub"],
                "aud": self.client_id,
                "exp": now + 60,
                "iat": now,
                "nonce": asked["nonce"],
                "acr": "eidas1",
                "at_hash": _text(hashlib.sha256(access.encode()).digest()[:16]),
            }
        )
        self.codes.tokens[access] = self.bend.userinfo(
            {**self.claims, "iss": self.address, "aud": self.client_id}
        )
        return {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": 60,
            "id_token": self._close(said),
        }

    def userinfo(self, authorization: str) -> tuple[str, bytes]:
        access = authorization.removeprefix("Bearer ")
        self._must(access in self.codes.tokens, "access token")
        said = self.codes.tokens[access]
        if self.signed_userinfo:
            return "application/jwt", self._close(said).encode()
        return "application/json;charset=utf-8", json.dumps(said).encode()

    def _close(self, said: Json) -> str:
        signed = self.sign(said) if self.bend.sign is None else self.bend.sign(said)
        if self.encryption is None:
            return signed
        algorithm, key = self.encryption
        header = {"alg": algorithm, "enc": "A256GCM", "cty": "JWT"}
        return jwe.encrypt_compact(header, signed.encode(), key)

    def sign(self, said: Json) -> str:
        algorithm = "ES256" if isinstance(self.key, ECKey) else "RS256"
        header = {"alg": algorithm, "kid": self.key.kid, "typ": "JWT"}
        return jws.serialize_compact(header, json.dumps(said).encode(), self.key)

    def _check_client(self, form: dict[str, str], authorization: str) -> None:
        if self.client_key is not None:
            self._must("client_secret" not in form, "two ways to say who it is")
            said = jwt.decode(form["client_assertion"], self.client_key, ["ES256", "RS256"]).claims
            self._must(said["iss"] == said["sub"] == self.client_id, "assertion iss")
            self._must(said["aud"] == self.address, "assertion aud")
            self._must(0 < said["exp"] - self.now() <= 120, "assertion exp")
            self._must(len(said["jti"]) >= 16 and said["jti"] not in self.codes.used, "jti")
            self.codes.used.add(said["jti"])
        elif self.secret_in_form:
            self._must(form.get("client_id") == self.client_id, "client_id")
            self._must(form.get("client_secret") == self.secret, "client_secret")
        else:
            pair = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
            self._must(authorization == f"Basic {pair}", "basic")

    def _must(self, holds: bool, what: str) -> None:
        if not holds:
            self.refused.append(what)
            raise PermissionError(what)


def unsigned(said: Json) -> str:
    """Say it with nobody vouching for it."""
    header = json.dumps({"alg": "none"}).encode()
    return f"{_text(header)}.{_text(json.dumps(said).encode())}."


def signed_with_what_everybody_knows(provider: IdentityProvider, said: Json) -> str:
    """Use the public key as if it were a secret (HS256)."""
    header = json.dumps({"alg": "HS256", "kid": provider.key.kid}).encode()
    whole = f"{_text(header)}.{_text(json.dumps(said).encode())}"
    public = provider.key.as_pem(private=False)
    return f"{whole}.{_text(hmac.digest(public, whole.encode(), 'sha256'))}"


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    provider: IdentityProvider


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        place = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(place.query).items()}
        self._answer(place.path.removeprefix("/api/v2/"), asked)

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        form = {n: v[0] for n, v in parse_qs(self.rfile.read(length).decode()).items()}
        self._answer("token", form)

    def _answer(self, name: str, asked: dict[str, str]) -> None:
        provider = self.server.provider
        provider.asked.append(name)
        authorization = self.headers.get("Authorization", "")
        try:
            if name == "authorize":
                self._go(provider.authorize(asked))
            elif name == "session/end":
                back = asked["post_logout_redirect_uri"]
                self._go(f"{back}?{urlencode({'state': asked['state']})}")
            elif name == "userinfo":
                self._say(*provider.userinfo(authorization))
            else:
                said = {
                    "token": lambda: provider.token(asked, authorization),
                    "jwks": provider.jwks,
                }.get(name, provider.metadata)()
                self._say("application/json", json.dumps(said).encode())
        except PermissionError as refusal:
            said = {"error": str(refusal)}
            self._say("application/json", json.dumps(said).encode(), 400)

    def _go(self, address: str) -> None:
        self.send_response(303)
        self.send_header("Location", address)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _say(self, kind: str, body: bytes, status: int = 0) -> None:
        bend = self.server.provider.bend
        time.sleep(bend.seconds)
        body = body if bend.body is None else bend.body
        self.send_response(status or bend.status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        step = 1 if bend.drip else max(len(body), 1)
        try:
            for place in range(0, len(body), step):
                self.wfile.write(body[place : place + step])
                self.wfile.flush()
                time.sleep(0.05 if bend.drip else 0)
        except OSError:
            self.close_connection = True

    def log_message(self, *_args: object) -> None:
        pass
