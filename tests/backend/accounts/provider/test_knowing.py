"""What a provider says of itself, and one that is ill, away or badly set."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backend.accounts.signin.federation.errors import (
    NoProvider,
    ProviderSaidNo,
    ProviderUnavailable,
)
from backend.accounts.signin.federation.provider import Provider
from backend.accounts.signin.federation.wire import ANSWER_BYTES_MAX, Wire
from backend.settings import Settings
from tests.backend.accounts.provider.asking import NOW, QUESTION, WIRE, go_and_come_back
from tests.backend.identity_provider import (
    IdentityProvider,
)

FAULTS: dict[str, dict[str, Any]] = {
    "too slow": {"seconds": 1.0},
    "a drip": {"drip": True},
    "a flood": {"body": b"x" * (ANSWER_BYTES_MAX + 1)},
    "no JSON": {"body": b"<html>"},
    "nested without end": {"body": b"[" * 50_000},
    "a list": {"body": b"[]"},
    "out of order": {"status": 503},
    "somewhere else": {"status": 302},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_provider_that_is_ill_is_not_waited_for(
    fault: dict[str, Any],
    settings_for: Callable[..., Settings],
    france_connect: IdentityProvider,
) -> None:
    provider = Provider(settings_for(), lambda: NOW, WIRE)
    brought = go_and_come_back(provider, france_connect)
    provider._wire = Wire(seconds_max=0.4)
    for name, value in fault.items():
        setattr(france_connect.bend, name, value)
    with pytest.raises((ProviderUnavailable, ProviderSaidNo)) as caught:
        provider.identify(brought["code"], QUESTION)
    assert caught.value.__cause__ is None
    assert brought["code"] not in str(caught.value.details)
    with pytest.raises(ProviderUnavailable):  # nor where it publishes its addresses and keys
        Provider(settings_for(), lambda: NOW, provider._wire).address_for(QUESTION)


def test_a_provider_that_is_away_or_another_is_not_believed(
    settings_for: Callable[..., Settings], france_connect: IdentityProvider
) -> None:
    france_connect.bend.issuer = "https://evil.example"
    with pytest.raises(ProviderUnavailable):
        Provider(settings_for(), lambda: NOW, WIRE).address_for(QUESTION)
    away = settings_for(franceconnect_issuer="http://127.0.0.1:9")
    with pytest.raises(ProviderUnavailable):
        Provider(away, lambda: NOW).address_for(QUESTION)
    with pytest.raises(NoProvider):
        Provider(Settings(), lambda: NOW)


def test_addresses_may_be_settled_without_asking(
    settings_for: Callable[..., Settings], france_connect: IdentityProvider
) -> None:
    home = france_connect.address
    told = {
        f"franceconnect_{name}_endpoint": f"{home}/{name}"
        for name in ("authorization", "token", "userinfo", "jwks")
    }
    provider = Provider(settings_for(**told), lambda: NOW, WIRE)
    assert provider.address_for(QUESTION).startswith(f"{home}/authorization?")
    assert provider.goodbye_address("token", "state") is None
    assert france_connect.asked == []


@pytest.mark.parametrize(
    "told",
    [
        {"franceconnect_issuer": "http://franceconnect.example"},
        {"franceconnect_client_id": None},
        {"franceconnect_secret_file": None},
        {"franceconnect_key_file": Path("key.pem")},
        {"franceconnect_jwks_endpoint": "https://franceconnect.example/jwks"},
        {"franceconnect_end_session_endpoint": "http://franceconnect.example/end"},
        {"public_url": "http://pass.example"},
        {"franceconnect_scopes": "profile"},
    ],
    ids=str,
)
def test_settings_that_cannot_work_are_refused(
    settings_for: Callable[..., Settings], told: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"(?i)franceconnect"):
        settings_for(**told)
