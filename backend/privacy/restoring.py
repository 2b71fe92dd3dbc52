"""A copy of the database that is put back must not bring the erased back.

The list holds ids and moments alone: it is written beside each backup, and read after a restore.
"""

import json
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from backend.accounts.tables import Beneficiary
from backend.privacy.erasing import erase_person
from backend.privacy.tables import ErasedPerson
from backend.services import Services


def list_erased(services: Services) -> str:
    """Return who was erased, a line of JSON each, the oldest first."""
    query = select(ErasedPerson).order_by(ErasedPerson.erased_at, ErasedPerson.beneficiary_id)
    with services.database.reading() as session:
        lines = [
            json.dumps(
                {"id": str(row.beneficiary_id), "at": row.erased_at.isoformat(), "by": row.by}
            )
            for row in session.scalars(query)
        ]
    return "".join(f"{line}\n" for line in lines)


def erase_again(services: Services, text: str) -> tuple[int, int]:
    """Erase everybody of a list who is there with a name: how many, and how many were not.

    Raises ValueError for a line that is none of `list_erased`; then nobody is erased. MoneyLeft:
    those before are erased.
    """
    wanted = [_line(line) for line in text.splitlines() if line.strip()]
    erased = 0
    for beneficiary_id, by in wanted:
        with services.database.unit_of_work() as session:
            if session.get(Beneficiary, beneficiary_id) is not None:
                erased += erase_person(session, beneficiary_id, services.now(), by=by)
    return erased, len(wanted) - erased


def _line(line: str) -> tuple[UUID, str]:
    try:
        fields = json.loads(line)
        datetime.fromisoformat(fields["at"])
        return UUID(fields["id"]), str(fields["by"])
    except (KeyError, TypeError, ValueError):
        msg = "a line of the list of the erased is JSON with id, at and by"
        raise ValueError(msg) from None
