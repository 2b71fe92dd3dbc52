"""Lists as PRONOTE and offices write them, and the CSV of our own."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from backend.pupils.errors import PupilFileRefused
from backend.pupils.reading import Source
from backend.pupils.table import COLUMNS, split_whole_name
from tests.backend.pupils.files import Eleve, eleves_xml, read

Make = Callable[[str, bytes], Path]
PRONOTE = (
    '"Élèves";"Né(e) le";"Sexe";"Classe";"Groupes";"Régime";"Numéro national";"E-mail";"Sortie"\r\n'
    '"DE LA TOUR Jean-Luc";"04/05/2011";"M";"3D, <3D> <LATIN> LAT";"3LATIN";'
    '"DEMI-PENSIONNAIRE DANS L\'ETABLISSEMENT";"123456789AB";"";"Fin d\'année"\r\n'
    '"L\u2019HÔTE Zoé";"30/11/2010";"F";"4B";"";"EXTERNE LIBRE";"";"zoe@exemple.fr";""\r\n'
)
OURS = (
    "ine;nom;prenom;date_naissance;classe;regime;repas;jours\n"
    "123456789AB;MARTIN;Léa;2011-05-04;3 A;demi-pensionnaire;sans porc;1245\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_pronote_list_is_read_as_it_is_exported(make_file: Make, encoding: str) -> None:
    roster = read(make_file("liste.csv", PRONOTE.encode(encoding)))
    assert roster.source is Source.PRONOTE
    jean_luc, zoe = roster.rows
    assert (jean_luc.family_name, jean_luc.given_name) == ("DE LA TOUR", "Jean-Luc")
    assert (jean_luc.birth_date, jean_luc.ine) == (date(2011, 5, 4), "123456789AB")
    assert jean_luc.class_code == "3D"
    assert jean_luc.regime is not None
    assert jean_luc.regime.name == "demi-pensionnaire"
    assert (zoe.family_name, zoe.email) == ("L\u2019HÔTE", "zoe@exemple.fr")
    assert roster.ignored == ("Sexe", "Groupes")
    assert roster.notes == ()


@pytest.mark.parametrize(
    ("separator", "encoding"), [(";", "iso8859-15"), (",", "utf-8"), ("\t", "utf-8")]
)
def test_our_own_csv(make_file: Make, separator: str, encoding: str) -> None:
    content = OURS.replace(";", separator).encode(encoding)
    roster = read(make_file("pupils.csv", content))
    assert roster.source is Source.CSV
    (row,) = roster.rows
    assert (row.given_name, row.days, row.line) == ("Léa", "1245", 2)
    assert roster.ignored == ()


def test_every_column_of_ours_is_found_by_its_name(make_file: Make) -> None:
    header = ";".join(COLUMNS)
    cells = "123456789AB;MARTIN;ROUX;Léa;04/05/2011;3 A;2;PAI;12;a@exemple.fr;0612345678;01/01/2030"
    (row,) = read(make_file("p.csv", f"{header}\n{cells}\n".encode())).rows
    for column in row.__slots__:
        assert getattr(row, column) is not None, column


def test_a_header_of_the_callers_own_is_mapped(make_file: Make) -> None:
    content = "Patronyme;Prénom;Anniversaire\nMARTIN;Léa;04/05/2011\n".encode()
    path = make_file("p.csv", content)
    with pytest.raises(PupilFileRefused, match="--column nom="):
        read(path)
    (row,) = read(path, nom="Patronyme", date_naissance="Anniversaire").rows
    assert row.family_name == "MARTIN"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("nom;prenom", "column_missing"),
        ("nom;prenom;date_naissance;Né(e) le", "column_twice"),
        ('nom;prenom;"date', "column_missing"),
        ("", "column_missing"),
    ],
)
def test_a_header_that_says_too_little_or_too_much(make_file: Make, header: str, code: str) -> None:
    with pytest.raises(PupilFileRefused) as refusal:
        read(make_file("p.csv", f"{header}\nx;y;z\n".encode()))
    assert refusal.value.code == code


def test_an_unknown_header_that_is_mapped_must_be_there(make_file: Make) -> None:
    with pytest.raises(PupilFileRefused, match="pas de colonne « Né »"):
        read(make_file("p.csv", OURS.encode()), date_naissance="Né")


def test_a_line_spoils_no_other(make_file: Make) -> None:
    lines = [
        "nom;prenom;date_naissance",
        'MARTIN;"Léa;04/05/2011',
        "MARTIN;Léa",
        "",
        ";;",
        "MARTIN;Zoé;31/02/2011",
        "MARTIN;Zoé;" + "x" * 20_000,
        "ROUX;Noé;01/02/2012",
    ]
    roster = read(make_file("p.csv", "\n".join(lines).encode()))
    assert [(one.problem.line, one.problem.code) for one in roster.refused] == [
        (2, "quotation_mark"),
        (3, "columns_unexpected"),
        (6, "date_unreadable"),
        (7, "line_too_long"),
    ]
    assert [row.given_name for row in roster.rows] == ["Noé"]


def test_utf_16_and_mixtures_are_refused(make_file: Make) -> None:
    with pytest.raises(PupilFileRefused, match="UTF-8"):
        read(make_file("p.csv", OURS.encode("utf-16")))
    xml = make_file("e.xml", eleves_xml([Eleve("MARTIN", "Léa", "04/05/2011")]))
    with pytest.raises(PupilFileRefused, match="jamais avec"):
        read(xml, make_file("q.csv", OURS.encode()))
    with pytest.raises(PupilFileRefused):
        read()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("MARTIN Léa", ("MARTIN", "Léa")),
        ("D'ARC-NOËL Marie Ange", ("D'ARC-NOËL", "Marie Ange")),
        ("MARTIN LEA", ("", "")),
        ("Léa Martin", ("", "")),
    ],
)
def test_a_whole_name_is_split_where_capitals_end(text: str, names: tuple[str, str]) -> None:
    assert split_whole_name(text) == names
