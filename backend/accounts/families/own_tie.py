"""An account that is a young person's own: from 15 on, one of each.

From then on they alone choose the code of their card; their parents still see. Shown by the code
handed over with the card, or by the card's number and the birth date where the account's address is
the one on record. A wrong try is counted, whoever and whatever was named.
"""

from datetime import date, datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from backend.accounts.errors import NotYours
from backend.accounts.families.card_code import holder_of_code
from backend.accounts.families.composition import tell_members
from backend.accounts.families.errors import NotOldEnough, ProofRefused, TieTaken
from backend.accounts.families.tables import FamilyChild, FamilyInvitation, Tie
from backend.accounts.signin.acts import ActKind, record_act
from backend.accounts.signin.sign_up import age_on
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.signin.tries import door_of_tie, give_back, take_try
from backend.accounts.tables import Beneficiary
from backend.services import Services

#: Loi Informatique et Libertés, art. 45: from then on one consents alone.
OWN_ACCOUNT_YEARS: Final = 15


def make_tie(
    session: Session, account_id: UUID, beneficiary_id: UUID, by: UUID, now: datetime
) -> None:
    """Let an account be a young person's own; twice is once.

    Raises NotYours (no such person), NotOldEnough, TieTaken.
    """
    person = session.get(Beneficiary, beneficiary_id, with_for_update=True)
    if person is None:
        raise NotYours
    if age_on(person.birth_date, now.date()) < OWN_ACCOUNT_YEARS:
        raise NotOldEnough
    either = or_(Tie.account_id == account_id, Tie.beneficiary_id == beneficiary_id)
    there = session.scalars(select(Tie).where(Tie.ended_at.is_(None), either)).all()
    if any((one.account_id, one.beneficiary_id) != (account_id, beneficiary_id) for one in there):
        raise TieTaken
    if there:
        return
    session.add(
        Tie(
            id=uuid4(),
            account_id=account_id,
            beneficiary_id=beneficiary_id,
            since=now,
            ended_at=None,
            ended_by=None,
        )
    )
    session.flush()
    record_act(
        session, ActKind.OWN_ACCOUNT_TIED, by, account_id, now, beneficiary_id=beneficiary_id
    )
    _tell_parents(session, beneficiary_id, now)
    _withdraw_invitations(session, beneficiary_id, now)


def own_tie(session: Session, account_id: UUID) -> Beneficiary | None:
    """Return the young person whose own an account is, if it is somebody's."""
    return session.scalar(
        select(Beneficiary)
        .join(Tie, Tie.beneficiary_id == Beneficiary.id)
        .where(Tie.account_id == account_id, Tie.ended_at.is_(None))
    )


def end_tie(session: Session, beneficiary_id: UUID, by: UUID, now: datetime) -> None:
    """Let a young person have no own account any more: an act of staff. Raises NotYours."""
    row = session.scalar(
        select(Tie)
        .where(Tie.beneficiary_id == beneficiary_id, Tie.ended_at.is_(None))
        .with_for_update()
    )
    if row is None:
        raise NotYours
    row.ended_at, row.ended_by = now, by
    record_act(
        session, ActKind.OWN_ACCOUNT_ENDED, by, row.account_id, now, beneficiary_id=beneficiary_id
    )


def tie_by_code(services: Services, account_id: UUID, code: str, birth_date: date) -> None:
    """Tie an account to whom a code was handed over with their card.

    Raises ProofRefused, TooManyTries, TieTaken, NotOldEnough.
    """
    _take(services, account_id)
    with services.database.unit_of_work() as session:
        now = services.now()
        person = holder_of_code(session, code, now)
        _finish(session, account_id, person, birth_date, now)


def tie_by_record(
    services: Services, account_id: UUID, beneficiary_id: UUID | None, birth_date: date
) -> None:
    """Tie an account to whoever a card's number led to, where its address is on their record.

    `beneficiary_id` is None where the number is nobody's. Raises as `tie_by_code`.
    """
    _take(services, account_id)
    with services.database.unit_of_work() as session:
        person = None if beneficiary_id is None else session.get(Beneficiary, beneficiary_id)
        account = session.get_one(SignInAccount, account_id)
        if person is None or person.email != account.email:
            raise ProofRefused
        _finish(session, account_id, person, birth_date, services.now())


def _take(services: Services, account_id: UUID) -> None:
    with services.database.unit_of_work() as session:
        take_try(session, door_of_tie(account_id), services.now())


def _finish(
    session: Session, account_id: UUID, person: Beneficiary, birth_date: date, now: datetime
) -> None:
    known = session.get_one(SignInAccount, account_id).birth_date
    # Whoever signed up said when they were born: a parent's account is no child's own.
    if person.birth_date != birth_date or known not in (None, birth_date):
        raise ProofRefused
    give_back(session, door_of_tie(account_id))
    make_tie(session, account_id, person.id, account_id, now)


def _tell_parents(session: Session, beneficiary_id: UUID, now: datetime) -> None:
    families = session.scalars(
        select(FamilyChild.family_id).where(
            FamilyChild.beneficiary_id == beneficiary_id, FamilyChild.ended_at.is_(None)
        )
    ).all()
    for family_id in families:
        tell_members(session, family_id, "child_has_account", now)


def _withdraw_invitations(session: Session, beneficiary_id: UUID, now: datetime) -> None:
    waiting = session.scalars(
        select(FamilyInvitation).where(
            FamilyInvitation.beneficiary_id == beneficiary_id,
            FamilyInvitation.used_at.is_(None),
            FamilyInvitation.withdrawn_at.is_(None),
        )
    )
    for one in waiting:
        one.withdrawn_at = now
