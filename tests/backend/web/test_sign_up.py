"""Signing up: from the form to the first page, and what nobody learns or prepares on the way."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select

from backend.accounts.signin import terms
from backend.accounts.signin.quota import door_of
from backend.accounts.signin.sign_up import FROM_NETWORK, MAILS_TO_ADDRESS, SIGN_UP_DAYS_MAX
from backend.accounts.signin.sign_up_tables import SignUp, TermsAcceptance
from backend.accounts.signin.tables import SignInAccount, SignInQuota
from backend.accounts.signin.terms import Terms
from backend.accounts.tables import Notice
from backend.services import Services
from tests.backend.web.conftest import PASSWORD, Browser, Staff
from tests.backend.web.mailbox import Mailbox

EMAIL = "camille@exemple.fr"
FORM = {
    "given_name": "Camille",
    "family_name": "Durand",
    "birth_date": "01/02/1985",
    "email": EMAIL,
    "email_again": EMAIL,
    "language": "fr",
    "terms": "1",
}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One engine: both are asked in test_sign_up_rush.py."""
    return sqlite_url


@pytest.fixture
def mailbox(services: Services) -> Mailbox:
    return Mailbox(services)


def sign_up(browser: Browser, **typed: str) -> int:
    return browser.press("/inscription", **(FORM | typed))


def activate(browser: Browser, link: str, password: str = PASSWORD) -> int:
    return browser.press(link, password=password, password_again=password)


def test_from_the_form_to_the_first_page(
    browser: Browser, mailbox: Mailbox, services: Services
) -> None:
    browser.open("/")
    assert "Déjà inscrit\N{NO-BREAK SPACE}?" in browser.page
    assert 'href="/connexion"' in browser.page
    assert 'href="/inscription"' in browser.page
    browser.open("/connexion")
    assert 'href="/inscription"' in browser.page
    assert sign_up(browser, email=" Camille@Exemple.FR ", email_again=EMAIL) == 200
    assert "Regardez vos messages" in browser.page
    assert browser.sign_in(EMAIL) == 422  # nothing opens before the link
    link = mailbox.link("/inscription")
    (letter,) = mailbox.letters
    assert (letter.recipient, "Camille" in letter.text) == (EMAIL, False)
    assert link in letter.html
    for _ in range(3):
        assert browser.open(link) == 200  # a mail scanner opens links: nothing is used
    assert "Camille Durand" in browser.page
    assert browser.press(link, password=PASSWORD, password_again="other") == 422
    assert activate(browser, link, "Cadu0102") == 422
    assert "fait de votre nom" in browser.page
    assert activate(browser, link) == 200
    assert activate(browser, link) == 410
    assert browser.open(link) == 410
    assert browser.sign_in(EMAIL.upper()) == 200
    assert "Bonjour Camille" in browser.page
    with services.database.reading() as session:
        account = session.scalars(select(SignInAccount)).one()
        accepted = session.scalars(select(TermsAcceptance)).one()
        assert (accepted.account_id, accepted.version) == (account.id, 1)
        assert session.scalars(select(SignUp)).all() == []
    browser.open("/espace/compte")
    assert "Version 1" in browser.page


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("given_name", "", "Écrivez votre prénom"),
        ("given_name", "Léa\r\nBcc: x@y.fr", "Écrivez votre prénom"),
        ("family_name", "<script>", "Écrivez votre nom"),
        ("birth_date", "1985", "jour, mois, année"),
        ("birth_date", "01/02/2019", "c’est un parent"),
        ("birth_date", "01/02/1850", "jour, mois, année"),
        ("birth_date", "01/02/2999", "jour, mois, année"),
        ("email", "camille", "pas une adresse"),
        ("email", "a@b.fr\nBcc: x@y.fr", "pas une adresse"),
        ("email_again", "camile@exemple.fr", "deux adresses sont différentes"),
        ("terms", "", "acceptez les conditions"),
        ("terms", "²", "acceptez les conditions"),
        ("terms", "99", "acceptez les conditions"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    browser: Browser, services: Services, field: str, typed: str, said: str
) -> None:
    assert sign_up(browser, **{field: typed}) == 422
    problem = re.search(rf'id="{field}-problem">.*?</p>', browser.page, re.DOTALL)
    assert problem is not None
    assert said in problem[0]
    assert re.search(rf'id="{field}"[^>]*aria-invalid="true"', browser.page)
    assert "<script>" not in browser.page
    assert 'value="Durand"' in browser.page or field == "family_name"
    with services.database.reading() as session:
        assert session.scalars(select(Notice)).all() == []


def test_all_that_is_wrong_is_said_at_once(browser: Browser) -> None:
    assert browser.press("/inscription") == 422
    assert "Il reste 5 choses à corriger" in browser.page
    assert browser.page.count("autofocus") == 1


def test_a_mistyped_provider_is_asked_about_and_believed_when_said_again(
    browser: Browser, mailbox: Mailbox
) -> None:
    browser.open("/inscription")
    typed = {**FORM, "email": "Camille@gmial.com", "email_again": "camille@gmial.com"}
    assert browser.press("/inscription", **typed) == 422
    assert "camille@gmail.com" in browser.page.split('id="email-problem"')[1]
    assert mailbox.empty() == []
    (sure,) = re.findall(r'name="sure" value="([^"]+)"', browser.page)
    assert browser.press("/inscription", **typed, sure=sure) == 200
    assert [one.recipient for one in mailbox.empty()] == ["camille@gmial.com"]


def test_who_is_known_learns_it_by_mail_and_the_page_does_not_tell(
    browsers: list[Browser], staff: Staff, mailbox: Mailbox, services: Services
) -> None:
    here, there = browsers
    mailbox.empty()
    pages = set[str]()
    statements = list[list[str]]()

    def note(_c: Any, _cu: Any, text: str, *_: Any) -> None:
        statements[-1].append(text)

    event.listen(services.database.engine, "before_cursor_execute", note)
    for email in ("new@exemple.fr", staff.email, "new2@exemple.fr"):
        statements.append([])
        assert sign_up(there, email=email, email_again=email) == 200
        pages.add(there.page)
    event.remove(services.database.engine, "before_cursor_execute", note)
    assert len(pages) == 1
    assert statements[1] == statements[2]  # the first one makes the counters
    subjects = {one.recipient: one.subject for one in mailbox.empty()}
    assert subjects[staff.email] == "Vous avez déjà un compte Pass"
    assert subjects["new@exemple.fr"] == "Activez votre compte Pass"
    assert here.sign_in(staff.email) == 200  # and nothing has changed


def test_nobody_prepares_an_account_for_another(browser: Browser, mailbox: Mailbox) -> None:
    """Who signs up first with a victim's address chooses neither password nor name for them."""
    sign_up(browser, given_name="Mallory")
    stolen = mailbox.link("/inscription")
    sign_up(browser)
    own = mailbox.link("/inscription")
    assert activate(browser, own) == 200
    assert activate(browser, stolen, "cinq autres volcans bleus") == 410
    assert browser.sign_in(EMAIL) == 200
    assert "Bonjour Camille" in browser.page


def test_a_link_is_good_for_a_day_and_another_is_to_be_had(
    browser: Browser, mailbox: Mailbox, clock: Any
) -> None:
    sign_up(browser)
    old = mailbox.link("/inscription")
    clock.advance(hours=24)
    assert browser.open(old) == 410
    assert activate(browser, old) == 410
    pages = set()
    for email in (EMAIL, "nobody@exemple.fr"):
        assert browser.press("/inscription/nouveau-lien", email=email) == 200
        pages.add(browser.page)
    assert len(pages) == 1
    assert browser.press("/inscription/nouveau-lien", email="nobody") == 422
    assert [one.recipient for one in mailbox.empty()] == [EMAIL]
    assert activate(browser, mailbox.link("/inscription")) == 200


def test_three_mails_an_hour_and_what_was_typed_fades(
    browser: Browser, mailbox: Mailbox, services: Services, clock: Any
) -> None:
    for _ in range(2):
        assert sign_up(browser) == 200
    for _ in range(3):
        assert browser.press("/inscription/nouveau-lien", email=EMAIL) == 200
    assert len(mailbox.empty()) == MAILS_TO_ADDRESS.uses_max == 3
    clock.advance(hours=1)
    assert browser.press("/inscription/nouveau-lien", email=EMAIL) == 200
    assert len(mailbox.empty()) == 1
    clock.advance(days=SIGN_UP_DAYS_MAX)
    browser.press("/inscription/nouveau-lien", email=EMAIL)
    sign_up(browser, email="b@exemple.fr", email_again="b@exemple.fr")
    assert {one.recipient for one in mailbox.empty()} == {"b@exemple.fr"}
    with services.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(SignUp)) == 1


def test_one_network_does_not_fill_the_outbox(browser: Browser, services: Services) -> None:
    browser.client._transport.client = ("192.0.2.7", 50_000)
    sign_up(browser)
    with services.database.unit_of_work() as session:
        row = session.get_one(SignInQuota, door_of("sign-up", "192.0.2.7"))
        row.used = FROM_NETWORK.uses_max
    assert sign_up(browser, email="c@exemple.fr", email_again="c@exemple.fr") == 429
    assert "Réessayez dans" in browser.page
    with services.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(SignUp)) == 1


def test_another_sites_form_is_refused(browser: Browser, mailbox: Mailbox) -> None:
    foreign = {"Origin": "https://other.example", "Sec-Fetch-Site": "cross-site"}
    sign_up(browser)
    link = mailbox.link("/inscription")
    client = browser.client
    typed = {"password": PASSWORD, "password_again": PASSWORD}
    assert client.post("/inscription", data=FORM, headers=foreign).status_code == 403
    assert client.post(link, data=typed, headers=foreign).status_code == 403
    answer = client.post("/inscription/nouveau-lien", data={"email": EMAIL}, headers=foreign)
    assert answer.status_code == 403
    assert activate(browser, link) == 200


def test_no_next_leads_elsewhere(browser: Browser, staff: Staff) -> None:
    elsewhere = "?next=https://other.example&suite=//other.example"
    answer = browser.client.post(
        f"/connexion{elsewhere}",
        data={"email": staff.email, "password": PASSWORD, "next": "https://other.example"},
        follow_redirects=False,
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/espace")


@pytest.fixture
def member(browser: Browser, mailbox: Mailbox) -> str:
    """Somebody who signed up and is not signed in."""
    sign_up(browser)
    assert activate(browser, mailbox.link("/inscription")) == 200
    return EMAIL


def test_new_terms_are_asked_at_the_next_sign_in(
    browser: Browser,
    member: str,
    services: Services,
    clock: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    browser.sign_in(member)
    later = clock() + timedelta(hours=1)
    monkeypatch.setattr(terms, "TERMS", (*terms.TERMS, Terms(2, later)))
    browser.open("/espace")
    assert "Bonjour" in browser.page
    clock.advance(hours=1)
    waiting = browser.client.cookies["__Host-pass"]
    browser.sign_in(member)
    assert "Nouvelles conditions" in browser.page
    half = browser.client.cookies["__Host-pass"]
    browser.open("/espace")
    assert "Bonjour" not in browser.page
    assert browser.press("/connexion/conditions") == 422
    assert browser.press("/connexion/conditions", terms="1") == 422
    assert browser.press("/connexion/conditions", terms="2", form="guessed") == 403
    browser.open("/connexion/conditions")
    assert browser.press("/connexion/conditions", terms="2") == 200
    assert "Bonjour Camille" in browser.page
    assert browser.client.cookies["__Host-pass"] not in (half, waiting)
    with services.database.reading() as session:
        rows = session.scalars(select(TermsAcceptance).order_by(TermsAcceptance.version)).all()
        assert [row.version for row in rows] == [1, 2]


def test_who_was_invited_is_asked_no_terms(
    browser: Browser, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terms, "TERMS", (Terms(7, datetime(2026, 1, 1, tzinfo=UTC)),))
    assert browser.sign_in(staff.email) == 200
    assert "Bonjour Nadia" in browser.page


def test_every_version_of_the_terms_stays_readable(browser: Browser) -> None:
    for one in terms.TERMS:
        assert browser.open(f"/conditions/{one.version}") == 200
    assert browser.open("/conditions") == 200
    assert browser.open("/conditions/99") == 404
    assert browser.open("/conditions/0") == 404
