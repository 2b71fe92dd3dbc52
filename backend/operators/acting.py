"""What an operator does to somebody's card, code, money or account, with a reason.

Promise: each is written down with who, for whom, in which session and why, in the unit of work that
does it; the rules are those of the rooms it is done in. Nobody sees, chooses or unblocks a code
here: a link goes to the holder's own address. Not here: who may ask (entering.py, and the pages).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.accounts.activation import NEW_CODE_LINKS_PER_HOUR_MAX
from backend.accounts.beneficiaries import find_beneficiary, normal_email
from backend.accounts.errors import EmailInvalid, NotYours, TooManyLinks
from backend.accounts.outbox import count_owed, owe_notice, owe_sign_in_notice
from backend.accounts.signin.act_tables import SignInAct
from backend.accounts.signin.acts import ActKind, record_act
from backend.accounts.signin.email_change import ask_email_change, list_email_changes
from backend.accounts.signin.passkeys.keeping import remove_every_passkey
from backend.accounts.signin.sessions import end_all
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.tables import NoticeKind, SignInNoticeKind
from backend.benefits.grants import BY_HAND, grant
from backend.benefits.tables import Benefit
from backend.cards.errors import CardStateRefused
from backend.cards.history import Actor
from backend.cards.reporting import ReportReason, report_lost, stop_card
from backend.cards.states import CardState
from backend.cards.tables import Card
from backend.operators.entering import Acting, role_of
from backend.operators.errors import (
    AlreadyDone,
    AmountUnacceptable,
    OperatorAccount,
    ReasonMissing,
)
from backend.operators.tables import REASON_CHARACTERS_MAX
from backend.pins.forcing import TAKEN_AWAY, force_after_loss, force_change
from backend.pins.records import record
from backend.pins.states import CodeState
from backend.pins.tables import CodeHappening, PinReferenceRow
from backend.settings import LostCardCode

#: What a person may give another in one go; more is for a file, which two look at.
GRANT_CENTS_MAX: Final = 50_000


class CardReason(StrEnum):
    """Why an operator blocks a card."""

    LOST = "lost"
    STOLEN = "stolen"
    DAMAGED = "damaged"
    DECISION = "decision"


@dataclass(frozen=True, slots=True)
class Gift:
    """An amount of a benefit for one person; the same id again is given once."""

    beneficiary_id: UUID
    benefit_id: UUID
    amount_cents: int
    reason: str
    grant_id: UUID


def reason_of(text: str) -> str:
    """Return a reason as it is kept; raise ReasonMissing."""
    said = " ".join(text.split())[:REASON_CHARACTERS_MAX]
    if not said:
        raise ReasonMissing
    return said


def note(
    session: Session,
    acting: Acting,
    kind: ActKind,
    subject_id: UUID,
    now: datetime,
    *,
    person_id: UUID | None = None,
    words: str | None = None,
) -> None:
    """Write an operator's act down."""
    record_act(
        session,
        kind,
        acting.account_id,
        subject_id,
        now,
        beneficiary_id=person_id,
        session_id=acting.session_id,
        words=words,
    )


def block_for(
    session: Session,
    acting: Acting,
    card_id: UUID,
    reason: CardReason,
    now: datetime,
    *,
    code: LostCardCode,
) -> UUID:
    """Block somebody's card and return whose it is; a gate never looks at the code.

    `code` says whether a lost or stolen card's code may stay. Raises NotYours, CardStateRefused.
    """
    card = session.get(Card, card_id, with_for_update=True)
    if card is None:
        raise NotYours
    if card.state == CardState.BLOCKED.value:
        raise CardStateRefused
    by, holder = Actor.person(acting.account_id), card.beneficiary_id
    if reason.value in TAKEN_AWAY:
        report_lost(session, card_id, ReportReason(reason.value), now, by=by)
    else:
        stop_card(session, card_id, reason.value, now, by=by)
    changed = force_after_loss(session, holder, reason.value, code, now, by=acting.name)
    words = f"{reason.value} (code à changer)" if changed else reason.value
    note(session, acting, ActKind.CARD_BLOCKED, card_id, now, person_id=holder, words=words)
    return holder


def send_code_link(session: Session, acting: Acting, person_id: UUID, now: datetime) -> None:
    """Owe a holder a link for a code, at their own address; it asks for their birth date.

    Raises BeneficiaryUnknown, EmailInvalid where no address is known, TooManyLinks.
    """
    person = find_beneficiary(session, person_id)
    if person.email is None:
        raise EmailInvalid
    kind, since = NoticeKind.NEW_CODE_LINK, now - timedelta(hours=1)
    if count_owed(session, kind, person_id, since) >= NEW_CODE_LINKS_PER_HOUR_MAX:
        raise TooManyLinks
    owe_notice(session, kind, person_id, now)
    record(session, person_id, CodeHappening.LINK_GIVEN, now, by=acting.name)
    note(session, acting, ActKind.CODE_LINK_SENT, person_id, now, person_id=person_id)


def force_code(
    session: Session, acting: Acting, person_id: UUID, reason: str, now: datetime
) -> None:
    """Let a code pay no more until its holder has chosen another.

    Raises ReasonMissing, BeneficiaryUnknown, CodeNotSet, AlreadyDone.
    """
    said = reason_of(reason)
    find_beneficiary(session, person_id)
    row = session.get(PinReferenceRow, person_id, with_for_update=True)
    if row is not None and row.state == CodeState.MUST_CHANGE.value:
        raise AlreadyDone
    force_change(session, person_id, now, by=acting.name, reason=said)
    note(
        session,
        acting,
        ActKind.CODE_CHANGE_FORCED,
        person_id,
        now,
        person_id=person_id,
        words=said,
    )


def give(session: Session, acting: Acting, gift: Gift, now: datetime) -> None:
    """Give somebody an amount of a benefit on top, for a reason, while its campaign grants.

    Raises ReasonMissing, AmountUnacceptable, BeneficiaryUnknown, NotYours, CampaignClosed,
    TransferConflict.
    """
    said = reason_of(gift.reason)
    if not 0 < gift.amount_cents <= GRANT_CENTS_MAX:
        raise AmountUnacceptable
    find_beneficiary(session, gift.beneficiary_id)
    benefit = session.get(Benefit, gift.benefit_id)
    if benefit is None:
        raise NotYours
    grant(
        session,
        beneficiary_id=gift.beneficiary_id,
        benefit=benefit,
        amount_cents=gift.amount_cents,
        reason=BY_HAND,
        words=said,
        grant_id=gift.grant_id,
        now=now,
    )
    if _noted(session, ActKind.GRANT_GIVEN, gift.grant_id):
        return
    note(
        session,
        acting,
        ActKind.GRANT_GIVEN,
        gift.grant_id,
        now,
        person_id=gift.beneficiary_id,
        words=f"{benefit.code} {gift.amount_cents} c : {said}",
    )


def ask_address(
    session: Session, acting: Acting, account_id: UUID, email: str, now: datetime
) -> None:
    """Ask that an account be opened with another address; another person has to agree.

    Raises NotYours, EmailInvalid, AccountExists, AlreadyDone.
    """
    asked = (account_id, normal_email(email))
    if asked in [(one.account_id, one.new_email) for one in list_email_changes(session, now)]:
        raise AlreadyDone
    ask_email_change(session, account_id, email, acting.account_id, now)


def take_factor_away(
    session: Session, acting: Acting, account_id: UUID, reason: str, now: datetime
) -> None:
    """Take away every second factor of somebody who lost its device, and end their sessions.

    Raises ReasonMissing, NotYours, OperatorAccount for one's own.
    """
    said = reason_of(reason)
    account = _account(session, account_id)
    if account_id == acting.account_id:
        raise OperatorAccount
    account.factor_confirmed_at = None
    remove_every_passkey(session, account_id)
    end_all(session, account_id)
    owe_sign_in_notice(session, SignInNoticeKind.FACTOR_REMOVED, account_id, now)
    note(session, acting, ActKind.FACTOR_TAKEN_AWAY, account_id, now, words=said)


def end_sessions(
    session: Session, acting: Acting, account_id: UUID, reason: str, now: datetime
) -> None:
    """End every session of somebody; raise ReasonMissing, NotYours."""
    said = reason_of(reason)
    _account(session, account_id)
    end_all(session, account_id)
    owe_sign_in_notice(session, SignInNoticeKind.SESSIONS_ENDED, account_id, now)
    note(session, acting, ActKind.SESSIONS_ENDED, account_id, now, words=said)


def close_account(
    session: Session, acting: Acting, account_id: UUID, reason: str, now: datetime
) -> None:
    """Close an account: it signs in no more.

    Raises ReasonMissing, NotYours, OperatorAccount, AlreadyDone.
    """
    said = reason_of(reason)
    account = _account(session, account_id)
    if role_of(session, account_id) is not None:
        raise OperatorAccount
    if account.closed_at is not None:
        raise AlreadyDone
    account.closed_at = now
    owe_sign_in_notice(session, SignInNoticeKind.ACCOUNT_CLOSED, account_id, now)
    end_all(session, account_id)
    note(session, acting, ActKind.ACCOUNT_CLOSED, account_id, now, words=said)


def _noted(session: Session, kind: ActKind, subject_id: UUID) -> bool:
    """Say whether an act is written down already."""
    those = (SignInAct.subject == str(subject_id)) & (SignInAct.kind == kind.value)
    return session.scalar(select(SignInAct.id).where(those).limit(1)) is not None


def _account(session: Session, account_id: UUID) -> SignInAccount:
    account = session.get(SignInAccount, account_id, with_for_update=True)
    if account is None:
        raise NotYours
    return account
