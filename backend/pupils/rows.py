"""One pupil as a file says it, and the rules by which its words are read. Pure.

A line is refused, with a code and French words, only when it names nobody for certain; whatever
else cannot be read is left out and noted. Nothing is kept of a file beyond what is here.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from backend.accounts.beneficiaries import normal_email
from backend.accounts.errors import EmailInvalid
from backend.accounts.tables import PHONE_CHARACTERS_MAX
from backend.pupils.names import as_called, name_keys, words_of

NAME_CHARACTERS_MAX: Final = 100
CLASS_CHARACTERS_MAX: Final = 40
REGIME_CHARACTERS_MAX: Final = 60
YEAR_MIN: Final = 1900

_DATE: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})|(\d{2})/(\d{2})/(\d{4})", re.ASCII)
_PHONE: Final = re.compile(r"\+?[0-9][0-9 .-]{7,18}", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
#: RNIE since 2018, BEA before, SIFA for apprentices, base 36 of higher education.
_INE: Final = re.compile(
    r"\d{9}[A-HJK]{2}|\d{10}[A-HJ-NPR-Z]|\d{4}A\d{5}[A-HJ-NPR-Z]|[0-9A-Z]{10}\d", re.ASCII
)
#: An establishment gives it until the national one comes: it says nothing next year.
_PROVISIONAL_INE: Final = re.compile(r"\d{4}D\d{5}[A-HJ-NPR-Z]", re.ASCII)
_UAI: Final = re.compile(r"\d{7}[A-Z]", re.ASCII)
_UAI_LETTERS: Final = "ABCDEFGHJKLMNPRSTUVWXYZ"
_DAY_WORDS: Final = {"l": 1, "m": 2, "me": 3, "j": 4, "v": 5, "s": 6, "d": 7} | {
    name[:3]: number
    for number, name in enumerate(
        ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"), start=1
    )
}


class Diet(StrEnum):
    """What a kitchen must know, and no reason for it."""

    STANDARD = "standard"
    NO_PORK = "no_pork"
    NO_MEAT = "no_meat"
    NO_GLUTEN = "no_gluten"
    #: Brings their own meal, or gets one under a care plan.
    CARE_PLAN = "care_plan"


DIETS: Final = {
    "standard": Diet.STANDARD,
    "normal": Diet.STANDARD,
    "sans porc": Diet.NO_PORK,
    "sans viande": Diet.NO_MEAT,
    "vegetarien": Diet.NO_MEAT,
    "vegetarienne": Diet.NO_MEAT,
    "sans gluten": Diet.NO_GLUTEN,
    "pai": Diet.CARE_PLAN,
    "panier repas": Diet.CARE_PLAN,
}
DIET_WORDS: Final = {
    Diet.STANDARD: "standard",
    Diet.NO_PORK: "sans porc",
    Diet.NO_MEAT: "sans viande",
    Diet.NO_GLUTEN: "sans gluten",
    Diet.CARE_PLAN: "PAI",
}
#: The national nomenclature of regimes, by its first digit; the second is an establishment's own.
REGIMES: Final = {
    "0": "externe",
    "1": "externe",
    "2": "demi-pensionnaire",
    "3": "interne",
    "4": "interne externé",
    "5": "interne hébergé",
    "6": "demi-pensionnaire hors établissement",
}
#: Longest beginnings first: what a label of a regime begins with, without accents.
_REGIME_STARTS: Final = (
    ("demi pensionnaire hors", "demi-pensionnaire hors établissement"),
    ("dp hors", "demi-pensionnaire hors établissement"),
    ("demi", "demi-pensionnaire"),
    ("dp", "demi-pensionnaire"),
    ("interne externe", "interne externé"),
    ("interne heberge", "interne hébergé"),
    ("intern", "interne"),
    ("extern", "externe"),
)
_WHOLE_LABELS: Final = {
    *("demi pensionnaire", "demi pension", "dp", "interne", "externe", "externe libre"),
    *("demi pensionnaire dans l etablissement", "demi pensionnaire hors l etablissement"),
    *("demi pensionnaire hors etablissement", "dp dan", "dp hors", "interne dans l etablissement"),
    *("externe surveille", "interne externe", "interne heberge", "extern", "intern", "ex sur"),
}


class LineRefused(Exception):
    """A line names nobody for certain: a stable code, and French words."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


@dataclass(frozen=True, slots=True)
class Regime:
    """What the establishment calls a pupil's boarding; `base` is what all its variants are."""

    name: str
    base: str | None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a person should look at: where, a stable code, French words."""

    line: int
    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that is not taken, and by what it may still be recognised: nobody leaves by it."""

    problem: Problem
    ine: str | None = field(default=None, repr=False)
    keys: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def is_anybody(self) -> bool:
        """True if nothing says whose line it is."""
        return self.ine is None and not self.keys


@dataclass(frozen=True, slots=True)
class PupilRow:
    """A pupil as one line, or one element, says it. Not printed: it is about somebody."""

    line: int
    given_name: str = field(repr=False)
    family_name: str = field(repr=False)
    birth_date: date = field(repr=False)
    ine: str | None = field(default=None, repr=False)
    name_in_use: str | None = field(default=None, repr=False)
    class_code: str | None = None
    regime: Regime | None = None
    diet: Diet | None = None
    #: ISO days of a package, ascending.
    days: str | None = None
    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    left_on: date | None = None

    @property
    def keys(self) -> frozenset[str]:
        """Every key of the pupil's names."""
        return name_keys(self.given_name, self.family_name, self.name_in_use)


class RowReader:
    """Reads one pupil's words; what is left out is noted in `problems`."""

    def __init__(self, line: int, words: dict[str, str], problems: list[Problem]) -> None:
        self._line = line
        self._words = words
        self._problems = problems

    def take(self) -> PupilRow | Refused:
        """Return the pupil, or why there is none."""
        try:
            return self.read()
        except LineRefused as why:
            problem = Problem(self._line, why.code, why.words)
        ine = self._words.get("ine", "").replace(" ", "").upper()
        names = (self._words.get("nom"), self._words.get("nom_usage"))
        keys = name_keys(self._words.get("prenom", ""), *names)
        return Refused(problem, ine if _INE.fullmatch(ine) else None, keys)

    def read(self) -> PupilRow:
        """Return the pupil; raise LineRefused."""
        given_name, family_name = self._name("prenom"), self._name("nom")
        birth_date = self._date("date_naissance")
        if given_name is None or family_name is None or birth_date is None:
            raise LineRefused(
                "identity_missing", "il faut un nom, un prénom, une date de naissance"
            )
        return PupilRow(
            line=self._line,
            given_name=as_called(given_name),
            family_name=family_name,
            birth_date=birth_date,
            ine=self._ine(),
            name_in_use=self._name("nom_usage"),
            class_code=self._class_code(),
            regime=read_regime(self._text("regime") or ""),
            diet=self._diet(),
            days=self._days(),
            email=self._email(),
            phone=self._phone(),
            left_on=self._left_on(),
        )

    def _text(self, column: str) -> str | None:
        text = " ".join(_CONTROL.sub(" ", self._words.get(column, "")).split())
        return text or None

    def _note(self, code: str, words: str) -> None:
        self._problems.append(Problem(self._line, code, words))

    def _name(self, column: str) -> str | None:
        text = self._text(column)
        if text is None or not words_of(text):
            return None
        if len(text) > NAME_CHARACTERS_MAX:
            raise LineRefused(
                "name_too_long", f"{column} : plus de {NAME_CHARACTERS_MAX} caractères"
            )
        return text

    def _date(self, column: str) -> date | None:
        text = self._text(column)
        if text is None:
            return None
        read = read_date(text)
        if read is None:
            words = f"{column} : date illisible, attendue comme 31/08/2011"
            raise LineRefused("date_unreadable", words)
        return read

    def _left_on(self) -> date | None:
        text = self._text("sortie")
        if text is None or words_of(text)[:1] in (("fin",), ("en",)):
            return None
        try:
            return self._date("sortie")
        except LineRefused:
            self._note("leaving_unreadable", "sortie : date illisible, l'élève est gardé")
            return None

    def _ine(self) -> str | None:
        text = (self._text("ine") or "").replace(" ", "").upper()
        if not text:
            return None
        if _PROVISIONAL_INE.fullmatch(text):
            self._note(
                "ine_provisional", "INE provisoire : non retenu, le nom et la date suffisent"
            )
            return None
        if not _INE.fullmatch(text):
            self._note("ine_unreadable", "INE illisible : non retenu (11 caractères attendus)")
            return None
        return text

    def _class_code(self) -> str | None:
        text = self._text("classe")
        if text is None or len(text) <= CLASS_CHARACTERS_MAX:
            return text
        self._note("class_unreadable", f"classe : plus de {CLASS_CHARACTERS_MAX} caractères")
        return None

    def _diet(self) -> Diet | None:
        text = self._text("repas")
        if text is None:
            return None
        found = DIETS.get(" ".join(words_of(text)))
        if found is None:
            known = ", ".join(DIET_WORDS.values())
            self._note("diet_unknown", f"repas : inconnu, non retenu ; attendu parmi {known}")
        return found

    def _days(self) -> str | None:
        text = self._text("jours")
        if text is None:
            return None
        days = read_days(text)
        if days is None:
            self._note("days_unreadable", "jours : illisibles, non retenus ; attendu comme 1245")
        return days

    def _email(self) -> str | None:
        text = self._text("courriel")
        try:
            return None if text is None else normal_email(text)
        except EmailInvalid:
            self._note("email_unreadable", "courriel : illisible, non retenu")
            return None

    def _phone(self) -> str | None:
        text = self._text("telephone")
        if text is None:
            return None
        if not _PHONE.fullmatch(text) or len(text) > PHONE_CHARACTERS_MAX:
            self._note("phone_unreadable", "téléphone : illisible, non retenu")
            return None
        return text


def read_date(text: str) -> date | None:
    """Read `31/08/2011` or `2011-08-31`; None: no such day, or before YEAR_MIN."""
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day = found.group(1, 2, 3) if found[1] else found.group(6, 5, 4)
    try:
        read = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return read if read.year >= YEAR_MIN else None


def read_regime(text: str) -> Regime | None:
    """Read a code of the national nomenclature, or a label; None: nothing is said.

    A variant of an establishment's own (`24`, `DP 4 JOURS`) keeps its name beside its base.
    """
    text = " ".join(text.split())[:REGIME_CHARACTERS_MAX]
    if not text:
        return None
    if re.fullmatch(r"\d{1,2}", text, re.ASCII):
        base = REGIMES.get(text[0])
        if base is None:
            return Regime(f"régime {text}", None)
        return Regime(base if len(text) == 1 else f"{base} {text}", base)
    plain = " ".join(words_of(text))
    base = next((base for start, base in _REGIME_STARTS if plain.startswith(start)), None)
    if base is not None and plain in _WHOLE_LABELS:
        return Regime(base, base)
    return Regime(text.lower(), base)


def read_days(text: str) -> str | None:
    """Read the days of a package: `1245`, `lun mar jeu ven`, `L M J V`; None: unreadable."""
    if re.fullmatch("[1-7]{1,7}", text, re.ASCII):
        return "".join(sorted(set(text)))
    numbers = [_DAY_WORDS.get(word, _DAY_WORDS.get(word[:3])) for word in words_of(text)]
    known = {number for number in numbers if number is not None}
    if not known or None in numbers:
        return None
    return "".join(str(number) for number in sorted(known))


def is_uai(text: str) -> bool:
    """Tell whether this is the code of an establishment, its key letter included."""
    return bool(_UAI.fullmatch(text)) and text[7] == _UAI_LETTERS[int(text[:7]) % 23]
