"""An identity is tied to one account, by whoever holds both, and untied."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from sqlalchemy import select

from backend.accounts.beneficiaries import create_beneficiary
from backend.accounts.families.errors import ProofRefused
from backend.accounts.families.own_tie import own_tie
from backend.accounts.signin.federation.signing_in import tie_by_identity
from backend.accounts.signin.federation.tables import (
    FederatedIdentity,
)
from backend.accounts.signin.passkeys.keeping import FRESH_MINUTES_MAX
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.tables import SignInNoticeKind
from backend.cards.ordering import order_cards
from backend.services import Services
from passcard.layout import make_card_number
from tests.backend.identity_provider import CLAIMS, IdentityProvider
from tests.backend.web.conftest import Browser
from tests.backend.web.federation.there_and_back import OWN, identities, tie_from_own_page
from tests.backend.web.people import SESSION, owed


def test_an_equal_address_opens_nothing(
    browser: Browser, account: UUID, travel: Callable[..., int], services: Services
) -> None:
    """The provider says an address that has an account: whoever has it must say so themselves."""
    assert CLAIMS["email"] == "angela@exemple.fr"
    assert travel(browser) == 200
    assert "Bonjour Angela Claire Louise DUBOIS" in browser.page
    assert "J’ai déjà un compte Pass" in browser.page
    assert SESSION not in browser.client.cookies
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
