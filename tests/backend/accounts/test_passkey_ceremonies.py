"""What a browser answers about a passkey: what holds, and every way in which it does not."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from fido2.utils import websafe_decode, websafe_encode
from hypothesis import given
from hypothesis import strategies as st

from backend.accounts.signin.passkeys.ceremonies import (
    ANSWER_CHARACTERS_MAX,
    Site,
    challenge_of,
    check_answer,
    check_creation,
    creation_options,
    read_answer,
    request_options,
    site_of,
)
from backend.accounts.signin.passkeys.errors import PasskeyRefused
from backend.settings import Settings
from tests.backend.software_authenticator import BE, BS, UP, UV, SoftwareAuthenticator

SITE = Site("pass.example", "https://pass.example")
CHALLENGE = bytes(range(32))
OTHER = websafe_encode(bytes(32))
ACCOUNT = UUID(int=7)
Bend = Callable[[SoftwareAuthenticator], Any]


def made(device: SoftwareAuthenticator, challenge: str | None = None) -> str:
    options = creation_options(SITE, ACCOUNT, "lea@exemple.fr", [], CHALLENGE)
    return device.create(options, challenge)


def asked() -> dict[str, Any]:
    return request_options(SITE, None, CHALLENGE)


def test_what_is_asked_is_what_the_rules_want() -> None:
    options = creation_options(SITE, ACCOUNT, "lea@exemple.fr", [b"known"], CHALLENGE)
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["authenticatorSelection"]["residentKey"] == "preferred"
    assert options.get("attestation", "none") == "none"
    assert [one["alg"] for one in options["pubKeyCredParams"]] == [-7, -8, -257]
    assert websafe_decode(options["excludeCredentials"][0]["id"]) == b"known"
    assert websafe_decode(options["user"]["id"]) == ACCOUNT.bytes
    assert options["rp"] == {"name": "Pass", "id": "pass.example"}
    question = asked()
    assert (question["userVerification"], question["rpId"]) == ("required", "pass.example")
    assert "allowCredentials" not in question
    assert json.loads(json.dumps(question)) == question


def test_a_passkey_is_made_and_answers() -> None:
    device = SoftwareAuthenticator(counter=3, flags=UP | UV | BE | BS)
    kept = check_creation(SITE, CHALLENGE, made(device))
    assert kept.credential_id == device.credential_id
    assert (kept.sign_count, kept.backed_up) == (3, True)
    device.counter, device.flags = 4, UP | UV
    answer = read_answer(device.get(asked()))
    assert (answer.challenge, answer.holder) == (CHALLENGE, ACCOUNT.bytes)
    said = check_answer(SITE, answer, kept.credential)
    assert (said.sign_count, said.backed_up) == (4, False)


BENDS: dict[str, Bend] = {
    "another site's page": lambda d: setattr(d, "origin", "https://pass.example.evil.example"),
    "a page below": lambda d: setattr(d, "origin", "https://www.pass.example"),
    "no encryption": lambda d: setattr(d, "origin", "http://pass.example"),
    "another port": lambda d: setattr(d, "origin", "https://pass.example:8443"),
    "another site's passkey": lambda d: setattr(d, "site", "evil.example"),
    "holder not recognised": lambda d: setattr(d, "flags", UP),
    "nobody there": lambda d: setattr(d, "flags", UV),
    "in a frame": lambda d: setattr(d, "cross_origin", True),
}


@pytest.mark.parametrize("bend", BENDS.values(), ids=BENDS.keys())
def test_what_does_not_hold_is_refused(bend: Bend) -> None:
    device = SoftwareAuthenticator()
    kept = check_creation(SITE, CHALLENGE, made(device))
    bend(device)
    with pytest.raises(PasskeyRefused):
        check_creation(SITE, CHALLENGE, made(device))
    with pytest.raises(PasskeyRefused):
        check_answer(SITE, read_answer(device.get(asked())), kept.credential)


def test_another_key_another_challenge_or_another_kind_is_refused() -> None:
    device, stranger = SoftwareAuthenticator(), SoftwareAuthenticator()
    kept = check_creation(SITE, CHALLENGE, made(device))
    stranger.credential_id, stranger.holder = device.credential_id, device.holder
    with pytest.raises(PasskeyRefused):
        check_answer(SITE, read_answer(stranger.get(asked())), kept.credential)
    with pytest.raises(PasskeyRefused):
        check_creation(SITE, CHALLENGE, made(device, OTHER))
    with pytest.raises(PasskeyRefused):
        check_creation(SITE, CHALLENGE, device.get(asked()))
    with pytest.raises(PasskeyRefused):
        read_answer(made(device))
    answer = read_answer(device.get(asked(), OTHER))
    assert answer.challenge != CHALLENGE  # so it is not found, and never checked


def test_a_weak_algorithm_or_an_id_that_is_not_its_own_is_refused() -> None:
    with pytest.raises(PasskeyRefused):
        check_creation(SITE, CHALLENGE, made(SoftwareAuthenticator(algorithm=-47)))
    answer = json.loads(made(SoftwareAuthenticator()))
    answer["id"] = answer["rawId"] = websafe_encode(b"somebody else's")
    with pytest.raises(PasskeyRefused):
        check_creation(SITE, CHALLENGE, json.dumps(answer))
    huge = SoftwareAuthenticator(credential_id=bytes(1024))
    with pytest.raises(PasskeyRefused):
        check_creation(SITE, CHALLENGE, made(huge))


@pytest.mark.parametrize(
    "answer",
    ["", "null", "[]", "{}", "{" * 4000, "[" * 4000, "x" * (ANSWER_CHARACTERS_MAX + 1), "\ud800"],
    ids=lambda text: text[:8],
)
def test_what_is_no_answer_is_refused(answer: str) -> None:
    for read in (challenge_of, read_answer):
        with pytest.raises(PasskeyRefused):
            read(answer)
    with pytest.raises(PasskeyRefused):
        check_creation(SITE, CHALLENGE, answer)


DEVICE = SoftwareAuthenticator(counter=1)
MADE = made(DEVICE)
KEPT = check_creation(SITE, CHALLENGE, MADE)
ANSWER = DEVICE.get(asked())
PLACES = ("attestationObject", "clientDataJSON", "authenticatorData", "signature")


@given(st.sampled_from(PLACES), st.integers(0, 400), st.binary(min_size=1, max_size=24))
def test_a_bent_answer_is_refused_and_nothing_else_happens(
    place: str, at: int, bent: bytes
) -> None:
    whole = json.loads(MADE if place == "attestationObject" else ANSWER)
    right = websafe_decode(whole["response"][place])
    wrong = right[: at % len(right)] + bent + right[at % len(right) + len(bent) :]
    whole["response"][place] = websafe_encode(wrong)
    try:
        if place == "attestationObject":
            # Whoever makes a passkey may put into it what they like: nobody vouches for it.
            check_creation(SITE, CHALLENGE, json.dumps(whole))
            return
        check_answer(SITE, read_answer(json.dumps(whole)), KEPT.credential)
    except PasskeyRefused:
        return
    # An ECDSA signature may be written in more than one way; what was signed is the same.
    assert wrong == right or place == "signature"


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("https://pass.region.example", Site("pass.region.example", "https://pass.region.example")),
        ("https://Pass.example:8443", Site("pass.example", "https://pass.example:8443")),
        ("http://localhost:8000", Site("localhost", "http://localhost:8000")),
        ("http://pass.example", None),
        ("https://192.0.2.1", None),
        ("http://127.0.0.1:8000", None),
        ("https://[2001:db8::1]", None),
    ],
)
def test_passkeys_are_offered_where_browsers_allow_them(address: str, site: Site | None) -> None:
    assert site_of(Settings(public_url=address)) == site


def test_passkeys_may_be_made_for_a_name_above() -> None:
    settings = Settings(public_url="https://pass.region.example", passkey_site="region.example")
    found = site_of(settings)
    assert found == Site("region.example", "https://pass.region.example")
    with pytest.raises(ValueError, match="passkey_site"):
        Settings(public_url="https://pass.region.example", passkey_site="gion.example")
