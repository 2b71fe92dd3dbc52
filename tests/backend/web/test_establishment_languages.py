"""An establishment's pages in two languages: the same words in both, each page wholly in one."""

import re
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from fastapi.routing import APIRoute

from backend.access.day_codes import DayCodeTerms, make_day_code
from backend.access.establishments import assign_gate
from backend.access.event_tables import GateEventKind
from backend.access.gate_events import EventReport, record_events
from backend.access.staff_cards import Office, order_cards_for
from backend.accounts.families.composition import make_family
from backend.accounts.families.requests import Named, ask_tie
from backend.accounts.signin.signing_in import invite_to_sign_in
from backend.accounts.signin.tables import SignInAccount
from backend.cards.history import Actor
from backend.cards.lots import ship
from backend.cards.reporting import WithdrawalReason
from backend.cards.requests import ReplacementReason
from backend.cards.states import CardEvent, CardState
from backend.partners.enrolment import create_terminal
from backend.partners.tables import TerminalKind
from backend.pupils.matching import Doubt
from backend.services import Services
from backend.web import establishment_import_words, establishment_words
from backend.web.establishment_english import ENGLISH
from backend.web.establishment_frame import PARTS, REFUSED
from backend.web.establishment_routes import router
from backend.web.pages import FOLDER
from backend.web.words import Notice, Text
from tests.backend.web.conftest import Browser
from tests.backend.web.own_pages import besides, check_english
from tests.backend.web.page_texts import ACCENTS, Texts
from tests.backend.web.school import School, make_school

TEMPLATES = sorted((FOLDER / "templates").glob("establishment_*.html"))
#: What is printed for families: a document in each language, beside the page's own words.
PRINTED = r'<article class="procedure".*?</article>'
#: Said by the code itself, besides the templates.
BY_CODE = {
    "révoqué le {at}",
    "ne s’est pas encore annoncé",
    "sans nouvelles depuis le {at} : il continue avec sa liste, ses passages attendent chez lui",
    "en liaison, entendu le {at}",
    "{what} : {told}",
    "ligne {number}",
}
OF_THE_WORLD = re.compile(
    r"Lycée du Parc|Léa|Zoé|Nguyễn|Élie|Déjeuner|Invité|Français|En français|Entrée"
)
#: Codes of what is wrong with a file or a line, where the rooms that read files say them.
CODES = re.compile(
    r'(?:PupilFileRefused|LineRefused|Problem|_note|TableLine)\([^"()]*?(?:\{\}, \()?\s*"([a-z_]+)"'
)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def test_every_sentence_has_its_english() -> None:
    check_english(ENGLISH, TEMPLATES, BY_CODE)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_says_nothing_but_by_a_sentence(path: Path) -> None:
    assert besides(path, PRINTED) <= {"Pass", "English", "In English"}


def test_every_word_is_in_both_languages() -> None:
    rooms = [vars(establishment_words), vars(establishment_import_words)]
    tables = [
        of
        for words in rooms
        for name, of in words.items()
        if name.isupper() and isinstance(of, dict) and name not in {"TONES", "SCANS"}
        if not name.endswith(("_EN", "_WORDS"))
    ]
    texts = [text for table in tables for text in table.values()]
    texts += [text for _, text in establishment_words.SCANS.values()]
    texts += [one for words in rooms for one in words.values() if isinstance(one, Text)]
    texts += [text for _, text in PARTS] + list(establishment_words.WEEKDAYS)
    for text in texts:
        assert isinstance(text, Text)
        assert text.fr, text
        assert text.en, text
        assert ACCENTS.search(text.en) is None, text
    notices = [one for one in vars(establishment_words).values() if isinstance(one, Notice)]
    assert set(REFUSED.values()) <= set(notices)
    for one in notices:
        assert one.heading_en, one.heading
        assert ACCENTS.search(one.heading_en + one.text.en) is None, one.heading


def test_every_state_has_a_word() -> None:
    words = establishment_words
    assert set(words.STATES) == set(CardState)
    assert set(words.EVENTS) == set(CardEvent)
    assert set(words.REASONS) >= {*ReplacementReason, *WithdrawalReason}
    assert set(words.HAPPENED) == set(GateEventKind)
    assert set(establishment_import_words.DOUBTS) == set(Doubt)


def test_what_is_wrong_with_a_file_has_its_english_by_its_code() -> None:
    folder = FOLDER.parent / "pupils"
    source = "".join(path.read_text() for path in sorted(folder.glob("*.py")))
    told = set(CODES.findall(source))
    known = establishment_import_words
    assert told == {*known.FILES_EN, *known.LINES_EN}


@pytest.fixture
def school(services: Services, browser: Browser) -> School:
    """A school where something of everything happened, whose office reads English."""
    school = make_school(services)
    lea, zoe = school.add("Léa", "Martin"), school.add("Zoé", "Nguyễn", "2B")
    school.add("Élie", "Arcy", None)
    now = services.now()
    with services.database.unit_of_work() as session:
        office = Office(school.account_id, school.id, now)
        made = order_cards_for(session, office, [lea, zoe]).card_ids
        session.get_one(SignInAccount, school.account_id).language = "en"
    school.make(made[0])
    with services.database.unit_of_work() as session:
        by = Actor.typed("operator")
        ship(session, now, by=by, made_by="operator", establishment_id=school.id)
        terms = DayCodeTerms(service="lunch", day=now.date(), label="Invité")
        make_day_code(session, school.id, terms, made_by="Claire", now=now)
        gate = create_terminal(session, kind=TerminalKind.GATE, name="Entrée", now=now).terminal_id
        assign_gate(session, gate, school.id)
        told = [
            EventReport(event_id=UUID(int=place), sequence=place, occurred_at=now, kind=kind)
            for place, kind in enumerate(GateEventKind, start=1)
        ]
        record_events(session, gate, told, now)
        parent = invite_to_sign_in(services, session, "parent@example.fr", "Paul", "Martin")
        named = Named("Léa", "Martin", date(2010, 3, 4))
        ask_tie(session, parent, named, make_family(session, parent, "Martin", now), now)
    school.sign_in(browser)
    return school


def wrong(page: str) -> list[str]:
    """Return what of a page in English is not English."""
    french = {text for text in ENGLISH if text not in set(ENGLISH.values())}
    said = {text.strip() for text in Texts(page).said}
    odd = [text for text in said if ACCENTS.search(OF_THE_WORLD.sub("", text))]
    return sorted({*odd, *(said & french)})


def test_every_page_in_english_holds_no_french(browser: Browser, school: School) -> None:
    browser.open(f"{school.path}/cartes")
    (parcel,) = set(re.findall(r"/cartes/colis/([^\"]+)", browser.page))
    opened = 0
    for route in router.routes:
        if not isinstance(route, APIRoute) or "GET" not in (route.methods or ()):
            continue
        for name in ("Léa", "Zoé", "Élie"):
            path = route.path.format(
                establishment_id=school.id, enrolment_id=school.pupils[name], lot_id=parcel
            )
            assert browser.open(path) == 200, path
            assert '<html lang="en">' in browser.page, path
            assert wrong(browser.page) == [], path
            opened += 1
            if "enrolment_id" not in route.path:
                break
    assert opened > 12


def test_refusals_fields_and_what_was_done_are_in_english_too(
    browser: Browser, school: School
) -> None:
    cards, lea = f"{school.path}/cartes", school.pupil("Léa")
    pressed = [
        (cards, f"{cards}/commande", {}, 200, "The order is recorded. 1 card."),
        (f"{cards}/reception", f"{cards}/reception", {"numero": "1"}, 200, "No card has this"),
        (lea, f"{lea}/photo/retrait", {}, 200, "The photo is taken away."),
        (lea, f"{lea}/code-du-jour", {"service": "lunch"}, 200, "<h1>Code for Léa"),
        (
            f"{school.path}/portiques",
            f"{school.path}/portiques/codes",
            {"service": "lunch", "jour": "2020-01-01", "nom": "x"},
            422,
            "<h1>Code refused</h1>",
        ),
        (
            f"{school.path}/procedure/lignes",
            f"{school.path}/procedure/lignes",
            {"opens_on": "x", "email": "y"},
            422,
            "Write the date as",
        ),
    ]
    for page, path, typed, status, told in pressed:
        assert browser.open(page) == 200
        assert browser.press(path, **typed) == status, path
        assert told in browser.page, path
        assert wrong(browser.page) == [], path


def test_a_file_is_compared_in_english(browser: Browser, school: School) -> None:
    def give(text: bytes) -> int:
        (form,) = set(re.findall(r'name="form" value="([^"]+)"', browser.page))
        files = {"fichiers": ("eleves.csv", text, "text/csv")}
        data = {"form": form}
        answer = browser.client.post(f"{school.path}/import", data=data, files=files)
        browser.page = answer.text
        return int(answer.status_code)

    browser.open(f"{school.path}/import")
    head = b"nom;prenom;date_naissance;classe;courriel\n"
    assert give(head + b"Haddad;Ines;05/06/2011;2B;x\nX;;;;\n;;;;y\n") == 200
    for told in ("New: 1", "Lines refused: 2", "line 3: a family name", "e-mail: cannot be read"):
        assert told in browser.page, told
    assert wrong(browser.page) == []
    assert give(b"nom;prenom\nA;B\n") == 422
    assert "A column is missing" in browser.page
    assert wrong(browser.page) == []
