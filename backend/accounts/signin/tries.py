"""How often one may be wrong at a door: a wait that grows, and a limit for each day.

A door is an address that was typed, whether anybody has it or not, or somebody's second factor.
Promise: a try is taken before anything is compared, so that many at once are all counted, and given
back when it was right. CNIL, délibération 2022-100: more than a minute after five failures, at most
25 in 24 hours.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.accounts.signin.errors import TooManyTries
from backend.accounts.signin.tables import SignInTries
from backend.expiry import sweep_expired

FREE_TRIES: Final = 4
WAIT_SECONDS_MIN: Final = 61
WAIT_SECONDS_MAX: Final = 3_600
TRIES_PER_DAY_MAX: Final = 25
DAY: Final = timedelta(hours=24)
#: Forgotten after this: its day is long over.
KEPT: Final = timedelta(days=3)


def door_of_email(email: str) -> bytes:
    """Name the door of an address, as `normal_email` writes it (32 bytes)."""
    return hashlib.sha256(b"password:" + email.encode()).digest()


def door_of_factor(account_id: UUID) -> bytes:
    """Name the door of somebody's second factor (32 bytes)."""
    return hashlib.sha256(b"factor:" + account_id.bytes).digest()


def door_of_tie(account_id: UUID) -> bytes:
    """Name the door at which somebody shows who a young person is (32 bytes)."""
    return hashlib.sha256(b"tie:" + account_id.bytes).digest()


def wait_after(in_a_row: int) -> timedelta:
    """Return how long nothing is looked at after so many wrong tries in a row."""
    if in_a_row <= FREE_TRIES:
        return timedelta(0)
    doubled: int = WAIT_SECONDS_MIN * 2 ** min(in_a_row - FREE_TRIES - 1, 10)
    return timedelta(seconds=min(doubled, WAIT_SECONDS_MAX))


def take_try(session: Session, door: bytes, now: datetime) -> None:
    """Count a try as if it were wrong. Commit it before comparing. Raises TooManyTries."""
    row = session.get(SignInTries, door, with_for_update=True)
    if row is None:
        sweep_expired(session, SignInTries, SignInTries.day_began_at, now - KEPT)
        row = _first(session, door, now)
    if now >= row.day_began_at + DAY:
        row.of_the_day, row.day_began_at = 0, now
    until = row.day_began_at + DAY if row.of_the_day >= TRIES_PER_DAY_MAX else row.wait_until
    if now < until:
        raise TooManyTries(wait_seconds=int((until - now).total_seconds()) + 1)
    row.in_a_row += 1
    row.of_the_day += 1
    row.wait_until = now + wait_after(row.in_a_row)
    session.flush()


def _first(session: Session, door: bytes, now: datetime) -> SignInTries:
    row = SignInTries(door_hash=door, in_a_row=0, of_the_day=0, day_began_at=now, wait_until=now)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        # Another try came at the same moment and was the first.
        return session.get_one(SignInTries, door, with_for_update=True)
    return row


def give_back(session: Session, door: bytes) -> None:
    """Let a right try not count, nor those in a row before it."""
    row = session.get(SignInTries, door, with_for_update=True)
    if row is not None:
        row.in_a_row = 0
        row.of_the_day = max(row.of_the_day - 1, 0)
        row.wait_until = row.day_began_at
        session.flush()
