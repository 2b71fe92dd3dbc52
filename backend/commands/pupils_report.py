"""What an import of pupils did or would do, for the establishment's staff and for a program.

The words are French; codes and JSON keys English. Names are in it: it is for those who hold the
file already, and goes into no log.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import UUID

from backend.ledger.money import Cents
from backend.pupils.difference import Departure, Field, Update
from backend.pupils.importing import Outcome
from backend.pupils.matching import DOUBT_WORDS, Doubtful, Known
from backend.pupils.reading import Source
from backend.pupils.rows import Problem, PupilRow

SHOWN_MAX: Final = 20
SOURCES: Final = {
    Source.SIECLE: "SIECLE",
    Source.PRONOTE: "liste PRONOTE",
    Source.CSV: "liste CSV",
}
FIELD_WORDS: Final = {
    Field.FAMILY_NAME: "nom",
    Field.GIVEN_NAME: "prénom",
    Field.BIRTH_DATE: "date de naissance",
    Field.INE: "INE",
    Field.CLASS: "classe",
    Field.REGIME: "régime",
    Field.DAYS: "jours",
    Field.DIET: "repas",
    Field.EMAIL: "courriel",
    Field.PHONE: "téléphone",
}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PupilReport:
    """One import, to be told."""

    establishment: str
    source: Source
    pupils: int
    ignored: tuple[str, ...]
    outcome: Outcome

    @property
    def asks_for_a_person(self) -> bool:
        """True if some lines were not taken."""
        difference = self.outcome.difference
        return bool(difference.doubtful or difference.refused)

    def as_text(self, *, everything: bool = False) -> str:
        """Write it for a person, at most SHOWN_MAX lines of a kind unless `everything`."""
        most = None if everything else SHOWN_MAX
        found = self.outcome.difference
        known = [one for one in found.updated if not (one.joins or one.returns)]
        changed = [one for one in known if one.changes]
        moving = sum(one.moves for one in changed)
        lines = [f"{self.establishment} · {SOURCES[self.source]} · {self.pupils} élèves lus"]
        lines += _section("Nouveaux", found.created, _row, most)
        joining = [one for one in found.updated if one.joins]
        lines += _section(
            "Déjà connus ailleurs, rejoignent l'établissement", joining, _update, most
        )
        returning = [one for one in found.updated if one.returns]
        lines += _section("Reviennent", returning, _update, most)
        more = f", dont {moving} changent de classe" if moving else ""
        lines += _section("Modifiés", changed, _update, most, more)
        money = self._money()
        lines += _section("Partis", found.departed, lambda one: _departure(one, money), most)
        lines += _section("À décider, rien n'est fait", found.doubtful, _doubtful, most)
        problems = [one.problem for one in found.refused]
        lines += _section("Lignes refusées", problems, _problem, most)
        lines += _section("Remarques", found.notes, _problem, most)
        lines += self._ending(len(found.same) + len(known) - len(changed))
        return "\n".join(lines)

    def as_json(self) -> str:
        """Write it for a program: everything, by stable codes."""
        found, money = self.outcome.difference, self._money()
        content: dict[str, Any] = {
            "applied": self.outcome.applied,
            "source": self.source.value,
            "pupils": self.pupils,
            "created": [_row_json(row) for row in found.created],
            "updated": [_update_json(one) for one in found.updated],
            "unchanged": len(found.same),
            "departed": [_departure_json(one, money) for one in found.departed],
            "nobody_leaves": found.nobody_leaves is not None,
            "departures_need_confirmation": found.needs_confirmation,
            "doubtful": [_doubtful_json(one) for one in found.doubtful],
            "refused": [_problem_json(one.problem) for one in found.refused],
            "notes": [_problem_json(one) for one in found.notes],
            "regimes": [
                {"name": one.name, "pupils": one.pupils, "rights_of": one.known_as}
                for one in self.outcome.regimes
            ],
            "without_card": self.outcome.without_card,
            "cards_ordered": self.outcome.cards_ordered,
            "ignored": list(self.ignored),
        }
        return json.dumps(content, ensure_ascii=False)

    def _ending(self, same: int) -> list[str]:
        outcome, found = self.outcome, self.outcome.difference
        lines = [f"Sans changement : {same}"]
        if found.gone_already:
            lines.append(f"Déjà sortis, laissés de côté : {found.gone_already}")
        if found.nobody_leaves is not None:
            lines.append(f"Personne n'est marqué parti : {found.nobody_leaves}.")
        if outcome.regimes:
            lines.append("Régimes : " + ", ".join(_regimes(outcome)))
        if any(one.known_as is None for one in outcome.regimes):
            lines.append("  Dites ce que donne un régime avec « pass-backend pupils regime ».")
        if outcome.cards_ordered:
            lines.append(f"Cartes commandées : {outcome.cards_ordered}")
        elif outcome.without_card:
            lines.append(f"Sans carte : {outcome.without_card} (--order-cards les commande)")
        if self.ignored:
            lines.append("Non lus : " + ", ".join(self.ignored))
        if not outcome.applied:
            if found.needs_confirmation:
                count = len(found.departed)
                lines.append(f"{count} départs sont à confirmer : --departures {count}.")
            lines.append("Essai : rien n'a été enregistré. Ajoutez --apply pour le faire.")
        return lines

    def _money(self) -> dict[UUID, int]:
        return {one.known.beneficiary_id: cents for one, cents in self.outcome.money_left}


def _section(
    title: str, found: Sequence[T], words: Callable[[T], str], most: int | None, more: str = ""
) -> list[str]:
    if not found:
        return []
    shown = found if most is None else found[:most]
    lines = [f"{title} : {len(found)}{more}", *(f"  {words(one)}" for one in shown)]
    if len(found) > len(shown):
        lines.append(f"  … et {len(found) - len(shown)} autres (--all les montre)")
    return lines


def _regimes(outcome: Outcome) -> Iterable[str]:
    for one in outcome.regimes:
        words = f"{one.name} {one.pupils}"
        if one.known_as is None:
            words += " (droits non définis)"
        elif one.known_as != one.name:
            words += f" (comme {one.known_as})"
        yield words


def _row(row: PupilRow) -> str:
    said = [f"{row.family_name} {row.given_name} ({row.birth_date:%d/%m/%Y})"]
    said += [row.class_code] if row.class_code else []
    said += [row.regime.name] if row.regime else []
    return f"ligne {row.line} : " + ", ".join(said)


def _person(known: Known) -> str:
    return f"{known.family_name} {known.given_name} ({known.birth_date:%d/%m/%Y})"


def _update(one: Update) -> str:
    changes = " ; ".join(
        f"{FIELD_WORDS[change.field]} {change.before or '–'} → {change.after or '–'}"
        for change in one.changes
    )
    words = f"ligne {one.row.line} : {_person(one.known)}"
    if one.joins and one.row.class_code:
        words += f", {one.row.class_code}"
    return f"{words} : {changes}" if changes else words


def _departure(one: Departure, money: Mapping[UUID, int]) -> str:
    known = one.known
    place = known.place
    words = _person(known)
    if place is not None and place.class_code is not None:
        words += f", {place.class_code}"
    cents = money.get(known.beneficiary_id, 0)
    if cents > 0:
        words += f" : {Cents(cents).in_words()} sur son compte de repas, à rendre"
    elif cents < 0:
        words += f" : doit {Cents(-cents).in_words()} de repas"
    return words


def _departure_json(one: Departure, money: Mapping[UUID, int]) -> dict[str, object]:
    return {
        "person": str(one.known.beneficiary_id),
        "left_on": None if one.left_on is None else one.left_on.isoformat(),
        "meal_account_cents": money.get(one.known.beneficiary_id, 0),
    }


def _doubtful(one: Doubtful) -> str:
    lines = [f"{_row(one.row)} : {DOUBT_WORDS[one.doubt]}"]
    for known in one.may_be:
        where = "d'ici" if known.is_here else "connue ailleurs, ou partie"
        lines.append(f"    --same {one.row.line}={known.beneficiary_id}  {_person(known)}, {where}")
    if one.may_be_new:
        lines.append(f"    --new {one.row.line}  une autre personne, nouvelle")
    return "\n".join(lines)


def _problem(one: Problem) -> str:
    return f"ligne {one.line} : {one.words}"


def _row_json(row: PupilRow) -> dict[str, object]:
    return {
        "line": row.line,
        "family_name": row.family_name,
        "given_name": row.given_name,
        "birth_date": row.birth_date.isoformat(),
        "class": row.class_code,
        "regime": None if row.regime is None else row.regime.name,
    }


def _update_json(one: Update) -> dict[str, object]:
    status = "joins" if one.joins else "returns" if one.returns else "changes"
    changes = [
        {"field": change.field.value, "before": change.before, "after": change.after}
        for change in one.changes
    ]
    return {
        "line": one.row.line,
        "person": str(one.known.beneficiary_id),
        "status": status,
        "changes": changes,
    }


def _doubtful_json(one: Doubtful) -> dict[str, object]:
    return _row_json(one.row) | {
        "code": one.doubt.value,
        "candidates": [str(known.beneficiary_id) for known in one.may_be],
    }


def _problem_json(one: Problem) -> dict[str, object]:
    return {"line": one.line, "code": one.code, "message": one.words}
