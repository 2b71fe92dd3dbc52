"""What an establishment's pages refuse: other places' staff, forged forms, and files that lie."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import event, func, select

from backend.access.day_codes import DayCodeTerms, make_day_code
from backend.access.office_tables import HolderPhoto
from backend.access.staff import end_staff
from backend.access.staff_cards import Office, order_cards_for
from backend.accounts.signin.tokens import form_token
from backend.cards.history import Actor
from backend.cards.lots import ship
from backend.cards.order_tables import CardHistory, CardPhoto
from backend.services import Services
from backend.web.establishment_routes import PARTS
from backend.web.signed_in import COOKIE
from tests.backend.test_pictures import jpeg, located
from tests.backend.web.conftest import Browser
from tests.backend.web.school import School, crowd, make_school

PUPILS_MANY = 600


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What the engines do differently is tested in the rooms."""
    return sqlite_url


@dataclass(frozen=True)
class Held:
    """One of everything that an establishment's pages name by an id."""

    enrolment_id: UUID
    card_id: UUID
    lot_id: UUID
    code_id: UUID

    def path(self, place: School, pattern: str) -> str:
        named = {
            "establishment_id": place.id,
            "enrolment_id": self.enrolment_id,
            "card_id": self.card_id,
            "lot_id": self.lot_id,
            "code_id": self.code_id,
            "request_id": uuid4(),
        }
        return pattern.format(**named)


def furnish(services: Services, school: School) -> Held:
    """Give a school a pupil whose card is on its way, and a code of the day."""
    person, now = school.add("Léa", "Martin"), services.now()
    office = Office(school.account_id, school.id, now)
    with services.database.unit_of_work() as session:
        (card_id,) = order_cards_for(session, office, [person]).card_ids
    school.make(card_id)
    with services.database.unit_of_work() as session:
        by = Actor.typed("operator")
        lot = ship(session, now, by=by, made_by="operator", establishment_id=school.id)
        terms = DayCodeTerms(service="lunch", day=now.date(), label="Invité")
        code = make_day_code(session, school.id, terms, made_by="Claire", now=now)
    return Held(school.pupils["Léa"], card_id, lot.id, code.id)


@pytest.fixture
def school(services: Services) -> School:
    return make_school(services)


#: What each form needs to get as far as the question whose it is.
TYPED = {
    "motif": "lost",
    "service": "lunch",
    "jour": "2026-09-01",
    "nom": "Invité",
    "personne": "00000000-0000-0000-0000-000000000001",
    "numero": "9250",
}
ROUTES = sorted(
    (route.path, method)
    for part in PARTS
    for route in part.routes
    if isinstance(route, APIRoute)
    for method in route.methods or ()
)


def press(browser: Browser, path: str, held: Held, **typed: str) -> int:
    if path.endswith(("/photo", "/import")):
        sent = {"photo": ("moi.jpg", jpeg(), "image/jpeg")}
        answer = browser.client.post(path, data={"form": typed["form"]}, files=sent)
        return int(answer.status_code)
    more = {"carte": str(held.card_id)} | TYPED | typed
    if path.endswith("/retrait"):
        more["motif"] = "left"
    return int(browser.client.post(path, data=more, follow_redirects=False).status_code)


def form_of(browser: Browser, school: School) -> str:
    browser.open(f"{school.path}/portiques")
    found = re.search(r'name="form" value="([^"]+)"', browser.page)
    assert found is not None
    return found[1]


def changes(services: Services) -> list[object]:
    """Everything that these pages could have changed."""
    with services.database.reading() as session:
        kept = (CardHistory, CardPhoto, HolderPhoto)
        return [session.scalar(select(func.count()).select_from(one)) for one in kept]


def test_nothing_of_another_place_exists(services: Services, browsers: list[Browser]) -> None:
    """Every route, asked by the staff of another establishment, in three ways."""
    mine, theirs = make_school(services), make_school(services, "Lycée du Port")
    my_things, their_things = furnish(services, mine), furnish(services, theirs)
    mine.sign_in(browsers[0])
    form, before = form_of(browsers[0], mine), changes(services)
    without_an_id = {"", "/cartes", "/cartes/reception", "/cartes/remise", "/cartes/commande"}
    for path, method in ROUTES:
        asked = [their_things.path(theirs, path), my_things.path(theirs, path)]
        pattern = path.split("{establishment_id}")[1]
        if re.search(r"{\w+}", pattern) or pattern == "/cartes/remise":
            asked.append(their_things.path(mine, path))
        for one in asked:
            if method == "GET":
                status = browsers[0].client.get(one).status_code
            else:
                status = press(browsers[0], one, their_things, form=form)
            is_mine = pattern in without_an_id and str(mine.id) in one and method == "GET"
            assert status == (200 if is_mine else 404), (method, one)
    assert changes(services) == before


def test_a_form_is_of_ones_own_page_and_needs_a_second_factor(
    services: Services, school: School, browser: Browser
) -> None:
    held = furnish(services, school)
    nobody = {
        browser.client.get(held.path(school, path)).url.path for path, m in ROUTES if m == "GET"
    }
    assert nobody == {"/connexion"}
    school.sign_in(browser, factor=False)
    token = browser.client.cookies[COOKIE]
    for path, method in ROUTES:
        asked = held.path(school, path)
        told = {} if method == "GET" else {"data": {"form": form_token(token)}}
        answer = browser.client.request(method, asked, follow_redirects=False, **told)
        assert (answer.status_code, answer.headers["location"]) == (303, "/espace/verification")
    school.sign_in(browser)
    before = changes(services)
    for path, method in ROUTES:
        if method == "POST":
            for forged in ("", "x" * 43):
                status = press(browser, held.path(school, path), held, form=forged)
                assert status == 403, path
    assert changes(services) == before


def test_whoever_left_sees_nothing(services: Services, school: School, browser: Browser) -> None:
    school.sign_in(browser)
    assert browser.open(school.path) == 200
    with services.database.unit_of_work() as session:
        end_staff(session, school.account_id, school.id, services.now())
    assert browser.open(school.path) == 404


@pytest.fixture
def pupil(services: Services, school: School, browser: Browser) -> str:
    school.add("Léa", "Martin")
    school.sign_in(browser)
    browser.open(school.pupil("Léa"))
    return school.pupil("Léa")


def upload(browser: Browser, pupil: str, image: bytes, name: str = "a.jpg", **more: str) -> int:
    found = re.search(r'name="form" value="([^"]+)"', browser.page)
    assert found is not None
    kind = "image/png" if name.endswith("png") else "image/jpeg"
    sent = {"photo": (name, image, kind)}
    data = {"form": found[1], **more}
    answer = browser.client.post(f"{pupil}/photo", data=data, files=sent)
    browser.page = answer.text
    return int(answer.status_code)


def test_a_photo_is_kept_without_what_it_tells_besides(
    services: Services, browser: Browser, pupil: str
) -> None:
    assert upload(browser, pupil, located()) == 200
    assert "Imprimée sur sa prochaine carte" in browser.page
    assert "n’a pas donné son accord" in browser.page
    with services.database.reading() as session:
        (kept,) = session.scalars(select(CardPhoto)).all()
        assert b"48.8566" not in kept.image
        assert session.scalars(select(HolderPhoto)).all() == []
    assert upload(browser, pupil, jpeg(), portiques="oui") == 200
    assert "a accepté qu’elle s’affiche" in browser.page
    browser.press(f"{pupil}/photo/retrait")
    assert changes(services)[1:] == [0, 0]


@pytest.mark.parametrize(
    ("image", "name", "said"),
    [
        (b"<html>", "a.jpg", "n’est pas une photo"),
        (jpeg(), "a.png", "n’est pas ce que son nom annonce"),
        (jpeg() + b"PK\x03\x04", "a.jpg", "autre chose qu’une photo"),
        (bytes(11_000_000), "a.jpg", "dépasse 10 Mo"),
        (b"", "", "n’est pas une photo"),
    ],
    ids=["page", "lie", "polyglot", "long", "none"],
)
def test_what_is_no_photo_is_said_at_the_field(
    services: Services, browser: Browser, pupil: str, image: bytes, name: str, said: str
) -> None:
    assert upload(browser, pupil, image, name) == 422
    assert said in browser.page.split('id="photo-problem"')[1]
    assert changes(services)[1:] == [0, 0]


@contextmanager
def counted(services: Services) -> Iterator[list[str]]:
    """Collect what is asked of the database."""
    asked: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    engine = services.database.engine
    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


def test_a_page_asks_as_much_of_few_pupils_as_of_many(
    services: Services, school: School, browser: Browser
) -> None:
    held = furnish(services, school)
    school.sign_in(browser)
    few = {
        path: count_of(services, browser, held.path(school, path))
        for path, m in ROUTES
        if m == "GET"
    }
    crowd(services, school, PUPILS_MANY)
    services.now.advance(seconds=1)  # type: ignore[attr-defined]
    many = {
        path: count_of(services, browser, held.path(school, path))
        for path, m in ROUTES
        if m == "GET"
    }
    assert few == many
    assert max(many.values()) <= 14, many
    browser.open(school.path)
    pages, seen = 1, set(re.findall(r"/eleves/([0-9a-f-]{36})", browser.page))
    while following := re.search(r'href="([^"]+apres=[^"]+)"', browser.page):
        browser.open(following[1].replace("&amp;", "&"))
        seen |= set(re.findall(r"/eleves/([0-9a-f-]{36})", browser.page))
        pages += 1
    assert (len(seen), pages) == (PUPILS_MANY + 1, 13)


def count_of(services: Services, browser: Browser, path: str) -> int:
    with counted(services) as asked:
        assert browser.open(path) == 200
    return len(asked)
