"""The establishment's pages in a real browser: a scanner's keys, and nothing that axe finds."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect
from sqlalchemy import select

from backend.accounts.signin.sessions import open_session
from backend.accounts.signin.tables import SignInAccount, Stage
from backend.cards.tables import Card
from backend.services import Services
from backend.web.signed_in import COOKIE
from tests.backend.test_pictures import jpeg
from tests.backend.web.school import School, make_school
from tests.backend.web.serving import SECONDS_MAX
from tests.backend.web.test_establishment_pages import send
from tests.chromium import is_well, open_chromium

#: A camera of the browser's own, which nobody has to allow.
A_CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
DESK = {"width": 1200, "height": 900}
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def chromium() -> Iterator[Chromium]:
    with open_chromium(*A_CAMERA) as browser:
        yield browser


def sign_in(
    chromium: Chromium, services: Services, school: School, size: dict[str, int], **how: bool
) -> Page:
    with services.database.unit_of_work() as session:
        account = session.get_one(SignInAccount, school.account_id)
        account.factor_generation, account.factor_confirmed_at = 1, services.now()
        token = open_session(session, account.id, Stage.FULL, "test", services.now())
    context = chromium.new_context(viewport=size, **how)  # type: ignore[arg-type]
    cookie = {"name": COOKIE, "value": token, "domain": "127.0.0.1", "path": "/", "secure": True}
    context.add_cookies([cookie])  # type: ignore[list-item]
    page = context.new_page()
    page.set_default_timeout(1000 * SECONDS_MAX)
    return page


def take_photo(page: Page) -> None:
    """Take a photo with the machine's camera, by keyboard, and keep it."""
    page.get_by_role("link", name="Prendre ou donner une photo").press("Enter")
    expect(page.locator("#photo-taken")).to_be_hidden()
    is_well(page)
    page.get_by_role("button", name="Ouvrir l’appareil photo").press("Enter")
    expect(page.get_by_role("button", name="Prendre la photo")).to_be_focused()
    is_well(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Enregistrer cette photo")).to_be_focused()
    assert page.evaluate("document.getElementById('view').srcObject") is None, "the camera is off"
    is_well(page)
    page.get_by_role("button", name="Recommencer").press("Enter")
    page.get_by_role("button", name="Prendre la photo").press("Enter")
    page.get_by_role("button", name="Enregistrer cette photo").press("Enter")
    taken = page.get_by_role("img", name="Photo de Zoé Nguyễn")
    expect(taken).to_be_visible()
    assert taken.evaluate("one => [one.naturalWidth, one.naturalHeight]") == [480, 640]


def add_referent(page: Page) -> None:
    """Name a grown-up by keyboard, with a date to put right first."""
    page.get_by_role("link", name="Référents").first.press("Enter")
    page.get_by_label("Prénom").focus()
    for text in ("Nadia", "Bernard", "1/2/2015", "nadia@lycee.example"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_label("Date de naissance")).to_be_focused()
    is_well(page)
    page.get_by_label("Date de naissance").fill("1/2/1979")
    page.get_by_role("button", name="Ajouter ce référent").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Le référent est ajouté")
    expect(page.get_by_role("link", name="Bernard Nadia")).to_be_visible()
    is_well(page)


def receive_parcel(page: Page, services: Services) -> None:
    """Scan the cards, the whole parcel."""
    page.get_by_role("link", name="Recevoir un colis").press("Enter")
    with services.database.reading() as session:
        numbers = session.scalars(select(Card.number).order_by(Card.number)).all()
    for number in numbers:  # as a wedge scanner types: digits, then Enter, in the field that waits
        expect(page.get_by_label("Scannez le code-barres")).to_be_focused()
        page.keyboard.type(number)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Reçue")
    expect(page.locator("main")).to_contain_text("Aucune carte n’est attendue")
    is_well(page)


def give_photo(page: Page) -> None:
    """Give a file instead of the photo that was taken."""
    page.get_by_role("link", name="Prendre ou donner une autre photo").press("Enter")
    photo = {"name": "moi.jpg", "mimeType": "image/jpeg", "buffer": jpeg()}
    page.get_by_label("Photo d’identité").set_input_files(photo)  # type: ignore[arg-type]
    page.get_by_role("button", name="Enregistrer la photo").press("Enter")
    expect(page.get_by_role("img", name="Photo de Zoé Nguyễn")).to_be_visible()
    is_well(page)


def test_from_the_order_to_the_hand_at_a_desk(
    chromium: Chromium, address: str, services: Services
) -> None:
    school = make_school(services)
    school.add("Léa", "Martin")
    school.add("Zoé", "Nguyễn")
    page = sign_in(chromium, services, school, DESK)
    elsewhere: list[str] = []
    page.on("request", lambda asked: elsewhere.append(asked.url))
    page.goto(f"{address}/espace")
    page.get_by_role("link", name="Lycée du Parc").press("Enter")
    expect(page.get_by_role("row")).to_have_count(3)
    is_well(page)
    page.get_by_role("link", name="Cartes", exact=True).press("Enter")
    page.get_by_role("button", name="Commander pour tout").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("2 cartes")
    send(services, school)
    receive_parcel(page, services)
    page.goto(f"{address}{school.path}/cartes/remise")
    is_well(page)
    page.get_by_label("Martin Léa").press("Space")
    page.get_by_role("button", name="Remettre les cartes cochées").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("remise est enregistrée")
    page.goto(f"{address}{school.pupil('Zoé')}")
    take_photo(page)
    give_photo(page)
    page.get_by_text("Perdue ou volée").press("Enter")
    page.get_by_role("button", name="Bloquer : perdue").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("La carte est bloquée")
    add_referent(page)
    small = sign_in(chromium, services, school, PHONE)
    parts = ("", "/referents", "/cartes", "/portiques", "/rattachements", "/import", "/procedure")
    wheres = [school.path + one for one in (*parts, "/procedure?langue=en", "/procedure/lignes")]
    for where in (*wheres, school.pupil("Zoé"), f"{school.pupil('Zoé')}/photo"):
        small.goto(address + where)
        is_well(small)
    plain = sign_in(chromium, services, school, PHONE, java_script_enabled=False)
    plain.goto(f"{address}{school.pupil('Zoé')}/photo")
    expect(plain.get_by_label("Photo prise avec ce téléphone")).to_be_visible()
    assert {url for url in elsewhere if not url.startswith((address, "data:"))} == set()
