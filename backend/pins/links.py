"""Links for choosing another code, asked for by anybody, sent to the holder's own address.

asked    one row, whoever asks and whatever they type: the answer tells nothing, nor does its time
looked   by the job: the card and the address must belong together
sent     at most three an hour to one holder, with the mails (accounts/delivery.py)
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.accounts.activation import NEW_CODE_LINKS_PER_HOUR_MAX
from backend.accounts.beneficiaries import normal_email
from backend.accounts.outbox import count_owed, owe_notice
from backend.accounts.tables import Beneficiary, NoticeKind
from backend.cards.tables import Card
from backend.pins.errors import TooManyLinkRequests
from backend.pins.tables import CodeLinkRequest
from backend.services import Services

REQUESTS_WAITING_MAX: Final = 5_000
REQUESTS_AT_ONCE_MAX: Final = 500


def ask_for_link(services: Services, card_number: str, email: str) -> None:
    """Write down that somebody asks; the same twice is once.

    `card_number` has 16 digits. Raises EmailInvalid (its form alone), TooManyLinkRequests.
    """
    asked = _identifier(card_number, normal_email(email))
    try:
        with services.database.unit_of_work() as session:
            waiting = session.scalar(select(func.count()).select_from(CodeLinkRequest)) or 0
            if waiting >= REQUESTS_WAITING_MAX:
                raise TooManyLinkRequests
            if session.get(CodeLinkRequest, asked) is None:
                now = services.now()
                session.add(CodeLinkRequest(id=asked, card_number=card_number, asked_at=now))
    except IntegrityError:
        # The same at the same moment: it is written down.
        return


def look_at_requests(services: Services) -> int:
    """Owe a mail for each request whose card and address belong together; return how many.

    Looked at is gone, whatever it was.
    """
    with services.database.unit_of_work() as session:
        requests = session.scalars(
            select(CodeLinkRequest)
            .order_by(CodeLinkRequest.asked_at, CodeLinkRequest.id)
            .limit(REQUESTS_AT_ONCE_MAX)
            .with_for_update(skip_locked=True)
        ).all()
        owed = 0
        for request in requests:
            owed += _look(session, request, services.now())
            session.delete(request)
    return owed


def _look(session: Session, request: CodeLinkRequest, now: datetime) -> bool:
    person = session.scalar(
        select(Beneficiary)
        .join(Card, Card.beneficiary_id == Beneficiary.id)
        .where(Card.number == request.card_number)
    )
    if person is None or person.email is None:
        return False
    if _identifier(request.card_number, person.email) != request.id:
        return False
    kind = NoticeKind.NEW_CODE_LINK
    if count_owed(session, kind, person.id, now - timedelta(hours=1)) >= (
        NEW_CODE_LINKS_PER_HOUR_MAX
    ):
        return False
    owe_notice(session, kind, person.id, now)
    return True


def _identifier(card_number: str, email: str) -> bytes:
    return hashlib.sha256(f"{card_number}\0{email}".encode()).digest()
