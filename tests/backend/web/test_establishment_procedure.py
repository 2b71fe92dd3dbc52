"""How a card is ordered at a school, to print; and the one page that may use a camera."""

from dataclasses import replace
from functools import partial

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from backend.accounts.signin.act_tables import SignInAct
from backend.services import Services
from backend.settings import Settings
from tests.backend.counting import statements
from tests.backend.web.conftest import Browser
from tests.backend.web.school import School, make_school

TYPED = {
    "opens_on": "28/06/2027",
    "closes_on": "09/07/2027",
    "online_until": "15/08/2027",
    "place": "Bureau de la <vie scolaire>, de 8 h à 12 h",
    "phone": "05 61 00 00 00",
    "email": "vie.scolaire@lycee.example",
    "note": "Apportez aussi le dossier.",
}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def services(services: Services) -> Services:
    settings = Settings(
        public_url="https://pass.region.example",
        support_phone="0810 559 559",
        support_phone_price="0,06 €/min + prix d’un appel",
    )
    return replace(services, settings=settings)


@pytest.fixture
def school(services: Services, browser: Browser) -> School:
    made = make_school(services)
    made.sign_in(browser)
    return made


def test_it_is_printed_before_a_school_says_anything(browser: Browser, school: School) -> None:
    browser.open(f"{school.path}/cartes")
    assert f"{school.path}/procedure" in browser.page
    assert browser.open(f"{school.path}/procedure") == 200
    for told in (
        "Commander la carte Pass, Lycée du Parc",
        "https://pass.region.example/inscription",
        "dans les 24 heures",
        "0810 559 559",
        "0,06 €/min",
        "un code à 4 chiffres, qu’il choisit seul",
    ):
        assert told in browser.page, told
    assert "Du " not in browser.page, "no day that nobody said"
    assert browser.open(f"{school.path}/procedure?langue=en") == 200
    assert "The school does not choose it" in browser.page


def test_a_school_writes_its_own_lines(
    browser: Browser, school: School, services: Services
) -> None:
    way = f"{school.path}/procedure/lignes"
    assert browser.open(way) == 200
    assert browser.press(way, **TYPED) == 200
    assert "prête à imprimer" in browser.page
    for told in (
        "Du 28/06/2027 au 09/07/2027",
        "15/08/2027",
        "Bureau de la &lt;vie scolaire&gt;",
        "05 61 00 00 00",
        "vie.scolaire@lycee.example",
        "Apportez aussi le dossier.",
    ):
        assert told in browser.page, told
    browser.open(way)
    assert 'value="28/06/2027"' in browser.page
    assert browser.press(way, **dict.fromkeys(TYPED, "")) == 200
    assert "28/06/2027" not in browser.page
    with services.database.reading() as session:
        kinds = list(session.scalars(select(SignInAct.kind)))
    assert kinds.count("procedure_changed") == 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"opens_on": "32/01/2027"}, "opens_on"),
        ({"closes_on": "demain"}, "closes_on"),
        ({"opens_on": "09/07/2027", "closes_on": "28/06/2027"}, "closes_on"),
        ({"place": "x" * 121}, "place"),
        ({"phone": "05\x07"}, "phone"),
        ({"email": "nadia@"}, "email"),
        ({"note": "é" * 601}, "note"),
    ],
)
def test_a_wrong_line_is_said_at_its_field_and_nothing_is_kept(
    browser: Browser, school: School, wrong: dict[str, str], field: str
) -> None:
    way = f"{school.path}/procedure/lignes"
    browser.open(way)
    assert browser.press(way, **{**TYPED, **wrong}) == 422
    assert f'id="{field}-problem"' in browser.page
    assert 'value="05 61 00 00 00"' in browser.page or field == "phone"
    browser.open(f"{school.path}/procedure")
    assert "Apportez aussi" not in browser.page


def test_only_the_page_of_a_photo_may_use_a_camera(browser: Browser, school: School) -> None:
    school.add("Léa", "Martin")
    pages = {
        path: browser.client.get(path).headers
        for path in (school.pupil("Léa"), f"{school.pupil('Léa')}/photo", "/connexion")
    }
    for path, headers in pages.items():
        camera = "camera=(self)" if path.endswith("/photo") else "camera=()"
        assert camera in headers["Permissions-Policy"], path
        assert "geolocation=()" in headers["Permissions-Policy"], path
        assert ("script-src 'self'" in headers["Content-Security-Policy"]) is (
            path.endswith("/photo")
        ), path


def test_the_pages_ask_the_database_for_little(
    browser: Browser, school: School, services: Services
) -> None:
    school.add("Léa", "Martin")
    counted = {
        path: statements(services.database, partial(browser.open, f"{school.path}{path}"))
        for path in ("/procedure", "/procedure/lignes")
    }
    counted["photo"] = statements(
        services.database, partial(browser.open, f"{school.pupil('Léa')}/photo")
    )
    assert counted == {"/procedure": 2, "/procedure/lignes": 2, "photo": 6}


def test_a_number_that_costs_says_what_it_costs() -> None:
    with pytest.raises(ValidationError, match="support_phone_price"):
        Settings(support_phone="0810 559 559")
    assert Settings(support_phone="05 61 00 00 00").support_phone_price is None
