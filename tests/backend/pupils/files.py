"""SIECLE's exports as the real ones are made; everybody in them is invented."""

import zipfile
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from uuid import UUID

from backend.pupils.matching import Known, Place
from backend.pupils.reading import Roster, read_files

UAI = "0750655E"


@dataclass
class Eleve:
    """A pupil as SIECLE exports one."""

    nom: str
    prenom: str
    naissance: str
    ine: str = ""
    division: str = "3 A"
    regime: str = "2"
    more: dict[str, str] = field(default_factory=dict)


def eleves_xml(eleves: list[Eleve], encoding: str = "ISO-8859-15", uai: str = UAI) -> bytes:
    """Write ElevesAvecAdresses.xml with the elements of the real one, needed here or not."""
    pupils, structures = [], []
    for place, one in enumerate(eleves, start=1):
        elements = {
            "ID_NATIONAL": one.ine,
            "ID_ELEVE_ETAB": str(place),
            "NOM_DE_FAMILLE": one.nom,
            "PRENOM": one.prenom,
            "PRENOM2": "Camille",
            "DATE_NAISS": one.naissance,
            "CODE_SEXE": "2",
            "CODE_PAYS": "100",
            "CODE_COMMUNE_INSEE_NAISS": "75056",
            "ADRESSE_ID": str(place),
            "CODE_MEF": "10010012110",
            "CODE_STATUT": "ST",
            "CODE_REGIME": one.regime,
            "DATE_ENTREE": "01/09/2025",
            **one.more,
        }
        inside = "".join(f"<{name}>{text}</{name}>" for name, text in elements.items() if text)
        before = "<SCOLARITE_AN_DERNIER><CODE_STRUCTURE>6 Z</CODE_STRUCTURE></SCOLARITE_AN_DERNIER>"
        pupils.append(f'<ELEVE ELEVE_ID="{place}" ELENOET="{place + 500}">{inside}{before}</ELEVE>')
        group = (
            "<STRUCTURE><CODE_STRUCTURE>LATIN</CODE_STRUCTURE><TYPE_STRUCTURE>G</TYPE_STRUCTURE>"
        )
        division = (
            "<STRUCTURE><CODE_STRUCTURE>{}</CODE_STRUCTURE><TYPE_STRUCTURE>D</TYPE_STRUCTURE>"
        )
        if one.division:
            structures.append(
                f'<STRUCTURES_ELEVE ELEVE_ID="{place}" ELENOET="{place + 500}">{group}</STRUCTURE>'
                f"{division.format(one.division)}</STRUCTURE></STRUCTURES_ELEVE>"
            )
    text = "\n".join(
        [
            f"<?xml version='1.0' encoding='{encoding}'?>",
            '<BEE_ELEVES VERSION="3.0"><PARAMETRES>',
            f"<UAJ>{uai}</UAJ><ANNEE_SCOLAIRE>2026</ANNEE_SCOLAIRE>",
            "<HORODATAGE>01/09/2026 08:00:00</HORODATAGE></PARAMETRES><DONNEES>",
            '<ADRESSES><ADRESSE ADRESSE_ID="1"><LIGNE1_ADRESSE>1 rue du Port</LIGNE1_ADRESSE>',
            "</ADRESSE></ADRESSES><ELEVES>",
            *pupils,
            "</ELEVES><STRUCTURES>",
            *structures,
            "</STRUCTURES></DONNEES></BEE_ELEVES>",
        ]
    )
    return text.encode(encoding)


def structures_xml(labels: dict[str, str], uai: str = UAI) -> bytes:
    """Write Structures.xml."""
    divisions = "".join(
        f'<DIVISION CODE_STRUCTURE="{code}"><LIBELLE_LONG>{label}</LIBELLE_LONG></DIVISION>'
        for code, label in labels.items()
    )
    return (
        "<?xml version='1.0' encoding='ISO-8859-15'?><BEE_STRUCTURES VERSION='2.0'><PARAMETRES>"
        f"<UAJ>{uai}</UAJ></PARAMETRES><DONNEES><DIVISIONS>{divisions}</DIVISIONS><GROUPES/>"
        "</DONNEES></BEE_STRUCTURES>"
    ).encode("iso8859-15")


def zipped(path: Path, **members: bytes) -> Path:
    """Write a zip; `Eleves_xml` is the member `Eleves.xml`."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return path


def read(*paths: Path, **columns: str) -> Roster:
    """Read files as the command does, silently."""
    return read_files(paths, mapping=columns, progress=lambda _count, _share: None)


def known(
    number: int,
    given_name: str,
    family_name: str,
    born: date,
    ine: str | None = None,
    place: Place | None = None,
) -> Known:
    """Return somebody on record."""
    return Known(
        beneficiary_id=UUID(int=number),
        given_name=given_name,
        family_name=family_name,
        birth_date=born,
        ine=ine,
        has_email=False,
        has_phone=False,
        place=place,
    )
