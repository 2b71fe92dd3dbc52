"""Saying where outlets are, from the declared file and from the command line."""

from pathlib import Path

import pytest

from backend.__main__ import main
from backend.commands import places
from backend.commands.apply import apply_file
from backend.commands.declared import id_of, read_scheme
from backend.commands.refusal import CommandRefused
from backend.partners.directory import Place, Point
from backend.partners.directory_errors import CommuneUnknown
from backend.partners.directory_tables import Commune
from backend.partners.tables import Outlet
from backend.services import Services

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

SCHEME = """
[commune."92002"]
name = "Antony"
latitude = 48.7536
longitude = 2.2972

[partner.librairie]
name = "Librairie du Parc"

[outlet.parc]
partner = "librairie"
name = "Centre"
commune = "92002"
address = ["12 rue du Parc"]
postcode = "92160"
latitude = 48.755
longitude = 2.3
"""


def apply(services: Services, folder: Path, text: str) -> None:
    file = folder / "scheme.toml"
    file.write_text(text, encoding="utf-8")
    apply_file(services, file)


def outlet(services: Services) -> Outlet:
    with services.database.reading() as session:
        return session.get_one(Outlet, id_of("outlet", "parc"))


def test_a_place_is_declared_and_put_right_by_the_next_file(
    services: Services, tmp_path: Path
) -> None:
    apply(services, tmp_path, SCHEME)
    row = outlet(services)
    assert (row.commune_code, row.address_1, row.postcode) == ("92002", "12 rue du Parc", "92160")
    assert (row.latitude_e6, row.longitude_e6) == (48_755_000, 2_300_000)
    with services.database.reading() as session:
        assert session.get_one(Commune, "92002").latitude_e6 == 48_753_600
    moved = SCHEME.replace("12 rue", "14 rue").replace("48.755", "48.756")
    apply(services, tmp_path, moved)
    assert (outlet(services).address_1, outlet(services).latitude_e6) == (
        "14 rue du Parc",
        48_756_000,
    )
    bare = SCHEME.split("commune = ", maxsplit=1)[0]
    apply(services, tmp_path, bare)
    assert outlet(services).address_1 == "14 rue du Parc"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("longitude = 2.3\n", "", "a point has a latitude and a longitude"),
        ('commune = "92002"', 'commune = "92071"', "which the file does not declare"),
        ('"92160"', '"9216"', "outlet.parc.postcode"),
        ("48.755", "248.755", "outlet.parc.latitude"),
    ],
)
def test_a_place_that_is_none_is_refused(
    services: Services, tmp_path: Path, old: str, new: str, said: str
) -> None:
    del services
    file = tmp_path / "scheme.toml"
    file.write_text(SCHEME.replace(old, new), encoding="utf-8")
    with pytest.raises(CommandRefused, match=said):
        read_scheme(file)


def test_an_outlet_is_placed_by_its_key_and_communes_come_from_a_file(
    services: Services, tmp_path: Path
) -> None:
    apply(services, tmp_path, SCHEME)
    with pytest.raises(CommuneUnknown):
        places.place(services, "parc", Place("92071"))
    file = tmp_path / "communes.csv"
    file.write_text("code;nom;latitude;longitude\n92071;Sceaux;48.7783;2.2891\n", encoding="utf-8")
    assert places.read_communes(services, file).communes == 1
    places.place(services, "parc", Place("92071", ("1 rue X",), "92330", Point(1, 2)))
    assert (outlet(services).commune_code, outlet(services).longitude_e6) == ("92071", 2)


def test_the_verbs_say_what_they_did(
    services: Services,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    apply(services, tmp_path, SCHEME)
    monkeypatch.setattr("backend.__main__._services", lambda _settings: services)
    words = ["place-outlet", "--outlet", "parc", "--commune", "92002", "--address", "2 rue Y"]
    assert main([*words, "--point", "48,7", "2,3"]) == 0
    assert "outlet placed" in capsys.readouterr().out
    assert outlet(services).latitude_e6 == 48_700_000
    assert main([*words, "--point", "north", "2"]) == 1
    file = tmp_path / "communes.csv"
    file.write_text("code;nom\n92071;Sceaux\nx;y\n", encoding="utf-8")
    assert main(["communes", str(file)]) == 0
    assert "communes: 1; lines left out: 1" in capsys.readouterr().out
    assert main(["communes", str(tmp_path / "none.csv")]) == 1
