"""Who each row is: by INE, else by birth date and name. Pure; never a guess.

Promise: a row is one known person, a new person, or doubtful with a reason and its candidates. Two
rows are never one person. A person may decide a doubtful row (`Decisions`), nobody else does.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import UUID

from backend.pupils.errors import DecisionInvalid
from backend.pupils.names import name_keys
from backend.pupils.rows import Problem, PupilRow, Refused


class Doubt(StrEnum):
    """Why nobody can say who a row is."""

    #: The INE belongs to somebody of another name and another birth date.
    INE_OF_ANOTHER = "ine_of_another"
    #: Same name and birth date, but another INE: a namesake, or a number that changed.
    INE_DIFFERS = "ine_differs"
    #: Several known people have this name and birth date.
    SEVERAL_PEOPLE = "several_people"
    #: Two rows of the file would be the same known person.
    SAME_PERSON_TWICE = "same_person_twice"
    #: Two rows of the file have one INE.
    INE_TWICE = "ine_twice"
    #: Belongs here as staff, trainee or guest.
    NOT_A_PUPIL = "not_a_pupil"


DOUBT_WORDS = {
    Doubt.INE_OF_ANOTHER: "cet INE est déjà celui d'une autre personne",
    Doubt.INE_DIFFERS: "même nom et même date de naissance, mais un autre INE",
    Doubt.SEVERAL_PEOPLE: "plusieurs personnes connues ont ce nom et cette date de naissance",
    Doubt.SAME_PERSON_TWICE: "deux lignes du fichier seraient la même personne",
    Doubt.INE_TWICE: "deux lignes du fichier portent le même INE",
    Doubt.NOT_A_PUPIL: "cette personne est inscrite ici, mais pas comme élève",
}


@dataclass(frozen=True, slots=True)
class Place:
    """What is recorded of a person at this establishment."""

    enrolment_id: UUID
    is_pupil: bool
    has_ended: bool
    #: None: no file has ever spoken of this enrolment.
    class_code: str | None = None
    regime: str | None = None
    days: str | None = None
    diet: str | None = None
    known_by_file: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """A person on record, as far as an import looks at them."""

    beneficiary_id: UUID
    given_name: str = field(repr=False)
    family_name: str = field(repr=False)
    birth_date: date = field(repr=False)
    ine: str | None = field(repr=False)
    has_email: bool
    has_phone: bool
    #: None: not of this establishment, and never was.
    place: Place | None

    @property
    def keys(self) -> frozenset[str]:
        """Every key of the person's names."""
        return name_keys(self.given_name, self.family_name)

    @property
    def is_here(self) -> bool:
        """True if this establishment's gates know them now."""
        return self.place is not None and not self.place.has_ended


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A row, why it is doubtful, and who it might be."""

    row: PupilRow
    doubt: Doubt
    candidates: tuple[Known, ...]

    @property
    def may_be(self) -> tuple[Known, ...]:
        """Whom a person may say it is: an INE never comes to be two people's."""
        if self.doubt is Doubt.INE_TWICE:
            return ()
        if self.doubt is Doubt.INE_OF_ANOTHER:
            return tuple(one for one in self.candidates if one.ine == self.row.ine)
        return self.candidates

    @property
    def may_be_new(self) -> bool:
        """Whether a person may say it is somebody new."""
        return self.doubt not in (Doubt.INE_OF_ANOTHER, Doubt.INE_TWICE, Doubt.NOT_A_PUPIL)


@dataclass(frozen=True, slots=True)
class Decisions:
    """What a person decided of doubtful rows, by line: this known person, or a new one."""

    same: Mapping[int, UUID] = field(default_factory=dict)
    new: frozenset[int] = frozenset()


@dataclass(slots=True)
class Matched:
    """Every row, in one of four places."""

    found: list[tuple[PupilRow, Known]] = field(default_factory=list)
    new: list[PupilRow] = field(default_factory=list)
    doubtful: list[Doubtful] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


NO_DECISIONS = Decisions()


def match(
    rows: Sequence[PupilRow], people: Iterable[Known], decisions: Decisions = NO_DECISIONS
) -> Matched:
    """Say who each row is; raise DecisionInvalid if a decision fits no doubtful row."""
    index, matched = _Index(people), Matched()
    single, matched.refused = _without_repeats(rows)
    twice = Counter(row.ine for row in single if row.ine is not None)
    for row in single:
        candidates = index.candidates(row)
        if row.ine is not None and twice[row.ine] > 1:
            matched.doubtful.append(Doubtful(row, Doubt.INE_TWICE, candidates))
            continue
        _place(index.judge(row, candidates), row, matched)
    _set_apart_doubles(matched)
    _settle(matched, decisions, index)
    _set_apart_doubles(matched)
    return matched


class _Index:
    """Known people, by INE and by birth date and name."""

    def __init__(self, people: Iterable[Known]) -> None:
        self.by_id: dict[UUID, Known] = {}
        self._by_ine: dict[str, Known] = {}
        self._by_name: dict[tuple[date, str], list[Known]] = defaultdict(list)
        for person in people:
            self.by_id[person.beneficiary_id] = person
            if person.ine is not None:
                self._by_ine[person.ine] = person
            for key in person.keys:
                self._by_name[person.birth_date, key].append(person)

    def candidates(self, row: PupilRow) -> tuple[Known, ...]:
        """Return everybody of this birth date and name, and whoever has the INE."""
        found = {
            person.beneficiary_id: person
            for key in sorted(row.keys)
            for person in self._by_name.get((row.birth_date, key), ())
        }
        of_ine = None if row.ine is None else self._by_ine.get(row.ine)
        if of_ine is not None:
            found[of_ine.beneficiary_id] = of_ine
        return tuple(found.values())

    def judge(self, row: PupilRow, candidates: tuple[Known, ...]) -> Known | Doubt | None:
        """Return who it is, why that is in doubt, or None for nobody known."""
        of_ine = None if row.ine is None else self._by_ine.get(row.ine)
        if of_ine is not None:
            same = of_ine.birth_date == row.birth_date or of_ine.keys & row.keys
            return _as_pupil(of_ine) if same else Doubt.INE_OF_ANOTHER
        possible = [one for one in candidates if row.ine is None or one.ine is None]
        if len(possible) > 1:
            here = [one for one in possible if one.is_here]
            return _as_pupil(here[0]) if len(here) == 1 else Doubt.SEVERAL_PEOPLE
        if len(possible) < len(candidates):
            return Doubt.INE_DIFFERS
        return _as_pupil(possible[0]) if possible else None


def _as_pupil(person: Known) -> Known | Doubt:
    place = person.place
    if place is None or place.is_pupil or place.has_ended:
        return person
    return Doubt.NOT_A_PUPIL


def _place(verdict: Known | Doubt | None, row: PupilRow, matched: Matched) -> None:
    if verdict is None:
        matched.new.append(row)
    elif isinstance(verdict, Known):
        matched.found.append((row, verdict))
    else:
        matched.doubtful.append(Doubtful(row, verdict, ()))


def _without_repeats(rows: Sequence[PupilRow]) -> tuple[list[PupilRow], list[Refused]]:
    """Take the first of lines that say the same pupil twice, with the same INE or none."""
    first: dict[tuple[date, str, str | None], PupilRow] = {}
    single, refused = list[PupilRow](), list[Refused]()
    for row in rows:
        names = {(row.birth_date, key, row.ine) for key in row.keys}
        before = next((first[name] for name in names if name in first), None)
        if before is None:
            single.append(row)
            first |= dict.fromkeys(names, row)
        else:
            words = f"même élève qu'à la ligne {before.line}"
            problem = Problem(row.line, "line_repeated", words)
            refused.append(Refused(problem, row.ine, row.keys))
    return single, refused


def _settle(matched: Matched, decisions: Decisions, index: _Index) -> None:
    """Let what a person decided take the place of a doubt."""
    matched.doubtful = [
        Doubtful(one.row, one.doubt, one.candidates or index.candidates(one.row))
        for one in matched.doubtful
    ]
    open_lines = {one.row.line: one for one in matched.doubtful}
    for line, beneficiary_id in decisions.same.items():
        one = open_lines.pop(line, None)
        if one is None or beneficiary_id not in {known.beneficiary_id for known in one.may_be}:
            raise DecisionInvalid(line=line)
        matched.found.append((one.row, index.by_id[beneficiary_id]))
    for line in decisions.new:
        one = open_lines.pop(line, None)
        if one is None or not one.may_be_new:
            raise DecisionInvalid(line=line)
        matched.new.append(one.row)
    matched.doubtful = list(open_lines.values())


def _set_apart_doubles(matched: Matched) -> None:
    """Doubt every row that would be somebody whom another row is too."""
    rows_of = Counter(known.beneficiary_id for _, known in matched.found)
    twice = [pair for pair in matched.found if rows_of[pair[1].beneficiary_id] > 1]
    matched.found = [pair for pair in matched.found if rows_of[pair[1].beneficiary_id] == 1]
    matched.doubtful += [Doubtful(row, Doubt.SAME_PERSON_TWICE, (known,)) for row, known in twice]
    matched.doubtful.sort(key=lambda one: one.row.line)
