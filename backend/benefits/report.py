"""What a campaign decided and what became of the money, in counts and cents. Only reads.

Its sums are several statements: read them from one moment (backend/snapshot.py).
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.orm import Session

from backend.benefits.tables import Benefit, Campaign, GrantDecision, Wallet
from backend.ledger.tables import Account, Transfer


@dataclass(frozen=True, slots=True)
class DecisionCount:
    """How often one benefit, rule and reason came together, and what was given for it."""

    benefit_code: str
    #: None: no rule, but an amount that a person or a file named.
    rule_code: str | None
    granted: bool
    reason: str
    count: int
    cents: int


@dataclass(frozen=True, slots=True)
class MoneyReport:
    """Where a campaign's money is: granted = spent + left + expired, in cents."""

    wallets: int
    granted_cents: int
    spent_cents: int
    left_cents: int
    expired_cents: int


@dataclass(frozen=True, slots=True)
class CampaignReport:
    """Everything of one campaign."""

    decisions: tuple[DecisionCount, ...]
    money: MoneyReport


def report_campaign(session: Session, campaign: Campaign) -> CampaignReport:
    """Return the report of a campaign, by benefit, rule and reason."""
    return CampaignReport(
        decisions=tuple(_decisions(session, campaign.id)), money=_money(session, campaign)
    )


def _decisions(session: Session, campaign_id: UUID) -> list[DecisionCount]:
    one = GrantDecision
    groups = (Benefit.code, one.rule_code, one.granted, one.reason)
    cents = cast(func.sum(one.amount_cents), BigInteger)
    query = (
        select(*groups, func.count(), cents)
        .join(Benefit, Benefit.id == one.benefit_id)
        .where(one.campaign_id == campaign_id)
        .group_by(*groups)
        .order_by(Benefit.code, one.granted.desc(), func.count().desc(), one.reason, one.rule_code)
    )
    return [DecisionCount(*row) for row in session.execute(query)]


def _money(session: Session, campaign: Campaign) -> MoneyReport:
    left = cast(
        func.coalesce(func.sum(Account.credits_posted - Account.debits_posted), 0), BigInteger
    )
    wallets, left_cents = session.execute(
        select(func.count(), left)
        .select_from(Wallet)
        .join(Account, Account.id == Wallet.account_id)
        .where(Wallet.campaign_id == campaign.id)
    ).one()
    funding = campaign.funding_account_id
    granted = _moved(session, Transfer.debit_account_id == funding)
    expired = _moved(session, Transfer.credit_account_id == funding)
    return MoneyReport(
        wallets=wallets,
        granted_cents=granted,
        spent_cents=granted - expired - left_cents,
        left_cents=left_cents,
        expired_cents=expired,
    )


def _moved(session: Session, which: object) -> int:
    cents = cast(func.coalesce(func.sum(Transfer.amount_cents), 0), BigInteger)
    return session.scalar(select(cents).where(which)) or 0  # type: ignore[arg-type]
