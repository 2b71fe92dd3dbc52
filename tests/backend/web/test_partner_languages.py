"""A partner's pages in the language of whoever looks after it, wholly."""

import re

import pytest

from backend.accounts.signin.tables import SignInAccount
from backend.services import Services
from backend.web import partner_events_words
from backend.web.pages import FOLDER
from backend.web.partner_english import ENGLISH
from backend.web.words import Text
from tests.backend.web.conftest import Browser, Staff
from tests.backend.web.own_pages import check_english

TEMPLATES = [*(FOLDER / "templates").glob("partner*.html"), FOLDER / "templates/counter_code.html"]
ACCENTS = re.compile(r"[àâçéèêëîïôùûœ«»]", re.IGNORECASE)


def test_every_sentence_has_its_english_and_every_word_both() -> None:
    check_english(ENGLISH, TEMPLATES, {"rendu {amount}"})
    assert [english for english in ENGLISH.values() if ACCENTS.search(english)] == []
    tables = (partner_events_words.KINDS, partner_events_words.OUTCOMES)
    for text in (text for table in tables for text in table.values()):
        assert isinstance(text, Text)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_in_english_nothing_is_in_french(
    services: Services, browser: Browser, staff: Staff
) -> None:
    with services.database.unit_of_work() as session:
        session.get_one(SignInAccount, staff.account_id).language = "en"
    browser.sign_in(staff.email)
    space = staff.space
    pages = [space, f"{space}/evenements"]
    for path in pages:
        assert browser.open(path) == 200
        shown = browser.page.replace('lang="fr">Français', "")
        assert '<html lang="en">' in shown
        assert ACCENTS.search(shown) is None, path
    browser.open(space)
    assert browser.press(f"{space}/caisses", outlet_id=str(staff.outlet_id), name=" ") == 422
    assert "Donnez un nom" not in browser.page
    assert browser.press(f"{space}/caisses", outlet_id=str(staff.outlet_id), name="Till") == 200
    assert "The till’s code" in browser.page
    assert ACCENTS.search(browser.page.replace("Français", "")) is None
