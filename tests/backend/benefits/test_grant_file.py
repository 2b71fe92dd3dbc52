"""Reading a file of grants: whatever a spreadsheet writes, and what is refused line by line."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.benefits.eligibility import Track
from backend.benefits.grant_file import (
    COLUMNS,
    Attributes,
    GrantFile,
    GrantFileRefused,
    LineRefused,
    open_grant_file,
    read_row,
)
from backend.ledger.money import Cents
from backend.tabular import LINE_BYTES_MAX

Write = Callable[[str | bytes], GrantFile]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(content: str | bytes) -> GrantFile:
        path = tmp_path / "dotations.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return open_grant_file(path)

    return put


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "iso8859-15"])
@pytest.mark.parametrize("separator", [";", ","])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_what_spreadsheets_write(write: Write, encoding: str, separator: str, ending: str) -> None:
    lines = (
        ("Référence", "Nom", "Prénom", "Date naissance", "Montant", "Avantage"),
        ("A1", "Lœuillet", "Zoé", "31/01/2010", '"80,00 €"', "culture"),
    )
    text = ending.join(separator.join(line) for line in lines) + ending + separator * 5 + ending
    file = write(text.encode(encoding))
    (line,) = file.lines()
    row = file.read(line)
    assert (line.number, line.bytes_read <= file.bytes_total) == (2, True)
    assert (row.family_name, row.given_name) == ("Lœuillet", "Zoé")
    assert row.birth_date == date(2010, 1, 31)
    assert row.named is not None
    assert row.named.amount == Cents(8000)


def test_every_column_is_read() -> None:
    row = read_row(
        {
            "reference": " A  1 ",
            "nom": "Martin",
            "prenom": "Léa",
            "date_naissance": "2010-03-14",
            "courriel": "Lea@Example.org",
            "telephone": "612345678",
            "commune": "1004",
            "code_postal": "1000",
            "departement": "1",
            "filiere": "Professionnelle",
            "niveau": "2NDE",
            "boursier": "Oui",
            "justificatif": "attestation",
            "avantage": "culture",
            "montant": "1 234,5",
            "motif": "Rentrée",
            "versement": "2",
        }
    )
    assert (row.reference, row.email, row.phone) == ("A 1", "lea@example.org", "0612345678")
    assert row.attributes == Attributes(
        "01004",
        "01000",
        "01",
        Track.PROFESSIONAL,
        "2nde",
        scholarship=True,
        scholarship_proof="attestation",
    )
    assert row.named is not None
    assert (row.named.amount.value, row.named.motive, row.named.payment) == (
        123450,
        "Rentrée",
        "2",
    )


def test_what_a_row_does_not_say_is_none() -> None:
    row = read_row({"reference": "A1", "nom": "", "boursier": " "})
    assert (row.family_name, row.birth_date, row.named) == (None, None, None)
    assert row.attributes == Attributes()


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"reference": " "}, "reference_missing"),
        ({"reference": "A" * 101}, "reference_too_long"),
        ({"nom": "a\x07"}, "control_character"),
        ({"nom": "a\x85"}, "control_character"),
        ({"date_naissance": "31/02/2010"}, "date_naissance_unreadable"),
        ({"date_naissance": "2010"}, "date_naissance_unreadable"),
        ({"date_naissance": "01/01/1899"}, "date_naissance_unreadable"),
        ({"date_naissance": "0000-01-01"}, "date_naissance_unreadable"),
        ({"courriel": "lea@"}, "courriel_unreadable"),
        ({"telephone": "appelez-moi"}, "telephone_unreadable"),
        ({"commune": "Nanterre"}, "commune_unreadable"),
        ({"code_postal": "920000"}, "code_postal_unreadable"),
        ({"departement": "2C"}, "departement_unreadable"),
        ({"filiere": "poney"}, "filiere_unknown"),
        ({"boursier": "peut-être"}, "boursier_unreadable"),
        ({"avantage": "culture"}, "grant_incomplete"),
        ({"montant": "80"}, "grant_incomplete"),
        ({"avantage": "culture", "montant": "0"}, "montant_unreadable"),
        ({"avantage": "culture", "montant": "-5"}, "montant_unreadable"),
        ({"avantage": "culture", "montant": "1,005"}, "montant_unreadable"),
        ({"avantage": "culture", "montant": "10000,01"}, "montant_unreadable"),
        ({"avantage": "culture", "montant": "x"}, "montant_unreadable"),
    ],
)
def test_a_cell_that_cannot_be_read_is_never_guessed(cells: dict[str, str], code: str) -> None:
    with pytest.raises(LineRefused) as refused:
        read_row({"reference": "A1", **cells})
    assert refused.value.code == code
    assert refused.value.words


def test_a_bad_line_spoils_no_other(write: Write) -> None:
    long = "x" * (3 * LINE_BYTES_MAX)
    file = write(f'reference;nom\nA;"ouvert\nB;bien\nC;a;b\nD;{long}\nE;"a;b"')
    read: dict[int, str] = {}
    for line in file.lines():
        try:
            read[line.number] = file.read(line).reference
        except LineRefused as why:
            read[line.number] = why.code
    assert read == {
        2: "quotation_mark",
        3: "B",
        4: "columns_unexpected",
        5: "line_too_long",
        6: "E",
    }


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"nom;prenom\n",
        b"reference;reference\n",
        b"reference;boursiers\n",
        b'reference;"nom\n',
        "reference;nom\n".encode("utf-16"),
    ],
)
def test_a_header_that_is_not_understood_is_refused(write: Write, content: bytes) -> None:
    with pytest.raises(GrantFileRefused):
        write(content)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GrantFileRefused):
        open_grant_file(tmp_path / "absent.csv")


@given(st.dictionaries(st.sampled_from(COLUMNS), st.text(max_size=30)))
def test_any_cells_are_read_or_refused(cells: dict[str, str]) -> None:
    try:
        reference = read_row(cells).reference
    except LineRefused:
        return
    assert reference
