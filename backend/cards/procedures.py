"""What an establishment tells families about ordering the card: typed, put right, kept.

Promise: nothing that is printed is left half: of two days the first is not after the second, and
what cannot be read is refused field by field. Not here: who may, and the words around it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from backend.accounts.beneficiaries import normal_email
from backend.accounts.errors import EmailInvalid
from backend.accounts.signin.acts import ActKind, record_act
from backend.cards.errors import ProcedureInvalid
from backend.cards.procedure_tables import (
    LINE_CHARACTERS_MAX,
    NOTE_CHARACTERS_MAX,
    CardProcedure,
)

#: Of the fields, those that are one line of words.
LINES: Final = ("place", "phone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """An establishment's own lines; None: it says nothing of that."""

    opens_on: date | None = None
    closes_on: date | None = None
    place: str | None = None
    online_until: date | None = None
    phone: str | None = None
    email: str | None = None
    note: str | None = None


def find_procedure(session: Session, establishment_id: UUID) -> Lines:
    """Return an establishment's lines; empty where it wrote none."""
    row = session.get(CardProcedure, establishment_id)
    if row is None:
        return Lines()
    return Lines(
        opens_on=row.opens_on,
        closes_on=row.closes_on,
        place=row.place,
        online_until=row.online_until,
        phone=row.phone,
        email=row.email,
        note=row.note,
    )


def keep_procedure(
    session: Session, establishment_id: UUID, lines: Lines, by: UUID, now: datetime
) -> None:
    """Keep an establishment's lines in place of older ones; raise ProcedureInvalid."""
    read = _read(lines)
    row = session.get(CardProcedure, establishment_id, with_for_update=True)
    if row is None:
        row = CardProcedure(establishment_id=establishment_id)
        session.add(row)
    row.opens_on, row.closes_on = read.opens_on, read.closes_on
    row.online_until = read.online_until
    row.place, row.phone, row.email, row.note = read.place, read.phone, read.email, read.note
    row.changed_at = now
    session.flush()
    record_act(session, ActKind.PROCEDURE_CHANGED, by, establishment_id, now)


def _read(lines: Lines) -> Lines:
    wrong = [field for field in LINES if not _is_sound(getattr(lines, field), LINE_CHARACTERS_MAX)]
    if not _is_sound(lines.note, NOTE_CHARACTERS_MAX):
        wrong.append("note")
    if lines.opens_on and lines.closes_on and lines.closes_on < lines.opens_on:
        wrong.append("closes_on")
    email = lines.email
    if email is not None:
        try:
            email = normal_email(email)
        except EmailInvalid:
            wrong.append("email")
    if wrong:
        raise ProcedureInvalid(wrong)
    return Lines(
        opens_on=lines.opens_on,
        closes_on=lines.closes_on,
        place=_line(lines.place),
        online_until=lines.online_until,
        phone=_line(lines.phone),
        email=email,
        note=_line(lines.note),
    )


def _line(typed: str | None) -> str | None:
    return " ".join((typed or "").split()) or None


def _is_sound(typed: str | None, characters_max: int) -> bool:
    line = _line(typed) or ""
    return len(line) <= characters_max and line.isprintable()
