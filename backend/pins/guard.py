"""What one terminal may get wrong: codes on many accounts, and blocks nobody can read.

    a try begins   its account is noted, before anything is compared
    it was right   the note goes
    it was wrong   the note stays for ten minutes; the tenth account raises the alarm

Promise: guesses in parallel are counted before they are compared, so none slips through; a terminal
that may check no code uses no holder's try. The guard's row is locked after a pad's and before a
code's; the notes change after both. Not here: a holder's own three tries.
"""

import logging
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Insert,
    Uuid,
    bindparam,
    delete,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.database import UtcDateTime
from backend.pins.alarms import raise_alarm
from backend.pins.tables import AlarmKind, CodeMiss, TerminalGuard
from backend.statements import Statement

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


def may_check(session: Session, terminal_id: UUID, now: datetime) -> bool:
    """Tell whether this terminal may check a code now, and hold its row until that is decided."""
    row = _HOLD.first(session, {"terminal": terminal_id})
    until = row[0] if row is not None else _lock(session, terminal_id).suspended_until
    return until is None or now >= until


def note_try(session: Session, terminal_id: UUID, account_id: UUID, now: datetime) -> bool:
    """Note that a code of this account is being compared; call it while `may_check` holds.

    False, and nothing is noted: as many other accounts as allowed were missed here lately, or are
    being compared at this moment.
    """
    asked = {"terminal": terminal_id, "account": account_id, "now": now, "since": now - WINDOW}
    return _NOTE.first(session, asked) is not None


def end_try(
    session: Session, terminal_id: UUID, account_id: UUID, now: datetime, *, right: bool | None
) -> None:
    """Say how it ended (None: nothing was compared); the tenth account missed raises the alarm."""
    if right:
        # A mistyped code that is then typed right was its holder's.
        _FORGET_ONE.all(session, {"terminal": terminal_id, "account": account_id})
        return
    own = (CodeMiss.terminal_id == terminal_id) & (CodeMiss.account_id == account_id)
    if right is None:
        session.execute(delete(CodeMiss).where(own, CodeMiss.wrong.is_(False)))
        return
    guard = _lock(session, terminal_id)
    here = CodeMiss.terminal_id == terminal_id
    session.execute(delete(CodeMiss).where(here, CodeMiss.at <= now - WINDOW))
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


def hold(session: Session, terminal_id: UUID) -> None:
    """Lock the terminal's row, for whoever will count against it and locks a code first."""
    _lock(session, terminal_id)


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


_TERMINAL: Final = bindparam("terminal", type_=Uuid())
_ACCOUNT: Final = bindparam("account", type_=Uuid())
_HOLD: Final = Statement(
    select(TerminalGuard.suspended_until)
    .where(TerminalGuard.terminal_id == _TERMINAL)
    .with_for_update()
)
_FORGET_ONE: Final = Statement(
    delete(CodeMiss).where(CodeMiss.terminal_id == _TERMINAL, CodeMiss.account_id == _ACCOUNT)
)


def _noting(insert: postgresql.Insert | sqlite.Insert) -> Insert:
    """Note an account unless too many others are noted; one noted already is noted anew."""
    now, since = (bindparam(name, type_=UtcDateTime()) for name in ("now", "since"))
    others = (
        select(func.count())
        .select_from(CodeMiss)
        .where(
            CodeMiss.terminal_id == _TERMINAL, CodeMiss.account_id != _ACCOUNT, CodeMiss.at > since
        )
        .scalar_subquery()
    )
    columns = ["terminal_id", "account_id", "at", "wrong"]
    allowed = select(_TERMINAL, _ACCOUNT, now, literal(False, Boolean())).where(
        others < MISSED_ACCOUNTS_MAX
    )
    noted = insert.from_select(columns, allowed)
    # What was wrong longer ago than the window is forgotten.
    wrong = CodeMiss.wrong & (CodeMiss.at > since)
    return noted.on_conflict_do_update(
        index_elements=["terminal_id", "account_id"],
        set_={"at": noted.excluded.at, "wrong": wrong},
    ).returning(CodeMiss.account_id)


_NOTE: Final = Statement(
    _noting(postgresql.insert(CodeMiss)), on_sqlite=_noting(sqlite.insert(CodeMiss))
)
