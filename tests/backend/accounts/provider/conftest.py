"""A provider on the loopback, and what we know of it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from backend.accounts.signin.federation.provider import Provider
from backend.settings import Settings
from tests.backend.accounts.provider.asking import (
    NOW,
    WIRE,
)
from tests.backend.identity_provider import (
    IdentityProvider,
)


@pytest.fixture(scope="module")
def server() -> Iterator[IdentityProvider]:
    """One provider for all: its keys and addresses are fetched once."""
    made = IdentityProvider()
    made.now = NOW.timestamp
    yield made
    made.close()


@pytest.fixture
def france_connect(server: IdentityProvider) -> IdentityProvider:
    server.reset()
    return server


@pytest.fixture(scope="module")
def settings_for(
    server: IdentityProvider, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Settings]:
    secret = tmp_path_factory.mktemp("federation") / "secret"
    secret.write_text(f"{server.secret}\n")

    def make(**more: Any) -> Settings:
        told: dict[str, Any] = {
            "public_url": "https://pass.example",
            "franceconnect_issuer": server.address,
            "franceconnect_client_id": server.client_id,
            "franceconnect_secret_file": secret,
        }
        return Settings(**{**told, **more})

    return make


@pytest.fixture(scope="module")
def known(settings_for: Callable[..., Settings]) -> Provider:
    """A provider that has been asked before."""
    return Provider(settings_for(), lambda: NOW, WIRE)


@pytest.fixture
def provider(settings_for: Callable[..., Settings], france_connect: IdentityProvider) -> Provider:
    """A provider that has not been asked for anything yet."""
    return Provider(settings_for(), lambda: NOW, WIRE)


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)
