"""What an import would change, worked out before anything is written. Pure.

Promise: the same roster against what it left behind is no difference at all. Whoever might be one
of the doubtful or refused lines does not leave.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from backend.pupils.matching import Doubtful, Known, Matched
from backend.pupils.names import same_name
from backend.pupils.rows import DIET_WORDS, Diet, Problem, PupilRow, Refused

#: Up to so many may leave without anybody confirming their number.
DEPARTURES_MIN = 10
#: One in so many pupils, if that is more.
DEPARTURES_SHARE = 5


class Field(StrEnum):
    """What may differ, as the report calls it."""

    FAMILY_NAME = "family_name"
    GIVEN_NAME = "given_name"
    BIRTH_DATE = "birth_date"
    INE = "ine"
    CLASS = "class"
    REGIME = "regime"
    DAYS = "days"
    DIET = "diet"
    EMAIL = "email"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Change:
    """One field, before and after; not printed but in the report."""

    field: Field
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Update:
    """A pupil who is known, and what the file says differently."""

    row: PupilRow
    known: Known
    changes: tuple[Change, ...]

    @property
    def joins(self) -> bool:
        """True if they were never of this establishment."""
        return self.known.place is None

    @property
    def returns(self) -> bool:
        """True if they had left it."""
        return self.known.place is not None and self.known.place.has_ended

    @property
    def moves(self) -> bool:
        """True if they change from one class to another."""
        return any(one.field is Field.CLASS and one.before and one.after for one in self.changes)

    @property
    def is_new_here(self) -> bool:
        """True if the file speaks of this enrolment for the first time, or again."""
        place = self.known.place
        return place is None or place.has_ended or not place.known_by_file

    @property
    def gets_rights(self) -> bool:
        """True if the rights are to be those of the regime."""
        named = {Field.REGIME, Field.DAYS}
        return self.is_new_here or any(one.field in named for one in self.changes)


@dataclass(frozen=True, slots=True)
class Departure:
    """Somebody who is no longer a pupil here, and since when if the file says it."""

    known: Known
    left_on: date | None


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything an import would do, and everything it would not."""

    created: tuple[PupilRow, ...]
    updated: tuple[Update, ...]
    #: As they are on record.
    same: tuple[Update, ...]
    departed: tuple[Departure, ...]
    doubtful: tuple[Doubtful, ...]
    refused: tuple[Refused, ...]
    notes: tuple[Problem, ...]
    #: In the file, gone already, and nobody here knows them as pupils: nothing to do.
    gone_already: int = 0
    #: Why nobody leaves, if nobody may; a French sentence.
    nobody_leaves: str | None = None
    enrolled: int = field(default=0)

    @property
    def needs_confirmation(self) -> bool:
        """True if more leave than an ordinary week explains."""
        return len(self.departed) > max(DEPARTURES_MIN, self.enrolled // DEPARTURES_SHARE)

    @property
    def is_empty(self) -> bool:
        """True if there is nothing to write."""
        return not (self.created or self.updated or self.departed)


@dataclass(frozen=True, slots=True)
class Question:
    """How to compare: the day, and whether whoever is not in the file has left."""

    today: date
    partial: bool = False
    #: A new pupil without a class is no pupil yet.
    class_needed: bool = False


def compare(
    matched: Matched,
    refused: Sequence[Refused],
    notes: Sequence[Problem],
    people: Iterable[Known],
    question: Question,
) -> Difference:
    """Say what the rows change of what is known."""
    refused = [*refused, *matched.refused]
    created, unplaced, gone = _split_new(matched.new, question)
    refused += unplaced
    updated, same, departed = list[Update](), list[Update](), list[Departure]()
    seen = set()
    for row, known in matched.found:
        seen.add(known.beneficiary_id)
        if _has_left(row, question):
            if known.is_here:
                departed.append(Departure(known, row.left_on))
            else:
                gone += 1
            continue
        if question.class_needed and row.class_code is None and not known.is_here:
            refused.append(_without_class(row))
            continue
        update = Update(row, known, _changes(row, known))
        if update.changes or update.is_new_here:
            updated.append(update)
        else:
            same.append(update)
    here = [one for one in people if one.is_here and one.place is not None and one.place.is_pupil]
    why = _why_nobody_leaves(refused, question)
    if why is None:
        absent = [one for one in here if one.beneficiary_id not in seen]
        departed += [Departure(one, None) for one in _certainly_absent(absent, matched, refused)]
    return Difference(
        created=tuple(created),
        updated=tuple(updated),
        same=tuple(same),
        departed=tuple(departed),
        doubtful=tuple(matched.doubtful),
        refused=tuple(sorted(refused, key=lambda one: one.problem.line)),
        notes=tuple(notes),
        gone_already=gone,
        nobody_leaves=why,
        enrolled=len(here),
    )


def _has_left(row: PupilRow, question: Question) -> bool:
    return row.left_on is not None and row.left_on <= question.today


def _split_new(
    rows: Sequence[PupilRow], question: Question
) -> tuple[list[PupilRow], list[Refused], int]:
    present = [row for row in rows if not _has_left(row, question)]
    created = [row for row in present if row.class_code or not question.class_needed]
    unplaced = [
        _without_class(row) for row in present if question.class_needed and not row.class_code
    ]
    return created, unplaced, len(rows) - len(present)


def _without_class(row: PupilRow) -> Refused:
    words = "sans division dans SIECLE : pas encore, ou plus, élève ici"
    return Refused(Problem(row.line, "class_missing", words), row.ine, row.keys)


def _why_nobody_leaves(refused: Sequence[Refused], question: Question) -> str | None:
    if question.partial:
        return "le fichier ne dit qu'une partie des élèves"
    unreadable = sum(one.is_anybody for one in refused)
    if unreadable:
        return f"{unreadable} ligne(s) ne disent pas de qui elles parlent"
    return None


def _certainly_absent(
    absent: Sequence[Known], matched: Matched, refused: Sequence[Refused]
) -> list[Known]:
    """Leave out whoever a doubtful or refused line may be about."""
    numbers = {one.ine for one in refused} | {one.row.ine for one in matched.doubtful}
    keys = frozenset(key for one in refused for key in one.keys).union(
        *(one.row.keys for one in matched.doubtful)
    )
    return [
        one for one in absent if (one.ine is None or one.ine not in numbers) and not one.keys & keys
    ]


def _changes(row: PupilRow, known: Known) -> tuple[Change, ...]:
    found = [*_identity_changes(row, known), *_contact_changes(row, known)]
    place = known.place
    if place is not None:
        # Nothing said is nothing changed: a file without the column knows nothing of it.
        said = (
            (Field.CLASS, place.class_code, row.class_code),
            (Field.REGIME, place.regime, None if row.regime is None else row.regime.name),
            (Field.DAYS, place.days, row.days),
            (Field.DIET, place.diet, diet_words(row.diet)),
        )
        found += [
            Change(name, before, after)
            for name, before, after in said
            if after is not None and after != (before or _usual(name))
        ]
    return tuple(found)


def _usual(name: Field) -> str | None:
    return DIET_WORDS[Diet.STANDARD] if name is Field.DIET else None


def diet_words(diet: Diet | None) -> str | None:
    """Return what the kitchen reads."""
    return None if diet is None else DIET_WORDS[diet]


def _identity_changes(row: PupilRow, known: Known) -> list[Change]:
    found = []
    # The same name in other letters is no change; nor are both names in each other's place.
    if not known.keys & row.keys:
        if not same_name(row.family_name, known.family_name):
            found.append(Change(Field.FAMILY_NAME, known.family_name, row.family_name))
        if not same_name(row.given_name, known.given_name):
            found.append(Change(Field.GIVEN_NAME, known.given_name, row.given_name))
    if row.birth_date != known.birth_date:
        days = (f"{known.birth_date:%d/%m/%Y}", f"{row.birth_date:%d/%m/%Y}")
        found.append(Change(Field.BIRTH_DATE, *days))
    if row.ine is not None and row.ine != known.ine:
        found.append(Change(Field.INE, known.ine, row.ine))
    return found


def _contact_changes(row: PupilRow, known: Known) -> list[Change]:
    """Fill in only what is not known: the link for a new code goes to that address."""
    found = []
    if row.email is not None and not known.has_email:
        found.append(Change(Field.EMAIL, None, row.email))
    if row.phone is not None and not known.has_phone:
        found.append(Change(Field.PHONE, None, row.phone))
    return found
