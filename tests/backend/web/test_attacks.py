"""Two old attacks on signing in and on mailed links, against every door that could be open to them.

The others have their tests where they belong: what a page tells of who is known (test_sign_up.py,
families/test_children.py), other people's ids (test_every_page.py, organisations/test_making.py),
forms of other sites (test_forms_are_guarded.py), ways elsewhere (test_sign_up.py), files that lie
(test_pictures.py, partners/test_papers.py), lines in a header (accounts/test_names.py), cells that
are formulas (holders/test_my_facts.py, operators/test_trail_guard.py).
"""

from datetime import date

import pytest

import backend.partners.organisations.letters  # noqa: F401 - the mails tested here
from backend.accounts.activation import invite
from backend.accounts.beneficiaries import create_beneficiary
from backend.accounts.families.composition import make_family
from backend.accounts.families.invitations import invite_parent
from backend.accounts.signin.links import give_link
from backend.accounts.signin.sessions import open_session, signed_in
from backend.accounts.signin.sign_up import Asked, ask_to_sign_up
from backend.accounts.signin.tables import Language, SignInLinkKind, Stage
from backend.partners.directory import name_commune
from backend.partners.organisations import people
from backend.partners.organisations.profile import Typed, make_organisation
from backend.services import Services
from tests.backend.web.conftest import PASSWORD, Browser, Staff
from tests.backend.web.mailbox import Mailbox
from tests.backend.web.operator_desk import make_account, one_time_password
from tests.backend.web.people import enter, make_person

COOKIE = "__Host-pass"
SHOP = Typed(
    "Librairie", "73282932000074", "", "1 quai du Port", "", "92160", "92002", "0146000000"
)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def test_a_session_that_was_planted_is_never_the_victims(
    browser: Browser, staff: Staff, services: Services
) -> None:
    """An attacker's own session lies in the browser before somebody signs in."""
    attacker = make_person(services, "mallory@autre.example")
    with services.database.unit_of_work() as session:
        theirs = open_session(session, attacker.account_id, Stage.FULL, "x", services.now())
    for planted in (theirs, "A" * 43, "x"):
        browser.client.cookies.clear()
        browser.client.cookies.set(COOKIE, planted, domain="pass.example", path="/")
        answer = browser.client.post(
            "/connexion",
            data={"email": staff.email, "password": PASSWORD},
            follow_redirects=False,
        )
        assert answer.status_code == 303
        given = answer.cookies[COOKIE]
        assert given != planted
        with services.database.unit_of_work() as session:
            assert signed_in(session, given, services.now()).account_id == staff.account_id
    with services.database.unit_of_work() as session:
        still = signed_in(session, theirs, services.now())
        assert still.account_id == attacker.account_id, "what was planted is not raised"


def test_the_token_before_the_second_factor_is_worth_nothing_after_it(
    browser: Browser, services: Services
) -> None:
    account_id = make_account(services, "cpe@lycee.example", factor=True)
    with services.database.unit_of_work() as session:
        before = open_session(session, account_id, Stage.FACTOR, "x", services.now())
    browser.client.cookies.set(COOKIE, before, domain="pass.example", path="/")
    browser.open("/connexion/verification")
    answer = browser.client.post(
        "/connexion/verification",
        data={"digits": one_time_password(services, account_id)},
        follow_redirects=False,
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/espace")
    assert answer.cookies[COOKIE] != before
    browser.client.cookies.clear()
    browser.client.cookies.set(COOKIE, before, domain="pass.example", path="/")
    answer = browser.client.get("/espace", follow_redirects=False)
    assert answer.headers["Location"] == "/connexion"


def test_a_mail_scanner_that_opens_every_link_uses_none_up(
    browser: Browser, services: Services
) -> None:
    """Opened, fetched ahead and asked for its head, three times over: its person still gets in."""
    mailbox, now = Mailbox(services), services.now()
    host, guest = (make_person(services, f"p{n}@exemple.fr") for n in range(2))
    asked = Asked("noe@exemple.fr", "Noé", "Durand", date(1985, 2, 1), Language.FRENCH, 1)
    ask_to_sign_up(services, asked, "")
    with services.database.unit_of_work() as session:
        name_commune(session, "92002", "Antony")
        lea = create_beneficiary(
            session, given_name="Léa", family_name="Durand", birth_date=date(2010, 1, 1), now=now
        ).id
        card = invite(session, lea, now)
        password = give_link(session, host.account_id, SignInLinkKind.PASSWORD, now)
        family = make_family(session, host.account_id, "Durand", now)
        parent = invite_parent(session, host.account_id, family, guest.email, now)
        place = make_organisation(session, host.account_id, "librairie", SHOP, now)
        keeper = people.invite(session, host.account_id, place, guest.email, now)
    typed = {"password": PASSWORD, "password_again": PASSWORD}
    acts = {
        mailbox.link("/inscription"): (None, typed),
        f"/mot-de-passe/{password}": (None, typed),
        f"/activation/{card}": (None, {"code": "7391", "code_again": "7391"}),
        mailbox.link("/invitation"): (f"/espace/famille/invitations/{parent}/acceptation", {}),
        mailbox.link("/invitation/organisme"): (
            f"/espace/organisme/invitations/{keeper}/acceptation",
            {},
        ),
    }
    for link in acts:
        for headers in ({}, {"Sec-Purpose": "prefetch"}, {"User-Agent": "Mail scanner"}):
            assert browser.client.get(link, headers=headers).status_code == 200, link
            assert browser.client.head(link, headers=headers).status_code in {200, 405}, link
    for link, (way, said) in acts.items():
        enter(services, browser, guest.account_id)
        browser.open(link)
        assert browser.press(way or link, **said) == 200, link
