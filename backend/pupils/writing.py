"""Writing what a comparison found, in statements whose number does not grow with the roster."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from backend.access.enrolling import Enrolled, end_roster, enrol_roster
from backend.accounts.tables import Beneficiary
from backend.pupils.difference import Difference, Field, Update
from backend.pupils.regimes import RegimeRights
from backend.pupils.rows import DIET_WORDS, Diet, PupilRow
from backend.pupils.tables import LABEL_CHARACTERS_MAX, NationalNumber, Pupil, SchoolClass

Row = dict[str, Any]
_PERSONAL = {
    Field.FAMILY_NAME: "family_name",
    Field.GIVEN_NAME: "given_name",
    Field.BIRTH_DATE: "birth_date",
    Field.EMAIL: "email",
    Field.PHONE: "phone",
}


class Writing:
    """One import's writes, in its unit of work."""

    def __init__(
        self,
        session: Session,
        establishment_id: UUID,
        now: datetime,
        today: date,
        make_id: Callable[[], UUID] = uuid4,
    ) -> None:
        self._session = session
        self._establishment_id = establishment_id
        self._now = now
        self._today = today
        self._make_id = make_id

    def write(
        self,
        difference: Difference,
        regimes: RegimeRights,
        classes: Mapping[str, str],
        *,
        renew_rights: bool,
    ) -> list[UUID]:
        """Write it all, and return every pupil the roster names."""
        made = self._create(difference.created)
        self._update_people(difference.updated)
        given = [
            Enrolled(person, _rights(regimes, row, None) or {}, *_diet(row))
            for person, row in made.items()
        ]
        touched = [*difference.updated, *(difference.same if renew_rights else ())]
        for one in touched:
            rights = None
            if renew_rights or one.gets_rights:
                rights = _rights(regimes, one.row, one)
            given.append(Enrolled(one.known.beneficiary_id, rights, *_diet(one.row)))
        enrolments = enrol_roster(self._session, self._establishment_id, given, self._make_id)
        self._note_pupils(made, difference.updated, enrolments)
        self._end(difference)
        self._name_classes(classes)
        known = [one.known.beneficiary_id for one in (*difference.updated, *difference.same)]
        return [*made, *known]

    def _create(self, rows: Sequence[PupilRow]) -> dict[UUID, PupilRow]:
        made = {self._make_id(): row for row in rows}
        people = [
            {
                "id": person,
                "given_name": row.given_name,
                "family_name": row.family_name,
                "birth_date": row.birth_date,
                "email": row.email,
                "phone": row.phone,
                "postcode": None,
                "created_at": self._now,
            }
            for person, row in made.items()
        ]
        numbers = [
            {"beneficiary_id": person, "ine": row.ine}
            for person, row in made.items()
            if row.ine is not None
        ]
        self._insert(Beneficiary, people)
        self._insert(NationalNumber, numbers)
        return made

    def _update_people(self, updates: Sequence[Update]) -> None:
        new_numbers, changed_numbers = list[Row](), list[Row]()
        people = list[Row]()
        for one in updates:
            fields = {change.field for change in one.changes}
            changed = {
                column: getattr(one.row, column)
                for name, column in _PERSONAL.items()
                if name in fields
            }
            if changed:
                people.append({"id": one.known.beneficiary_id} | changed)
            if Field.INE in fields:
                number = {"beneficiary_id": one.known.beneficiary_id, "ine": one.row.ine}
                (new_numbers if one.known.ine is None else changed_numbers).append(number)
        if people:
            self._session.execute(update(Beneficiary), people)
        if changed_numbers:
            self._session.execute(update(NationalNumber), changed_numbers)
        self._insert(NationalNumber, new_numbers)

    def _note_pupils(
        self,
        made: Mapping[UUID, PupilRow],
        updates: Sequence[Update],
        enrolments: Mapping[UUID, UUID],
    ) -> None:
        new = [_pupil(enrolments[person], row, self._now) for person, row in made.items()]
        known = list[Row]()
        for one in updates:
            place = one.known.place
            said = _pupil(enrolments[one.known.beneficiary_id], one.row, self._now)
            if place is None or not place.known_by_file:
                new.append(said)
                continue
            # What the file does not say stays.
            before = {"class_code": place.class_code, "regime": place.regime, "days": place.days}
            known.append(said | {name: said[name] or before[name] for name in before})
        self._insert(Pupil, new)
        if known:
            self._session.execute(update(Pupil), known)

    def _end(self, difference: Difference) -> None:
        departed = difference.departed
        end_roster(
            self._session,
            self._establishment_id,
            [one.known.beneficiary_id for one in departed],
            self._now,
        )
        left = [
            {
                "enrolment_id": one.known.place.enrolment_id,
                "left_on": one.left_on or self._today,
                "updated_at": self._now,
            }
            for one in departed
            if one.known.place is not None and one.known.place.known_by_file
        ]
        if left:
            self._session.execute(update(Pupil), left)

    def _name_classes(self, classes: Mapping[str, str]) -> None:
        known = {
            row.code: row.label
            for row in self._session.execute(
                select(SchoolClass.code, SchoolClass.label).where(
                    SchoolClass.establishment_id == self._establishment_id
                )
            )
        }
        rows = {
            code: {
                "establishment_id": self._establishment_id,
                "code": code,
                "label": label[:LABEL_CHARACTERS_MAX],
            }
            for code, label in classes.items()
            if len(code) <= SchoolClass.code.type.length
        }
        self._insert(SchoolClass, [row for code, row in rows.items() if code not in known])
        changed = [
            row for code, row in rows.items() if code in known and known[code] != row["label"]
        ]
        if changed:
            self._session.execute(update(SchoolClass), changed)

    def _insert(self, table: type, rows: Sequence[Row]) -> None:
        if rows:
            self._session.execute(insert(table), rows)


def _rights(regimes: RegimeRights, row: PupilRow, one: Update | None) -> Any:
    place = None if one is None else one.known.place
    regime = row.regime.name if row.regime is not None else None
    days = row.days
    if place is not None:
        regime, days = regime or place.regime, days or place.days
    rights = regimes.rights_of(regime, days)
    if rights is None and (place is None or place.has_ended):
        return {}
    return rights


def _diet(row: PupilRow) -> tuple[str | None, bool]:
    if row.diet is None:
        return None, False
    return (None if row.diet is Diet.STANDARD else DIET_WORDS[row.diet]), True


def _pupil(enrolment_id: UUID, row: PupilRow, now: datetime) -> Row:
    return {
        "enrolment_id": enrolment_id,
        "class_code": row.class_code,
        "regime": None if row.regime is None else row.regime.name,
        "days": row.days,
        "left_on": None,
        "updated_at": now,
    }
