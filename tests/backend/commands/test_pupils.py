"""An establishment's pupils as its staff import them: what they read, and what programs get."""

import json
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from backend.__main__ import _parser
from backend.access.establishments import RightTerms
from backend.access.office_tables import PaymentMeans
from backend.access.payments_in import Receipt, record_payment
from backend.access.tables import Enrolment
from backend.accounts.tables import Beneficiary
from backend.commands import pupils
from backend.commands.apply import apply_file
from backend.commands.declared import id_of
from backend.commands.verbs.invocation import Invocation
from backend.services import Services
from tests.backend.pupils.files import Eleve, eleves_xml

SCHEME = """
[establishment.parc]
name = "Lycée du Parc"
[[establishment.parc.service]]
service = "lunch"
label = "Déjeuner"
days = [1, 2, 3, 4, 5]
opens = "11:30"
closes = "13:30"

[beneficiary.ines]
given_name = "Inès"
family_name = "Durand"
birth_date = 1980-05-06
establishment = "parc"
category = "staff"
"""
LEA = Eleve("MARTIN", "Léa", "04/05/2011", ine="123456789AB")
NAMESAKE = Eleve("Martin", "LEA", "04/05/2011", ine="987654321CD", division="4 B", regime="1")
HASTY = Eleve("PETIT", "Noé", "31/02/2012")

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(services: Services, tmp_path: Path) -> Run:
    """Type a command, and return its exit status and what it says."""
    scheme = tmp_path / "scheme.toml"
    scheme.write_text(SCHEME)
    apply_file(services, scheme)

    def typed(*words: str | Path) -> tuple[int, str]:
        said: list[str] = []
        options = _parser().parse_args(["pupils", *map(str, words)])
        asked = Invocation(options, services.settings, said.append, lambda: services)
        return options.command(asked) or 0, "\n".join(said)

    return typed


@pytest.fixture
def export(tmp_path: Path) -> Callable[..., Path]:
    def write(*eleves: Eleve) -> Path:
        path = tmp_path / "ElevesAvecAdresses.xml"
        path.write_bytes(eleves_xml(list(eleves)))
        return path

    return write


PARC = ("--establishment", "parc")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_year_at_the_office(run: Run, export: Callable[..., Path], services: Services) -> None:
    assert run("regime", *PARC, "--name", "2", "--service", "lunch:prepaid")[1] == (
        "demi-pensionnaire: 1 rights"
    )
    status, said = run("import", *PARC, export(LEA))
    assert status == 0
    assert "Nouveaux : 1\n  ligne 7 : MARTIN Léa (04/05/2011), 3 A, demi-pensionnaire" in said
    assert "Essai : rien n'a été enregistré. Ajoutez --apply pour le faire." in said
    assert run("imports", *PARC)[1] == "aucun import"

    status, said = run("import", *PARC, export(LEA), "--apply", "--order-cards", "--by", "Mme Roy")
    assert (status, "Cartes commandées : 1" in said, "Essai" in said) == (0, True, False)
    assert ", Mme Roy, siecle : 1 élèves, 1 nouveaux, " in run("imports", *PARC)[1]

    status, said = run("import", *PARC, export(NAMESAKE, HASTY))
    assert status == 1
    assert "À décider, rien n'est fait : 1" in said
    assert "même nom et même date de naissance, mais un autre INE" in said
    assert "ligne 8 : date_naissance : date illisible, attendue comme 31/08/2011" in said
    with services.database.reading() as session:
        lea = session.scalars(select(Beneficiary.id).where(Beneficiary.given_name == "Léa")).one()
    assert f"--same 7={lea}  MARTIN Léa (04/05/2011), d'ici" in said
    assert "--new 7  une autre personne" in said

    status, said = run("import", *PARC, export(NAMESAKE), "--apply", "--same", f"7={lea}")
    assert status == 0
    assert "classe 3 A → 4 B ; régime demi-pensionnaire → externe" in said
    assert "dont 1 changent de classe" in said
    assert "externe 1 (droits non définis)" in said


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_whoever_leaves_with_money_is_named_with_it(
    run: Run, export: Callable[..., Path], services: Services
) -> None:
    run("import", *PARC, export(LEA), "--apply")
    with services.database.unit_of_work() as session:
        enrolment = session.scalars(select(Enrolment.id).where(Enrolment.category == "pupil")).one()
        receipt = Receipt(
            reference="R1", amount_cents=4520, means=PaymentMeans.CASH, received_by="Mme Roy"
        )
        record_payment(session, enrolment, receipt, services.now())
    other = Eleve("ROUX", "Zoé", "01/02/2012")
    status, said = run("import", *PARC, export(other))
    assert status == 0
    assert "MARTIN Léa (04/05/2011), 3 A : 45,20\u00a0€ sur son compte de repas, à rendre" in said
    assert "Durand" not in said  # staff are in no file of pupils
    report = json.loads(run("import", *PARC, export(other), "--json")[1])
    assert report["departed"][0]["meal_account_cents"] == 4520


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_programs_get_codes_and_everything(run: Run, export: Callable[..., Path]) -> None:
    status, said = run("import", *PARC, export(LEA, HASTY), "--json")
    report = json.loads(said)
    assert status == 1
    assert report["applied"] is False
    assert report["created"][0]["birth_date"] == "2011-05-04"
    assert [(one["line"], one["code"]) for one in report["refused"]] == [(8, "date_unreadable")]
    assert report["regimes"] == [{"name": "demi-pensionnaire", "pupils": 1, "rights_of": None}]
    assert report["without_card"] == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (("--new", "7"), "decision_invalid", "ligne 7 : rien à décider"),
        (("absent.xml",), "file_unreadable", "fichier absent"),
        (("--establishment", "ailleurs"), "establishment_not_found", "aucun établissement"),
    ],
)
def test_a_refusal_is_french_for_people_and_a_code_for_programs(
    run: Run, export: Callable[..., Path], more: tuple[str, ...], code: str, words: str
) -> None:
    path = export(LEA)
    with pytest.raises(pupils.PupilsRefused, match=words):
        run("import", *PARC, path, *more)
    status, said = run("import", *PARC, path, *more, "--json")
    assert (status, json.loads(said)["code"]) == (1, code)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_departures_are_confirmed_by_number(run: Run, export: Callable[..., Path]) -> None:
    many = [Eleve(f"NOM{chr(65 + n)}", "Léa", "04/05/2011") for n in range(26)]
    run("import", *PARC, export(*many), "--apply")
    path = export(many[0])
    said = run("import", *PARC, path)[1]
    assert "25 départs sont à confirmer : --departures 25." in said
    assert "… et 5 autres (--all les montre)" in said
    assert "autres" not in run("import", *PARC, path, "--all")[1]
    with pytest.raises(pupils.PupilsRefused, match="25 élèves partiraient"):
        run("import", *PARC, path, "--apply")
    assert run("import", *PARC, path, "--apply", "--departures", "25")[0] == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_regimes_are_said_and_shown(run: Run) -> None:
    assert run("regimes", *PARC)[1] == "aucun régime n'est défini"
    run("regime", *PARC, "--name", "DP 4 jours", "--service", "lunch:days=1245,reservation")
    run("regime", *PARC, "--name", "0")
    assert run("regimes", *PARC)[1] == (
        "dp 4 jours : lunch:days=1245,reservation\nexterne : aucun droit"
    )
    assert json.loads(run("regimes", *PARC, "--json")[1])["externe"] == []


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("lunch", ("lunch", RightTerms())),
        ("lunch:prepaid", ("lunch", RightTerms(prepaid=True))),
        ("lunch:days=21", ("lunch", RightTerms(days=frozenset({1, 2})))),
    ],
)
def test_a_right_as_typed(text: str, right: tuple[str, RightTerms]) -> None:
    assert pupils.right_given(text) == right


@pytest.mark.parametrize("text", ["lunch:often", "lunch:days=89"])
def test_a_right_that_means_nothing(text: str) -> None:
    with pytest.raises(ValueError, match="lunch"):
        pupils.right_given(text)


def test_names_as_typed() -> None:
    someone = uuid4()
    assert pupils.same_person(f"7={someone}") == (7, someone)
    assert pupils.column_given("nom=Nom  de  famille") == ("nom", "Nom de famille")
    with pytest.raises(ValueError, match="prenom_usuel"):
        pupils.column_given("prenom_usuel=Prénom")
    assert pupils.place_called("parc") == id_of("establishment", "parc")
    assert pupils.place_called(str(someone)) == someone
