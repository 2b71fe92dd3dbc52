"""The first page of somebody's space, wholly in the language of their account."""

import pytest

from backend.accounts.signin.tables import Language, SignInAccount
from backend.accounts.signin.terms import terms_in_force
from backend.operators.entering import role_of
from backend.services import Services
from backend.web.space_english import ENGLISH
from tests.backend.web.conftest import Browser
from tests.backend.web.operator_desk import make_operator, sit_down
from tests.backend.web.own_pages import TEMPLATES, besides, check_english
from tests.backend.web.page_texts import ACCENTS, Texts

TEMPLATE = TEMPLATES / "space.html"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def test_every_sentence_has_its_english_and_nothing_is_said_besides() -> None:
    check_english(ENGLISH, [TEMPLATE])
    assert besides(TEMPLATE) <= {"Pass", "English"}


@pytest.mark.parametrize("language", list(Language))
def test_it_is_in_one_language(services: Services, browser: Browser, language: Language) -> None:
    account_id = make_operator(services, "op@region.example")
    with services.database.unit_of_work() as session:
        account = session.get_one(SignInAccount, account_id)
        account.language = language.value
        account.terms_version = terms_in_force(services.now()).version
        assert role_of(session, account_id) is not None, "so that every tile is offered"
    for _ in range(2):
        sit_down(services, browser, account_id)
        assert browser.open("/espace") == 200
    assert f'<html lang="{language.value}">' in browser.page
    english = language is Language.ENGLISH
    odd = [text for text in Texts(browser.page).said if ACCENTS.search(text)]
    assert (odd == []) is english, odd
    for french, told in (("Ma famille", "My family"), ("Me déconnecter", "Sign out")):
        assert (told in browser.page, french in browser.page) == (english, not english)
