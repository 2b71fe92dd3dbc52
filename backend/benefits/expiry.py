"""What is left in a campaign's wallets when it is over goes back to its funding account.

A bounded number of wallets at a time, each batch a unit of work of its own: stopped anywhere, it
is begun again and goes on. Never before the partners' last day is over, because until then a
payment may still be given back and spent. A refund that comes even later lands in the wallet,
cannot be spent, and goes back the next time this runs; so does what is held now, once it is free.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.benefits.bulk import allow_long_statements, post_transfers
from backend.benefits.changing import lock_campaign
from backend.benefits.errors import CampaignNotOver
from backend.benefits.rules import Phase, day_of
from backend.benefits.tables import Campaign, Wallet
from backend.database import Database
from backend.ledger.accounts import available_cents
from backend.ledger.tables import Account

WALLETS_PER_BATCH: Final = 500
EXPIRIES: Final = uuid5(NAMESPACE_URL, "urn:pass:expiry")
REASON: Final = "Fin de la campagne : solde non dépensé"


@dataclass(frozen=True, slots=True)
class Returned:
    """What went back: wallets, cents, and how far the walk through the wallets came."""

    wallets: int = 0
    cents: int = 0
    #: None: there are no more.
    last_wallet_id: UUID | None = None


def remaining_of(session: Session, campaign_id: UUID) -> Returned:
    """Return how many wallets could give something back, and how much in all."""
    free = available_cents()
    query = (
        select(func.count(), func.coalesce(func.sum(free), 0))
        .select_from(Wallet)
        .join(Account, Account.id == Wallet.account_id)
        .where(Wallet.campaign_id == campaign_id, free > 0)
    )
    wallets, cents = session.execute(query).one()
    return Returned(wallets, int(cents))


def expire_campaign(
    database: Database,
    campaign_id: UUID,
    now: Callable[[], datetime],
    *,
    progress: Callable[[Returned], None] = lambda _returned: None,
    wallets_per_batch: int = WALLETS_PER_BATCH,
) -> Returned:
    """Return everything that is left, batch by batch, and say how much.

    Raises CampaignNotOver, CampaignUnknown.
    """
    total = Returned()
    while True:
        with database.unit_of_work() as session:
            allow_long_statements(session)
            part = expire_batch(
                session, campaign_id, now(), after=total.last_wallet_id, wallets=wallets_per_batch
            )
        total = Returned(
            total.wallets + part.wallets, total.cents + part.cents, part.last_wallet_id
        )
        progress(total)
        if part.last_wallet_id is None:
            return total


def expire_batch(
    session: Session,
    campaign_id: UUID,
    now: datetime,
    *,
    after: UUID | None = None,
    wallets: int = WALLETS_PER_BATCH,
) -> Returned:
    """Return what the next wallets hold; raise CampaignNotOver, CampaignUnknown."""
    campaign = lock_campaign(session, campaign_id)
    if campaign.days.phase(day_of(now)) is not Phase.OVER:
        raise CampaignNotOver
    campaign.expiry_began_at = campaign.expiry_began_at or now
    last, free = _next_wallets(session, campaign_id, after, wallets)
    rows = [
        {
            # The total tells one expiry of a wallet from the next: it grows with each.
            "id": uuid5(EXPIRIES, f"{account_id}.{debits}"),
            "debit_account_id": account_id,
            "credit_account_id": campaign.funding_account_id,
            "amount_cents": cents,
            "reason": REASON,
            "reference": f"expiry:{campaign_id}",
            "recorded_at": now,
        }
        for account_id, cents, debits in free
    ]
    post_transfers(session, rows)
    return Returned(len(rows), sum(cents for _, cents, _ in free), last)


def _next_wallets(
    session: Session, campaign_id: UUID, after: UUID | None, limit: int
) -> tuple[UUID | None, list[tuple[UUID, int, int]]]:
    """Return the last wallet looked at (None: the end), and what accounts can give and gave."""
    query = select(Wallet.id, Wallet.account_id).where(Wallet.campaign_id == campaign_id)
    if after is not None:
        query = query.where(Wallet.id > after)
    looked_at = session.execute(query.order_by(Wallet.id).limit(limit)).all()
    accounts = (
        select(Account.id, available_cents(), Account.debits_posted)
        .where(Account.id.in_([account_id for _, account_id in looked_at]), available_cents() > 0)
        .order_by(Account.id)
        .with_for_update(key_share=True)
    )
    free = [(account_id, cents, debits) for account_id, cents, debits in session.execute(accounts)]
    return (looked_at[-1][0] if len(looked_at) == limit else None), free


def due_campaigns(session: Session, now: datetime) -> list[Campaign]:
    """Return the campaigns that are over and whose wallets still hold something."""
    over = [
        campaign
        for campaign in session.scalars(select(Campaign).order_by(Campaign.closes_on))
        if campaign.days.phase(day_of(now)) is Phase.OVER
    ]
    return [campaign for campaign in over if remaining_of(session, campaign.id).wallets]
