"""What one terminal may get wrong: codes on many accounts, and blocks nobody can read.

    a try begins   its account is noted, before anything is compared
    it was right   the note goes
    it was wrong   the note stays for ten minutes; the tenth account raises the alarm

Promise: guesses in parallel are counted before they are compared, so none slips through; a terminal
that may check no code uses no holder's try. The guard's row is locked last, after a pad's and a
code's. Not here: a holder's own three tries.
"""

import logging
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.pins.alarms import raise_alarm
from backend.pins.tables import AlarmKind, CodeMiss, TerminalGuard

LOG = logging.getLogger(__name__)

#: Different accounts with a wrong code at one terminal, within the window.
MISSED_ACCOUNTS_MAX: Final = 10
#: Blocks in the window that are not of their format, key or pad.
UNREADABLE_BLOCKS_MAX: Final = 20
WINDOW: Final = timedelta(minutes=10)
COOL_DOWN: Final = timedelta(minutes=15)


def is_suspended(session: Session, terminal_id: UUID, now: datetime) -> bool:
    """Tell whether this terminal may check no code now."""
    until = session.scalar(
        select(TerminalGuard.suspended_until).where(TerminalGuard.terminal_id == terminal_id)
    )
    return until is not None and now < until


def begin_try(session: Session, terminal_id: UUID, account_id: UUID, now: datetime) -> bool:
    """Note that a code of this account is being compared; False: this terminal may not."""
    guard = _lock(session, terminal_id)
    if guard.suspended_until is not None and now < guard.suspended_until:
        return False
    here = CodeMiss.terminal_id == terminal_id
    noted = session.execute(select(CodeMiss.account_id, CodeMiss.at).where(here)).all()
    fresh = {each for each, at in noted if at > now - WINDOW}
    if len(fresh - {account_id}) >= MISSED_ACCOUNTS_MAX:
        # As many as allowed are being compared at this moment.
        return False
    if len(fresh) < len(noted):
        session.execute(delete(CodeMiss).where(here, CodeMiss.at <= now - WINDOW))
    if account_id in fresh:
        own = here & (CodeMiss.account_id == account_id)
        session.execute(update(CodeMiss).where(own).values(at=now))
    else:
        noting = insert(CodeMiss).values(
            terminal_id=terminal_id, account_id=account_id, at=now, wrong=False
        )
        session.execute(noting)
    return True


def end_try(
    session: Session, terminal_id: UUID, account_id: UUID, now: datetime, *, right: bool | None
) -> None:
    """Say how it ended (None: nothing was compared); the tenth account missed raises the alarm."""
    own = (CodeMiss.terminal_id == terminal_id) & (CodeMiss.account_id == account_id)
    if right is not False:
        # A mistyped code that is then typed right was its holder's.
        gone = own if right else own & CodeMiss.wrong.is_(False)
        session.execute(delete(CodeMiss).where(gone))
        return
    guard = _lock(session, terminal_id)
    session.execute(update(CodeMiss).where(own).values(wrong=True))
    missed = _missed(session, terminal_id)
    if missed >= MISSED_ACCOUNTS_MAX:
        _suspend(session, guard, AlarmKind.SPRAYING, missed, now)


def note_unreadable(session: Session, terminal_id: UUID, now: datetime) -> None:
    """Count a block that could not be read against its terminal, not against any holder."""
    guard = _lock(session, terminal_id)
    if guard.unreadable_since is None or now - guard.unreadable_since >= WINDOW:
        guard.unreadable_blocks, guard.unreadable_since = 0, now
    guard.unreadable_blocks += 1
    if guard.unreadable_blocks >= UNREADABLE_BLOCKS_MAX:
        _suspend(session, guard, AlarmKind.UNREADABLE_BLOCKS, guard.unreadable_blocks, now)


def lift_suspension(session: Session, terminal_id: UUID) -> None:
    """Let a terminal check codes again, its count begun anew."""
    guard = _lock(session, terminal_id)
    guard.suspended_until = None
    _forget(session, guard)


def _suspend(
    session: Session, guard: TerminalGuard, kind: AlarmKind, figure: int, now: datetime
) -> None:
    if guard.suspended_until is not None and now < guard.suspended_until:
        return
    guard.suspended_until = now + COOL_DOWN
    _forget(session, guard)
    LOG.error("terminal %s: %s (%s), no code is checked", guard.terminal_id, kind.value, figure)
    raise_alarm(
        session, kind, figure, now, terminal_id=guard.terminal_id, until=guard.suspended_until
    )


def _forget(session: Session, guard: TerminalGuard) -> None:
    guard.unreadable_blocks, guard.unreadable_since = 0, None
    session.execute(delete(CodeMiss).where(CodeMiss.terminal_id == guard.terminal_id))
    session.flush()


def _missed(session: Session, terminal_id: UUID) -> int:
    wrong = (CodeMiss.terminal_id == terminal_id) & CodeMiss.wrong
    return session.scalar(select(func.count()).select_from(CodeMiss).where(wrong)) or 0


def _lock(session: Session, terminal_id: UUID) -> TerminalGuard:
    """Return the terminal's row, locked; make it the first time."""
    row = _find(session, terminal_id)
    if row is None:
        try:
            with session.begin_nested():
                session.add(TerminalGuard(terminal_id=terminal_id, unreadable_blocks=0))
        except IntegrityError:
            # Another request of this terminal made it first.
            pass
        row = _find(session, terminal_id)
    assert row is not None
    return row


def _find(session: Session, terminal_id: UUID) -> TerminalGuard | None:
    return session.get(TerminalGuard, terminal_id, with_for_update=True, populate_existing=True)
