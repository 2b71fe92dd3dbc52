"""A passkey opens an account alone, or confirms a password."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from backend.access.establishments import create_establishment
from backend.access.staff import add_staff
from backend.accounts.signin.act_tables import SignInAct
from backend.accounts.signin.factor import begin_factor
from backend.accounts.signin.passkeys.ceremonies import CHALLENGE_SECONDS_MAX
from backend.accounts.signin.passkeys.challenges import give_challenge, use_challenge
from backend.accounts.signin.passkeys.errors import PasskeyRefused
from backend.accounts.signin.passkeys.tables import ChallengeKind, PasskeyChallenge
from backend.accounts.signin.tables import SignInAccount, Stage
from backend.accounts.tables import SignInNoticeKind
from backend.services import Services
from backend.settings import Settings
from tests.backend.software_authenticator import UP, SoftwareAuthenticator
from tests.backend.web.conftest import Browser
from tests.backend.web.passkeys.device import FACTOR, LIST, SIGN_IN, WAY, add, options_of, use
from tests.backend.web.people import SESSION, owed


def acts(services: Services) -> list[str]:
    with services.database.reading() as session:
        return list(session.scalars(select(SignInAct.kind).order_by(SignInAct.at)))


def test_a_passkey_alone_is_both_factors(
    browsers: list[Browser], account: UUID, let_in: Callable[..., None], services: Services
) -> None:
    here, there = browsers
    let_in(here, account)
    device = SoftwareAuthenticator()
    assert add(here, device) == 200
    assert "Téléphone" in here.page
    assert owed(services, SignInNoticeKind.PASSKEY_ADDED) == 1
    assert acts(services) == ["passkey_added"]
    assert use(there, device) == 200
    assert "Bonjour Léa" in there.page
    with services.database.reading() as session:
        assert not session.scalars(select(PasskeyChallenge)).all()
    policy = there.client.get(SIGN_IN).headers["Content-Security-Policy"]
    assert policy.endswith("script-src 'self'")
    assert "script-src" not in there.client.get("/connexion").headers["Content-Security-Policy"]


def test_a_passkey_confirms_a_password(
    browser: Browser, account: UUID, let_in: Callable[..., None]
) -> None:
    let_in(browser, account)
    device = SoftwareAuthenticator()
    add(browser, device)
    let_in(browser, account, Stage.FACTOR)
    half = browser.client.cookies[SESSION]
    assert browser.open("/espace") == 200
    assert "avec une de vos clés d’accès" in browser.page
    assert "6 chiffres" not in browser.page  # there is no other second factor
    (allowed,) = options_of(browser)["allowCredentials"]
    assert allowed["id"] == json.loads(device.get(options_of(browser)))["id"]
    assert use(browser, device, FACTOR) == 200
    assert "Bonjour Léa" in browser.page
    assert browser.client.cookies[SESSION] != half


def test_whoever_has_both_second_factors_chooses(
    browser: Browser, account: UUID, let_in: Callable[..., None], services: Services
) -> None:
    let_in(browser, account)
    add(browser, SoftwareAuthenticator())
    begin_factor(services, account)
    let_in(browser, account, Stage.FACTOR)
    browser.open("/espace")
    assert "avec une de vos clés d’accès" in browser.page  # begun is not in place
    assert browser.press("/connexion/verification", digits="123456") == 200
    assert "Bonjour" not in browser.page
    with services.database.unit_of_work() as session:
        session.get_one(SignInAccount, account).factor_confirmed_at = services.now()
    browser.open("/espace")
    assert f'href="{FACTOR}"' in browser.page
    browser.open(FACTOR)
    assert 'href="/connexion/verification"' in browser.page


def test_a_passkey_is_the_second_factor_that_staff_must_have(
    browser: Browser, account: UUID, let_in: Callable[..., None], services: Services
) -> None:
    with services.database.unit_of_work() as session:
        place = create_establishment(session, "Lycée Voltaire").id
        add_staff(session, account, place, services.now())
    let_in(browser, account)
    browser.open(f"/espace/etablissement/{place}")
    assert "Ajouter plutôt une clé d’accès" in browser.page
    assert "Lycée Voltaire" not in browser.page
    add(browser, SoftwareAuthenticator())
    assert browser.open(f"/espace/etablissement/{place}") == 200
    assert "Lycée Voltaire" in browser.page


def test_somebody_elses_passkey_confirms_nothing(
    browsers: list[Browser], account: UUID, other: UUID, let_in: Callable[..., None]
) -> None:
    here, there = browsers
    mine, theirs = SoftwareAuthenticator(), SoftwareAuthenticator()
    let_in(here, account)
    add(here, mine)
    let_in(there, other)
    add(there, theirs)
    let_in(here, account, Stage.FACTOR)
    assert use(here, theirs, FACTOR) == 422
    assert "Bonjour" not in here.page
    theirs.holder = mine.holder
    assert use(there, theirs) == 422  # it says it is another's


def test_an_answer_serves_once_in_the_browser_that_was_asked_and_for_minutes(
    browsers: list[Browser], account: UUID, let_in: Callable[..., None], clock: Any
) -> None:
    here, there = browsers
    let_in(here, account)
    device = SoftwareAuthenticator()
    add(here, device)
    there.open(SIGN_IN)
    answer = device.get(options_of(there))
    here.client.cookies.clear()
    here.open(SIGN_IN)
    assert here.press(SIGN_IN, answer=answer) == 422  # another browser
    held = there.client.cookies[WAY]
    assert there.press(SIGN_IN, answer=answer) == 200
    there.client.cookies.set(WAY, held, domain="pass.example", path="/")
    assert there.press(SIGN_IN, answer=answer) == 422  # it has served
    late = device.get(options_of(there))
    clock.advance(seconds=CHALLENGE_SECONDS_MAX)
    assert there.press(SIGN_IN, answer=late) == 422
    assert here.press(SIGN_IN, answer="{}") == 422
    there.client.cookies.clear()
    assert there.press(SIGN_IN, answer=answer) == 422


def test_a_challenge_for_one_thing_serves_no_other(
    browser: Browser, account: UUID, let_in: Callable[..., None]
) -> None:
    let_in(browser, account)
    device = SoftwareAuthenticator()
    add(browser, device)
    let_in(browser, account, Stage.FACTOR)
    browser.open(FACTOR)
    factor = options_of(browser)
    browser.open(SIGN_IN)
    assert browser.press(SIGN_IN, answer=device.get(factor)) == 422
    browser.open(SIGN_IN)
    alone = options_of(browser)
    assert browser.press(FACTOR, answer=device.get(alone)) == 422


def test_a_challenge_is_good_for_its_kind_and_its_bearer(services: Services) -> None:
    """Whatever the pages do: each has a token of its own kind already."""
    with services.database.unit_of_work() as session:
        now, factor = services.now(), ChallengeKind.FACTOR
        challenge = give_challenge(session, factor, "token", now)
        for kind, token in ((ChallengeKind.SIGN_IN, "token"), (factor, "another")):
            with pytest.raises(PasskeyRefused):
                use_challenge(session, kind, token, challenge, now)
        use_challenge(session, factor, "token", challenge, now)
        with pytest.raises(PasskeyRefused):
            use_challenge(session, factor, "token", challenge, now)


def test_a_device_that_did_not_recognise_its_holder_opens_nothing(
    browser: Browser, account: UUID, let_in: Callable[..., None]
) -> None:
    let_in(browser, account)
    device = SoftwareAuthenticator(flags=UP)
    assert add(browser, device) == 422
    assert "n’a pas été reconnue" in browser.page
    device = SoftwareAuthenticator()
    add(browser, device)
    device.flags = UP
    browser.client.cookies.clear()
    assert use(browser, device) == 422


def test_a_counter_that_goes_back_is_told(
    browser: Browser, account: UUID, let_in: Callable[..., None], services: Services
) -> None:
    let_in(browser, account)
    device = SoftwareAuthenticator(counter=8)
    add(browser, device)
    device.counter = 9
    assert use(browser, device) == 200
    assert owed(services, SignInNoticeKind.PASSKEY_COPIED) == 0
    assert use(browser, device) == 200  # 9 again: a copy, or a device put back
    assert owed(services, SignInNoticeKind.PASSKEY_COPIED) == 1
    assert sorted(acts(services)) == ["passkey_added", "passkey_counter_regressed"]
    browser.open(LIST)
    assert "peut-être été copiée" in browser.page


def test_a_closed_account_and_a_page_without_https_open_nothing(
    browser: Browser, account: UUID, let_in: Callable[..., None], services: Services
) -> None:
    let_in(browser, account)
    device = SoftwareAuthenticator()
    add(browser, device)
    with services.database.unit_of_work() as session:
        session.get_one(SignInAccount, account).closed_at = services.now()
    browser.client.cookies.clear()
    assert use(browser, device) == 422
    object.__setattr__(services, "settings", Settings())
    assert browser.open(SIGN_IN) == 503
    assert "Utilisez votre mot de passe" in browser.page


def test_forgotten_challenges_are_swept(
    browser: Browser, account: UUID, services: Services, clock: Any
) -> None:
    del account
    for _ in range(3):
        browser.open(SIGN_IN)
    clock.moment += timedelta(seconds=CHALLENGE_SECONDS_MAX + 1)
    browser.open(SIGN_IN)
    with services.database.reading() as session:
        assert len(session.scalars(select(PasskeyChallenge)).all()) == 1
