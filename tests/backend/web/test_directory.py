"""The public directory: everybody may look, what is typed changes nothing, the plan is our own."""

import html
import re
from datetime import date
from uuid import uuid4

import pytest

from backend.benefits.campaigns import (
    contract_partner,
    create_benefit,
    create_campaign,
    set_activities_of_benefit,
)
from backend.partners.directory import Place, Point, name_commune, place_outlet
from backend.partners.registry import create_outlet, create_partner, set_activities
from backend.services import Services
from backend.web.directory_map import HEIGHT, WIDTH, Spot, draw
from tests.backend.counting import statements
from tests.backend.web.conftest import Browser

ANTONY = "92002"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def fill(services: Services, places: int, *, on_the_plan: bool = True) -> None:
    now = services.now()
    with services.database.unit_of_work() as session:
        name_commune(session, ANTONY, "Antony", Point(48_753_900, 2_297_500))
        campaign = create_campaign(
            session,
            name="Pass",
            opens_on=date(2026, 9, 1),
            closes_on=date(2027, 6, 30),
            now=now,
        )
        culture = create_benefit(session, code="culture", label="Culture", campaign_id=campaign.id)
        set_activities_of_benefit(session, culture.id, ["librairie"])
        for number in range(places):
            partner = create_partner(session, f"Librairie n° {number:02d}").id
            set_activities(session, partner, ["librairie"])
            contract_partner(session, partner, now=now)
            outlet = create_outlet(session, partner, "Centre").id
            point = Point(48_750_000 + 1_000 * number, 2_300_000) if on_the_plan else None
            where = Place(ANTONY, (f"{number} rue du Port",), "92160", point)
            place_outlet(session, outlet, where)


def words(browser: Browser) -> str:
    main = browser.page[browser.page.index("<main>") :]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def test_a_place_says_its_address_what_it_does_and_what_it_takes(
    browser: Browser, services: Services
) -> None:
    fill(services, 2)
    assert browser.open("/annuaire") == 200
    said = words(browser)
    assert "Librairie n° 00, Centre" in said
    assert "0 rue du Port, 92160 Antony" in said
    assert "Librairie · Avantages : Culture" in said


def test_pages_follow_by_their_addresses_and_keep_what_was_asked(
    browser: Browser, services: Services
) -> None:
    fill(services, 45)
    browser.open("/annuaire?commune=92002&activite=librairie&avantage=culture")
    seen = list[str]()
    while True:
        seen += re.findall(r"<strong>(Librairie[^<]+)</strong>", browser.page)
        following = re.findall(r'rel="next" href="([^"]+)"', browser.page)
        if not following:
            break
        assert "commune=92002" in following[0]
        browser.open(html.unescape(following[0]))
    assert len(seen) == len(set(seen)) == 45
    assert "Retour au début" in words(browser)


def test_near_a_commune_places_are_nearest_first_with_their_distance(
    browser: Browser, services: Services
) -> None:
    fill(services, 12)
    browser.open("/annuaire?commune=92002&autour=5")
    far = re.findall(r'class="far">([^<]+)<', browser.page)
    assert far[0] == "à\N{NO-BREAK SPACE}200\N{NO-BREAK SPACE}m"
    assert 'class="centre"' in browser.page


def test_without_coordinates_there_is_no_plan_and_the_list_is_whole(
    browser: Browser, services: Services
) -> None:
    fill(services, 2, on_the_plan=False)
    browser.open("/annuaire")
    assert "<svg" not in browser.page
    assert "Librairie n° 01" in words(browser)


ODD = (
    "commune=00000",
    "commune=%27%20or%201=1",
    "autour=5",
    "autour=-1&commune=92002",
    "activite=inconnue",
    "avantage=<script>alert(1)</script>",
    "apres=x",
    f"apres={uuid4()}",
    "nom=%00",
    "nom=%25_%5C",
    "nom=<b>&commune=92002",
)


def test_whatever_is_in_the_address_a_page_comes_back(browser: Browser, services: Services) -> None:
    fill(services, 1)
    for asked in ODD:
        assert browser.open(f"/annuaire?{asked}") == 200, asked
        assert "<script>" not in browser.page
        assert "<b>" not in browser.page
        assert "\0" not in browser.page


def test_too_long_an_address_is_refused_and_not_repeated(browser: Browser) -> None:
    assert browser.open(f"/annuaire?nom={'x' * 101}") == 422
    assert "xxxx" not in browser.page


def test_nothing_is_asked_of_anybody_else(browser: Browser, services: Services) -> None:
    fill(services, 3)
    answer = browser.client.get("/annuaire")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', answer.text)
    assert not answer.cookies


def test_it_costs_as_much_with_one_place_as_with_eighty(
    browser: Browser, services: Services
) -> None:
    fill(services, 1)
    before = statements(services.database, lambda: browser.open("/annuaire?commune=92002&autour=5"))
    with services.database.unit_of_work() as session:
        for number in range(80):
            partner = create_partner(session, f"Autre {number}").id
            set_activities(session, partner, ["librairie"])
            contract_partner(session, partner, now=services.now())
            outlet = create_outlet(session, partner, "Ici").id
            place_outlet(session, outlet, Place(ANTONY, point=Point(48_750_000, 2_300_000)))
    after = statements(services.database, lambda: browser.open("/annuaire?commune=92002&autour=5"))
    assert after == before <= 12


def spot(name: str, north: int, east: int) -> Spot:
    return Spot(name, Point(48_750_000 + north, 2_300_000 + east))


def test_north_is_up_east_is_right_and_everything_is_on_the_plan() -> None:
    plan = draw([spot("1", 0, 0), spot("2", 20_000, 0), spot("3", 0, 30_000)])
    assert plan is not None
    one, two, three = plan.marks
    assert two.y < one.y == three.y
    assert three.x > one.x == two.x
    assert all(0 <= mark.x <= WIDTH and 0 <= mark.y <= HEIGHT for mark in plan.marks)
    # 20,000 millionths north are 2.2 km; as many east would be shorter on the ground.
    assert plan.scale_words in {"500 m", "1 km"}


def test_a_single_place_is_in_the_middle_and_places_at_one_spot_are_one_mark() -> None:
    plan = draw([spot("1", 0, 0)])
    assert plan is not None
    assert (plan.marks[0].x, plan.marks[0].y) == (WIDTH // 2, HEIGHT // 2)
    plan = draw([spot(str(number), number, 0) for number in range(1, 7)])
    assert plan is not None
    assert [mark.text for mark in plan.marks] == ["1, 2, 3 +3"]
    assert draw([]) is None


@pytest.mark.parametrize("points", [[(90, 180), (-90, -180)], [(90, 0)], [(0, 180), (0, -180)]])
def test_the_ends_of_the_earth_are_drawn(points: list[tuple[int, int]]) -> None:
    spots = [Spot("x", Point(north * 1_000_000, east * 1_000_000)) for north, east in points]
    plan = draw(spots, communes=spots, centre=spots[0].point)
    assert plan is not None
    assert all(-WIDTH <= mark.x <= 2 * WIDTH for mark in plan.marks)
