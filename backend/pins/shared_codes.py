"""Noticing that many of one establishment chose the same code, without anybody seeing a code.

The vault keeps the count of each code in a sealed tally, one for an establishment and always of the
same size: whoever reads the database learns only that a code was set there, which `set_at` says
already. A code that many chose is refused to the next; the operator is told how many such codes
there are, once a day at most, and never which or whose. See docs/decisions/0014.
"""

import logging
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.access.tables import Enrolment, Establishment
from backend.pins.alarms import raise_alarm
from backend.pins.tables import AlarmKind, CodeTally
from backend.services import Services
from backend.vault.errors import VaultUnavailable
from backend.vault.values import SecretCode

LOG = logging.getLogger(__name__)

#: A person belongs to so few establishments that more are not looked at.
ESTABLISHMENTS_MAX: Final = 3
#: Others may set a code at the same moment; a count that is lost so often does no harm.
COUNTING_TRIES_MAX: Final = 20
LOOKED_AT_EVERY: Final = timedelta(days=1)
LOOKED_AT_ONCE_MAX: Final = 200


def is_shared(services: Services, beneficiary_id: UUID, code: SecretCode) -> bool:
    """Tell whether a code is one that many chose where this person belongs; asks the vault."""
    for establishment_id in _places(services, beneficiary_id):
        tally = _read(services, establishment_id)
        if tally is not None and services.vault.is_shared_code(
            establishment_id, tally.sealed, code
        ):
            return True
    return False


def count_choice(services: Services, beneficiary_id: UUID, code: SecretCode) -> None:
    """Count a code that was set. Call it after: it never fails, a count may only be lost."""
    try:
        for establishment_id in _places(services, beneficiary_id):
            _count(services, establishment_id, code)
    except VaultUnavailable:
        LOG.warning("a code was set and not counted: the vault cannot be asked")


def look_at_tallies(services: Services) -> int:
    """Ask the vault how many codes are shared, at each place not looked at for a day.

    More than at the last look raises an alarm. Returns how many places were looked at. Raises
    VaultUnavailable.
    """
    now = services.now()
    with services.database.reading() as session:
        due = (CodeTally.looked_at.is_(None)) | (CodeTally.looked_at <= now - LOOKED_AT_EVERY)
        rows = session.scalars(select(CodeTally).where(due).limit(LOOKED_AT_ONCE_MAX)).all()
    for row in rows:
        figure = services.vault.count_shared_codes(row.establishment_id, row.sealed)
        with services.database.unit_of_work() as session:
            _note(session, row.establishment_id, figure, now)
    return len(rows)


def shared_figures(services: Services) -> list[tuple[str, int]]:
    """Return each establishment's name and how many codes are shared there, now."""
    with services.database.reading() as session:
        rows = session.execute(
            select(Establishment.name, CodeTally)
            .join(CodeTally, CodeTally.establishment_id == Establishment.id)
            .order_by(Establishment.name)
        ).all()
    ask = services.vault.count_shared_codes
    return [(name, ask(tally.establishment_id, tally.sealed)) for name, tally in rows]


def _note(session: Session, establishment_id: UUID, figure: int, now: datetime) -> None:
    row = session.get_one(CodeTally, establishment_id, with_for_update=True)
    if figure > row.shared_codes:
        raise_alarm(session, AlarmKind.SHARED_CODE, figure, now, establishment_id=establishment_id)
    row.shared_codes = figure
    row.looked_at = now


def _count(services: Services, establishment_id: UUID, code: SecretCode) -> None:
    for _ in range(COUNTING_TRIES_MAX):
        seen = _read(services, establishment_id)
        sealed = services.vault.count_code(
            establishment_id, None if seen is None else seen.sealed, code
        )
        if _replace(services, establishment_id, None if seen is None else seen.version, sealed):
            return
    LOG.warning("a code was set and not counted: too many at once")


def _replace(services: Services, establishment_id: UUID, seen: int | None, sealed: bytes) -> bool:
    """Put a tally in the place of the one that was read; False when another got there first."""
    try:
        with services.database.unit_of_work() as session:
            row = session.get(CodeTally, establishment_id, with_for_update=True)
            if (None if row is None else row.version) != seen:
                return False
            if row is None:
                row = CodeTally(
                    establishment_id=establishment_id, version=0, shared_codes=0, looked_at=None
                )
                session.add(row)
            row.version += 1
            row.sealed = sealed
    except IntegrityError:
        return False
    return True


def _read(services: Services, establishment_id: UUID) -> CodeTally | None:
    with services.database.reading() as session:
        return session.get(CodeTally, establishment_id)


def _places(services: Services, beneficiary_id: UUID) -> list[UUID]:
    with services.database.reading() as session:
        return list(
            session.scalars(
                select(Enrolment.establishment_id)
                .where(Enrolment.beneficiary_id == beneficiary_id, Enrolment.ended_at.is_(None))
                .order_by(Enrolment.establishment_id)
                .limit(ESTABLISHMENTS_MAX)
            )
        )
