"""Passkeys on our pages: added, used alone or after a password, listed, named, removed."""

import html
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from backend.access.establishments import create_establishment
from backend.access.staff import add_staff
from backend.accounts.signin.act_tables import SignInAct
from backend.accounts.signin.factor import begin_factor, remove_factor
from backend.accounts.signin.passkeys.ceremonies import CHALLENGE_SECONDS_MAX
from backend.accounts.signin.passkeys.challenges import give_challenge, use_challenge
from backend.accounts.signin.passkeys.errors import PasskeyRefused
from backend.accounts.signin.passkeys.keeping import FRESH_MINUTES_MAX, PASSKEYS_MAX
from backend.accounts.signin.passkeys.tables import ChallengeKind, Passkey, PasskeyChallenge
from backend.accounts.signin.sessions import open_session
from backend.accounts.signin.signing_in import invite_to_sign_in
from backend.accounts.signin.tables import SignInAccount, Stage
from backend.accounts.tables import Notice, SignInNoticeKind
from backend.services import Services
from backend.settings import Settings
from tests.backend.counting import statements
from tests.backend.software_authenticator import UP, SoftwareAuthenticator
from tests.backend.web.conftest import Browser

COOKIE, WAY = "__Host-pass", "__Host-pass-cle"
LIST, NEW = "/espace/cles", "/espace/cles/nouvelle"
SIGN_IN, FACTOR = "/connexion/cle", "/connexion/verification/cle"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def services(database: Any, vault: Any, clock: Any) -> Services:
    settings = Settings(public_url="https://pass.example")
    return Services(settings=settings, database=database, vault=vault, now=clock)


@pytest.fixture
def account(services: Services) -> UUID:
    with services.database.unit_of_work() as session:
        return invite_to_sign_in(services, session, "lea@exemple.fr", "Léa", "Martin")


@pytest.fixture
def other(services: Services) -> UUID:
    with services.database.unit_of_work() as session:
        return invite_to_sign_in(services, session, "tom@exemple.fr", "Tom", "Petit")


@pytest.fixture
def let_in(services: Services) -> Callable[..., None]:
    """Open a session as if a password had been right."""

    def enter(browser: Browser, account_id: UUID, stage: Stage = Stage.FULL) -> None:
        with services.database.unit_of_work() as session:
            token = open_session(session, account_id, stage, "test", services.now())
        browser.client.cookies.clear()
        browser.client.cookies.set(COOKIE, token, domain="pass.example", path="/")

    return enter


def options_of(browser: Browser) -> dict[str, Any]:
    (found,) = re.findall(r'data-options="([^"]+)"', browser.page)
    options: dict[str, Any] = json.loads(html.unescape(found))
    return options


def add(browser: Browser, device: SoftwareAuthenticator, name: str = "Téléphone") -> int:
    assert browser.open(NEW) == 200
    return browser.press(NEW, name=name, answer=device.create(options_of(browser)))


def use(browser: Browser, device: SoftwareAuthenticator, path: str = SIGN_IN) -> int:
    assert browser.open(path) == 200
    return browser.press(path, answer=device.get(options_of(browser)))


def owed(services: Services, kind: SignInNoticeKind) -> int:
    with services.database.reading() as session:
        return len(session.scalars(select(Notice).where(Notice.kind == kind.value)).all())


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
    half = browser.client.cookies[COOKIE]
    assert browser.open("/espace") == 200
    assert "avec une de vos clés d’accès" in browser.page
    assert "6 chiffres" not in browser.page  # there is no other second factor
    (allowed,) = options_of(browser)["allowCredentials"]
    assert allowed["id"] == json.loads(device.get(options_of(browser)))["id"]
    assert use(browser, device, FACTOR) == 200
    assert "Bonjour Léa" in browser.page
    assert browser.client.cookies[COOKIE] != half


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


def own_ids(services: Services, account: UUID) -> list[UUID]:
    with services.database.reading() as session:
        query = select(Passkey.id).where(Passkey.account_id == account)
        return list(session.scalars(query.order_by(Passkey.created_at, Passkey.name)))


def test_a_passkey_is_named_and_removed_by_its_owner_alone(
    browsers: list[Browser],
    account: UUID,
    other: UUID,
    let_in: Callable[..., None],
    services: Services,
) -> None:
    here, there = browsers
    let_in(here, account)
    device = SoftwareAuthenticator()
    add(here, device, name="  Clé\n bleue ")
    (passkey,) = own_ids(services, account)
    assert "<strong>Clé bleue</strong>" in here.page
    let_in(there, other)
    add(there, SoftwareAuthenticator())
    for act in ("nom", "retrait"):
        said = set()
        for one in (passkey, UUID(int=1)):
            there.open(LIST)
            said.add((there.press(f"{LIST}/{one}/{act}", name="volée"), there.page))
        assert [status for status, _page in said] == [404]
        there.open(LIST)
        assert there.press(f"{LIST}/{passkey}/{act}", form="guessed") == 403
        there.open(LIST)
    assert "Clé bleue" not in there.page
    here.open(LIST)
    here.press(f"{LIST}/{passkey}/nom", name="<b>Rouge</b>")
    assert "&lt;b&gt;Rouge" in here.page
    assert "C’est votre dernière clé d’accès" in here.page
    assert here.press(f"{LIST}/{passkey}/retrait") == 200
    assert own_ids(services, account) == []
    assert owed(services, SignInNoticeKind.PASSKEY_REMOVED) == 1
    assert use(there, device) == 422


def test_what_opens_an_account_changes_only_soon_after_signing_in(
    browser: Browser,
    account: UUID,
    let_in: Callable[..., None],
    services: Services,
    clock: Any,
) -> None:
    let_in(browser, account)
    add(browser, SoftwareAuthenticator())
    (passkey,) = own_ids(services, account)
    browser.open(NEW)
    made = SoftwareAuthenticator().create(options_of(browser))
    clock.advance(minutes=FRESH_MINUTES_MAX)  # the session goes on; it is only no longer new
    assert browser.open(NEW) == 403
    assert "Reconnectez-vous d’abord" in browser.page
    browser.open(LIST)
    assert browser.press(NEW, answer=made, name="tard") == 403
    browser.open(LIST)
    assert browser.press(f"{LIST}/{passkey}/retrait") == 403
    assert own_ids(services, account) == [passkey]


def test_there_are_so_many_and_each_once(
    browser: Browser, account: UUID, let_in: Callable[..., None], services: Services
) -> None:
    let_in(browser, account)
    device = SoftwareAuthenticator()
    add(browser, device)
    assert add(browser, device) == 422
    assert "déjà dans votre liste" in browser.page
    for _ in range(PASSKEYS_MAX - 1):
        assert add(browser, SoftwareAuthenticator()) == 200
    assert "autant que permis" in browser.page
    assert browser.open(NEW) == 409
    with services.database.reading() as session:
        assert session.get_one(SignInAccount, account).passkeys == PASSKEYS_MAX


def test_whoever_lost_every_device_is_helped_by_the_operator(
    browser: Browser, account: UUID, let_in: Callable[..., None], services: Services
) -> None:
    let_in(browser, account)
    device = SoftwareAuthenticator()
    add(browser, device)
    remove_factor(services, account)
    assert own_ids(services, account) == []
    browser.client.cookies.clear()
    assert use(browser, device) == 422


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


def test_a_page_asks_the_database_the_same_however_many_passkeys(
    browser: Browser, account: UUID, let_in: Callable[..., None], services: Services
) -> None:
    let_in(browser, account)
    add(browser, SoftwareAuthenticator())

    def asked() -> dict[str, int]:
        return {
            path: statements(services.database, lambda path=path: browser.open(path))  # type: ignore[misc]
            for path in (LIST, NEW, SIGN_IN)
        }

    few = asked()
    for _ in range(4):
        add(browser, SoftwareAuthenticator())
    assert asked() == few == {LIST: 3, NEW: 7, SIGN_IN: 2}
