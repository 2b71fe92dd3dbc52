"""The protocol with an OpenID provider over real HTTP: what holds, and every way it does not."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from joserfc.jwk import ECKey, RSAKey

from backend.accounts.signin.federation.errors import (
    NoProvider,
    ProviderAnswerRefused,
    ProviderSaidNo,
    ProviderUnavailable,
)
from backend.accounts.signin.federation.provider import Identified, Provider, Question
from backend.accounts.signin.federation.wire import ANSWER_BYTES_MAX, Wire
from backend.settings import Settings
from tests.backend.identity_provider import (
    SUBJECT,
    IdentityProvider,
    Json,
    signed_with_what_everybody_knows,
    unsigned,
)

NOW = datetime(2026, 9, 1, 10, 0, tzinfo=UTC)
WIRE = Wire()
QUESTION = Question("s" * 43, "n" * 43, "v" * 43)


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


def pem(key: Any) -> bytes:
    made: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made


def public(key: Any) -> bytes:
    made: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return made


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


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


def changed(**claims: Any) -> Callable[[Json], Json]:
    return lambda said: {**said, **claims}


def without(name: str) -> Callable[[Json], Json]:
    return lambda said: {each: said[each] for each in said if each != name}


LATER, EARLIER = int((NOW + timedelta(hours=1)).timestamp()), int(NOW.timestamp()) - 3600
WRONG: dict[str, Callable[[Json], Json]] = {
    "another's nonce": changed(nonce="m" * 43),
    "no nonce": without("nonce"),
    "a number as nonce": changed(nonce=7),
    "another issuer": changed(iss="https://evil.example"),
    "no issuer": without("iss"),
    "another client": changed(aud="another-client"),
    "two clients": changed(aud=["pass-client", "another-client"]),
    "no client": without("aud"),
    "given to another": changed(azp="another-client"),
    "expired": changed(exp=EARLIER),
    "never expires": without("exp"),
    "expires in words": changed(exp="2030"),
    "issued later": changed(iat=LATER),
    "issued long ago": changed(iat=EARLIER),
    "never issued": without("iat"),
    "a weaker level": changed(acr="eidas0"),
    "no level": without("acr"),
    "nobody": changed(sub=""),
    "no subject": without("sub"),
    "an endless subject": changed(sub="x" * 300),
    "another access token": changed(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
}


@pytest.mark.parametrize("bend", WRONG.values(), ids=WRONG.keys())
def test_an_identity_token_that_does_not_hold_is_refused(
    bend: Callable[[Json], Json], known: Provider, france_connect: IdentityProvider
) -> None:
    france_connect.bend.id_token = bend
    with pytest.raises(ProviderAnswerRefused):
        identify(known, france_connect)


@pytest.mark.parametrize("acr", ["eidas2", "eidas3"])
def test_a_stronger_level_will_do(
    acr: str, known: Provider, france_connect: IdentityProvider
) -> None:
    france_connect.bend.id_token = changed(acr=acr, aud=["pass-client"], azp="pass-client")
    assert identify(known, france_connect).identity.subject == SUBJECT


def test_a_signature_that_says_nothing_is_refused(
    known: Provider, france_connect: IdentityProvider
) -> None:
    stranger = ECKey.generate_key("P-256", {"kid": "one"})
    real, mine = france_connect.key, france_connect
    forgeries: list[Callable[[Json], str]] = [
        unsigned,
        lambda said: signed_with_what_everybody_knows(mine, said),
        lambda said: _signed_by(mine, stranger, said),
        lambda said: mine.sign(said)[:-8] + "AAAAAAAA",
        lambda said: mine.sign(said).rpartition(".")[0] + ".",
        lambda _said: "a.b.c",
        lambda _said: "not a token",
        lambda said: unsigned(said).replace("bm9uZSJ9", "Tk9ORSJ9"),
    ]
    for forge in forgeries:
        france_connect.bend.sign = forge
        with pytest.raises(ProviderAnswerRefused):
            identify(known, france_connect)
        assert mine.key is real


def _signed_by(provider: IdentityProvider, key: Any, said: Json) -> str:
    real, provider.key = provider.key, key
    try:
        return provider.sign(said)
    finally:
        provider.key = real


WRONG_PERSON: dict[str, Callable[[Json], Json]] = {
    "another person": changed(sub="another"),
    "nobody": without("sub"),
    "another issuer": changed(iss="https://evil.example"),
    "another client": changed(aud="another-client"),
    "expired": changed(exp=EARLIER),
}


@pytest.mark.parametrize("bend", WRONG_PERSON.values(), ids=WRONG_PERSON.keys())
def test_who_somebody_is_must_be_who_was_identified(
    bend: Callable[[Json], Json], known: Provider, france_connect: IdentityProvider
) -> None:
    france_connect.bend.userinfo = bend
    with pytest.raises(ProviderAnswerRefused):
        identify(known, france_connect)


def test_who_somebody_is_may_be_said_in_part_or_badly(
    known: Provider, france_connect: IdentityProvider
) -> None:
    bend = changed(given_name=7, family_name="A\nB\u0000", birthdate="1962", email=None)
    france_connect.bend.userinfo = bend
    who = identify(known, france_connect).identity
    assert (who.given_name, who.family_name, who.birth_date, who.email) == ("", "A B", None, None)


def test_a_code_serves_once_and_with_its_own_question(
    provider: Provider, france_connect: IdentityProvider
) -> None:
    brought = go_and_come_back(provider, france_connect)
    assert provider.identify(brought["code"], QUESTION).identity.subject == SUBJECT
    with pytest.raises(ProviderSaidNo):
        provider.identify(brought["code"], QUESTION)
    other = Question("s" * 43, "n" * 43, "w" * 43)
    brought = go_and_come_back(provider, france_connect)
    with pytest.raises(ProviderSaidNo):
        provider.identify(brought["code"], other)
    assert france_connect.refused == ["code", "code_verifier"]


def test_an_answer_from_another_provider_is_refused(known: Provider) -> None:
    for said in ("https://evil.example", "", None):
        with pytest.raises(ProviderAnswerRefused):
            known.check_sender(said)


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
