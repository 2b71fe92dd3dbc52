"""Who is given what, and why: rules over a person, and decisions that explain themselves. Pure.

Of a benefit's rules the first that fits gives its amount, once; every top-up that fits comes on
top of it. A decision carries a stable reason for programs and one French sentence for people.
Not here: recording and paying it (bulk.py).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from pydantic import TypeAdapter

from backend.accounts.holder_kinds import HolderKind
from backend.ledger.money import Cents

BASE_SLOT: Final = "base"
FAILURES_SHOWN_MAX: Final = 3


class Track(StrEnum):
    """The path a young person follows."""

    COLLEGE = "college"
    GENERAL = "general"
    TECHNOLOGICAL = "technological"
    PROFESSIONAL = "professional"
    APPRENTICE = "apprentice"
    AGRICULTURAL = "agricultural"
    STUDENT = "student"
    OTHER = "other"


TRACK_WORDS: Final[dict[Track, str]] = {
    Track.COLLEGE: "collège",
    Track.GENERAL: "général",
    Track.TECHNOLOGICAL: "technologique",
    Track.PROFESSIONAL: "professionnel",
    Track.APPRENTICE: "apprenti",
    Track.AGRICULTURAL: "agricole",
    Track.STUDENT: "étudiant",
    Track.OTHER: "autre",
}


HOLDER_WORDS: Final[dict[HolderKind, str]] = {
    HolderKind.YOUNG: "jeunes",
    HolderKind.REFERENT: "référents",
}


class Reason(StrEnum):
    """Why it was decided so; kept and reported: never renamed."""

    RULE = "rule"
    #: An amount that a person or a file named.
    NAMED = "named"
    NO_RULE = "no_rule"
    TOO_YOUNG = "too_young"
    TOO_OLD = "too_old"
    RESIDENCE_UNKNOWN = "residence_unknown"
    RESIDENCE_OUTSIDE = "residence_outside"
    TRACK_UNKNOWN = "track_unknown"
    TRACK_NOT_COVERED = "track_not_covered"
    LEVEL_UNKNOWN = "level_unknown"
    LEVEL_NOT_COVERED = "level_not_covered"
    NO_SCHOLARSHIP = "no_scholarship"
    SCHOLARSHIP = "scholarship"
    #: For the other kind of holder: the young, or referents.
    OTHER_HOLDERS = "other_holders"


@dataclass(frozen=True, slots=True)
class Person:
    """What rules may ask; None is unknown, which is not the same as no."""

    birth_date: date
    #: INSEE code.
    commune: str | None = None
    postcode: str | None = None
    department: str | None = None
    track: Track | None = None
    level: str | None = None
    scholarship: bool = False
    scholarship_proof: str | None = None
    kind: HolderKind = HolderKind.YOUNG

    def home_department(self) -> str | None:
        """Return the département: as told, else by the commune, else by the postcode."""
        if self.department or self.commune:
            return self.department or _department_of(self.commune or "")
        return _department_of_postcode(self.postcode) if self.postcode else None


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a rule asks; whatever is left empty is not asked. Places: any one of them is enough."""

    age_min: int | None = None
    age_max: int | None = None
    #: The day ages are counted on; none: the campaign's first day.
    age_on: date | None = None
    departments: tuple[str, ...] = ()
    postcodes: tuple[str, ...] = ()
    communes: tuple[str, ...] = ()
    tracks: tuple[Track, ...] = ()
    levels: tuple[str, ...] = ()
    scholarship: bool | None = None
    #: Which kinds of holder; a rule that names none is for the young.
    holders: tuple[HolderKind, ...] = (HolderKind.YOUNG,)

    def can_be_met(self) -> bool:
        """Tell whether the ages leave anybody."""
        if self.age_min is None or self.age_max is None:
            return True
        return self.age_min <= self.age_max

    def as_json(self) -> str:
        """Write them for the database."""
        return _CONDITIONS.dump_json(self, exclude_defaults=True).decode()

    @staticmethod
    def from_json(text: str) -> "Conditions":
        """Read what `as_json` wrote."""
        return _CONDITIONS.validate_json(text)


_CONDITIONS: Final = TypeAdapter(Conditions)


@dataclass(frozen=True, slots=True)
class Rule:
    """An amount, and who is given it."""

    code: str
    label: str
    amount: Cents
    top_up: bool
    conditions: Conditions


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person is given of one benefit for one reason; nothing if `amount` is none."""

    slot: str
    rule_code: str | None
    reason: Reason
    amount: Cents
    #: One French sentence that explains it.
    words: str
    #: What the holder's statement says; empty if refused.
    statement: str

    @property
    def granted(self) -> bool:
        """Whether anything is given."""
        return self.amount.value > 0


@dataclass(frozen=True, slots=True)
class Failure:
    """A condition that is not met."""

    reason: Reason
    words: str


def age_at(birth_date: date, day: date) -> int:
    """Return the age in whole years on a day; born on 29 February, it changes on 1 March."""
    before_birthday = (day.month, day.day) < (birth_date.month, birth_date.day)
    return day.year - birth_date.year - before_birthday


def decide(person: Person, rules: Sequence[Rule], opens_on: date) -> list[Decision]:
    """Return the decisions on one benefit: one of the first rules, then each top-up that fits."""
    base = _decide_base(person, [rule for rule in rules if not rule.top_up], opens_on)
    if not base.granted:
        return [base]
    top_ups = [
        _give(rule, person, opens_on)
        for rule in rules
        if rule.top_up and not any(failures(person, rule.conditions, opens_on))
    ]
    return [base, *top_ups]


def failures(person: Person, conditions: Conditions, opens_on: date) -> Iterator[Failure]:
    """Give each condition that this person does not meet."""
    if person.kind not in conditions.holders:
        whom = " et aux ".join(HOLDER_WORDS[kind] for kind in conditions.holders)
        yield Failure(Reason.OTHER_HOLDERS, f"réservé aux {whom}")
    yield from _age_failures(person, conditions, opens_on)
    yield from _residence_failures(person, conditions)
    yield from _schooling_failures(person, conditions)
    if conditions.scholarship and not person.scholarship:
        yield Failure(Reason.NO_SCHOLARSHIP, "aucune bourse connue")
    if conditions.scholarship is False and person.scholarship:
        yield Failure(Reason.SCHOLARSHIP, "réservé aux non-boursiers")


def _decide_base(person: Person, rules: Sequence[Rule], opens_on: date) -> Decision:
    refusals = []
    for rule in rules:
        failed = list(failures(person, rule.conditions, opens_on))
        if not failed:
            return _give(rule, person, opens_on)
        refusals.append((rule, failed))
    if not refusals:
        words = "Refusé : aucune règle n'accorde cet avantage."
        return Decision(BASE_SLOT, None, Reason.NO_RULE, Cents(0), words, "")
    # The rule that came closest says most about what is missing.
    rule, failed = min(refusals, key=lambda refusal: len(refusal[1]))
    why = ", ".join(failure.words for failure in failed[:FAILURES_SHOWN_MAX])
    words = f"Refusé : {why} (règle « {rule.label} »)."
    return Decision(BASE_SLOT, rule.code, failed[0].reason, Cents(0), words, "")


def _give(rule: Rule, person: Person, opens_on: date) -> Decision:
    because = ", ".join(_met(rule.conditions, person, opens_on)) or "sans condition"
    amount = rule.amount.in_words()
    kind = "Complément" if rule.top_up else "Dotation"
    return Decision(
        slot=f"+{rule.code}" if rule.top_up else BASE_SLOT,
        rule_code=rule.code,
        reason=Reason.RULE,
        amount=rule.amount,
        words=f"Accordé : {amount} par la règle « {rule.label} » ({because}).",
        statement=f"{kind} : {rule.label}",
    )


def _met(conditions: Conditions, person: Person, opens_on: date) -> Iterator[str]:
    if conditions.age_min is not None or conditions.age_max is not None:
        yield _aged(person, conditions.age_on or opens_on)
    if conditions.communes and person.commune in conditions.communes:
        yield f"commune {person.commune}"
    elif conditions.postcodes and person.postcode in conditions.postcodes:
        yield f"code postal {person.postcode}"
    elif conditions.departments:
        yield f"département {person.home_department()}"
    if conditions.tracks and person.track is not None:
        yield f"filière {TRACK_WORDS[person.track]}"
    if conditions.levels:
        yield f"niveau {person.level}"
    if conditions.scholarship:
        yield f"boursier : {person.scholarship_proof}" if person.scholarship_proof else "boursier"


def _aged(person: Person, day: date) -> str:
    age = age_at(person.birth_date, day)
    return f"{age} an{'s' if age > 1 else ''} au {day:%d/%m/%Y}"


def _age_failures(person: Person, conditions: Conditions, opens_on: date) -> Iterator[Failure]:
    day = conditions.age_on or opens_on
    age = age_at(person.birth_date, day)
    if conditions.age_min is not None and age < conditions.age_min:
        words = f"{_aged(person, day)}, il en faut au moins {conditions.age_min}"
        yield Failure(Reason.TOO_YOUNG, words)
    if conditions.age_max is not None and age > conditions.age_max:
        words = f"{_aged(person, day)}, il en faut au plus {conditions.age_max}"
        yield Failure(Reason.TOO_OLD, words)


def _residence_failures(person: Person, conditions: Conditions) -> Iterator[Failure]:
    places_and_homes = (
        (conditions.communes, person.commune),
        (conditions.postcodes, person.postcode),
        (conditions.departments, person.home_department()),
    )
    asked = [(places, home) for places, home in places_and_homes if places]
    if not asked or any(home in places for places, home in asked):
        return
    if all(home is None for _, home in asked):
        yield Failure(Reason.RESIDENCE_UNKNOWN, "lieu de résidence inconnu")
    else:
        home = person.commune or person.postcode or person.home_department()
        yield Failure(Reason.RESIDENCE_OUTSIDE, f"résidence hors du territoire ({home})")


def _schooling_failures(person: Person, conditions: Conditions) -> Iterator[Failure]:
    if conditions.tracks and person.track is None:
        yield Failure(Reason.TRACK_UNKNOWN, "filière inconnue")
    elif person.track is not None and conditions.tracks and person.track not in conditions.tracks:
        words = f"filière {TRACK_WORDS[person.track]} non concernée"
        yield Failure(Reason.TRACK_NOT_COVERED, words)
    if conditions.levels and person.level is None:
        yield Failure(Reason.LEVEL_UNKNOWN, "niveau inconnu")
    elif conditions.levels and person.level not in conditions.levels:
        yield Failure(Reason.LEVEL_NOT_COVERED, f"niveau {person.level} non concerné")


def _department_of(commune: str) -> str:
    return commune[:3] if commune.startswith(("97", "98")) else commune[:2]


def _department_of_postcode(postcode: str) -> str:
    if postcode.startswith("20"):
        return "2A" if postcode.startswith(("200", "201")) else "2B"
    return _department_of(postcode)
