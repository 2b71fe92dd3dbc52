"""What people ask about their data, and the answer, within a month (GDPR art. 12-3).

Not here: the export, which people make themselves (holders), and asking (holders too).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.accounts.outbox import owe_sign_in_notice
from backend.accounts.signin.acts import ActKind, record_act
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.tables import Beneficiary, SignInNoticeKind
from backend.holders.tables import ANSWER_CHARACTERS_MAX, ErasureRequest
from backend.privacy.erasing import erase_person
from backend.privacy.errors import RequestUnknown

#: A month, counted short: February has 28 days.
REPLY_DAYS: Final = 28
LISTED_MAX: Final = 200
SHOWN_MAX: Final = 50
"""On a page, where each comes with its two answers."""


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """Somebody waits for an answer until `due_at`."""

    request_id: UUID
    beneficiary_id: UUID
    person: str
    asked_by: str
    asked_at: datetime
    due_at: datetime
    late: bool


def list_requests(
    session: Session, now: datetime, count_max: int = LISTED_MAX
) -> list[OpenRequest]:
    """Return who waits for an answer, the longest wait first; at most `count_max`."""
    rows = session.execute(
        select(ErasureRequest, Beneficiary, SignInAccount.email)
        .join(Beneficiary, Beneficiary.id == ErasureRequest.beneficiary_id)
        .join(SignInAccount, SignInAccount.id == ErasureRequest.account_id)
        .where(ErasureRequest.withdrawn_at.is_(None), ErasureRequest.answered_at.is_(None))
        .order_by(ErasureRequest.asked_at, ErasureRequest.id)
        .limit(count_max)
    )
    return [_open(request, person, email, now) for request, person, email in rows]


def count_requests(session: Session, now: datetime) -> tuple[int, int]:
    """Return how many wait for an answer, and how many of them should have had it."""
    late = ErasureRequest.asked_at < now - timedelta(days=REPLY_DAYS)
    row = session.execute(
        select(func.count(), func.count().filter(late)).where(
            ErasureRequest.withdrawn_at.is_(None), ErasureRequest.answered_at.is_(None)
        )
    ).one()
    return row[0], row[1]


def grant(session: Session, request_id: UUID, account_id: UUID, by: str, now: datetime) -> None:
    """Erase the person that is asked about; raise RequestUnknown, MoneyLeft."""
    request = _locked(session, request_id)
    person_id = request.beneficiary_id
    record_act(
        session, ActKind.PERSON_ERASED, account_id, request_id, now, beneficiary_id=person_id
    )
    erase_person(session, person_id, now, by=by)
    _tell(session, request, "erased", now)


def refuse(
    session: Session, request_id: UUID, account_id: UUID, answer: str, now: datetime
) -> None:
    """Answer no, with the reason that whoever asked reads; raise RequestUnknown."""
    request = _locked(session, request_id)
    request.answered_at = now
    request.answer = " ".join(answer.split())[:ANSWER_CHARACTERS_MAX]
    record_act(
        session,
        ActKind.ERASURE_REFUSED,
        account_id,
        request_id,
        now,
        beneficiary_id=request.beneficiary_id,
        words=request.answer,
    )
    _tell(session, request, "not_erased", now)


def _tell(session: Session, request: ErasureRequest, about: str, now: datetime) -> None:
    """Owe whoever asked a mail; an account that went with the person has no address any more."""
    account = session.get_one(SignInAccount, request.account_id)
    if account.closed_at is None:
        kind = SignInNoticeKind.ERASURE_ANSWERED
        owe_sign_in_notice(session, kind, account.id, now, about=about)


def _locked(session: Session, request_id: UUID) -> ErasureRequest:
    request = session.get(ErasureRequest, request_id, with_for_update=True)
    if request is None or request.withdrawn_at or request.answered_at:
        raise RequestUnknown
    return request


def _open(request: ErasureRequest, person: Beneficiary, email: str, now: datetime) -> OpenRequest:
    due = request.asked_at + timedelta(days=REPLY_DAYS)
    name = f"{person.given_name} {person.family_name}"
    return OpenRequest(request.id, person.id, name, email, request.asked_at, due, late=now >= due)
