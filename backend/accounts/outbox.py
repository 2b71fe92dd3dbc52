"""The mails that are owed: written in the unit of work of what they tell of, sent by a job.

    waiting ──sent──▶ sent ──came back──▶ bounced
       ├──its address refused──▶ bounced     ├──refused for good, or too late──▶ given_up
       └──not now──▶ waiting, later each time

Promise: nothing in a payment's way waits for a mail. At least once: a mail whose sending was not
written down goes again, under the same Message-ID. Not here: the words, and how a mail travels.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from backend.accounts.return_tokens import new_token, token_hash
from backend.accounts.tables import (
    AddressNoticeKind,
    Beneficiary,
    Notice,
    NoticeKind,
    NoticeState,
    SignInNoticeKind,
)

#: How long after a try the next one comes; after the last, the mail is given up.
RETRY_MINUTES: Final = (1, 2, 5, 15, 60, 240, 720)
TRIES_MAX: Final = len(RETRY_MINUTES) + 1
#: A claimed mail is nobody else's for this long: longer than sending may take.
CLAIM_MINUTES: Final = 5
CLAIMED_MAX: Final = 50
KEPT_DAYS_MAX: Final = 30

Facts = Mapping[str, str | int]
AnyKind = NoticeKind | SignInNoticeKind | AddressNoticeKind
_KINDS: Final[dict[str, AnyKind]] = {
    one.value: one for one in (*NoticeKind, *SignInNoticeKind, *AddressNoticeKind)
}


@dataclass(frozen=True, slots=True)
class _Recipient:
    """Who a mail goes to: a young person, somebody who signs in, or the address of a row."""

    beneficiary_id: UUID | None = None
    account_id: UUID | None = None
    about_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mail that is this sender's to send now."""

    id: UUID
    kind: AnyKind
    beneficiary_id: UUID | None
    account_id: UUID | None
    about_id: UUID | None
    facts: Facts
    created_at: datetime
    #: What this sending may come back with; another each time.
    return_token: str = field(repr=False)


def owe_notice(session: Session, kind: NoticeKind, beneficiary_id: UUID, now: datetime) -> None:
    """Owe a person a mail; nothing is owed to whom no address is known of."""
    person = session.get(Beneficiary, beneficiary_id)
    if person is not None and person.email is not None:
        _write(session, kind, _Recipient(beneficiary_id=beneficiary_id), {}, now)


def owe_sign_in_notice(
    session: Session,
    kind: SignInNoticeKind,
    account_id: UUID,
    now: datetime,
    *,
    about_id: UUID | None = None,
    about: str = "",
) -> None:
    """Owe somebody who signs in a mail, at the address they sign in with.

    `about_id` and `about` say what it tells of: a row, or words that others may read.
    """
    facts = {"about": about} if about else {}
    _write(session, kind, _Recipient(account_id=account_id, about_id=about_id), facts, now)


def owe_address_notice(
    session: Session, kind: AddressNoticeKind, about_id: UUID, now: datetime
) -> None:
    """Owe a mail to the address that a row names: nobody's account yet, or no more."""
    _write(session, kind, _Recipient(about_id=about_id), {}, now)


def owe_alarm(session: Session, facts: Facts, now: datetime) -> None:
    """Owe the operator a mail; `facts` has no more than the alarm's list shows."""
    _write(session, NoticeKind.ALARM, _Recipient(), facts, now)


def count_owed(
    session: Session, kind: NoticeKind | SignInNoticeKind, recipient_id: UUID, since: datetime
) -> int:
    """Count the mails of a kind written for somebody since a moment, sent or not."""
    signs_in = isinstance(kind, SignInNoticeKind)
    recipient = Notice.account_id if signs_in else Notice.beneficiary_id
    chosen = (
        recipient == recipient_id,
        Notice.kind == kind.value,
        Notice.created_at > since,
    )
    return session.scalar(select(func.count()).select_from(Notice).where(*chosen)) or 0


def claim(session: Session, now: datetime) -> list[Claimed]:
    """Take at most CLAIMED_MAX mails that are due; each has used a try up."""
    due = (
        select(Notice)
        .where(Notice.state == NoticeState.WAITING.value, Notice.next_try_at <= now)
        .order_by(Notice.next_try_at, Notice.id)
        .limit(CLAIMED_MAX)
        .with_for_update(skip_locked=True)
    )
    rows = session.scalars(due).all()
    tokens = {row.id: new_token() for row in rows}
    for row in rows:
        row.return_hash = token_hash(tokens[row.id])
        row.tries += 1
        row.next_try_at = now + timedelta(minutes=CLAIM_MINUTES)
    session.flush()
    return [
        Claimed(
            row.id,
            _KINDS[row.kind],
            row.beneficiary_id,
            row.account_id,
            row.about_id,
            json.loads(row.facts),
            row.created_at,
            tokens[row.id],
        )
        for row in rows
    ]


def mark_sent(session: Session, notice_id: UUID, now: datetime, address: bytes) -> None:
    """Write down that a mail has left; `address` is the hash of where it went."""
    row = session.get_one(Notice, notice_id, with_for_update=True)
    row.state = NoticeState.SENT.value
    row.sent_at = now
    row.address_hash = address


def mark_failed(session: Session, notice_id: UUID, now: datetime, *, for_good: bool) -> bool:
    """Put a mail off, or give it up; True when it was given up."""
    row = session.get_one(Notice, notice_id, with_for_update=True)
    if for_good or row.tries >= TRIES_MAX:
        row.state = NoticeState.GIVEN_UP.value
        return True
    row.next_try_at = now + timedelta(minutes=RETRY_MINUTES[row.tries - 1])
    return False


def sweep_notices(session: Session, now: datetime) -> None:
    """Forget mails that left, or were given up, long ago."""
    old = (Notice.created_at < now - timedelta(days=KEPT_DAYS_MAX)) & (
        Notice.state != NoticeState.WAITING.value
    )
    session.execute(delete(Notice).where(old))


def _write(
    session: Session, kind: AnyKind, recipient: _Recipient, facts: Facts, now: datetime
) -> None:
    session.add(
        Notice(
            id=uuid4(),
            kind=kind.value,
            beneficiary_id=recipient.beneficiary_id,
            account_id=recipient.account_id,
            about_id=recipient.about_id,
            facts=json.dumps(facts),
            created_at=now,
            state=NoticeState.WAITING.value,
            tries=0,
            next_try_at=now,
            sent_at=None,
            return_hash=None,
            address_hash=None,
            bounce_code=None,
        )
    )
    session.flush()
