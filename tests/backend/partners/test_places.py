"""Saying where an outlet is: what is a place, what is none, and communes from a file."""

from pathlib import Path

import pytest

from backend.errors import BackendError
from backend.partners.directory import Place, Point, name_commune, place_outlet
from backend.partners.directory_errors import CommuneFileUnreadable, PlaceInvalid
from backend.partners.directory_file import import_communes
from backend.partners.directory_tables import Commune
from backend.partners.registry import create_outlet, create_partner
from backend.partners.tables import Outlet
from backend.services import Services

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    ("latitude", "longitude", "point"),
    [
        ("48.7539", "2.2975", Point(48_753_900, 2_297_500)),
        ("48,7539", " 2,2975 ", Point(48_753_900, 2_297_500)),
        ("-21.1151", "55.5364", Point(-21_115_100, 55_536_400)),
        ("0", "0", Point(0, 0)),
        ("90", "-180", Point(90_000_000, -180_000_000)),
    ],
)
def test_degrees_are_read(latitude: str, longitude: str, point: Point) -> None:
    assert Point.of_degrees(latitude, longitude) == point


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [("90.1", "0"), ("0", "180.000001"), ("north", "2"), ("", "2"), ("nan", "2"), ("1e9", "2")],
)
def test_what_is_not_on_the_earth_is_refused(latitude: str, longitude: str) -> None:
    with pytest.raises(PlaceInvalid):
        Point.of_degrees(latitude, longitude)


@SQLITE
def test_a_place_replaces_the_one_before(services: Services) -> None:
    with services.database.unit_of_work() as session:
        name_commune(session, "2A004", "Ajaccio", Point(41_926_700, 8_736_900))
        name_commune(session, "2A004", "Ajaccio (Aiacciu)")
        outlet = create_outlet(session, create_partner(session, "Cœur d’Or").id, "Gare").id
        place_outlet(session, outlet, Place("2A004", ("  1  rue  X ", ""), "20000", Point(1, 2)))
        row = session.get_one(Outlet, outlet)
        assert (row.address_1, row.address_2, row.postcode) == ("1 rue X", None, "20000")
        assert row.folded_name == "coeur d or gare"
        commune = session.get_one(Commune, "2A004")
        assert (commune.name, commune.latitude_e6) == ("Ajaccio (Aiacciu)", 41_926_700)
        place_outlet(session, outlet, Place())
        assert (row.commune_code, row.address_1, row.latitude_e6) == (None, None, None)


@SQLITE
@pytest.mark.parametrize(
    ("place", "code"),
    [
        (Place("92002"), "commune_not_found"),
        (Place(postcode="9216"), "place_invalid"),
        (Place(address=("a", "b", "c")), "place_invalid"),
        (Place(address=("x" * 101,)), "place_invalid"),
    ],
)
def test_what_is_no_place_is_refused(services: Services, place: Place, code: str) -> None:
    with services.database.unit_of_work() as session:
        outlet = create_outlet(session, create_partner(session, "Ici").id, "Ici").id
        with pytest.raises(BackendError) as refusal:
            place_outlet(session, outlet, place)
    assert refusal.value.code == code


@SQLITE
@pytest.mark.parametrize("code", ["9200", "2C004", "92002x", ""])
def test_a_code_is_insees(services: Services, code: str) -> None:
    with services.database.unit_of_work() as session, pytest.raises(PlaceInvalid):
        name_commune(session, code, "Ici")


def test_communes_come_from_the_public_tables_and_again(services: Services, tmp_path: Path) -> None:
    file = tmp_path / "communes.csv"
    file.write_text(
        "code_insee,nom_standard,reg_nom,latitude_mairie,longitude_mairie\n"
        "01001,L'Abergement-Clémenciat,X,46.1517,4.9306\n"
        '2A004,"Ajaccio",X,41.9267,8.7369\n'
        "1004,Ambérieu,X,,\n"
        "??,Nulle part,X,1,1\n"
        "01005,Trop loin,X,91,1\n"
        '01006,"Ouverte,X,1,1\n'
        "\n",
        encoding="utf-8",
    )
    for _ in range(2):
        read = import_communes(services.database, file)
        assert (read.communes, read.left_out) == (3, 3)
    with services.database.reading() as session:
        first = session.get_one(Commune, "01001")
        assert (first.name, first.latitude_e6) == ("L'Abergement-Clémenciat", 46_151_700)
        assert session.get_one(Commune, "01004").latitude_e6 is None


@SQLITE
@pytest.mark.parametrize("content", [b"", b"a;b\n1;2\n", b"\x00\x01", b"code\n92002\n"])
def test_a_file_that_is_no_table_of_communes_is_refused(
    services: Services, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "communes.csv"
    file.write_bytes(content)
    with pytest.raises(CommuneFileUnreadable):
        import_communes(services.database, file)


@SQLITE
def test_the_old_windows_table_is_read_too(services: Services, tmp_path: Path) -> None:
    file = tmp_path / "communes.csv"
    file.write_bytes(
        "#Code_commune_INSEE;Nom_commune\r\n92071;Sceaux\r\n64445;Pau é\r\n".encode("cp1252")
    )
    assert import_communes(services.database, file).communes == 2
