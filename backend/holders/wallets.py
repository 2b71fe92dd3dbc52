"""A holder's wallets as they read them: given, spent, left, until when, and what for. Only reads.

Promise: one statement, however many wallets and whatever happened to them. What was given and what
expired come from the books; what was spent is the rest. Not here: the movements (history.py).
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from backend.benefits.rules import Phase, day_of
from backend.benefits.tables import Benefit, Campaign, Purse, Wallet
from backend.ledger.accounts import available_cents
from backend.ledger.money import Cents
from backend.ledger.tables import Account, Transfer

#: Of ten years of campaigns; the newest first.
WALLETS_MAX: Final = 100


class Purpose(NamedTuple):
    """A benefit that a wallet pays."""

    code: str
    label: str


@dataclass(frozen=True, slots=True)
class HeldWallet:
    """One wallet. Given = spent + expired + reserved + left; a refund lowers what was spent."""

    wallet_id: UUID
    account_id: UUID
    label: str
    campaign: str
    purposes: tuple[Purpose, ...]
    phase: Phase
    opens_on: date
    #: The last day to spend.
    until: date
    given: Cents
    spent: Cents
    expired: Cents
    #: Held for payments that are under way.
    reserved: Cents
    #: What can be spent; of a wallet that is over, what goes back.
    left: Cents


def read_wallets(session: Session, beneficiary_id: UUID, now: datetime) -> list[HeldWallet]:
    """Return a person's wallets: what can be spent first, then what is to come, then what is over.

    At most WALLETS_MAX, the newest.
    """
    found = dict[UUID, HeldWallet]()
    today = day_of(now)
    for wallet, campaign, benefit, free, held, given, expired in session.execute(
        _query(), {"beneficiary_id": beneficiary_id}
    ):
        purpose = Purpose(benefit.code, benefit.label)
        known = found.get(wallet.id)
        purposes = (*(known.purposes if known else ()), purpose)
        single = campaign.purse == Purse.SINGLE
        found[wallet.id] = HeldWallet(
            wallet_id=wallet.id,
            account_id=wallet.account_id,
            label=campaign.name if single else benefit.label,
            campaign=campaign.name,
            purposes=purposes,
            phase=campaign.days.phase(today),
            opens_on=campaign.opens_on,
            until=campaign.spending_ends_on,
            given=Cents(int(given)),
            spent=Cents(max(int(given) - int(expired) - int(free) - int(held), 0)),
            expired=Cents(int(expired)),
            reserved=Cents(int(held)),
            left=Cents(int(free)),
        )
    return sorted(list(found.values())[:WALLETS_MAX], key=_rank)


_ORDER: Final = {
    Phase.OPEN: 0,
    Phase.CLOSED: 0,
    Phase.PLANNED: 1,
    Phase.PARTNERS_ONLY: 2,
    Phase.OVER: 2,
}


def _rank(one: HeldWallet) -> tuple[int, int, str, str]:
    over = _ORDER[one.phase] == 2
    day = one.until.toordinal()
    return _ORDER[one.phase], -day if over else day, one.label, str(one.wallet_id)


@cache
def _query() -> Select[Wallet, Campaign, Benefit, int, int, int, int]:
    same = and_(
        Benefit.campaign_id == Wallet.campaign_id,
        or_(Wallet.benefit_id.is_(None), Wallet.benefit_id == Benefit.id),
    )
    given = _between(Transfer.credit_account_id, Transfer.debit_account_id)
    back = _between(Transfer.debit_account_id, Transfer.credit_account_id)
    # Nothing has expired before a campaign's expiry began: its payments need no looking through.
    expired = case((Campaign.expiry_began_at.is_not(None), back), else_=0)
    held = Account.debits_held
    return (
        select(Wallet, Campaign, Benefit, available_cents(), held, given, expired)
        .join(Campaign, Campaign.id == Wallet.campaign_id)
        .join(Benefit, same)
        .join(Account, Account.id == Wallet.account_id)
        .where(Wallet.beneficiary_id == bindparam("beneficiary_id"))
        .order_by(Campaign.opens_on.desc(), Wallet.id, Benefit.label)
        .limit(10 * WALLETS_MAX)
    )


def _between(
    mine: InstrumentedAttribute[UUID], funding: InstrumentedAttribute[UUID]
) -> ScalarSelect[int]:
    """Add up what moved from a campaign's funding to the wallet, or the other way.

    Which of the wallet's it was is no way into them: a funding has one for everybody there is.
    """
    meant = func.sum(Transfer.amount_cents).filter(funding == Campaign.funding_account_id)
    return (
        select(cast(func.coalesce(meant, 0), BigInteger))
        .where(mine == Wallet.account_id)
        .correlate(Wallet, Campaign)
        .scalar_subquery()
    )
