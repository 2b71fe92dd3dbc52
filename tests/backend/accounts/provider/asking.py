"""What the tests of an OpenID provider share: the way there and back, by wire."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from backend.accounts.signin.federation.provider import Identified, Provider, Question
from backend.accounts.signin.federation.wire import Wire
from tests.backend.identity_provider import (
    IdentityProvider,
    Json,
)

NOW = datetime(2026, 9, 1, 10, 0, tzinfo=UTC)


WIRE = Wire()


QUESTION = Question("s" * 43, "n" * 43, "v" * 43)


def go_and_come_back(
    provider: Provider, france_connect: IdentityProvider, question: Question = QUESTION
) -> dict[str, str]:
    """Do as a browser does; return what it brings back."""
    back = urlsplit(france_connect.go(provider.address_for(question)))
    return {name: values[0] for name, values in parse_qs(back.query).items()}


def identify(provider: Provider, france_connect: IdentityProvider) -> Identified:
    brought = go_and_come_back(provider, france_connect)
    assert brought["state"] == QUESTION.state
    provider.check_sender(brought.get("iss"))
    return provider.identify(brought["code"], QUESTION)


def pem(key: Any) -> bytes:
    made: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made


def changed(**claims: Any) -> Callable[[Json], Json]:
    return lambda said: {**said, **claims}


def without(name: str) -> Callable[[Json], Json]:
    return lambda said: {each: said[each] for each in said if each != name}
