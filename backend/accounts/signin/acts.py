"""What people who sign in did, and when: a list that only grows.

Not here: what is done at a counter or a gate; that is in the payments and the passages.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from backend.accounts.signin.act_tables import SUBJECT_CHARACTERS_MAX, SignInAct


class ActKind(StrEnum):
    """What was done."""

    COUNTER_MADE = "counter_made"
    COUNTER_CODE_RENEWED = "counter_code_renewed"
    COUNTER_REVOKED = "counter_revoked"


def record_act(
    session: Session, kind: ActKind, account_id: UUID, subject_id: UUID, now: datetime
) -> None:
    """Write down what somebody did to what, in the unit of work that does it."""
    session.add(
        SignInAct(
            id=uuid4(),
            at=now,
            account_id=account_id,
            kind=kind.value,
            subject=str(subject_id)[:SUBJECT_CHARACTERS_MAX],
        )
    )
    session.flush()
