"""Telling by mail what was done to a person's Pass: whoever did it, and the person themselves.

Promise: in the unit of work of what was done; nobody gets the same news twice at one address. Not
here: the mail about a code or a card that its own room owes to the person's address.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from backend.accounts.families.tables import Tie
from backend.accounts.outbox import owe_sign_in_notice
from backend.accounts.signin.acts import ActKind, record_act
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.tables import Beneficiary, SignInNoticeKind


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts, and for whom."""

    account_id: UUID
    beneficiary_id: UUID


def record_and_tell(
    session: Session,
    acting: Acting,
    kind: ActKind,
    about: str,
    now: datetime,
    *,
    subject_id: UUID | None = None,
    told_already: bool = False,
) -> None:
    """Write an act down and owe its mails; `about` is a word of the letters.

    `told_already`: the person's own address has been owed a mail about it.
    """
    person_id = acting.beneficiary_id
    subject = person_id if subject_id is None else subject_id
    record_act(session, kind, acting.account_id, subject, now, beneficiary_id=person_id)
    own = select(Tie.account_id).where(Tie.beneficiary_id == person_id, Tie.ended_at.is_(None))
    either = or_(SignInAccount.id == acting.account_id, SignInAccount.id.in_(own))
    accounts = session.execute(select(SignInAccount.id, SignInAccount.email).where(either)).all()
    person = session.get_one(Beneficiary, person_id)
    for account_id, email in accounts:
        if not (told_already and email == person.email):
            owe_sign_in_notice(session, SignInNoticeKind.PASS_ACT, account_id, now, about=about)
