"""`pass-backend operators …`: who runs the service, the first of them above all, and the trail.

The same use cases as the pages; nobody is signed in here, so an act names whom it is about.
"""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date
from uuid import UUID

from backend.commands.letting_in import account_called, link_for
from backend.operators.roles import (
    Newcomer,
    OperatorLine,
    change_role,
    let_in,
    list_operators,
    take_away,
)
from backend.operators.tables import OperatorRole
from backend.operators.trail import COLUMNS, Wanted, export_trail
from backend.services import Services


def invite(services: Services, new: Newcomer, role: OperatorRole) -> str:
    """Let somebody run the service; return the link to hand over, which is mailed too.

    Raises EmailInvalid, OperatorAlready.
    """
    with services.database.unit_of_work() as session:
        account_id = let_in(services, session, new, role, None)
        return link_for(services, session, account_id)


def set_role(services: Services, email: str, role: OperatorRole) -> None:
    """Let somebody do more, or only look; raise CommandRefused, OperatorAlready, LastOperator."""
    account_id = account_called(services, email)
    with services.database.unit_of_work() as session:
        change_role(session, account_id, role, None, services.now())


def remove(services: Services, email: str) -> None:
    """Take somebody's role away; raise CommandRefused, LastOperator."""
    account_id = account_called(services, email)
    with services.database.unit_of_work() as session:
        take_away(session, account_id, None, services.now())


def lines(services: Services) -> list[OperatorLine]:
    """Return those who run the service."""
    with services.database.reading() as session:
        return list_operators(session)


def as_text(line: OperatorLine) -> str:
    """Write one for a person."""
    facts = {
        "no password yet": not line.has_password,
        "no second factor yet": not line.has_factor,
        "closed": line.closed,
    }
    said = (f"{line.email}: {line.role.value}", *(word for word, true in facts.items() if true))
    return ", ".join(said)


def as_json(found: list[OperatorLine]) -> str:
    """Write them for a program."""
    return json.dumps(
        [
            {
                "account_id": str(one.account_id),
                "email": one.email,
                "name": one.name,
                "role": one.role.value,
                "since": one.since.isoformat(),
                "password": one.has_password,
                "second_factor": one.has_factor,
                "closed": one.closed,
            }
            for one in found
        ],
        ensure_ascii=False,
    )


def trail(
    services: Services,
    *,
    person: UUID | None,
    actor: str | None,
    kind: str | None,
    day: date | None,
) -> Iterator[str]:
    """Give the CSV lines (`;`) of what was done, the newest first; raise CommandRefused."""
    actor_id = None if actor is None else account_called(services, actor)
    yield _row(list(COLUMNS))
    wanted = Wanted(actor_id=actor_id, person_id=person, kind=kind, day=day)
    for line in export_trail(services.database, wanted):
        yield _row(line.cells(line.kind, line.words or ""))


def _row(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="").writerow(cells)
    return text.getvalue()
