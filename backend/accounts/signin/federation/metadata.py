"""Where a provider is asked what: from the settings, or from its own document (OIDC Discovery 1.0).

Pure. Not here: fetching the document.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

from backend.accounts.signin.federation.errors import ProviderUnavailable
from backend.settings import Settings
from backend.sign_in_settings import is_private

WELL_KNOWN: Final = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Metadata:
    """A provider's addresses, and what it says it knows."""

    authorization: str
    token: str
    userinfo: str
    jwks: str
    end_session: str | None
    #: Whether it knows PKCE with SHA-256 (RFC 7636).
    pkce: bool
    #: Whether the secret goes into the form (`client_secret_post`), as FranceConnect wants it.
    secret_in_form: bool
    #: Whether it says in the address who answers (RFC 9207), so that silence is refused.
    says_issuer: bool


def settled_metadata(settings: Settings) -> Metadata | None:
    """Return the addresses of the settings, or None where the provider's document says them."""
    asked = (
        settings.franceconnect_authorization_endpoint,
        settings.franceconnect_token_endpoint,
        settings.franceconnect_userinfo_endpoint,
        settings.franceconnect_jwks_endpoint,
    )
    authorization, token, userinfo, jwks = asked
    if authorization is None or token is None or userinfo is None or jwks is None:
        return None
    end = settings.franceconnect_end_session_endpoint
    return Metadata(
        authorization,
        token,
        userinfo,
        jwks,
        end,
        pkce=False,
        secret_in_form=True,
        says_issuer=False,
    )


def read_metadata(document: bytes, settings: Settings) -> Metadata:
    """Read a provider's document; raise ProviderUnavailable unless it is the provider's own."""
    try:
        said: Any = json.loads(document)
    except (ValueError, RecursionError):
        raise ProviderUnavailable(why="metadata") from None
    if not isinstance(said, dict) or said.get("issuer") != settings.franceconnect_issuer:
        raise ProviderUnavailable(why="issuer")
    methods = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    end = settings.franceconnect_end_session_endpoint
    if end is None and "end_session_endpoint" in said:
        end = _address(said, "end_session_endpoint")
    return Metadata(
        _address(said, "authorization_endpoint"),
        _address(said, "token_endpoint"),
        _address(said, "userinfo_endpoint"),
        _address(said, "jwks_uri"),
        end,
        pkce="S256" in _names(said.get("code_challenge_methods_supported")),
        secret_in_form="client_secret_post" in _names(methods),
        says_issuer=said.get("authorization_response_iss_parameter_supported") is True,
    )


def _address(said: dict[str, Any], name: str) -> str:
    address = said.get(name)
    if not isinstance(address, str) or not is_private(address):
        raise ProviderUnavailable(why=name)
    return address


def _names(said: object) -> list[object]:
    return said if isinstance(said, list) else []
