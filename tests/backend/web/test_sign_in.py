"""Signing in: what opens, what is refused, what nobody can tell from outside."""

import base64
import re
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import select

from backend.accounts.signin.links import INVITATION_HOURS_MAX, PASSWORD_HOURS_MAX, give_link
from backend.accounts.signin.sessions import HOURS_MAX, IDLE_MINUTES_MAX
from backend.accounts.signin.tables import SignInAccount, SignInLinkKind, SignInSession
from backend.accounts.signin.tries import FREE_TRIES, TRIES_PER_DAY_MAX, wait_after
from backend.accounts.tables import Notice, SignInNoticeKind
from backend.services import Services
from tests.backend.web.conftest import PASSWORD, Browser, Staff

WRONG = "cinq volcans sous la pluie"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One engine: what is of a database here is asked of both in test_partner_space.py."""
    return sqlite_url


def owed(services: Services, kind: SignInNoticeKind) -> int:
    with services.database.reading() as session:
        return len(session.scalars(select(Notice).where(Notice.kind == kind.value)).all())


def test_the_right_password_opens_the_space(browser: Browser, staff: Staff) -> None:
    assert browser.sign_in(staff.email.upper()) == 200
    assert "Bonjour Nadia" in browser.page
    assert "Librairie du Parc" in browser.page
    (cookie,) = [one for one in browser.client.cookies.jar if one.name == "__Host-pass"]
    assert cookie.secure
    assert cookie.path == "/"
    assert not cookie.domain_specified
    assert "HttpOnly" in str(cookie._rest)


@pytest.mark.parametrize(
    "email", ["nadia@librairie.example", "nobody@librairie.example", "no-address"]
)
def test_a_refusal_says_the_same_whoever_is_there(
    browser: Browser, staff: Staff, email: str
) -> None:
    del staff
    assert browser.sign_in(email, WRONG) == 422
    assert "ou le mot de passe n’est pas le bon" in browser.page
    assert email not in browser.page
    assert WRONG not in browser.page
    assert not list(browser.client.cookies.jar)


def test_tries_are_counted_and_the_wait_grows(browser: Browser, staff: Staff, clock: Any) -> None:
    for _ in range(FREE_TRIES + 1):
        assert browser.sign_in(staff.email, WRONG) == 422
    assert browser.sign_in(staff.email) == 409
    assert "Réessayez dans 2 minutes" in browser.page
    clock.advance(seconds=61)
    assert browser.sign_in(staff.email, WRONG) == 422
    clock.advance(seconds=61)
    assert browser.sign_in(staff.email) == 409
    clock.advance(seconds=62)
    assert browser.sign_in(staff.email) == 200
    assert "Bonjour" in browser.page


def test_a_day_has_a_limit_whether_somebody_is_there_or_not(browser: Browser, clock: Any) -> None:
    refused = 0
    while browser.sign_in("nobody@librairie.example", WRONG) == 422:
        refused += 1
        clock.moment += wait_after(refused) if refused < TRIES_PER_DAY_MAX else timedelta(0)
    assert refused == TRIES_PER_DAY_MAX
    clock.advance(hours=24)
    assert browser.sign_in("nobody@librairie.example", WRONG) == 422


def test_a_session_ends_when_nobody_clicks_and_after_half_a_day(
    browser: Browser, staff: Staff, clock: Any
) -> None:
    browser.sign_in(staff.email)
    for _ in range(HOURS_MAX * 2 - 1):
        clock.advance(minutes=IDLE_MINUTES_MAX - 1)
        browser.open("/espace")
        assert "Bonjour" in browser.page
    clock.advance(minutes=IDLE_MINUTES_MAX - 1)
    browser.open("/espace")
    clock.advance(minutes=IDLE_MINUTES_MAX - 1)
    browser.open("/espace")
    assert "Connexion" in browser.page
    browser.sign_in(staff.email)
    clock.advance(minutes=IDLE_MINUTES_MAX)
    browser.open("/espace")
    assert "Se connecter" in browser.page


def test_sessions_are_listed_and_ended(browsers: list[Browser], staff: Staff) -> None:
    here, there = browsers
    here.sign_in(staff.email)
    there.sign_in(staff.email)
    here.open("/espace/compte")
    (end,) = re.findall(r'action="(/espace/connexions/[^"]+/fin)"', here.page)
    assert here.press(end) == 200
    there.open("/espace")
    assert "Se connecter" in there.page
    assert here.press("/espace/connexions/fin") == 200
    here.open("/espace")
    assert "Se connecter" in here.page


def test_signing_out_ends_the_session_itself(
    browser: Browser, staff: Staff, services: Services
) -> None:
    browser.sign_in(staff.email)
    assert browser.press("/deconnexion") == 200
    with services.database.reading() as session:
        assert session.scalars(select(SignInSession)).all() == []


def test_another_sites_form_is_refused(browser: Browser, staff: Staff) -> None:
    client = browser.client
    foreign = {"Origin": "https://other.example", "Sec-Fetch-Site": "cross-site"}
    typed = {"email": staff.email, "password": PASSWORD}
    for headers in (foreign, {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"}):
        assert client.post("/connexion", data=typed, headers=headers).status_code == 403
    ours = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}  # no referrer, no origin
    assert client.post("/connexion", data=typed, headers=ours).status_code == 200
    assert client.post("/deconnexion", data={"form": "guessed"}).status_code == 403
    browser.sign_in(staff.email)
    assert browser.press("/espace/connexions/fin", form="guessed") == 403
    assert browser.press("/espace/verification", form="") == 403
    browser.open("/espace")
    assert "Bonjour" in browser.page


def test_a_session_before_signing_in_is_no_session_after(
    browsers: list[Browser], staff: Staff
) -> None:
    """Who planted a cookie knows nothing of the session that follows."""
    victim, _thief = browsers
    victim.client.cookies.set("__Host-pass", "planted", domain="pass.example", path="/")
    victim.sign_in(staff.email)
    assert "planted" not in {cookie.value for cookie in victim.client.cookies.jar}


def test_a_link_is_owed_to_whoever_is_there_and_the_page_does_not_tell(
    browser: Browser, staff: Staff, services: Services
) -> None:
    kind = SignInNoticeKind.PASSWORD_LINK
    pages = set()
    for email in [staff.email, "nobody@librairie.example"] * 4:
        assert browser.press("/mot-de-passe", email=email) == 200
        pages.add(browser.page)
    assert len(pages) == 1
    assert owed(services, kind) == 3


def new_link(services: Services, staff: Staff) -> str:
    with services.database.unit_of_work() as session:
        kind = SignInLinkKind.PASSWORD
        return give_link(session, staff.account_id, kind, services.now())


def test_a_link_serves_once_and_ends_what_was_open(
    browsers: list[Browser], staff: Staff, services: Services
) -> None:
    there, here = browsers
    there.sign_in(staff.email)
    path = f"/mot-de-passe/{new_link(services, staff)}"
    for _ in range(3):
        assert here.open(path) == 200  # a mail scanner opens links: nothing is used
    differ = here.press(path, password=WRONG, password_again=PASSWORD)
    assert (differ, "sont différents" in here.page) == (422, True)
    weak = here.press(path, password="Nadia-Bernard1", password_again="Nadia-Bernard1")
    assert (weak, "fait de votre nom" in here.page) == (422, True)
    assert "Nadia-Bernard1" not in here.page
    assert here.press(path, password=WRONG, password_again=WRONG) == 200
    assert here.press(path, password=WRONG, password_again=WRONG) == 410
    assert here.open(path) == 410
    there.open("/espace")
    assert "Se connecter" in there.page
    assert here.sign_in(staff.email) == 422
    assert here.sign_in(staff.email, WRONG) == 200
    assert owed(services, SignInNoticeKind.PASSWORD_SET) == 2


def test_a_link_is_good_for_an_hour_and_an_invitation_for_a_day(
    browser: Browser, staff: Staff, services: Services, clock: Any
) -> None:
    path = f"/mot-de-passe/{new_link(services, staff)}"
    with services.database.unit_of_work() as session:
        now = services.now()
        invited = give_link(session, staff.account_id, SignInLinkKind.INVITATION, now)
    assert (PASSWORD_HOURS_MAX, INVITATION_HOURS_MAX) == (1, 24)
    clock.advance(minutes=59)
    assert browser.open(path) == 200
    clock.advance(minutes=1)
    assert browser.open(path) == 410
    assert browser.open(f"/mot-de-passe/{invited}") == 200
    clock.advance(hours=23)
    assert browser.open(f"/mot-de-passe/{invited}") == 410
    assert browser.press(path, password=WRONG, password_again=WRONG) == 410
    assert browser.open("/mot-de-passe/never-given") == 410


def one_time_password(letters: str, clock: Any) -> str:
    secret = base64.b32decode(letters.replace(" ", ""))
    return TOTP(secret, 6, SHA1(), 30).generate(int(clock().timestamp())).decode()


def set_up_factor(browser: Browser, clock: Any) -> str:
    """Put the second factor in place; return the letters that the application holds."""
    browser.open("/espace")
    assert browser.press("/espace/verification") == 200
    (letters,) = re.findall(r'class="letters"><strong>([A-Z2-7 ]+)<', browser.page)
    assert "data:image/svg+xml" in browser.page
    confirmed = browser.press(
        "/espace/verification/confirmation", digits=one_time_password(letters, clock)
    )
    assert (confirmed, "En place" in browser.page) == (200, True)
    return str(letters)


def test_the_second_factor_is_asked_and_serves_once(
    browsers: list[Browser], staff: Staff, clock: Any
) -> None:
    here, there = browsers
    here.sign_in(staff.email)
    letters = set_up_factor(here, clock)
    there.sign_in(staff.email)
    assert "Double vérification" in there.page
    there.open("/espace")
    assert "Double vérification" in there.page
    assert "Bonjour" not in there.page
    half = there.client.cookies["__Host-pass"]
    digits = one_time_password(letters, clock)
    assert there.press("/connexion/verification", digits=digits) == 422  # it has served
    clock.advance(seconds=30)
    digits = one_time_password(letters, clock)
    assert there.press("/connexion/verification", digits=f"{digits[:3]} {digits[3:]}") == 200
    assert "Bonjour" in there.page
    assert there.client.cookies["__Host-pass"] != half


def test_the_second_factor_is_not_guessed(
    browsers: list[Browser], staff: Staff, clock: Any
) -> None:
    here, there = browsers
    here.sign_in(staff.email)
    letters = set_up_factor(here, clock)
    right = one_time_password(letters, clock)
    wrong = f"{(int(right) + 1) % 1_000_000:06}"
    there.sign_in(staff.email)
    for _ in range(FREE_TRIES + 1):
        assert there.press("/connexion/verification", digits=wrong) == 422
    assert there.press("/connexion/verification", digits=wrong) == 409


def test_a_second_factor_that_is_there_is_not_shown_again(
    browser: Browser, staff: Staff, clock: Any
) -> None:
    browser.sign_in(staff.email)
    letters = set_up_factor(browser, clock)
    browser.open("/espace/verification")
    assert letters not in browser.page
    browser.open("/espace")
    assert browser.press("/espace/verification") == 200
    assert "Bonjour Nadia" in browser.page
    assert letters not in browser.page


def test_a_closed_account_opens_nothing(browser: Browser, staff: Staff, services: Services) -> None:
    browser.sign_in(staff.email)
    link = new_link(services, staff)
    with services.database.unit_of_work() as session:
        account = session.get_one(SignInAccount, staff.account_id)
        account.closed_at = services.now()
    browser.open("/espace")
    assert "Se connecter" in browser.page
    assert browser.sign_in(staff.email) == 422
    assert browser.open(f"/mot-de-passe/{link}") == 410
    assert browser.press("/mot-de-passe", email=staff.email) == 200
    assert owed(services, SignInNoticeKind.PASSWORD_LINK) == 0


def test_what_was_typed_is_in_no_page(browser: Browser, staff: Staff) -> None:
    browser.sign_in(staff.email, WRONG)
    browser.sign_in(staff.email)
    browser.press("/connexion", email="x" * 10_000, password=WRONG)
    browser.press("/connexion", email=staff.email, password="y" * 10_000)
    for seen in browser.seen:
        assert PASSWORD not in seen
        assert WRONG not in seen
        assert "yyyy" not in seen
