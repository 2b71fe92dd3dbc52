"""An account as an operator sees it: whose it is, what it may see, its sessions, what it did.

Promise: no token, no password, no secret of a second factor; reading is an act of its own.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.access.staff_tables import EstablishmentMember
from backend.access.tables import Establishment
from backend.accounts.errors import NotYours
from backend.accounts.families.rights import Mine, my_beneficiaries
from backend.accounts.signin.acts import ActKind
from backend.accounts.signin.sessions import OpenSession, list_sessions
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.tables import Notice
from backend.operators.acting import note
from backend.operators.entering import Acting, role_of
from backend.operators.listing import latest_notices, named
from backend.operators.tables import OperatorRole
from backend.operators.trail import TrailLine, Wanted, read_trail
from backend.partners.tables import Partner, PartnerMember

ACTS_MAX: Final = 15


@dataclass(frozen=True, slots=True)
class AccountView:
    """Everything the page shows."""

    account: SignInAccount
    role: OperatorRole | None
    people: list[Mine]
    partners: list[tuple[UUID, str]]
    establishments: list[tuple[UUID, str]]
    sessions: list[OpenSession]
    notices: list[Notice]
    done: list[TrailLine]
    done_to_it: list[TrailLine]

    @property
    def may_be_seen_as(self) -> bool:
        """Whether anybody may look as they do."""
        return self.role is None and self.account.closed_at is None


def read_account(session: Session, acting: Acting, account_id: UUID, now: datetime) -> AccountView:
    """Return an account, and write down that somebody looked; raise NotYours."""
    account = session.get(SignInAccount, account_id)
    if account is None:
        raise NotYours
    found = AccountView(
        account,
        role_of(session, account_id),
        my_beneficiaries(session, account_id),
        _partners(session, account_id),
        _establishments(session, account_id),
        list_sessions(session, account_id, now),
        latest_notices(session, Notice.account_id == account_id),
        read_trail(session, Wanted(actor_id=account_id), limit=ACTS_MAX).lines,
        read_trail(session, Wanted(subject_id=account_id), limit=ACTS_MAX).lines,
    )
    note(session, acting, ActKind.ACCOUNT_READ, account_id, now)
    return found


def _partners(session: Session, account_id: UUID) -> list[tuple[UUID, str]]:
    mine = PartnerMember.account_id == account_id
    those = select(Partner.id, Partner.name).join(
        PartnerMember, PartnerMember.partner_id == Partner.id
    )
    return named(session, those.where(mine))


def _establishments(session: Session, account_id: UUID) -> list[tuple[UUID, str]]:
    member = EstablishmentMember
    mine = (member.account_id == account_id) & member.ended_at.is_(None)
    those = select(Establishment.id, Establishment.name).join(
        member, member.establishment_id == Establishment.id
    )
    return named(session, those.where(mine))
