"""SIECLE's generic XML exports: pupils (with addresses or without), and divisions.

Elements are read as they stream by, and only the few that are needed; a document type, with which
every entity attack begins, is refused. Addresses, parents, options and grants are never looked at.
Element names are those of the exports `BEE_ELEVES` and `BEE_STRUCTURES`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from defusedxml import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from backend.pupils.errors import PupilFileRefused
from backend.pupils.sources import XmlPart

CHUNK_BYTES: Final = 65_536
PUPILS_MAX: Final = 20_000
TEXT_CHARACTERS_MAX: Final = 500
DEPTH_MAX: Final = 30
PUPILS_ROOT: Final = "BEE_ELEVES"
STRUCTURES_ROOT: Final = "BEE_STRUCTURES"

#: Children of ELEVE (or of its SCOLARITE_ACTIVE), and what this program calls them.
_OF_PUPIL: Final = {
    "ID_NATIONAL": "ine",
    "NOM_DE_FAMILLE": "nom",
    "NOM": "nom",
    "NOM_USAGE": "nom_usage",
    "PRENOM": "prenom",
    "DATE_NAISS": "date_naissance",
    "CODE_REGIME": "regime",
    "DATE_SORTIE": "sortie",
    "CODE_DIVISION": "classe",
    "MEL": "courriel",
    "TEL_PORTABLE": "telephone",
}
_DIVISION_CODES: Final = ("CODE_STRUCTURE", "CODE_DIVISION", "CODE")
_DIVISION_LABELS: Final = ("LIBELLE_LONG", "LIBELLE_COURT")


@dataclass(slots=True)
class SiecleDocument:
    """What was read of one or several documents."""

    uai: str | None = None
    #: By ELEVE_ID: the line of the element, and its words.
    pupils: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict, repr=False)
    #: By ELEVE_ID: the division.
    divisions_of: dict[str, str] = field(default_factory=dict, repr=False)
    labels: dict[str, str] = field(default_factory=dict)
    #: Documents that say nothing of pupils or divisions.
    ignored: list[str] = field(default_factory=list)
    has_pupils: bool = False


class _Enough(Exception):
    """Nothing of this document is needed."""


class _NoDoctypeParser(DefusedExpatParser):
    """Refuses a DTD, and with it entities and external references."""

    def __init__(self) -> None:
        super().__init__(forbid_dtd=True)


def read_document(part: XmlPart, into: SiecleDocument, progress: Callable[[int], None]) -> None:
    """Read one document to its end; `progress` hears of bytes. Raise PupilFileRefused."""
    parser = _NoDoctypeParser()
    parser.setContentHandler(_Handler(into, line=parser.getLineNumber))
    try:
        while chunk := part.stream.read(CHUNK_BYTES):
            parser.feed(chunk)
            progress(len(chunk))
        parser.close()
    except _Enough:
        into.ignored.append(part.name)
    except DefusedXmlException:
        words = f"{part.name} : ce fichier déclare un DOCTYPE, ce que SIECLE ne fait jamais"
        raise PupilFileRefused("xml_doctype", words) from None
    except SAXParseException as error:
        words = f"{part.name}, ligne {error.getLineNumber()} : XML incomplet ou mal formé"
        raise PupilFileRefused("xml_malformed", words) from None
    except (LookupError, UnicodeError, ValueError):
        words = f"{part.name} : encodage inconnu"
        raise PupilFileRefused("xml_encoding", words) from None


class _Handler(ContentHandler):
    """Keeps what is needed of the elements that stream by."""

    def __init__(self, into: SiecleDocument, line: Callable[[], int | None]) -> None:
        super().__init__()
        self._into = into
        self._line = line
        self._path: list[str] = []
        self._text: list[str] | None = None
        self._text_length = 0
        self._pupil: tuple[int, dict[str, str]] | None = None
        self._pupil_id = ""
        self._attached = ""
        self._structure: dict[str, str] = {}
        self._division: dict[str, str] | None = None

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - SAX's name
        if not self._path and name not in (PUPILS_ROOT, STRUCTURES_ROOT):
            raise _Enough
        if len(self._path) >= DEPTH_MAX:
            raise PupilFileRefused("xml_too_deep", "XML trop imbriqué : ce n'est pas un export")
        self._into.has_pupils |= name == PUPILS_ROOT and not self._path
        self._path.append(name)
        if name == "ELEVE" and self._parent == "ELEVES":
            self._begin_pupil(attrs)
        elif name == "STRUCTURES_ELEVE":
            self._attached = _id_of(attrs)
        elif name == "STRUCTURE":
            self._structure = {}
        elif name == "DIVISION" and self._parent == "DIVISIONS":
            found = next((attrs[code] for code in _DIVISION_CODES if code in attrs), "")
            self._division = {"CODE_STRUCTURE": found}
        self._text = [] if self._is_wanted(name) else None
        self._text_length = 0

    def characters(self, content: str) -> None:
        if self._text is not None and self._text_length < TEXT_CHARACTERS_MAX:
            self._text.append(content[:TEXT_CHARACTERS_MAX])
            self._text_length += len(content)

    def endElement(self, name: str) -> None:  # noqa: N802 - SAX's name
        text = "" if self._text is None else "".join(self._text).strip()
        self._text = None
        if text:
            self._keep(name, text)
        self._path.pop()
        if name == "ELEVE" and self._pupil is not None:
            self._into.pupils[self._pupil_id] = self._pupil
            self._pupil = None
        elif name == "STRUCTURE" and self._structure.get("TYPE_STRUCTURE") == "D":
            self._into.divisions_of.setdefault(
                self._attached, self._structure.get("CODE_STRUCTURE", "")
            )
        elif name == "DIVISION" and self._division is not None:
            self._end_division(self._division)
            self._division = None

    @property
    def _parent(self) -> str:
        return self._path[-2] if len(self._path) > 1 else ""

    def _begin_pupil(self, attrs: AttributesImpl) -> None:
        if len(self._into.pupils) >= PUPILS_MAX:
            raise PupilFileRefused("too_many_pupils", f"plus de {PUPILS_MAX} élèves")
        line = self._line() or 0
        self._pupil = (line, {})
        self._pupil_id = _id_of(attrs) or f"line {line}"

    def _is_wanted(self, name: str) -> bool:
        if self._pupil is not None:
            return name in _OF_PUPIL and self._parent in ("ELEVE", "SCOLARITE_ACTIVE")
        if self._parent == "STRUCTURE":
            return name in ("CODE_STRUCTURE", "TYPE_STRUCTURE")
        if self._division is not None:
            return name in (*_DIVISION_CODES, *_DIVISION_LABELS)
        return name == "UAJ" and self._parent == "PARAMETRES"

    def _keep(self, name: str, text: str) -> None:
        if self._pupil is not None:
            self._pupil[1].setdefault(_OF_PUPIL[name], text)
        elif self._division is not None:
            kept = "CODE_STRUCTURE" if name in _DIVISION_CODES else name
            self._division[kept] = self._division.get(kept) or text
        elif name == "UAJ":
            self._into.uai = text
        else:
            self._structure[name] = text

    def _end_division(self, division: dict[str, str]) -> None:
        code = division.get("CODE_STRUCTURE", "")
        label = next((division[name] for name in _DIVISION_LABELS if division.get(name)), "")
        if code and label:
            self._into.labels[" ".join(code.split())] = " ".join(label.split())


def _id_of(attrs: AttributesImpl) -> str:
    return str(attrs.get("ELEVE_ID") or attrs.get("ELENOET") or "")
