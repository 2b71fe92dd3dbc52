"""Giving: a transfer from the campaign's funding account to the beneficiary's wallet.

The grant's id is the transfer's: the same grant sent twice is given once. What somebody typed as
a reason is not in the ledger, which nobody can empty, but with the decision, which can be.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.benefits.bulk import upsert
from backend.benefits.eligibility import Reason
from backend.benefits.errors import CampaignClosed
from backend.benefits.rules import GRANTING, day_of
from backend.benefits.tables import Benefit, Campaign, GrantDecision, Purse, Wallet
from backend.ledger.accounts import open_account
from backend.ledger.errors import TransferConflict
from backend.ledger.tables import AccountKind, Transfer
from backend.ledger.transfers import transfer

#: What the ledger says of an amount that somebody gave by hand.
BY_HAND: Final = "Aide accordée"


def grant(
    session: Session,
    *,
    beneficiary_id: UUID,
    benefit: Benefit,
    amount_cents: int,
    reason: str,
    grant_id: UUID,
    now: datetime,
    words: str | None = None,
) -> Transfer:
    """Give `amount_cents` of a benefit for a reason (French, in the ledger for good).

    `words` is what somebody typed, for the holder's statement; without it the reason is shown.

    May come before the campaign opens. Raises CampaignClosed after its last day,
    TransferConflict when the id names another grant, TransferUnacceptable.
    """
    campaign = session.get_one(Campaign, benefit.campaign_id)
    phase = campaign.days.phase(day_of(now))
    if phase not in GRANTING and not _is_granted(session, grant_id):
        raise CampaignClosed
    wallet = _ensure_wallet(session, beneficiary_id, benefit, campaign, now=now)
    made = transfer(
        session,
        transfer_id=grant_id,
        debit_account_id=campaign.funding_account_id,
        credit_account_id=wallet.account_id,
        amount_cents=amount_cents,
        reason=reason,
        reference=f"grant:{grant_id}",
        now=now,
    )
    _remember(session, beneficiary_id, benefit, made, words or reason)
    return made


def _is_granted(session: Session, grant_id: UUID) -> bool:
    return session.scalar(select(Transfer.id).where(Transfer.id == grant_id)) is not None


def _remember(
    session: Session, beneficiary_id: UUID, benefit: Benefit, made: Transfer, words: str
) -> None:
    known = session.get(GrantDecision, (beneficiary_id, benefit.id, made.reference))
    if known is not None and known.words != words:
        raise TransferConflict
    row = {
        "beneficiary_id": beneficiary_id,
        "benefit_id": benefit.id,
        "slot": made.reference,
        "campaign_id": benefit.campaign_id,
        "rule_code": None,
        "granted": True,
        "reason": Reason.NAMED.value,
        "amount_cents": made.amount_cents,
        "words": words,
        "decided_at": made.recorded_at,
    }
    upsert(session, GrantDecision, [row])


def _ensure_wallet(
    session: Session,
    beneficiary_id: UUID,
    benefit: Benefit,
    campaign: Campaign,
    *,
    now: datetime,
    make_id: Callable[[], UUID] = uuid4,
) -> Wallet:
    benefit_id = None if campaign.purse == Purse.SINGLE else benefit.id
    known = _find_wallet(session, beneficiary_id, campaign.id, benefit_id)
    if known is not None:
        return known
    try:
        with session.begin_nested():
            account = open_account(session, AccountKind.WALLET, now=now, make_id=make_id)
            wallet = Wallet(
                id=make_id(),
                beneficiary_id=beneficiary_id,
                campaign_id=campaign.id,
                benefit_id=benefit_id,
                account_id=account.id,
            )
            session.add(wallet)
    except IntegrityError:
        # Another grant opened it meanwhile; anything else is not ours to hide.
        known = _find_wallet(session, beneficiary_id, campaign.id, benefit_id)
        if known is None:
            raise
        return known
    return wallet


def _find_wallet(
    session: Session, beneficiary_id: UUID, campaign_id: UUID, benefit_id: UUID | None
) -> Wallet | None:
    query = select(Wallet).where(
        Wallet.beneficiary_id == beneficiary_id,
        Wallet.campaign_id == campaign_id,
        Wallet.benefit_id.is_not_distinct_from(benefit_id),
    )
    return session.scalars(query).one_or_none()
