"""The directory shows what serves, where, in order, at the same cost; nothing else."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import pytest

from backend.benefits.campaigns import (
    allow_at,
    contract_partner,
    create_benefit,
    create_campaign,
    set_activities_of_benefit,
)
from backend.holders.directory import (
    PLACES_PER_PAGE,
    Choice,
    FoundPlace,
    Wish,
    metres_between,
    read_choices,
    search,
)
from backend.partners.directory import Place, Point, name_commune, place_outlet
from backend.partners.registry import create_outlet, create_partner, set_activities
from backend.partners.standing import close_outlet, suspend_partner
from backend.services import Services
from tests.backend.counting import statements

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ANTONY, SCEAUX, BREST = "92002", "92071", "29019"
CENTRE = Point(48_753_900, 2_297_500)


@dataclass
class Trade:
    """Partners to find."""

    services: Services
    outlets: dict[str, UUID]
    partners: dict[str, UUID]

    def found(self, **asked: object) -> list[FoundPlace]:
        """Return every page's places."""
        places, after = list[FoundPlace](), None
        while True:
            with self.services.database.reading() as session:
                wish = Wish(after=after, **asked)  # type: ignore[arg-type]
                page = search(session, wish, self.services.now())
            places += page.places
            after = page.next_after
            if after is None:
                return places

    def names(self, **asked: object) -> list[str]:
        """Return their partners, in order."""
        return [one.partner for one in self.found(**asked)]


@pytest.fixture
def trade(services: Services) -> Trade:
    made = Trade(services, {}, {})
    now = services.now()
    with services.database.unit_of_work() as session:
        name_commune(session, ANTONY, "Antony", CENTRE)
        name_commune(session, SCEAUX, "Sceaux")
        name_commune(session, BREST, "Brest", Point(48_390_500, -4_486_900))
        campaign = create_campaign(
            session,
            name="Pass",
            opens_on=date(2026, 9, 1),
            closes_on=date(2027, 6, 30),
            now=now,
        )
        culture, sport = (
            create_benefit(session, code=code, label=label, campaign_id=campaign.id)
            for code, label in (("culture", "Culture"), ("sport", "Sport"))
        )
        set_activities_of_benefit(session, culture.id, ["librairie", "cinema"])
        set_activities_of_benefit(session, sport.id, ["salle-de-sport"])
        for name, activities, commune, point in (
            ("Écume des pages", ["librairie"], ANTONY, (48.7550, 2.3000)),
            ("Cinéma du Cœur", ["cinema"], ANTONY, None),
            ("Club d’escrime", ["salle-de-sport"], SCEAUX, (48.7783, 2.2950)),
            ("Librairie du Port", ["librairie"], BREST, (48.3900, -4.4860)),
            ("Boulangerie", ["boulangerie"], ANTONY, (48.7541, 2.2980)),
        ):
            partner = create_partner(session, name).id
            set_activities(session, partner, activities)
            contract_partner(session, partner, now=now)
            outlet = create_outlet(session, partner, name).id
            at = None if point is None else Point.of_degrees(str(point[0]), str(point[1]))
            place_outlet(session, outlet, Place(commune, ("1 rue X",), "92160", at))
            made.partners[name], made.outlets[name] = partner, outlet
    return made


def test_what_serves_is_there_by_name_and_the_rest_is_not(trade: Trade) -> None:
    assert trade.names() == [
        "Cinéma du Cœur",
        "Club d’escrime",
        "Écume des pages",
        "Librairie du Port",
    ]
    with trade.services.database.unit_of_work() as session:
        suspend_partner(session, trade.partners["Cinéma du Cœur"], trade.services.now())
        close_outlet(session, trade.outlets["Écume des pages"], trade.services.now())
    assert trade.names() == ["Club d’escrime", "Librairie du Port"]


@SQLITE
def test_a_partner_named_by_a_benefit_is_found_with_it(trade: Trade) -> None:
    baker = trade.partners["Boulangerie"]
    with trade.services.database.unit_of_work() as session:
        campaign = create_campaign(
            session,
            name="Gourmand",
            opens_on=date(2026, 9, 1),
            closes_on=date(2026, 12, 31),
            now=trade.services.now(),
        )
        bread = create_benefit(session, code="pain", label="Pain", campaign_id=campaign.id)
        allow_at(session, bread, baker, now=trade.services.now())
    (one,) = trade.found(benefit="pain")
    assert (one.partner, one.benefits) == ("Boulangerie", (Choice("pain", "Pain"),))


@SQLITE
def test_without_a_contract_or_a_campaign_nothing_serves(trade: Trade, clock: object) -> None:
    with trade.services.database.unit_of_work() as session:
        stranger = create_partner(session, "Sans contrat").id
        set_activities(session, stranger, ["librairie"])
        create_outlet(session, stranger, "Sans contrat")
    assert "Sans contrat" not in trade.names()
    clock.advance(days=400)  # type: ignore[attr-defined]
    assert trade.names() == []


@SQLITE
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ecume", ["Écume des pages"]),
        ("ÉCUME  Pages", ["Écume des pages"]),
        ("coeur", ["Cinéma du Cœur"]),
        ("cœur", ["Cinéma du Cœur"]),
        ("d'escrime", ["Club d’escrime"]),
        ("librairie port", ["Librairie du Port"]),
        ("librairie brest", []),
        ("100%", []),
        ("_", []),
        ("' or 1=1 --", []),
    ],
)
def test_a_name_is_found_without_its_accents(trade: Trade, words: str, found: list[str]) -> None:
    assert trade.names(words=words) == found


@SQLITE
def test_commune_activity_and_benefit_narrow(trade: Trade) -> None:
    assert trade.names(commune=ANTONY) == ["Cinéma du Cœur", "Écume des pages"]
    assert trade.names(activity="librairie") == ["Écume des pages", "Librairie du Port"]
    assert trade.names(benefit="sport") == ["Club d’escrime"]
    assert trade.names(commune=ANTONY, activity="librairie", benefit="culture") == [
        "Écume des pages"
    ]
    assert trade.names(commune=ANTONY, benefit="sport") == []


def test_near_a_commune_is_nearest_first_and_knows_how_far(trade: Trade) -> None:
    found = trade.found(commune=ANTONY, reach_km=5)
    assert [one.partner for one in found] == ["Cinéma du Cœur", "Écume des pages", "Club d’escrime"]
    nowhere, near, far = (one.metres for one in found)
    assert nowhere is None
    assert near is not None
    assert far is not None
    assert 200 < near < 240
    assert 2_700 < far < 2_730
    assert trade.names(commune=BREST, reach_km=50) == ["Librairie du Port"]


@SQLITE
def test_a_commune_without_a_point_is_where_its_places_are(trade: Trade) -> None:
    near, far = trade.found(commune=SCEAUX, reach_km=5)
    assert (near.partner, near.metres) == ("Club d’escrime", 0)
    assert far.partner == "Écume des pages"


@SQLITE
def test_pages_follow_one_another_by_name_and_by_distance(trade: Trade) -> None:
    many = 2 * PLACES_PER_PAGE + 3
    with trade.services.database.unit_of_work() as session:
        for number in range(many):
            outlet = create_outlet(session, trade.partners["Écume des pages"], f"{number % 5}").id
            point = Point(CENTRE.latitude_e6 + 10 * (number // 2), CENTRE.longitude_e6)
            place_outlet(session, outlet, Place(ANTONY, point=point))
    for asked in ({}, {"commune": ANTONY, "reach_km": 20}):
        found = trade.found(**asked)
        assert len({one.outlet_id for one in found}) == len(found) > many
    metres = [one.metres for one in found if one.metres is not None]
    assert metres == sorted(metres)


@SQLITE
def test_a_page_begun_after_a_place_that_is_gone_begins_anew(trade: Trade) -> None:
    with trade.services.database.reading() as session:
        wish = Wish(after=UUID(int=1))
        assert len(search(session, wish, trade.services.now()).places) == 4


@SQLITE
def test_the_form_offers_only_what_leads_somewhere(trade: Trade) -> None:
    with trade.services.database.reading() as session:
        choices = read_choices(session, trade.services.now())
    assert [one.label for one in choices.communes] == ["Antony", "Brest", "Sceaux"]
    assert choices.activities == ("cinema", "librairie", "salle-de-sport")
    assert [one.code for one in choices.benefits] == ["culture", "sport"]


@SQLITE
def test_it_costs_the_same_however_many_places(trade: Trade) -> None:
    def look() -> None:
        with trade.services.database.reading() as session:
            read_choices(session, trade.services.now())
            search(session, Wish(commune=ANTONY, reach_km=20), trade.services.now())

    before = statements(trade.services.database, look)
    with trade.services.database.unit_of_work() as session:
        for number in range(100):
            partner = create_partner(session, f"Libraire {number}").id
            set_activities(session, partner, ["librairie"])
            contract_partner(session, partner, now=trade.services.now())
            place_outlet(
                session, create_outlet(session, partner, "Ici").id, Place(ANTONY, point=CENTRE)
            )
    assert statements(trade.services.database, look) == before <= 12


def test_distances_are_those_of_the_earth() -> None:
    # Paris, Notre-Dame to Arc de Triomphe: 4.6 km; a degree of longitude there: 73 km.
    notre_dame, arc = Point(48_852_968, 2_349_902), Point(48_873_792, 2_295_028)
    assert abs(metres_between(notre_dame, arc) - 4_638) < 30
    assert (
        abs(metres_between(Point(48_850_000, 2_000_000), Point(48_850_000, 3_000_000)) - 73_170)
        < 60
    )
