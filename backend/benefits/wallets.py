"""Who has which wallet, where it may be spent, and what happened to it. Only reads.

What is usable never depends on the balance: whoever holds only the card must not learn it.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from backend.benefits.errors import WalletUnknown
from backend.benefits.rules import WalletLine, day_of
from backend.benefits.tables import Benefit, BenefitPartner, Campaign, Wallet
from backend.ledger.accounts import STATEMENT_LINES_MAX, balance, statement
from backend.ledger.money import Cents
from backend.ledger.tables import Side
from backend.partners.tables import Partner


@dataclass(frozen=True, slots=True)
class UsableBenefit:
    """A benefit that this person may spend at this partner now."""

    code: str
    label: str
    account_id: UUID


@dataclass(frozen=True, slots=True)
class OpenWallet:
    """A wallet of a campaign that is open, and what it holds."""

    code: str
    label: str
    account_id: UUID
    balance: Cents


def usable_benefits(
    session: Session, beneficiary_id: UUID, partner_id: UUID | None, now: datetime
) -> list[UsableBenefit]:
    """Return what this person may spend at this partner now, by label.

    Nothing for a terminal without partner, or while the partner is suspended.
    """
    query = (
        _open_wallets(beneficiary_id, now)
        .join(BenefitPartner, BenefitPartner.benefit_id == Benefit.id)
        .join(Partner, Partner.id == BenefitPartner.partner_id)
        .where(
            Partner.id == partner_id,
            or_(Partner.suspended_at.is_(None), Partner.suspended_at > now),
        )
    )
    return [UsableBenefit(*row) for row in session.execute(query)]


def wallets_of(session: Session, beneficiary_id: UUID, now: datetime) -> list[OpenWallet]:
    """Return every wallet this person has in an open campaign, by label."""
    return [
        OpenWallet(code, label, account_id, Cents(balance(session, account_id)))
        for code, label, account_id in session.execute(_open_wallets(beneficiary_id, now))
    ]


def wallet_of(
    session: Session, beneficiary_id: UUID, benefit_code: str, now: datetime
) -> OpenWallet:
    """Return the wallet that this code names today; raise WalletUnknown."""
    for wallet in wallets_of(session, beneficiary_id, now):
        if wallet.code == benefit_code:
            return wallet
    raise WalletUnknown


def wallet_statement(
    session: Session, account_id: UUID, *, lines_max: int = STATEMENT_LINES_MAX
) -> list[WalletLine]:
    """Return a wallet's latest movements, newest first; `line.in_words()` for people."""
    return [
        WalletLine(
            recorded_at=line.recorded_at,
            words=line.reason,
            received=line.side is Side.CREDIT,
            amount=line.amount,
            balance_after=Cents(line.balance_after),
        )
        for line in statement(session, account_id, lines_max=lines_max)
    ]


def _open_wallets(beneficiary_id: UUID, now: datetime) -> Select[str, str, UUID]:
    today = day_of(now)
    return (
        select(Benefit.code, Benefit.label, Wallet.account_id)
        .join(Wallet, Wallet.benefit_id == Benefit.id)
        .join(Campaign, Campaign.id == Benefit.campaign_id)
        .where(
            Wallet.beneficiary_id == beneficiary_id,
            Campaign.opens_on <= today,
            Campaign.closes_on >= today,
        )
        .order_by(Benefit.label, Benefit.code)
    )
