"""A whole roster at once: the same enrolments and rights as one by one, in a few statements.

Not here: who belongs where (the caller knows), and what a right means (establishments.py).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from backend.access.establishments import RightTerms, find_establishment
from backend.access.office_tables import HolderPhoto
from backend.access.tables import Enrolment, EnrolmentService, HolderCategory

#: A statement names so many rows at most.
ROWS_PER_STATEMENT: Final = 1000


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A pupil who belongs here from now on; rights by service id, or None to leave them alone."""

    beneficiary_id: UUID
    rights: Mapping[UUID, RightTerms] | None = None
    #: Set only if `says_diet`; None is the usual meal.
    diet: str | None = None
    says_diet: bool = False


def enrol_roster(
    session: Session,
    establishment_id: UUID,
    people: Sequence[Enrolled],
    make_id: Callable[[], UUID] = uuid4,
) -> dict[UUID, UUID]:
    """Let these pupils belong to an establishment; return each one's enrolment.

    One who left comes back; a category other than pupil stays. Raises EstablishmentUnknown.
    """
    find_establishment(session, establishment_id)
    wanted = [person.beneficiary_id for person in people]
    enrolments = _lock_enrolments(session, establishment_id, wanted)
    new = [person for person in wanted if person not in enrolments]
    back_again = list(enrolments.values())
    made = {person: make_id() for person in new}
    if made:
        rows = [
            {
                "id": enrolment_id,
                "establishment_id": establishment_id,
                "beneficiary_id": person,
                "category": HolderCategory.PUPIL.value,
            }
            for person, enrolment_id in made.items()
        ]
        session.execute(insert(Enrolment), rows)
        enrolments |= made
    for some in _in_parts(back_again):
        back = Enrolment.id.in_(some) & Enrolment.ended_at.is_not(None)
        session.execute(update(Enrolment).where(back).values(ended_at=None))
    _set_diets(session, [(enrolments[one.beneficiary_id], one) for one in people if one.says_diet])
    _replace_rights(
        session,
        {enrolments[one.beneficiary_id]: one.rights for one in people if one.rights is not None},
    )
    session.expire_all()
    return enrolments


def end_roster(
    session: Session, establishment_id: UUID, beneficiary_ids: Collection[UUID], now: datetime
) -> None:
    """Take people and their cards off the establishment's lists, as `end_enrolment` does one."""
    enrolments = _lock_enrolments(session, establishment_id, beneficiary_ids)
    for some in _in_parts(list(enrolments.values())):
        running = Enrolment.id.in_(some) & Enrolment.ended_at.is_(None)
        session.execute(update(Enrolment).where(running).values(ended_at=now))
        session.execute(update(Enrolment).where(Enrolment.id.in_(some)).values(diet=None))
        session.execute(delete(HolderPhoto).where(HolderPhoto.enrolment_id.in_(some)))
    _replace_rights(session, {enrolment_id: {} for enrolment_id in enrolments.values()})
    session.expire_all()


def _lock_enrolments(
    session: Session, establishment_id: UUID, beneficiary_ids: Collection[UUID]
) -> dict[UUID, UUID]:
    """Return enrolments by person, locked."""
    found = dict[UUID, UUID]()
    for some in _in_parts(sorted(beneficiary_ids)):
        rows = session.execute(
            select(Enrolment.beneficiary_id, Enrolment.id)
            .where(
                Enrolment.establishment_id == establishment_id,
                Enrolment.beneficiary_id.in_(some),
            )
            .order_by(Enrolment.id)
            .with_for_update()
        )
        found |= {row.beneficiary_id: row.id for row in rows}
    return found


def _set_diets(session: Session, people: Sequence[tuple[UUID, Enrolled]]) -> None:
    by_diet: dict[str | None, list[UUID]] = {}
    for enrolment_id, person in people:
        by_diet.setdefault(person.diet, []).append(enrolment_id)
    for diet, enrolment_ids in by_diet.items():
        for some in _in_parts(enrolment_ids):
            session.execute(update(Enrolment).where(Enrolment.id.in_(some)).values(diet=diet))


def _replace_rights(session: Session, rights: Mapping[UUID, Mapping[UUID, RightTerms]]) -> None:
    for some in _in_parts(list(rights)):
        session.execute(delete(EnrolmentService).where(EnrolmentService.enrolment_id.in_(some)))
    rows = [
        {
            "enrolment_id": enrolment_id,
            "service_id": service_id,
            "days": None if terms.days is None else "".join(map(str, sorted(terms.days))),
            "by_reservation": terms.by_reservation,
            "prepaid": terms.prepaid,
            "passages_max": terms.passages_max,
        }
        for enrolment_id, given in rights.items()
        for service_id, terms in given.items()
    ]
    if rows:
        session.execute(insert(EnrolmentService), rows)


def _in_parts(ids: Sequence[UUID]) -> list[Sequence[UUID]]:
    return [
        ids[first : first + ROWS_PER_STATEMENT] for first in range(0, len(ids), ROWS_PER_STATEMENT)
    ]
