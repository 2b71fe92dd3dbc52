"""What the import of an establishment's files says: what would change, and what is wrong with them.

The rooms that read a file say what is wrong in French, with a stable code; its English is here, by
that code. Not here: whoever reads a file at the command line, who reads French.
"""

from collections.abc import Mapping
from typing import Final

from backend.commands.pupils_report import FIELD_WORDS
from backend.pupils.difference import Field
from backend.pupils.matching import DOUBT_WORDS, Doubt
from backend.web.words import Text

TOO_LARGE: Final = Text(
    "Ces fichiers sont illisibles, ou dépassent 50 Mo.",
    "These files cannot be read, or are larger than 50 MB.",
)
CHOOSE: Final = Text("Choisissez un fichier.", "Choose a file.")
NOT_SHOWN: Final = Text(
    "Ce n’est pas le fichier dont les changements étaient montrés. Voici les siens.",
    "This is not the file whose changes were shown. Here are its own.",
)
OTHER_ESTABLISHMENT: Final = Text(
    "Ce fichier est celui d’un autre établissement. Vérifiez l’UAI de l’export.",
    "This file is another school’s. Check the UAI of the export.",
)
NEW: Final = Text("Nouveaux", "New")
JOINING: Final = Text("Rejoignent ou reviennent", "Joining or coming back")
CHANGED: Final = Text("Modifiés", "Changed")
GONE: Final = Text("Partis", "Gone")
TO_DECIDE: Final = Text("À décider, rien n’est fait", "To be decided, nothing is done")
REFUSED: Final = Text("Lignes refusées", "Lines refused")
NOTES: Final = Text("Remarques", "Remarks")

_DOUBTS_EN: Final[dict[Doubt, str]] = {
    Doubt.INE_OF_ANOTHER: "this INE is already somebody else’s",
    Doubt.INE_DIFFERS: "same name and same birth date, but another INE",
    Doubt.SEVERAL_PEOPLE: "several known people have this name and birth date",
    Doubt.SAME_PERSON_TWICE: "two lines of the file would be the same person",
    Doubt.INE_TWICE: "two lines of the file have the same INE",
    Doubt.NOT_A_PUPIL: "this person is enrolled here, but not as a pupil",
}
DOUBTS: Final = {one: Text(DOUBT_WORDS[one], english) for one, english in _DOUBTS_EN.items()}
_FIELDS_EN: Final[dict[Field, str]] = {
    Field.FAMILY_NAME: "family name",
    Field.GIVEN_NAME: "given name",
    Field.BIRTH_DATE: "birth date",
    Field.INE: "INE",
    Field.CLASS: "class",
    Field.REGIME: "boarding",
    Field.DAYS: "days",
    Field.DIET: "meals",
    Field.EMAIL: "e-mail",
    Field.PHONE: "telephone",
}
FIELDS: Final = {one: Text(FIELD_WORDS[one], english) for one, english in _FIELDS_EN.items()}
#: What is wrong with a file as a whole, by its code.
FILES_EN: Final[Mapping[str, str]] = {
    "column_missing": "A column is missing from the list’s first line, or is not found there.",
    "column_twice": "Two columns of the list say the same.",
    "file_too_large": "This file is too large.",
    "file_unreadable": "This file is missing, or cannot be read.",
    "files_mixed": "Give one CSV list alone, or the SIECLE exports of one school.",
    "files_unexpected": "Give from 1 to 4 files.",
    "pupils_missing": (
        "No file of pupils: ElevesAvecAdresses.xml or ElevesSansAdresses.xml is needed."
    ),
    "table_encoding": "Save the list as CSV UTF-8.",
    "too_many_pupils": "There are too many pupils in this file.",
    "xml_doctype": "This file declares a DOCTYPE, which SIECLE never does.",
    "xml_encoding": "The encoding of this file is unknown.",
    "xml_malformed": "This XML is incomplete or badly formed.",
    "xml_too_deep": "This XML is too deep: it is no export.",
    "zip_damaged": "This archive is damaged.",
    "zip_encrypted": "This archive is protected by a password.",
    "zip_too_full": "There are too many files in this archive.",
    "zip_without_xml": "There is no XML file in this archive.",
}
#: What is wrong with a line, by its code.
LINES_EN: Final[Mapping[str, str]] = {
    "class_missing": "no division in SIECLE: not yet, or no longer, a pupil here",
    "class_unreadable": "class: too long, left out",
    "columns_unexpected": "another number of columns than the first line has",
    "date_unreadable": "a date cannot be read, expected as 31/08/2011",
    "days_unreadable": "days: cannot be read, left out; expected as 1245",
    "diet_unknown": "meals: unknown, left out",
    "email_unreadable": "e-mail: cannot be read, left out",
    "identity_missing": "a family name, a given name and a birth date are needed",
    "ine_provisional": "provisional INE: left out, the name and the date suffice",
    "ine_unreadable": "INE cannot be read: left out (11 characters expected)",
    "leaving_unreadable": "leaving: the date cannot be read, the pupil is kept",
    "line_repeated": "same pupil as on an earlier line",
    "line_too_long": "this line is too long",
    "name_too_long": "a name is too long",
    "phone_unreadable": "telephone: cannot be read, left out",
    "quotation_mark": "a quotation mark is not closed",
}


def of_file(code: str, french: str) -> Text:
    """Say what is wrong with a file, as a sentence."""
    return Text(f"{french[0].upper()}{french[1:]}.", FILES_EN[code])


def of_line(code: str, french: str) -> Text:
    """Say what is wrong with a line, or worth a remark."""
    return Text(french, LINES_EN[code])


def of_nobody_leaving(french: str) -> Text:
    """Say why nobody is taken for gone: so many lines are nobody's, or the file is a part."""
    count = french.split(maxsplit=1)[0]
    if count.isdecimal():
        return Text(french, f"{count} line(s) do not say whom they are about")
    return Text(french, "the file tells of some of the pupils only")


def of_departures(count: object) -> Text:
    """Say that so many would leave."""
    return Text(
        f"{count} élèves partiraient : cochez la case qui confirme ce nombre.",
        f"{count} pupils would leave: tick the box that confirms the number.",
    )
