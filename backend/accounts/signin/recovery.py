"""Reminding somebody which address they sign in with: a mail there, and nothing on the page.

Promise: what is done and answered is the same whether the card is known, or the birth date right; a
card is asked about so often an hour and no more.
"""

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select, union
from sqlalchemy.orm import Session

from backend.accounts.families.tables import FamilyChild, FamilyMember, Tie
from backend.accounts.outbox import owe_sign_in_notice
from backend.accounts.signin.quota import Quota, door_of, has_use
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.tables import Beneficiary, SignInNoticeKind

FOR_CARD: Final = Quota(3, timedelta(hours=1))
ACCOUNTS_MAX: Final = 12


def remind_of_identifier(
    session: Session,
    card_number: str,
    beneficiary_id: UUID | None,
    birth_date: date,
    now: datetime,
) -> None:
    """Owe a mail to every account that looks after whoever's card this is.

    `beneficiary_id` is None where the number is nobody's.
    """
    if not has_use(session, door_of("identifier", card_number), FOR_CARD, now):
        return
    own = select(Tie.account_id).where(Tie.beneficiary_id == beneficiary_id, Tie.ended_at.is_(None))
    parents = (
        select(FamilyMember.account_id)
        .join(FamilyChild, FamilyChild.family_id == FamilyMember.family_id)
        .where(
            FamilyChild.beneficiary_id == beneficiary_id,
            FamilyChild.ended_at.is_(None),
            FamilyMember.ended_at.is_(None),
        )
    )
    found = session.scalars(
        select(SignInAccount.id)
        .join(Beneficiary, Beneficiary.id == beneficiary_id)
        .where(
            Beneficiary.birth_date == birth_date,
            SignInAccount.id.in_(union(own, parents)),
            SignInAccount.closed_at.is_(None),
        )
        .order_by(SignInAccount.id)
        .limit(ACCOUNTS_MAX)
    ).all()
    for account_id in found:
        owe_sign_in_notice(session, SignInNoticeKind.IDENTIFIER, account_id, now)
