"""What does not hold is refused: tokens, signatures, answers, codes used twice."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey

from backend.accounts.signin.federation.errors import (
    ProviderAnswerRefused,
    ProviderSaidNo,
)
from backend.accounts.signin.federation.provider import Provider, Question
from tests.backend.accounts.provider.asking import (
    NOW,
    QUESTION,
    changed,
    go_and_come_back,
    identify,
    without,
)
from tests.backend.identity_provider import (
    SUBJECT,
    IdentityProvider,
    Json,
    signed_with_what_everybody_knows,
    unsigned,
)

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


@pytest.mark.parametrize("bend", WRONG.values(), ids=WRONG.keys())
def test_an_identity_token_that_does_not_hold_is_refused(
    bend: Callable[[Json], Json], known: Provider, france_connect: IdentityProvider
) -> None:
    france_connect.bend.id_token = bend
    with pytest.raises(ProviderAnswerRefused):
        identify(known, france_connect)


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
