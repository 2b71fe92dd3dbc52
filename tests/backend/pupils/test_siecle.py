"""SIECLE's exports: what is read of them, and what no file gets through."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from backend.pupils import sources
from backend.pupils.errors import PupilFileRefused
from backend.pupils.reading import Source
from tests.backend.pupils.files import Eleve, eleves_xml, read, structures_xml, zipped

Make = Callable[[str, bytes], Path]
LEA = Eleve("LE GALL", "Léa", "04/05/2011", ine="123456789AB")
ZOE = Eleve("ŒUVRARD", "Zoé", "30/11/2010", division="4 B", regime="0")


@pytest.mark.parametrize("encoding", ["ISO-8859-15", "UTF-8", "UTF-16"])
def test_pupils_are_read_in_every_encoding(make_file: Make, encoding: str) -> None:
    roster = read(make_file("ElevesAvecAdresses.xml", eleves_xml([LEA, ZOE], encoding)))
    assert roster.source is Source.SIECLE
    assert roster.uai == "0750655E"
    lea, zoe = roster.rows
    assert (lea.family_name, lea.given_name) == ("LE GALL", "Léa")
    assert (lea.birth_date, lea.ine, lea.class_code) == (date(2011, 5, 4), "123456789AB", "3 A")
    assert lea.regime is not None
    assert lea.regime.name == "demi-pensionnaire"
    assert (zoe.family_name, zoe.class_code) == ("ŒUVRARD", "4 B")
    assert (roster.refused, roster.notes) == ((), ())


def test_a_line_is_where_the_pupil_begins(make_file: Make) -> None:
    content = eleves_xml([LEA, ZOE])
    roster = read(make_file("e.xml", content))
    lines = content.decode("iso8859-15").splitlines()
    assert [lines[row.line - 1].startswith("<ELEVE ") for row in roster.rows] == [True, True]


def test_only_what_is_needed_is_kept(make_file: Make) -> None:
    contact = {"MEL": "lea@exemple.fr", "TEL_PORTABLE": "06 12 34 56 78", "TEL_PERSONNEL": "01"}
    eleve = Eleve("MARTIN", "Léa", "04/05/2011", more=contact)
    (row,) = read(make_file("e.xml", eleves_xml([eleve]))).rows
    kept = {name: getattr(row, name) for name in row.__slots__}
    assert kept["email"] == "lea@exemple.fr"
    assert kept["phone"] == "06 12 34 56 78"
    for forbidden in ("75056", "rue du Port", "Camille", "6 Z", "LATIN"):
        assert forbidden not in str(list(kept.values()))


def test_zips_and_long_names_of_classes(tmp_path: Path) -> None:
    labels = {"3 A": "TROISIEME A", "4 B": "QUATRIEME B"}
    path = zipped(
        tmp_path / "ExportXML.zip",
        ElevesAvecAdresses_xml=eleves_xml([LEA]),
        Structures_xml=structures_xml(labels),
        Nomenclature_xml=b"<?xml version='1.0'?><BEE_NOMENCLATURES><X/></BEE_NOMENCLATURES>",
    )
    roster = read(path)
    assert len(roster.rows) == 1
    assert roster.classes == labels
    assert roster.ignored == ("Nomenclature.xml",)


def test_two_files_are_read_together(make_file: Make) -> None:
    pupils = make_file("e.xml", eleves_xml([LEA]))
    structures = make_file("s.xml", structures_xml({"3 A": "TROISIEME A"}))
    assert read(structures, pupils).classes == {"3 A": "TROISIEME A"}


def test_an_active_schooling_says_the_division(make_file: Make) -> None:
    more = {"SCOLARITE_ACTIVE": "<CODE_DIVISION>5 C</CODE_DIVISION>"}
    eleve = Eleve("MARTIN", "Léa", "04/05/2011", division="", more=more)
    (row,) = read(make_file("e.xml", eleves_xml([eleve]))).rows
    assert row.class_code == "5 C"


BOMB = b"""<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY c "&a;&a;&a;">]>
<BEE_ELEVES><DONNEES><ELEVES><ELEVE ELEVE_ID="1"><NOM>&c;</NOM></ELEVE></ELEVES></DONNEES>
</BEE_ELEVES>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE b SYSTEM "file:///etc/passwd"><BEE_ELEVES/>"""
CUT = eleves_xml([LEA, ZOE])[:-200]
DEEP = b"<BEE_ELEVES>" + b"<a>" * 40 + b"</a>" * 40 + b"</BEE_ELEVES>"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (BOMB, "xml_doctype"),
        (OUTSIDE, "xml_doctype"),
        (b"<!DOCTYPE BEE_ELEVES><BEE_ELEVES/>", "xml_doctype"),
        (CUT, "xml_malformed"),
        (DEEP, "xml_too_deep"),
        (b"<BEE_ELEVES>\xe9</BEE_ELEVES>", "xml_malformed"),
        (b"<?xml version='1.0' encoding='EBCDIC-FR-X'?><BEE_ELEVES/>", "xml_encoding"),
        (b"<html><body>Session perdue</body></html>", "pupils_missing"),
        (structures_xml({}), "pupils_missing"),
        (b"PK\x03\x04nothing", "zip_damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_export_is_refused_as_a_whole(
    make_file: Make, content: bytes, code: str
) -> None:
    with pytest.raises(PupilFileRefused) as refusal:
        read(make_file("e.xml", content))
    assert refusal.value.code == code
    assert refusal.value.words


def test_a_cut_file_says_its_line(make_file: Make) -> None:
    with pytest.raises(PupilFileRefused, match=r"e\.xml, ligne \d+ : XML incomplet"):
        read(make_file("e.xml", CUT))


def test_files_of_two_establishments_are_refused(make_file: Make) -> None:
    one = make_file("e.xml", eleves_xml([LEA]))
    other = make_file("s.xml", structures_xml({}, uai="0310053P"))
    with pytest.raises(PupilFileRefused) as refusal:
        read(one, other)
    assert refusal.value.code == "files_mixed"


def test_a_zip_bomb_stops_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "UNPACKED_BYTES_MAX", 1_000_000)
    bomb = b"<?xml version='1.0'?><BEE_ELEVES>" + b" " * 50_000_000
    path = zipped(tmp_path / "bomb.zip", Eleves_xml=bomb)
    assert path.stat().st_size < 100_000
    with pytest.raises(PupilFileRefused) as refusal:
        read(path)
    assert refusal.value.code == "file_too_large"


def test_a_zip_that_lies_about_its_size_is_counted_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "UNPACKED_BYTES_MAX", 1_000_000)
    content = b"<?xml version='1.0'?><BEE_ELEVES>" + b" " * 5_000_000
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    raw = packed.compress(content) + packed.flush()
    path = zipped(tmp_path / "lie.zip", Eleves_xml=content)
    said = struct.pack("<LLL", zlib.crc32(content), len(raw), len(content))
    lie = struct.pack("<LLL", zlib.crc32(content), len(raw), 10)
    path.write_bytes(path.read_bytes().replace(said, lie))
    with pytest.raises(PupilFileRefused):
        read(path)


def test_a_zip_with_a_password_a_damaged_one_and_an_empty_one(tmp_path: Path) -> None:
    path = zipped(tmp_path / "z.zip", Eleves_xml=eleves_xml([LEA]))
    locked = bytearray(path.read_bytes())
    locked[6] |= 1
    directory = locked.index(b"PK\x01\x02")
    locked[directory + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(locked)
    spoilt = bytearray(path.read_bytes())
    spoilt[60:80] = bytes(20)
    (tmp_path / "spoilt.zip").write_bytes(spoilt)
    zipped(tmp_path / "none.zip", lisez_txt=b"rien")
    codes = []
    for name in ("locked", "spoilt", "none"):
        with pytest.raises(PupilFileRefused) as refusal:
            read(tmp_path / f"{name}.zip")
        codes.append(refusal.value.code)
    assert codes == ["zip_encrypted", "zip_damaged", "zip_without_xml"]


def test_a_zip_of_too_many_files_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for number in range(sources.MEMBERS_MAX + 1):
            archive.writestr(f"{number}.xml", "<a/>")
    with pytest.raises(PupilFileRefused) as refusal:
        read(tmp_path / "many.zip")
    assert refusal.value.code == "zip_too_full"


def test_a_stream_gives_no_more_than_its_limit() -> None:
    stream = sources.LimitedStream(io.BytesIO(b"x" * 100), "e.xml", 50)
    assert len(stream.read(50)) == 50
    with pytest.raises(PupilFileRefused):
        stream.read(1)


def test_a_file_that_is_too_large_or_absent_is_refused(
    tmp_path: Path, make_file: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "FILE_BYTES_MAX", 10)
    for path in (make_file("e.xml", eleves_xml([LEA])), tmp_path / "absent.xml"):
        with pytest.raises(PupilFileRefused):
            read(path)
