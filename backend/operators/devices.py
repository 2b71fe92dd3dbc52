"""Every terminal in one list, as an operator asks for it: which kind, how it stands, in what order.

Promise: a page is one question to the database, and a terminal that was not heard of for a day is
told from one that is switched on. Not here: one terminal (places.py).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, TypeVarTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from backend.partners.tables import Outlet, Partner, Terminal, TerminalHeard, TerminalKind

TERMINALS_PER_PAGE: Final = 50
PAGES_MAX: Final = 1_000
_Row = TypeVarTuple("_Row")
SILENT_AFTER: Final = timedelta(days=1)


class Standing(StrEnum):
    """How a terminal stands; as addresses say it."""

    WORKING = "en-service"
    WAITING = "attend"
    REVOKED = "revoque"
    #: In service, and not heard of for a day.
    SILENT = "muet"


class Order(StrEnum):
    """What a list goes by; as addresses say it."""

    NAME = "nom"
    PLACE = "lieu"
    #: The longest silence first.
    HEARD = "entendu"


@dataclass(frozen=True, slots=True)
class TerminalsAsked:
    """Which terminals, in what order, and which page of them."""

    kind: TerminalKind | None = None
    standing: Standing | None = None
    order: Order = Order.NAME
    page: int = 1


@dataclass(frozen=True, slots=True)
class TerminalLine:
    """One line of the list of terminals."""

    terminal: Terminal
    place: str
    heard_at: datetime | None
    silent: bool


def list_terminals(
    session: Session, asked: TerminalsAsked, now: datetime
) -> tuple[list[TerminalLine], bool]:
    """Return a page of terminals, and whether there is another after it."""
    columns = select(Terminal, Outlet.name, Partner.name, TerminalHeard.heard_at)
    query = (
        _those(columns, asked, now)
        .order_by(*_order(asked.order))
        .offset((asked.page - 1) * TERMINALS_PER_PAGE)
        .limit(TERMINALS_PER_PAGE + 1)
    )
    rows = session.execute(query).all()
    lines = [
        TerminalLine(
            terminal,
            " · ".join(part for part in (partner, outlet, terminal.establishment_name) if part),
            heard_at,
            _is_silent(terminal, heard_at, now),
        )
        for terminal, outlet, partner, heard_at in rows[:TERMINALS_PER_PAGE]
    ]
    return lines, len(rows) > TERMINALS_PER_PAGE


def select_silent(now: datetime) -> Select[UUID]:
    """Choose the terminals in service that were not heard of for a day."""
    return _those(select(Terminal.id), TerminalsAsked(standing=Standing.SILENT), now)


def _those(query: Select[*_Row], asked: TerminalsAsked, now: datetime) -> Select[*_Row]:
    query = (
        query.select_from(Terminal)
        .outerjoin(Outlet, Outlet.id == Terminal.outlet_id)
        .outerjoin(Partner, Partner.id == Outlet.partner_id)
        .outerjoin(TerminalHeard, TerminalHeard.terminal_id == Terminal.id)
    )
    if asked.kind is not None:
        query = query.where(Terminal.kind == asked.kind.value)
    working = Terminal.revoked_at.is_(None) & Terminal.enrolled_at.is_not(None)
    fits: dict[Standing, ColumnElement[bool]] = {
        Standing.WORKING: working,
        Standing.WAITING: Terminal.revoked_at.is_(None) & Terminal.enrolled_at.is_(None),
        Standing.REVOKED: Terminal.revoked_at.is_not(None),
        Standing.SILENT: working & (_since() < now - SILENT_AFTER),
    }
    return query if asked.standing is None else query.where(fits[asked.standing])


def _since() -> ColumnElement[datetime]:
    """Return when a terminal was last heard; at the latest, when it enrolled."""
    return func.coalesce(TerminalHeard.heard_at, Terminal.enrolled_at)


def _order(order: Order) -> tuple[ColumnElement[Any], ...]:
    name, last = func.lower(Terminal.name), Terminal.id.expression
    if order is Order.PLACE:
        place = func.coalesce(Partner.name, Terminal.establishment_name, "")
        return func.lower(place), func.lower(func.coalesce(Outlet.name, "")), name, last
    if order is Order.HEARD:
        return _since().is_not(None), _since(), name, last
    return name, last


def _is_silent(terminal: Terminal, heard_at: datetime | None, now: datetime) -> bool:
    if terminal.revoked_at is not None or terminal.enrolled_at is None:
        return False
    return (heard_at or terminal.enrolled_at) < now - SILENT_AFTER
