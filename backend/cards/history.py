"""What happened to a card: when, by whom, and where it led; a list that only grows.

Promise: every change of state is written down in the unit of work that makes it. A terminal that
made a card, somebody who signed in, or a command: exactly one of them answers for it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self
from uuid import UUID, uuid4

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from backend.accounts.signin.tables import SignInAccount
from backend.cards.order_tables import COMMAND_CHARACTERS_MAX, CardHistory
from backend.cards.states import CardEvent, CardState
from backend.partners.tables import Terminal

LINES_MAX: Final = 200
_PLACE: Final = {event: place for place, event in enumerate(CardEvent)}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: somebody who signed in, a terminal, or whoever typed a command."""

    account_id: UUID | None = None
    terminal_id: UUID | None = None
    command: str | None = None

    @classmethod
    def person(cls, account_id: UUID) -> Self:
        """Name somebody who signed in."""
        return cls(account_id=account_id)

    @classmethod
    def terminal(cls, terminal_id: UUID) -> Self:
        """Name a terminal."""
        return cls(terminal_id=terminal_id)

    @classmethod
    def typed(cls, name: str) -> Self:
        """Name whoever typed a command, or a job."""
        return cls(command=name[:COMMAND_CHARACTERS_MAX])


#: Where nobody in particular is behind it: a declared file, a job.
THE_SYSTEM: Final = Actor.typed("pass-backend")


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One line of a card's history; `by` is a person's name, a terminal's, or a command's."""

    event: CardEvent
    state: CardState
    reason: str | None
    at: datetime
    by: str


def line_of(
    card_id: UUID,
    event: CardEvent,
    state: CardState,
    by: Actor,
    now: datetime,
    *,
    reason: str | None = None,
) -> dict[str, object]:
    """Return a row of the history."""
    return {
        "id": uuid4(),
        "card_id": card_id,
        "event": event.value,
        "state": state.value,
        "reason": reason,
        "at": now,
        "account_id": by.account_id,
        "terminal_id": by.terminal_id,
        "command": by.command,
    }


def write_lines(session: Session, lines: Sequence[dict[str, object]]) -> None:
    """Add rows to the history."""
    if lines:
        session.execute(insert(CardHistory), lines)


def read_histories(
    session: Session, card_ids: Iterable[UUID]
) -> dict[UUID, tuple[HistoryLine, ...]]:
    """Return what happened to each of these cards, oldest first; LINES_MAX in all."""
    wanted = list(card_ids)
    rows = session.execute(
        select(CardHistory, SignInAccount.given_name, SignInAccount.family_name, Terminal.name)
        .outerjoin(SignInAccount, SignInAccount.id == CardHistory.account_id)
        .outerjoin(Terminal, Terminal.id == CardHistory.terminal_id)
        .where(CardHistory.card_id.in_(wanted))
        .order_by(CardHistory.at.desc())
        .limit(LINES_MAX)
    )
    found: dict[UUID, list[HistoryLine]] = {card_id: [] for card_id in wanted}
    for line, given, family, terminal in rows:
        by = f"{given} {family}" if given else terminal or line.command or ""
        found[line.card_id].append(
            HistoryLine(CardEvent(line.event), CardState(line.state), line.reason, line.at, by)
        )
    return {card_id: tuple(sorted(lines, key=_order)) for card_id, lines in found.items()}


def _order(line: HistoryLine) -> tuple[datetime, int]:
    """Sort what happened in one moment as a life goes."""
    return line.at, _PLACE[line.event]
