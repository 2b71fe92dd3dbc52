"""The operator's pages in two languages: the same words in both, and each page wholly in one."""

import re
from enum import StrEnum
from pathlib import Path

import pytest

from backend.accounts.signin.acts import ActKind, record_act
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.tables import AddressNoticeKind, NoticeKind, NoticeState, SignInNoticeKind
from backend.benefits.eligibility import Reason
from backend.benefits.rules import Phase
from backend.cards.states import CardEvent, CardState
from backend.operators.search import Thing
from backend.operators.tables import OperatorRole
from backend.operators.trail import COLUMNS
from backend.partners.tables import TerminalKind
from backend.payments.reasons import DeclineReason
from backend.payments.states import PaymentState
from backend.payments.words import euros
from backend.pins.alarms import raise_alarm
from backend.pins.states import CodeState
from backend.pins.tables import AlarmKind, CodeHappening
from backend.web import operator_states, operator_words
from backend.web.act_words import ACTS
from backend.web.languages import sayer
from backend.web.operator_english import ENGLISH
from backend.web.operator_pages import own_page
from backend.web.pages import FOLDER
from backend.web.words import Notice, Text
from tests.backend.web.conftest import Browser
from tests.backend.web.operator_desk import Desk, make_operator, operator_routes, sit_down
from tests.backend.web.own_pages import besides, check_english
from tests.backend.web.page_texts import ACCENTS, Texts

TEMPLATES = sorted((FOLDER / "templates").glob("operator_*.html"))
#: Said by the code itself, besides the templates.
BY_CODE = {"code à changer", "1 personne montrée", "{count} personnes montrées"}
#: Names and what people typed: they are the same in every language.
NAMES = {"Caisse", "Portillon"}
OF_THE_WORLD = re.compile(r"Léa|Lycée Jean-Moulin|Français|Éclairci")
ENUMS: dict[str, tuple[type[StrEnum], ...]] = {
    "ALARMS": (AlarmKind,),
    "CARDS": (CardState, CardEvent),
    "CODES": (CodeState,),
    "DECLINES": (DeclineReason,),
    "HAPPENINGS": (CodeHappening,),
    "NOTICES": (NoticeKind, SignInNoticeKind, AddressNoticeKind),
    "NOTICE_STATES": (NoticeState,),
    "PAYMENTS": (PaymentState,),
    "PHASES": (Phase,),
    "REASONS": (Reason,),
    "ROLES": (OperatorRole,),
    "TERMINALS": (TerminalKind,),
    "THINGS": (Thing,),
}


def test_every_sentence_of_a_template_has_its_english() -> None:
    check_english(ENGLISH, TEMPLATES, BY_CODE)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_says_nothing_but_by_a_sentence(path: Path) -> None:
    spoken = {text for text in besides(path) if "=&" not in text}
    assert spoken <= {"Pass", "English", "librairie, cinema"}


@pytest.mark.parametrize("table", ENUMS)
def test_every_state_has_a_word(table: str) -> None:
    words = getattr(operator_states, table)
    assert {one.value for kind in ENUMS[table] for one in kind} <= {str(key) for key in words}


def test_every_word_is_in_both_languages() -> None:
    tables = [of for name, of in vars(operator_states).items() if name.isupper()]
    for table in [*tables, ACTS, operator_words.DONE]:
        for key, text in table.items():
            assert isinstance(text, Text), key
            assert text.fr, key
            assert text.en, key
            assert ACCENTS.search(text.en) is None, key
    assert {kind.value for kind in ActKind} <= set(ACTS)
    notices = [one for one in vars(operator_words).values() if isinstance(one, Notice)]
    assert len(notices) > 20
    for one in notices:
        assert one.heading_en, one.heading
        assert ACCENTS.search(one.heading_en + one.text.en) is None, one.heading


def test_the_trail_has_the_same_heads_for_people_and_for_programs() -> None:
    assert tuple(head.en for head in operator_words.COLUMNS) == COLUMNS


def test_amounts_and_high_marks() -> None:
    assert euros(123_450, "en") == "€1,234.50"
    assert euros(5, "en") == "€0.05"
    assert sayer("fr", {})("Tableau : {name}", name="a") == "Tableau\N{NO-BREAK SPACE}: a"


@pytest.fixture
def english(desk: Desk, browser: Browser) -> Browser:
    """The browser of an operator who reads English, in a world where much has happened."""
    account_id = make_operator(desk.services, "op@region.example")
    desk.shop.pay(desk.shop.order())
    now = desk.services.now()
    with desk.services.database.unit_of_work() as session:
        session.get_one(SignInAccount, account_id).language = "en"
        terminal = desk.ids["terminal_id"]
        raise_alarm(session, AlarmKind.SPRAYING, 12, now, terminal_id=terminal)
        for kind in ActKind:
            record_act(session, kind, desk.holder, desk.shop.lea, now, beneficiary_id=desk.shop.lea)
    sit_down(desk.services, browser, account_id)
    return browser


def test_every_page_in_english_holds_no_french(desk: Desk, english: Browser) -> None:
    french = {text for text in ENGLISH if text not in set(ENGLISH.values())}
    opened = 0
    for method, template in operator_routes():
        known = all(name in desk.ids for name in re.findall(r"\{(\w+)\}", template))
        if method != "GET" or not known:
            continue
        answer = english.client.get(desk.path(template))
        assert answer.status_code == 200, template
        if template.endswith(".csv"):
            assert answer.text.startswith("\ufeffmoment;act;code;by;"), answer.text[:80]
            assert ACCENTS.search(OF_THE_WORLD.sub("", answer.text)) is None
            continue
        opened += 1
        assert '<html lang="en">' in answer.text, template
        said = {text.strip() for text in Texts(answer.text).said}
        assert said & french - NAMES == set(), template
        odd = [text for text in said if ACCENTS.search(OF_THE_WORLD.sub("", text))]
        assert odd == [], template
    assert opened > 15


def test_refusals_and_fields_and_what_was_done_are_in_english_too(
    desk: Desk, english: Browser
) -> None:
    english.open(desk.person)
    path = f"{desk.person}/cartes/{desk.shop.card}/blocage"
    assert english.press(path, reason="because") == 422
    assert "<h1>Reason missing</h1>" in english.page
    assert "Nothing was done: say why." in english.page
    assert "Continuer" not in english.page
    english.open(desk.person)
    assert english.press(path, reason="stolen") == 200
    assert "Card blocked: it pays no more" in english.page
    assert english.press("/exploitation/recherche", wanted="a") == 422
    assert "Type at least two letters" in english.page
    assert "au moins deux lettres" not in english.page


def test_the_language_is_chosen_on_any_page_which_opens_again(desk: Desk, at_desk: Browser) -> None:
    at_desk.open("/exploitation/terminaux")
    (page,) = re.findall(r'name="page" value="([^"]+)"', at_desk.page)
    assert page == "/exploitation/terminaux"
    assert at_desk.press("/exploitation/langue", language="en", page=page) == 200
    assert "<h1>Terminals</h1>" in at_desk.page
    assert "Your pages are in English." in at_desk.page
    assert at_desk.press("/exploitation/langue", language="tlh", page=page) == 200
    assert at_desk.press("/exploitation/langue", language="fr", page="https://evil.example") == 200
    assert "<h1>Ce matin</h1>" in at_desk.page
    for typed in ("//evil.example", "/exploitation/../espace", "/exploitation?x", "/espace", ""):
        assert own_page(typed) == "/exploitation"
