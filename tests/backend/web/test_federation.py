"""FranceConnect on our pages: there and back over real HTTP, a first time, ties and goodbye."""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

import pytest
from sqlalchemy import select

from backend.access.establishments import create_establishment
from backend.access.staff import add_staff
from backend.accounts.beneficiaries import create_beneficiary
from backend.accounts.families.errors import ProofRefused
from backend.accounts.families.own_tie import own_tie
from backend.accounts.signin.address_links import give_address_link
from backend.accounts.signin.factor import begin_factor
from backend.accounts.signin.federation.attempts import ATTEMPT_MINUTES_MAX
from backend.accounts.signin.federation.linking import PENDING_HOURS_MAX
from backend.accounts.signin.federation.signing_in import tie_by_identity
from backend.accounts.signin.federation.tables import (
    FederatedIdentity,
    FederationAttempt,
    FederationPending,
)
from backend.accounts.signin.passkeys.keeping import FRESH_MINUTES_MAX
from backend.accounts.signin.sessions import open_session
from backend.accounts.signin.sign_up_tables import AddressLinkKind, SignUp
from backend.accounts.signin.signing_in import invite_to_sign_in
from backend.accounts.signin.tables import SignInAccount, Stage
from backend.accounts.tables import Notice, SignInNoticeKind
from backend.cards.ordering import order_cards
from backend.services import Services
from backend.settings import Settings
from passcard.layout import make_card_number
from tests.backend.counting import statements
from tests.backend.identity_provider import CLAIMS, IdentityProvider, unsigned
from tests.backend.web.conftest import Browser

COOKIE, WAY = "__Host-pass", "__Host-pass-fc"
START, BACK = "/connexion/franceconnect", "/connexion/franceconnect/retour"
OWN, PUBLIC = "/espace/franceconnect", "https://pass.example"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def france_connect(clock: Any) -> Iterator[IdentityProvider]:
    made = IdentityProvider()
    made.now = lambda: clock().timestamp()
    yield made
    made.close()


@pytest.fixture
def services(
    database: Any, vault: Any, clock: Any, france_connect: IdentityProvider, tmp_path: Path
) -> Services:
    (tmp_path / "secret").write_text(france_connect.secret)
    settings = Settings(
        public_url=PUBLIC,
        franceconnect_issuer=france_connect.address,
        franceconnect_client_id=france_connect.client_id,
        franceconnect_secret_file=tmp_path / "secret",
    )
    return Services(settings=settings, database=database, vault=vault, now=clock)


@pytest.fixture
def account(services: Services) -> UUID:
    with services.database.unit_of_work() as session:
        return invite_to_sign_in(services, session, "angela@exemple.fr", "Angela", "Dubois")


@pytest.fixture
def other(services: Services) -> UUID:
    with services.database.unit_of_work() as session:
        return invite_to_sign_in(services, session, "tom@exemple.fr", "Tom", "Petit")


@pytest.fixture
def let_in(services: Services) -> Callable[..., None]:
    def enter(browser: Browser, account_id: UUID, stage: Stage = Stage.FULL) -> None:
        with services.database.unit_of_work() as session:
            token = open_session(session, account_id, stage, "test", services.now())
        browser.client.cookies.set(COOKIE, token, domain="pass.example", path="/")

    return enter


@pytest.fixture
def travel(france_connect: IdentityProvider) -> Callable[..., int]:
    """Go to the provider and come back with what it gives; or with something else."""

    def go(browser: Browser, **instead: str) -> int:
        return browser.open(back_of(browser, france_connect, **instead))

    return go


def back_of(browser: Browser, france_connect: IdentityProvider, **instead: str) -> str:
    gone = browser.client.get(START, follow_redirects=False)
    assert gone.status_code == 303
    brought = parse_qs(urlsplit(france_connect.go(gone.headers["Location"])).query)
    return f"{BACK}?{urlencode({**{name: one[0] for name, one in brought.items()}, **instead})}"


@pytest.fixture
def tied(
    browsers: list[Browser],
    account: UUID,
    let_in: Callable[..., None],
    france_connect: IdentityProvider,
) -> UUID:
    """An account tied to the identity that the provider gives, from another browser."""
    there = browsers[1]
    let_in(there, account)
    assert tie_from_own_page(there, france_connect) == 200
    there.client.cookies.clear()
    return account


def tie_from_own_page(browser: Browser, france_connect: IdentityProvider) -> int:
    browser.open(OWN)
    browser.press(f"{OWN}/aller")
    (address,) = re.findall(r'content="0; url=([^"]+)"', browser.page)
    back = urlsplit(france_connect.go(address.replace("&amp;", "&")))
    return browser.open(f"{back.path}?{back.query}")


def owed(services: Services, kind: SignInNoticeKind) -> int:
    with services.database.reading() as session:
        return len(session.scalars(select(Notice).where(Notice.kind == kind.value)).all())


def identities(services: Services) -> list[UUID]:
    with services.database.reading() as session:
        return list(session.scalars(select(FederatedIdentity.account_id)))


def test_the_button_is_there_with_the_words_it_must_have(
    browser: Browser, services: Services
) -> None:
    browser.open("/connexion")
    assert "S’identifier avec FranceConnect" in browser.page
    assert "Qu’est-ce que FranceConnect\N{NO-BREAK SPACE}?" in browser.page
    assert 'href="https://franceconnect.gouv.fr/"' in browser.page
    object.__setattr__(services, "settings", Settings(public_url=PUBLIC))
    browser.open("/connexion")
    assert "FranceConnect" not in browser.page


@pytest.mark.parametrize(
    ("picture", "shown"), [(b"<svg/>", True), (None, False), (b"x" * 70_000, False)]
)
def test_the_official_button_is_shown_where_there_is_one(
    browser: Browser, services: Services, tmp_path: Path, picture: bytes | None, *, shown: bool
) -> None:
    file = tmp_path / "bouton.svg"
    if picture is not None:
        file.write_bytes(picture)
    told = services.settings.model_copy(update={"franceconnect_button_file": file})
    object.__setattr__(services, "settings", told)
    browser.open("/connexion")
    assert ('src="data:image/svg+xml;base64,PHN2Zy8+"' in browser.page) is shown
    assert "S’identifier avec FranceConnect" in browser.page


def test_whoever_is_tied_comes_in(
    browser: Browser, tied: UUID, travel: Callable[..., int], services: Services
) -> None:
    assert owed(services, SignInNoticeKind.IDENTITY_LINKED) == 1
    assert travel(browser) == 200
    assert "Bonjour Angela" in browser.page
    assert identities(services) == [tied]
    (cookie,) = [one for one in browser.client.cookies.jar if one.name == WAY]
    assert cookie.secure
    assert not cookie.domain_specified
    assert {"HttpOnly", "SameSite"} <= set(cookie._rest)


def test_a_second_factor_is_asked_after_franceconnect(
    browser: Browser, tied: UUID, travel: Callable[..., int], services: Services
) -> None:
    begin_factor(services, tied)
    with services.database.unit_of_work() as session:
        session.get_one(SignInAccount, tied).factor_confirmed_at = services.now()
    assert travel(browser) == 200
    assert "Double vérification" in browser.page
    browser.open("/espace")
    assert "Bonjour" not in browser.page


def test_franceconnect_is_no_second_factor_for_staff(
    browser: Browser, tied: UUID, travel: Callable[..., int], services: Services
) -> None:
    with services.database.unit_of_work() as session:
        place = create_establishment(session, "Lycée Voltaire").id
        add_staff(session, tied, place, services.now())
    travel(browser)
    browser.open(f"/espace/etablissement/{place}")
    assert "Double vérification" in browser.page
    assert "Lycée Voltaire" not in browser.page


def test_an_equal_address_opens_nothing(
    browser: Browser, account: UUID, travel: Callable[..., int], services: Services
) -> None:
    """The provider says an address that has an account: whoever has it must say so themselves."""
    assert CLAIMS["email"] == "angela@exemple.fr"
    assert travel(browser) == 200
    assert "Bonjour Angela Claire Louise DUBOIS" in browser.page
    assert "J’ai déjà un compte Pass" in browser.page
    assert COOKIE not in browser.client.cookies
    assert identities(services) == []
    browser.open("/espace")
    assert "<h1>Connexion" in browser.page
    del account


def test_whoever_signs_in_ties_who_was_identified_here(
    browsers: list[Browser],
    account: UUID,
    other: UUID,
    travel: Callable[..., int],
    let_in: Callable[..., None],
    services: Services,
) -> None:
    here, there = browsers
    travel(here)
    let_in(there, other)
    there.open(OWN)
    assert there.press(f"{OWN}/rattachement") == 410  # nobody was identified there
    let_in(here, account)
    here.open(OWN)
    assert "Angela Claire Louise DUBOIS" in here.page
    assert here.press(f"{OWN}/rattachement", form="guessed") == 403
    here.open(OWN)
    assert here.press(f"{OWN}/rattachement") == 200
    assert identities(services) == [account]
    here.open(OWN)
    assert here.press(f"{OWN}/rattachement") == 410  # once


def test_an_identity_belongs_to_one_account_and_an_account_to_one(
    browsers: list[Browser],
    tied: UUID,
    other: UUID,
    let_in: Callable[..., None],
    france_connect: IdentityProvider,
    services: Services,
) -> None:
    here, there = browsers
    let_in(here, other)
    assert tie_from_own_page(here, france_connect) == 409
    let_in(there, tied)
    france_connect.claims = {**CLAIMS, "sub": "somebody else"}
    there.open(OWN)
    assert "Détacher" in there.page
    there.press(f"{OWN}/aller")
    (address,) = re.findall(r'content="0; url=([^"]+)"', there.page)
    back = urlsplit(france_connect.go(address.replace("&amp;", "&")))
    assert there.open(f"{back.path}?{back.query}") == 409
    assert identities(services) == [tied]


def test_a_tie_is_made_for_who_went_for_it_and_soon_after_signing_in(
    browser: Browser,
    account: UUID,
    other: UUID,
    let_in: Callable[..., None],
    france_connect: IdentityProvider,
    services: Services,
    clock: Any,
) -> None:
    let_in(browser, account)
    browser.open(OWN)
    browser.press(f"{OWN}/aller")
    (address,) = re.findall(r'content="0; url=([^"]+)"', browser.page)
    back = urlsplit(france_connect.go(address.replace("&amp;", "&")))
    let_in(browser, other)  # somebody else signed in meanwhile
    assert "Mes clés" not in (browser.open(f"{back.path}?{back.query}"), browser.page)[1]
    assert identities(services) == []
    clock.advance(minutes=FRESH_MINUTES_MAX)
    browser.open(OWN)
    assert browser.press(f"{OWN}/aller") == 403
    assert "Reconnectez-vous d’abord" in browser.page


def test_what_comes_back_serves_once_in_its_own_browser_and_for_minutes(
    browsers: list[Browser],
    tied: UUID,
    france_connect: IdentityProvider,
    services: Services,
    clock: Any,
) -> None:
    here, there = browsers
    back = back_of(here, france_connect)
    assert there.open(back) == 410  # no cookie
    there.client.get(START, follow_redirects=False)
    assert there.open(back) == 410  # another browser's cookie
    held = here.client.cookies[WAY]
    assert here.open(back) == 200
    assert "Bonjour Angela" in here.page
    assert here.client.cookies[WAY] != held
    here.client.cookies.set(WAY, held, domain="pass.example", path="/")
    assert here.open(back) == 410  # it has served
    here.client.cookies.delete(WAY, domain="pass.example", path="/")
    for wrong in ("", "guessed", "x" * 10_000):
        assert here.open(back_of(here, france_connect, state=wrong)) == 410
    back = back_of(here, france_connect)
    clock.advance(minutes=ATTEMPT_MINUTES_MAX)
    assert here.open(back) == 410
    clock.advance(seconds=1)
    here.client.get(START, follow_redirects=False)
    with services.database.reading() as session:
        assert len(session.scalars(select(FederationAttempt)).all()) == 1
    del tied


def test_what_the_provider_refuses_or_says_wrongly_becomes_a_page(
    browser: Browser, tied: UUID, travel: Callable[..., int], france_connect: IdentityProvider
) -> None:
    france_connect.bend.error = "access_denied"
    assert travel(browser) == 401
    assert "Vous n’avez pas terminé" in browser.page
    assert "access_denied" not in browser.page
    france_connect.bend.error = None
    assert travel(browser, code="guessed") == 401
    assert travel(browser, iss="https://evil.example") == 401
    assert "n’a pas pu être vérifiée" in browser.page
    france_connect.bend.sign = unsigned
    assert travel(browser) == 401
    france_connect.bend.sign = None
    back = back_of(browser, france_connect)
    france_connect.bend.status = 500
    assert browser.open(back) in (401, 503)
    france_connect.close()
    assert "Bonjour" not in "".join(browser.seen)
    del tied


def test_a_provider_that_is_away_leaves_the_other_ways(
    browser: Browser, france_connect: IdentityProvider, services: Services
) -> None:
    france_connect.bend.status = 503
    assert browser.open(START) == 503
    assert "FranceConnect ne répond pas" in browser.page
    object.__setattr__(services, "settings", Settings(public_url=PUBLIC))


def test_no_provider_is_a_page_too(browser: Browser, services: Services) -> None:
    object.__setattr__(services, "settings", Settings(public_url=PUBLIC))
    assert browser.open(START) == 404
    assert "FranceConnect n’est pas proposé ici" in browser.page


def test_a_closed_account_opens_nothing(
    browser: Browser, tied: UUID, travel: Callable[..., int], services: Services
) -> None:
    with services.database.unit_of_work() as session:
        session.get_one(SignInAccount, tied).closed_at = services.now()
    assert travel(browser) == 401
    assert "Compte fermé" in browser.page


def ask(browser: Browser, email: str = "angela@autre.example", **typed: str) -> int:
    told = {"email": email, "email_again": email, "terms": "1"}
    return browser.press(f"{START}/compte", **{**told, **typed})


def mailed(services: Services) -> tuple[str, UUID]:
    """Do as the mail does: make the link of the sign-up that waits."""
    with services.database.unit_of_work() as session:
        row = session.scalars(select(SignUp)).one()
        until = services.now() + timedelta(hours=24)
        kind, now = AddressLinkKind.SIGN_UP, services.now()
        return give_address_link(session, kind, row.id, until, now), row.id


def test_an_account_without_a_password_is_opened_where_both_are_there(
    browsers: list[Browser], travel: Callable[..., int], services: Services
) -> None:
    here, there = browsers
    travel(here)
    assert 'value="angela@exemple.fr"' in here.page
    assert ask(here, email_again="autre@autre.example") == 422
    assert "sont différentes" in here.page
    assert ask(here, terms="") == 422
    assert ask(here, email="no address") == 422
    assert ask(here) == 200
    link, _sign_up_id = mailed(services)
    assert there.open(f"/inscription/{link}") == 200
    assert "FranceConnect" not in there.page
    assert there.press(f"{START}/compte/{link}") == 410  # the mailbox alone
    assert here.open(f"/inscription/{link}") == 200
    assert f'action="{START}/compte/{link}"' in here.page
    assert identities(services) == []
    assert here.press(f"{START}/compte/{link}") == 200
    assert "Bonjour Angela" in here.page
    with services.database.reading() as session:
        (made,) = session.scalars(select(SignInAccount)).all()
        assert (made.email, made.given_name, made.family_name) == (
            "angela@autre.example",
            "Angela",
            "DUBOIS",
        )
        assert (made.password_hash, made.birth_date) == (None, date(1962, 8, 24))
        assert session.scalars(select(FederationPending)).all() == []
    assert here.press(f"{START}/compte/{link}") == 410
    here.client.cookies.clear()
    assert travel(here) == 200
    assert "Bonjour Angela" in here.page


def test_a_link_that_another_asked_for_opens_nothing_here(
    browser: Browser, travel: Callable[..., int], services: Services
) -> None:
    travel(browser)
    ask(browser)
    link, sign_up_id = mailed(services)
    with services.database.unit_of_work() as session:
        (pending,) = session.scalars(select(FederationPending)).all()
        pending.sign_up_id = UUID(int=sign_up_id.int ^ 1)
    assert browser.press(f"{START}/compte/{link}") == 410
    assert identities(services) == []


def test_whoever_was_identified_is_forgotten_after_a_day(
    browser: Browser, travel: Callable[..., int], clock: Any
) -> None:
    travel(browser)
    clock.advance(hours=PENDING_HOURS_MAX)
    assert browser.open(f"{START}/nouveau") == 410


def test_a_child_and_half_an_identity_open_no_account(
    browser: Browser, travel: Callable[..., int], france_connect: IdentityProvider
) -> None:
    france_connect.claims = {**CLAIMS, "birthdate": "2015-03-14"}
    travel(browser)
    assert ask(browser) == 422
    assert "15 ans" in browser.page
    del france_connect.claims["birthdate"]
    travel(browser)
    assert "n’a pas transmis" in browser.page
    assert ask(browser) == 422


def test_one_unties_what_something_else_opens(
    browser: Browser, tied: UUID, let_in: Callable[..., None], services: Services
) -> None:
    let_in(browser, tied)
    browser.open(OWN)
    assert browser.press(f"{OWN}/retrait") == 409
    assert "Choisissez d’abord un mot de passe" in browser.page
    with services.database.unit_of_work() as session:
        row = session.get_one(SignInAccount, tied)
        row.password_hash, row.password_set_at = "hash", services.now()
    browser.open(OWN)
    assert browser.press(f"{OWN}/retrait") == 200
    assert identities(services) == []
    assert owed(services, SignInNoticeKind.IDENTITY_UNLINKED) == 1
    browser.open(OWN)
    assert browser.press(f"{OWN}/retrait") == 404


def test_signing_out_ends_the_providers_session_too(
    browser: Browser, tied: UUID, travel: Callable[..., int], france_connect: IdentityProvider
) -> None:
    travel(browser)
    assert browser.press("/deconnexion") == 200
    (address,) = re.findall(r'content="0; url=([^"]+)"', browser.page)
    address = address.replace("&amp;", "&")
    asked = parse_qs(urlsplit(address).query)
    assert asked["id_token_hint"][0].count(".") == 2
    assert len(asked["state"][0]) >= 32
    back = urlsplit(france_connect.go(address))
    assert (back.netloc, back.path) == ("pass.example", f"{START}/au-revoir")
    browser.open(f"{back.path}?state=guessed")
    assert "Connexion" in browser.page
    travel(browser)
    browser.press("/deconnexion")
    (address,) = re.findall(r'content="0; url=([^"]+)"', browser.page)
    back = urlsplit(france_connect.go(address.replace("&amp;", "&")))
    browser.open(f"{back.path}?{back.query}")
    assert "déconnecté du Pass et de FranceConnect" in browser.page
    assert WAY not in browser.client.cookies
    browser.open("/espace")
    assert "Bonjour" not in browser.page
    del tied


@pytest.mark.parametrize(
    ("given", "family", "born", "same"),
    [
        ("Angela", "Dubois", date(2008, 8, 24), True),
        ("ANGÉLA", "du bois", date(2008, 8, 24), True),
        ("Angela Claire Louise", "DUBOIS", date(2008, 8, 24), True),
        ("Claire", "Dubois", date(2008, 8, 24), False),
        ("Angela", "Duboys", date(2008, 8, 24), False),
        ("Angela", "Dubois", date(2008, 8, 25), False),
    ],
)
def test_a_card_is_tied_to_who_franceconnect_says(
    services: Services, account: UUID, given: str, family: str, born: date, *, same: bool
) -> None:
    issuer = services.settings.franceconnect_issuer or ""
    with services.database.unit_of_work() as session:
        person = create_beneficiary(
            session, given_name=given, family_name=family, birth_date=born, now=services.now()
        )
        beneficiary_id = person.id
        session.add(
            FederatedIdentity(
                id=UUID(int=1),
                issuer=issuer,
                subject="s",
                account_id=account,
                given_name="Angela Claire Louise",
                family_name="DUBOIS",
                birth_date=date(2008, 8, 24),
                linked_at=services.now(),
                used_at=None,
            )
        )
    if same:
        tie_by_identity(services, issuer, account, beneficiary_id)
    else:
        with pytest.raises(ProofRefused):
            tie_by_identity(services, issuer, account, beneficiary_id)
    with pytest.raises(ProofRefused):
        tie_by_identity(services, issuer, account, None)
    with services.database.reading() as session:
        found = own_tie(session, account)
        assert (found is not None and found.id == beneficiary_id) is same


def test_a_cards_number_is_enough_for_who_franceconnect_says(
    browser: Browser,
    tied: UUID,
    let_in: Callable[..., None],
    services: Services,
) -> None:
    number, other = make_card_number(7), make_card_number(8)
    with services.database.unit_of_work() as session:
        (identity,) = session.scalars(select(FederatedIdentity)).all()
        identity.birth_date = date(2008, 8, 24)
        person = create_beneficiary(
            session,
            given_name="Angela",
            family_name="Dubois",
            birth_date=date(2008, 8, 24),
            now=services.now(),
        )
        order_cards(session, [person.id], services.now(), draw_serial=lambda: 7)
    let_in(browser, tied)
    browser.open(OWN)
    for wrong in ("", "12", other):
        assert browser.press(f"{OWN}/carte", card_number=wrong) == 422
        assert len(wrong) < 16 or wrong not in browser.page
    assert browser.press(f"{OWN}/carte", card_number=number) == 200
    assert "Votre carte est reliée" in browser.page
    with services.database.reading() as session:
        assert own_tie(session, tied) is not None
    browser.open(OWN)
    assert "Relier ma carte" not in browser.page


def test_a_page_asks_the_database_for_little(
    browser: Browser, tied: UUID, let_in: Callable[..., None], services: Services
) -> None:
    let_in(browser, tied)
    assert statements(services.database, lambda: browser.open(OWN)) == 5
