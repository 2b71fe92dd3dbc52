"""What somebody may do with what is kept of them: take it away, ask that it be erased.

Promise: each is written down with who asked and for whom; taking it away is limited, because it
reads everything. Not here: doing the erasure, which the books and the law bound.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.accounts.signin.acts import ActKind, record_act
from backend.accounts.signin.tries import take_try
from backend.holders.errors import ErasureAsked
from backend.holders.kept import Kept
from backend.holders.my_facts import Facts, collect, whose
from backend.holders.tables import ErasureRequest
from backend.holders.telling import Acting, record_and_tell
from backend.services import Services
from backend.snapshot import hold_still


@dataclass(frozen=True, slots=True)
class Erasure:
    """A request that waits for its answer, or the last one that had it."""

    asked_at: datetime
    answered_at: datetime | None
    answer: str | None


def take_away(
    services: Services, acting: Acting, *, with_account: bool, also: Sequence[Kept] = ()
) -> list[Facts]:
    """Return everything that is kept of a person, and of the account if it is their own.

    Raises TooManyTries: four in a row, then waits that grow, 25 a day.
    """
    now = services.now()
    with services.database.unit_of_work() as session:
        take_try(session, _door(acting.account_id), now)
        record_and_tell(session, acting, ActKind.DATA_EXPORTED, "data_taken", now)
    account_id = acting.account_id if with_account else None
    with services.database.reading() as session:
        hold_still(session)
        return collect(session, whose(session, acting.beneficiary_id, account_id), also)


def ask_erasure(session: Session, acting: Acting, now: datetime) -> None:
    """Write down that erasure is asked; raise ErasureAsked while one waits for its answer."""
    waiting = ErasureRequest(
        id=uuid4(),
        beneficiary_id=acting.beneficiary_id,
        account_id=acting.account_id,
        asked_at=now,
        withdrawn_at=None,
        answered_at=None,
        answer=None,
    )
    try:
        with session.begin_nested():
            session.add(waiting)
    except IntegrityError:
        raise ErasureAsked from None
    record_and_tell(session, acting, ActKind.ERASURE_ASKED, "erasure_asked", now)


def withdraw_erasure(session: Session, acting: Acting, now: datetime) -> None:
    """Take a request back that was not answered; none changes nothing."""
    waiting = session.scalar(_waiting(acting.beneficiary_id).with_for_update())
    if waiting is None:
        return
    waiting.withdrawn_at = now
    session.flush()
    person = acting.beneficiary_id
    kind = ActKind.ERASURE_WITHDRAWN
    record_act(session, kind, acting.account_id, person, now, beneficiary_id=person)


def read_erasure(session: Session, beneficiary_id: UUID) -> Erasure | None:
    """Return the last request that was not taken back."""
    last = session.scalar(
        select(ErasureRequest)
        .where(
            ErasureRequest.beneficiary_id == beneficiary_id, ErasureRequest.withdrawn_at.is_(None)
        )
        .order_by(ErasureRequest.asked_at.desc())
        .limit(1)
    )
    return None if last is None else Erasure(last.asked_at, last.answered_at, last.answer)


def _waiting(beneficiary_id: UUID) -> Select[ErasureRequest]:
    return select(ErasureRequest).where(
        ErasureRequest.beneficiary_id == beneficiary_id,
        ErasureRequest.withdrawn_at.is_(None),
        ErasureRequest.answered_at.is_(None),
    )


def _door(account_id: UUID) -> bytes:
    return hashlib.sha256(b"export:" + account_id.bytes).digest()
