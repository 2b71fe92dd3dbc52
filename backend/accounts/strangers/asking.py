"""Whether a stranger's request may go on: unasked while few ask, then for a machine's work.

      nothing brought ──few ask from this network, and from all──▶ goes on
      a puzzle solved ──ours, in time, for the first time────────▶ goes on
      a question answered ──the same, and not often from here────▶ goes on
      anything else ──▶ is asked

Whoever filled in the field that nobody sees is asked the question, whatever else they bring: a
person whose browser filled it in has a way on. Not here: how much is taken at all (quota.py).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from backend.accounts.signin.quota import Quota, door_of, has_use, take_use
from backend.accounts.strangers import seals
from backend.accounts.strangers.keys import key_of
from backend.accounts.strangers.puzzles import is_solved
from backend.accounts.strangers.questions import is_answered
from backend.accounts.strangers.seals import Door, Sealed
from backend.services import Services

#: What a household does in an evening: an account, and the link once more.
UNASKED_FROM_NETWORK: Final = Quota(2, timedelta(hours=1))
#: Above it, whoever brings nothing is asked wherever they come from.
UNASKED_FROM_ALL: Final = Quota(60, timedelta(minutes=1))
#: A program that reads answers as well as people do, but no oftener than these.
ANSWERS_FROM_NETWORK: Final = Quota(10, timedelta(hours=1))
ANSWERS_FROM_ALL: Final = Quota(600, timedelta(hours=1))
ONCE: Final = Quota(1, seals.GOOD_FOR)


@dataclass(frozen=True, slots=True)
class Brought:
    """What came with a form."""

    puzzle: str = field(default="", repr=False)
    number: str = field(default="", repr=False)
    question: str = field(default="", repr=False)
    answer: str = field(default="", repr=False)
    #: The field that nobody sees.
    trap: str = field(default="", repr=False)


def may_go_on(services: Services, door: Door, network: str, brought: Brought) -> bool:
    """Say whether a request is let through, and count it; raise TooManyRequests.

    `network` is empty where it is not known; then all count together.
    """
    now = services.now()
    puzzle = _solved(services, door, brought, now)
    answered = _answered(services, door, brought, now)
    with services.database.unit_of_work() as session:
        if puzzle is not None and _serves(session, puzzle, now):
            return True
        if brought.answer:
            _count_answer(session, network, now)
            return answered is not None and _serves(session, answered, now)
        return not brought.trap and _is_among_few(session, network, now)


def _solved(services: Services, door: Door, brought: Brought, now: datetime) -> Sealed | None:
    """Return the puzzle that was solved; None where none was, or the trap was stepped into."""
    puzzle = None if brought.trap else seals.read(brought.puzzle)
    key = None if puzzle is None else key_of(services, puzzle.key_day)
    if puzzle is None or key is None:
        return None
    return puzzle if is_solved(key, door, puzzle, brought.number, now) else None


def _answered(services: Services, door: Door, brought: Brought, now: datetime) -> Sealed | None:
    """Return the question that was rightly answered, or None."""
    question = seals.read(brought.question) if brought.answer else None
    key = None if question is None else key_of(services, question.key_day)
    if question is None or key is None:
        return None
    return question if is_answered(key, door, question, brought.answer, now) else None


def _serves(session: Session, sealed: Sealed, now: datetime) -> bool:
    return has_use(session, door_of("stranger once", sealed.salt), ONCE, now)


def _is_among_few(session: Session, network: str, now: datetime) -> bool:
    few = not network or has_use(session, door_of("stranger", network), UNASKED_FROM_NETWORK, now)
    return few and has_use(session, door_of("stranger", ""), UNASKED_FROM_ALL, now)


def _count_answer(session: Session, network: str, now: datetime) -> None:
    if network:
        take_use(session, door_of("stranger answer", network), ANSWERS_FROM_NETWORK, now)
    take_use(session, door_of("stranger answer", ""), ANSWERS_FROM_ALL, now)
