"""Forgetting, erasing and the register, as the command line asks for them."""

import json
from pathlib import Path
from uuid import UUID

from backend.commands.lookup import card_numbered
from backend.commands.refusal import CommandRefused
from backend.operators.watching import note_run
from backend.privacy.departures import Departed, erase_departed
from backend.privacy.erasing import erase_person
from backend.privacy.register import REGISTER
from backend.privacy.requests import list_requests
from backend.privacy.restoring import erase_again
from backend.privacy.retention import Forgotten, forget
from backend.services import Services

JOB = "privacy forget"
LIST_BYTES_MAX = 50_000_000


def run_forgetting(services: Services, *, only_look: bool) -> tuple[list[Forgotten], Departed]:
    """Run every rule of the retention, then erase those whose rights ended a year ago."""
    found = forget(services, only_look=only_look)
    departed = erase_departed(services, only_look=only_look)
    if not only_look:
        left = sum(one.left_over for one in found)
        removed = sum(one.removed for one in found)
        words = f"{removed} rows, {departed.erased} people; left over: {left}"
        with services.database.unit_of_work() as session:
            note_run(session, JOB, words, services.now(), good=left == 0)
    return found, departed


def erase(services: Services, card_number: str | None, person: str | None, by: str) -> bool:
    """Erase the holder of a card, or the person with an id; False when that was done before.

    Raises CommandRefused, BeneficiaryUnknown, MoneyLeft.
    """
    with services.database.unit_of_work() as session:
        if card_number is not None:
            beneficiary_id = card_numbered(session, card_number).beneficiary_id
        else:
            try:
                beneficiary_id = UUID(person or "")
            except ValueError:
                msg = "a person's id is a UUID"
                raise CommandRefused(msg) from None
        return erase_person(session, beneficiary_id, services.now(), by=by)


def restore(services: Services, path: Path) -> tuple[int, int]:
    """Erase again everybody of a list; raise CommandRefused."""
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(LIST_BYTES_MAX + 1)
    except OSError as error:
        raise CommandRefused(f"cannot read {path}: {error.strerror}") from None
    if len(text) > LIST_BYTES_MAX:
        msg = f"{path} is larger than {LIST_BYTES_MAX} characters: it is no list of the erased"
        raise CommandRefused(msg)
    try:
        return erase_again(services, text)
    except ValueError as error:
        raise CommandRefused(str(error)) from None


def requests_as_lines(services: Services) -> list[str]:
    """Return who waits for an answer, a line each."""
    with services.database.reading() as session:
        found = list_requests(session, services.now())
    return [
        f"{one.beneficiary_id}  {one.person}  asked {one.asked_at:%Y-%m-%d}"
        f"  answer before {one.due_at:%Y-%m-%d}{'  LATE' if one.late else ''}"
        for one in found
    ]


def register_as_json() -> str:
    """Return the register of processing, for whoever keeps the establishment's own."""
    return json.dumps(
        [
            {
                "name": one.name,
                "purpose": one.purpose,
                "basis": one.basis,
                "kept": list(one.kept),
                "tables": {table: erasing.value for table, erasing in one.tables.items()},
            }
            for one in REGISTER
        ],
        ensure_ascii=False,
        indent=1,
    )


def as_json(found: list[Forgotten], departed: Departed) -> str:
    """Return what a run did, for programs."""
    return json.dumps(
        {
            "rules": [
                {
                    "rule": one.rule,
                    "before": one.before.isoformat(),
                    "removed": one.removed,
                    "left_over": one.left_over,
                }
                for one in found
            ],
            "people_erased": departed.erased,
            "people_with_money": departed.with_money,
        }
    )
