"""Whom the rows of a file may be: everybody of the establishment, and namesakes elsewhere.

Only reads. Of people elsewhere nothing is looked at but names, birth date and INE.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from backend.access.tables import Enrolment, HolderCategory, MealAccount
from backend.accounts.tables import Beneficiary
from backend.ledger.accounts import balances
from backend.pupils.matching import Known, Place
from backend.pupils.rows import PupilRow
from backend.pupils.tables import NationalNumber, Pupil

VALUES_PER_STATEMENT: Final = 1000
T = TypeVar("T")


def read_people(session: Session, establishment_id: UUID, rows: Sequence[PupilRow]) -> list[Known]:
    """Return everybody ever enrolned here, and whoever else a row may be."""
    found = {one.beneficiary_id: one for one in _of_establishment(session, establishment_id)}
    numbers = {row.ine for row in rows if row.ine is not None}
    known_numbers = {one.ine for one in found.values()}
    for some in _in_parts(sorted(numbers - known_numbers)):
        of_ine = _elsewhere().where(NationalNumber.ine.in_(some))
        found |= {one.beneficiary_id: one for one in _read(session, of_ine)}
    known_numbers = {one.ine for one in found.values()}
    left = [row for row in rows if row.ine is None or row.ine not in known_numbers]
    wanted = {(row.birth_date, key) for row in left for key in row.keys}
    for days in _in_parts(sorted({row.birth_date for row in left})):
        for one in _read(session, _elsewhere().where(Beneficiary.birth_date.in_(days))):
            # Many were born on the same day: only a namesake is looked at.
            if any((one.birth_date, key) in wanted for key in one.keys):
                found.setdefault(one.beneficiary_id, one)
    return list(found.values())


def meal_money(session: Session, enrolment_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return what is left in cents on meal accounts that are not empty, by enrolment."""
    left = dict[UUID, int]()
    for some in _in_parts(sorted(enrolment_ids)):
        rows = session.execute(
            select(MealAccount.account_id, MealAccount.enrolment_id).where(
                MealAccount.enrolment_id.in_(some)
            )
        )
        accounts = {row.account_id: row.enrolment_id for row in rows}
        if accounts:
            chosen = select(MealAccount.account_id).where(MealAccount.enrolment_id.in_(some))
            held = balances(session, chosen)
            left |= {accounts[account]: cents for account, cents in held.items() if cents}
    return left


def _of_establishment(session: Session, establishment_id: UUID) -> Iterator[Known]:
    query = (
        select(
            Beneficiary.id,
            Beneficiary.given_name,
            Beneficiary.family_name,
            Beneficiary.birth_date,
            NationalNumber.ine,
            Beneficiary.email.is_not(None),
            Beneficiary.phone.is_not(None),
            Enrolment.id,
            Enrolment.category,
            Enrolment.ended_at.is_not(None),
            Enrolment.diet,
            Pupil.enrolment_id.is_not(None),
            Pupil.class_code,
            Pupil.regime,
            Pupil.days,
        )
        .join(Enrolment, Enrolment.beneficiary_id == Beneficiary.id)
        .outerjoin(NationalNumber, NationalNumber.beneficiary_id == Beneficiary.id)
        .outerjoin(Pupil, Pupil.enrolment_id == Enrolment.id)
        .where(Enrolment.establishment_id == establishment_id)
    )
    for row in session.execute(query):
        who, (enrolment_id, category, ended, diet, by_file, *said) = row[:7], row[7:]
        class_code, regime, days = said
        place = Place(
            enrolment_id=enrolment_id,
            is_pupil=category == HolderCategory.PUPIL.value,
            has_ended=bool(ended),
            class_code=class_code,
            regime=regime,
            days=days,
            diet=diet,
            known_by_file=bool(by_file),
        )
        yield _known(who, place)


def _elsewhere() -> Any:
    return select(
        Beneficiary.id,
        Beneficiary.given_name,
        Beneficiary.family_name,
        Beneficiary.birth_date,
        NationalNumber.ine,
        Beneficiary.email.is_not(None),
        Beneficiary.phone.is_not(None),
    ).outerjoin(NationalNumber, NationalNumber.beneficiary_id == Beneficiary.id)


def _read(session: Session, query: Select[Any]) -> Iterator[Known]:
    for row in session.execute(query):
        yield _known(row, None)


def _known(row: Sequence[Any], place: Place | None) -> Known:
    beneficiary_id, given_name, family_name, birth_date, ine, has_email, has_phone = row
    return Known(
        beneficiary_id=beneficiary_id,
        given_name=given_name,
        family_name=family_name,
        birth_date=birth_date,
        ine=ine,
        has_email=bool(has_email),
        has_phone=bool(has_phone),
        place=place,
    )


def _in_parts(values: Iterable[T]) -> Iterator[list[T]]:
    every = list(values)
    for first in range(0, len(every), VALUES_PER_STATEMENT):
        yield every[first : first + VALUES_PER_STATEMENT]
