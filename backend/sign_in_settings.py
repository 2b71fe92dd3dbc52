"""What the backend is told about ways to sign in besides a password.

Not here: secrets. The file of a key or of a secret is only named.
"""

from ipaddress import ip_address
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings

ADDRESS: Final = r"^https?://[^\s?#]+$"


class SignInSettings(BaseSettings):
    """FranceConnect, or another OpenID provider; and where passkeys are good."""

    #: The name passkeys are made for, where it is not the host of `public_url` but one above it.
    #: Another name makes every passkey useless.
    passkey_site: str | None = Field(default=None, pattern=r"^[a-z0-9.-]{1,253}$")
    #: The provider's name, as its tokens say it; None: no FranceConnect.
    franceconnect_issuer: str | None = Field(default=None, pattern=ADDRESS)
    franceconnect_client_id: str | None = Field(default=None, min_length=1, max_length=255)
    #: We say who we are with a secret (its first kilobyte, white space around it aside) …
    franceconnect_secret_file: Path | None = None
    #: … or with a private key (PEM: RSA, or P-256), whose public half the provider has.
    franceconnect_key_file: Path | None = None
    franceconnect_key_id: str | None = Field(default=None, max_length=255)
    #: The private key (PEM) that answers are encrypted for: FranceConnect+ needs one.
    franceconnect_decryption_key_file: Path | None = None
    #: How sure the provider must be, FranceConnect's or another's word; empty: it is not asked.
    franceconnect_acr: str = Field(default="eidas1", pattern=r"^[A-Za-z0-9:/._-]{0,100}$")
    #: No more than what is used: names and birth date to know a person again, the address to write.
    franceconnect_scopes: str = Field(
        default="openid given_name family_name birthdate email",
        pattern=r"^openid( [a-z_]{1,40}){0,20}$",
    )
    #: Where the provider's own document does not say it, or is not to be asked: all of them.
    franceconnect_authorization_endpoint: str | None = Field(default=None, pattern=ADDRESS)
    franceconnect_token_endpoint: str | None = Field(default=None, pattern=ADDRESS)
    franceconnect_userinfo_endpoint: str | None = Field(default=None, pattern=ADDRESS)
    franceconnect_jwks_endpoint: str | None = Field(default=None, pattern=ADDRESS)
    franceconnect_end_session_endpoint: str | None = Field(default=None, pattern=ADDRESS)
    #: The way out to the provider, where there is no other: http://proxy:3128.
    franceconnect_proxy: str | None = Field(default=None, pattern=ADDRESS)
    #: The official button, as the provider's kit has it (SVG or PNG); None: its words.
    franceconnect_button_file: Path | None = None

    @model_validator(mode="after")
    def _refuse_half_a_provider(self) -> Self:
        if self.franceconnect_issuer is None:
            return self
        if self.franceconnect_client_id is None:
            msg = "franceconnect_issuer needs franceconnect_client_id"
            raise ValueError(msg)
        if (self.franceconnect_secret_file is None) == (self.franceconnect_key_file is None):
            msg = "set one of franceconnect_secret_file and franceconnect_key_file"
            raise ValueError(msg)
        asked = self._asked_endpoints()
        if any(asked) and not all(asked):
            msg = "set every franceconnect_…_endpoint but end_session, or none"
            raise ValueError(msg)
        named = (self.franceconnect_issuer, *asked, self.franceconnect_end_session_endpoint)
        if any(one is not None and not is_private(one) for one in named):
            msg = "franceconnect addresses are https://…, or on this machine"
            raise ValueError(msg)
        return self

    def _asked_endpoints(self) -> tuple[str | None, ...]:
        return (
            self.franceconnect_authorization_endpoint,
            self.franceconnect_token_endpoint,
            self.franceconnect_userinfo_endpoint,
            self.franceconnect_jwks_endpoint,
        )


def is_private(address: str) -> bool:
    """Say whether nobody can listen on the way to an address: HTTPS, or this machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or is_here(parts.hostname or "")


def is_here(host: str) -> bool:
    """Say whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.casefold() == "localhost"
