"""A holder's pages are wholly in the language of whoever signed in."""

import re

import pytest

from backend.accounts.signin.tables import Language, SignInAccount
from backend.web import holder_words as words
from backend.web.holder_english import ENGLISH
from backend.web.pages import FOLDER
from tests.backend.holders.world import People
from tests.backend.web.conftest import Browser
from tests.backend.web.holder_pages import PARTS, database_url, lea, own, people
from tests.backend.web.holder_pages import words as read

__all__ = ["database_url", "lea", "own", "people"]
SAID = re.compile(r"""_\((?:"([^"]+)"|'([^']+)')""")
#: Words that no page in English may have.
FRENCH = re.compile(r"\b(vous|votre|carte|le|la|les|pour|avec|est|depuis|jusqu)\b", re.IGNORECASE)

#: An amount: with the sign before it, as English has it, or after it.
AMOUNT = re.compile(r"(€)\d[\d,]*\.\d\d|\d,\d\d\N{NO-BREAK SPACE}€")


def sentences() -> set[str]:
    """Return every French sentence that a holder's page says."""
    templates = (FOLDER / "templates").glob("holder*.html")
    found = {
        double or single
        for one in templates
        for double, single in SAID.findall(one.read_text(encoding="utf-8"))
    }
    states = [*words.CARDS.values(), *words.CODES.values(), words.NO_CARD]
    told = {said for one in states for said in (one.word, one.next)}
    more = (words.CODE_BUTTONS, words.REASONS, words.MOVEMENTS, words.PAYMENTS)
    told |= {said for table in more for said in table.values()}
    return found | told | {words.SENT_HOME, words.NEVER_TELL, *words.CHARTER}


def test_every_sentence_has_its_english() -> None:
    assert len(sentences()) > 150
    assert sorted(sentences() - set(ENGLISH)) == []
    plain = {said.replace("\N{NO-BREAK SPACE}", " ") for said in sentences()}
    parts = {"Avantages", "Historique", "Carte", "Code", "Accords", "Données"}
    assert {said.replace("\N{NO-BREAK SPACE}", " ") for said in ENGLISH} - plain <= parts


@pytest.mark.parametrize("language", list(Language))
def test_a_page_is_in_one_language(
    lea: Browser, own: str, people: People, language: Language
) -> None:
    people.shop.pay(people.shop.order(1_250))
    with people.services.database.unit_of_work() as session:
        session.get_one(SignInAccount, people.lea).language = language.value
    english = language is Language.ENGLISH
    for part in (*PARTS, "/accords", "/carte/photo", "/historique?imprimer=oui"):
        assert lea.open(f"{own}{part}") == 200
        assert f'<html lang="{language.value}">' in lea.page
        said = read(lea)
        if part == "/donnees":
            said = said.partition("register’s own text")[0] if english else said
        # What a partner, a school or a Region is called stays as it is.
        said = re.sub(r"Librairie du Parc|Dotation de rentrée", "", said)
        assert bool(FRENCH.search(said)) is not english, (part, FRENCH.findall(said))
        amounts = {bool(one) for one in AMOUNT.findall(lea.page)}
        assert amounts <= {english}, (part, AMOUNT.findall(lea.page))
        assert amounts or part not in {"", "/historique"}, part
