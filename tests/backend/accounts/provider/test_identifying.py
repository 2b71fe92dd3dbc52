"""Somebody is identified: how we say who we are, and what may come back."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
)
from joserfc.jwk import ECKey, RSAKey

from backend.accounts.signin.federation.errors import (
    ProviderAnswerRefused,
    ProviderSaidNo,
    ProviderUnavailable,
)
from backend.accounts.signin.federation.provider import Provider
from backend.settings import Settings
from tests.backend.accounts.provider.asking import NOW, QUESTION, WIRE, changed, identify, pem
from tests.backend.identity_provider import (
    SUBJECT,
    IdentityProvider,
    unsigned,
)


def public(key: Any) -> bytes:
    made: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return made


def test_somebody_is_identified(provider: Provider, france_connect: IdentityProvider) -> None:
    found = identify(provider, france_connect)
    who = found.identity
    assert (who.subject, who.given_name, who.family_name) == (
        SUBJECT,
        "Angela Claire Louise",
        "DUBOIS",
    )
    assert (who.birth_date, who.email) == (date(1962, 8, 24), "angela@exemple.fr")
    assert "Angela" not in repr(found)
    assert france_connect.refused == []
    identify(provider, france_connect)
    assert france_connect.asked.count(".well-known/openid-configuration") == 1
    assert france_connect.asked.count("jwks") == 1


@pytest.mark.parametrize("kind", ["EC", "RSA"])
def test_we_say_who_we_are_with_a_key(
    kind: str,
    settings_for: Callable[..., Settings],
    france_connect: IdentityProvider,
    rsa_key: rsa.RSAPrivateKey,
    tmp_path: Path,
) -> None:
    key: Any = rsa_key if kind == "RSA" else ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "key.pem").write_bytes(pem(key))
    known = RSAKey if kind == "RSA" else ECKey
    france_connect.client_key = known.import_key(public(key))
    told = {"franceconnect_key_file": tmp_path / "key.pem", "franceconnect_key_id": "ours"}
    provider = Provider(settings_for(franceconnect_secret_file=None, **told), lambda: NOW, WIRE)
    assert identify(provider, france_connect).identity.subject == SUBJECT
    assert (
        identify(provider, france_connect).identity.subject == SUBJECT
    )  # another assertion each time
    (tmp_path / "key.pem").write_text("not a key")
    with pytest.raises(ProviderUnavailable):
        identify(provider, france_connect)


def test_we_say_who_we_are_with_a_secret_as_the_provider_wants_it(
    provider: Provider, france_connect: IdentityProvider
) -> None:
    france_connect.secret_in_form = False
    assert identify(provider, france_connect).identity.subject == SUBJECT
    france_connect.secret = "another"
    with pytest.raises(ProviderSaidNo) as caught:
        identify(provider, france_connect)
    assert "secret of" not in str(caught.value.details)


@pytest.mark.parametrize("kind", ["RSA-OAEP", "ECDH-ES"])
def test_what_is_encrypted_for_us_is_opened(
    kind: str,
    settings_for: Callable[..., Settings],
    france_connect: IdentityProvider,
    rsa_key: rsa.RSAPrivateKey,
    tmp_path: Path,
) -> None:
    key: Any = rsa_key if kind == "RSA-OAEP" else ec.generate_private_key(ec.SECP256R1())
    known = RSAKey if kind == "RSA-OAEP" else ECKey
    france_connect.encryption = kind, known.import_key(public(key))
    (tmp_path / "open.pem").write_bytes(pem(key))
    told = {"franceconnect_decryption_key_file": tmp_path / "open.pem"}
    assert (
        identify(Provider(settings_for(**told), lambda: NOW, WIRE), france_connect).identity.subject
        == SUBJECT
    )
    with pytest.raises(ProviderAnswerRefused):  # without the key
        identify(Provider(settings_for(), lambda: NOW, WIRE), france_connect)
    france_connect.bend.sign = unsigned
    with pytest.raises(ProviderAnswerRefused):  # encrypted is not signed
        identify(Provider(settings_for(**told), lambda: NOW, WIRE), france_connect)


def test_who_somebody_is_may_come_unsigned(
    provider: Provider, france_connect: IdentityProvider
) -> None:
    france_connect.signed_userinfo = False
    assert identify(provider, france_connect).identity.family_name == "DUBOIS"


def test_a_key_that_is_new_is_fetched(provider: Provider, france_connect: IdentityProvider) -> None:
    identify(provider, france_connect)
    france_connect.rotate()
    assert identify(provider, france_connect).identity.subject == SUBJECT
    france_connect.rotate("RSA")
    assert identify(provider, france_connect).identity.subject == SUBJECT
    assert france_connect.asked.count("jwks") == 3


@pytest.mark.parametrize("acr", ["eidas2", "eidas3"])
def test_a_stronger_level_will_do(
    acr: str, known: Provider, france_connect: IdentityProvider
) -> None:
    france_connect.bend.id_token = changed(acr=acr, aud=["pass-client"], azp="pass-client")
    assert identify(known, france_connect).identity.subject == SUBJECT


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_provider_that_others_wrote(tmp_path: Path) -> None:
    """oidc-provider-mock, which is Authlib's: RS256, a plain answer, no level, nothing of ours."""
    from oidc_provider_mock import User, run_server_in_thread  # noqa: PLC0415 - heavy to import

    (tmp_path / "secret").write_text("any")
    claims = {"given_name": "Angela", "family_name": "Dubois", "birthdate": "1962-08-24"}
    with run_server_in_thread(user_claims=[User(sub="angela", claims=dict(claims))]) as server:
        issuer = f"http://127.0.0.1:{server.server_port}"
        settings = Settings(
            public_url="https://pass.example",
            franceconnect_issuer=issuer,
            franceconnect_client_id="pass",
            franceconnect_secret_file=tmp_path / "secret",
            franceconnect_acr="",
            franceconnect_scopes="openid profile email",
        )
        provider = Provider(settings, lambda: datetime.now(UTC))
        place = urlsplit(provider.address_for(QUESTION))
        line = HTTPConnection(place.netloc, timeout=10)
        line.request(
            "POST",
            f"{place.path}?{place.query}",
            "sub=angela",
            {"Content-Type": "application/x-www-form-urlencoded"},
        )
        gone = line.getresponse()
        back = parse_qs(urlsplit(gone.headers["Location"]).query)
        line.close()
        assert back["state"] == [QUESTION.state]
        who = provider.identify(back["code"][0], QUESTION).identity
    assert (who.subject, who.family_name, who.birth_date) == ("angela", "Dubois", date(1962, 8, 24))
