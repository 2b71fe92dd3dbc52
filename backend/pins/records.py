"""What happened to a code, written down for good, and told to its holder by mail.

Both in the unit of work of what happened. Not here: a digit of anything.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from backend.accounts.outbox import owe_notice
from backend.accounts.tables import NoticeKind
from backend.pins.tables import CodeHappening, CodeRecord

HOLDER: Final = "holder"
NOTICES: Final[dict[CodeHappening, NoticeKind]] = {
    CodeHappening.SET: NoticeKind.CODE_SET,
    CodeHappening.BLOCKED: NoticeKind.CODE_BLOCKED,
    CodeHappening.UNBLOCKED: NoticeKind.CODE_UNBLOCKED,
    CodeHappening.CHANGE_FORCED: NoticeKind.CODE_MUST_CHANGE,
}


def record(
    session: Session,
    account_id: UUID,
    happening: CodeHappening,
    now: datetime,
    *,
    by: str,
    reason: str | None = None,
) -> None:
    """Write down what happened to a code, and owe its holder a mail where they should know."""
    session.add(
        CodeRecord(
            account_id=account_id,
            happening=happening.value,
            at=now,
            by=by,
            reason=reason,
        )
    )
    session.flush()
    notice = NOTICES.get(happening)
    if notice is not None:
        owe_notice(session, notice, account_id, now)
