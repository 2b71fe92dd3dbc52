"""Who is of age is nobody's child here: from the 18th birthday on, parents no longer see.

A job does it, once a day; what ended, and when, stays. Their own account, where they have one, goes
on as it was.
"""

from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.accounts.families.requests import OF_AGE_YEARS
from backend.accounts.families.tables import FamilyChild
from backend.accounts.tables import Beneficiary

AT_ONCE_MAX: Final = 5_000


def end_guardianships(session: Session, today: date, now: datetime) -> int:
    """Take those who came of age off their families, at most AT_ONCE_MAX; return how many.

    `today` is the day where people live. Somebody born on 29 February comes of age on 1 March.
    """
    born_until = _years_before(today)
    rows = session.scalars(
        select(FamilyChild)
        .join(Beneficiary, Beneficiary.id == FamilyChild.beneficiary_id)
        .where(FamilyChild.ended_at.is_(None), Beneficiary.birth_date <= born_until)
        .limit(AT_ONCE_MAX)
        .with_for_update(of=FamilyChild, skip_locked=True)
    ).all()
    for row in rows:
        row.ended_at = now
    session.flush()
    return len(rows)


def _years_before(today: date) -> date:
    try:
        return today.replace(year=today.year - OF_AGE_YEARS)
    except ValueError:
        # 29 February of a year whose counterpart has none.
        return today.replace(year=today.year - OF_AGE_YEARS, day=28)
