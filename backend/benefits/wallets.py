"""Who has which wallet, where it may be spent, and what happened to it. Only reads.

What is usable never depends on the balance: whoever holds only the card must not learn it.
`alternatives` does, and is for after the right code only.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    Select,
    SQLColumnExpression,
    Uuid,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
)
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from backend.benefits.errors import WalletUnknown
from backend.benefits.rules import SPENDING, NotUsable, Phase, WalletLine, day_of
from backend.benefits.tables import (
    Benefit,
    BenefitActivity,
    BenefitPartner,
    Campaign,
    PartnerAccount,
    Purse,
    Wallet,
)
from backend.database import UtcDateTime
from backend.ledger.accounts import STATEMENT_LINES_MAX, available, balance, statement
from backend.ledger.money import Cents
from backend.ledger.tables import Side
from backend.partners.tables import Partner, PartnerActivity
from backend.statements import Statement

#: The holders' last day, in SQL: what `Campaign.spending_ends_on` is in Python.
SPENDING_ENDS_ON: Final = func.coalesce(Campaign.spend_until, Campaign.closes_on)


@dataclass(frozen=True, slots=True)
class UsableBenefit:
    """A benefit that this person may spend at this partner now."""

    code: str
    label: str
    account_id: UUID


@dataclass(frozen=True, slots=True)
class OpenWallet:
    """A wallet of a campaign that is open, and what it holds.

    A single purse carries its campaign's code and name.
    """

    code: str
    label: str
    account_id: UUID
    balance: Cents


class Alternative(NamedTuple):
    """A benefit that still has something to spend here."""

    code: str
    label: str
    #: What can be spent: what is held for other payments is not counted.
    balance: Cents


def usable_benefits(
    session: Session | Connection, beneficiary_id: UUID, partner_id: UUID | None, now: datetime
) -> list[UsableBenefit]:
    """Return what this person may spend at this partner now, by label.

    Nothing for a terminal without partner, or while the partner is suspended.
    """
    return [UsableBenefit(*row[:3]) for row in _usable(session, beneficiary_id, partner_id, now)]


def alternatives(
    session: Session,
    beneficiary_id: UUID,
    partner_id: UUID | None,
    amount_cents: int,
    now: datetime,
) -> list[Alternative]:
    """Return what would pay here instead, best first: each wallet once, none that is empty.

    First those that hold the whole amount, the one that expires first before the others; then
    the rest, the fullest first. Only for who has typed the right code: it tells balances.
    """
    found: dict[UUID, tuple[tuple[bool, object, str], Alternative]] = {}
    for code, label, account_id, ends_on in _usable(session, beneficiary_id, partner_id, now):
        free = available(session, account_id)
        if free <= 0 or account_id in found:
            continue
        short = free < amount_cents
        rank = (short, -free if short else ends_on, label)
        found[account_id] = rank, Alternative(code, label, Cents(free))
    return [one for _, one in sorted(found.values(), key=lambda ranked: ranked[0])]


def why_not_usable(
    session: Session,
    beneficiary_id: UUID,
    partner_id: UUID | None,
    benefit_code: str,
    now: datetime,
) -> NotUsable | None:
    """Return why this benefit cannot be spent here now, or None if it can.

    The balance and the partner's suspension are not asked: they are the payment's to judge.
    """
    today = day_of(now)
    query = (
        select(Benefit.id, Campaign, _is_taken_by(partner_id))
        .join(Campaign, Campaign.id == Benefit.campaign_id)
        .where(Benefit.code == benefit_code)
    )
    benefits = [
        (campaign.days.phase(today), benefit_id, taken)
        for benefit_id, campaign, taken in session.execute(query)
    ]
    if not benefits:
        return NotUsable.BENEFIT_UNKNOWN
    current = [row for row in benefits if row[0] in SPENDING]
    if not current:
        coming = any(phase is Phase.PLANNED for phase, _, _ in benefits)
        return NotUsable.CAMPAIGN_NOT_OPEN if coming else NotUsable.CAMPAIGN_OVER
    _, benefit_id, taken = current[0]
    if not taken:
        return NotUsable.NOT_TAKEN_HERE
    wallet = _wallets_with_benefits(beneficiary_id).where(Benefit.id == benefit_id)
    return NotUsable.NO_WALLET if session.execute(wallet).first() is None else None


def wallets_of(session: Session, beneficiary_id: UUID, now: datetime) -> list[OpenWallet]:
    """Return every wallet this person has in an open campaign, each once, by label."""
    single = Campaign.purse == Purse.SINGLE
    code = case((single, func.coalesce(Campaign.code, "")), else_=Benefit.code)
    label = case((single, Campaign.name), else_=Benefit.label)
    query = (
        _wallets_with_benefits(beneficiary_id)
        .with_only_columns(code.label("code"), label.label("label"), Wallet.account_id)
        .where(_is_open(now))
        .distinct()
        .order_by("label", "code")
    )
    return [_open_wallet(session, *row) for row in session.execute(query)]


def wallet_of(
    session: Session, beneficiary_id: UUID, benefit_code: str, now: datetime
) -> OpenWallet:
    """Return the wallet that this code names today; raise WalletUnknown.

    A single purse answers to each of its campaign's benefits, and to the campaign's own code.
    """
    query = _wallets_with_benefits(beneficiary_id).where(
        _is_open(now),
        or_(
            Benefit.code == benefit_code,
            and_(Campaign.purse == Purse.SINGLE, Campaign.code == benefit_code),
        ),
    )
    row = session.execute(query).first()
    if row is None:
        raise WalletUnknown
    code, label, account_id, _ = row
    return _open_wallet(session, code, label, account_id)


def phase_of(session: Session, account_id: UUID, now: datetime) -> Phase:
    """Return where the campaign of a wallet's account stands; raise WalletUnknown.

    What is given back to a wallet can be spent in the phases of `SPENDING` only.
    """
    query = (
        select(Campaign)
        .join(Wallet, Wallet.campaign_id == Campaign.id)
        .where(Wallet.account_id == account_id)
    )
    campaign = session.scalar(query)
    if campaign is None:
        raise WalletUnknown
    return campaign.days.phase(day_of(now))


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


def _open_wallet(session: Session, code: str, label: str, account_id: UUID) -> OpenWallet:
    return OpenWallet(code, label, account_id, Cents(balance(session, account_id)))


def _usable(
    session: Session | Connection, beneficiary_id: UUID, partner_id: UUID | None, now: datetime
) -> list[tuple[str, str, UUID, object]]:
    if partner_id is None:
        return []
    asked = {"person": beneficiary_id, "partner": partner_id, "now": now, "today": day_of(now)}
    return [
        (code, label, account_id, end)
        for code, label, account_id, end in _USABLE.all(session, asked)
    ]


def spendable_wallets(
    person: SQLColumnExpression[UUID],
    partner: SQLColumnExpression[UUID],
    today: BindParameter[date],
) -> Select[str, str, UUID, object]:
    """Select what a person may spend at a partner today, for a query that joins both.

    `Wallet`, `Benefit` and `Campaign` are there to be joined on. The suspension is not asked.
    """
    return _wallets_with_benefits(person).where(is_spending_on(today), _is_taken_by(partner))


def _wallets_with_benefits(
    beneficiary_id: UUID | SQLColumnExpression[UUID],
) -> Select[str, str, UUID, object]:
    """Select a person's wallets, each with every benefit it may be spent for."""
    same = and_(
        Benefit.campaign_id == Wallet.campaign_id,
        or_(Wallet.benefit_id.is_(None), Wallet.benefit_id == Benefit.id),
    )
    return (
        select(Benefit.code, Benefit.label, Wallet.account_id, SPENDING_ENDS_ON)
        .select_from(Wallet)
        .join(Benefit, same)
        .join(Campaign, Campaign.id == Wallet.campaign_id)
        .where(Wallet.beneficiary_id == beneficiary_id)
    )


def _is_open(now: datetime) -> ColumnElement[bool]:
    return is_spending_on(day_of(now))


def is_spending_on(today: date | BindParameter[date]) -> ColumnElement[bool]:
    """Whether `Campaign` is in a phase of `SPENDING`, in SQL; a test holds the two together."""
    return and_(Campaign.opens_on <= today, today <= SPENDING_ENDS_ON)


def _is_taken_by(partner_id: UUID | SQLColumnExpression[UUID] | None) -> ColumnElement[bool]:
    """Whether a partner with an account may take `Benefit`: by its activities or by name."""
    by_activity = (
        select(BenefitActivity.benefit_id)
        .join(PartnerActivity, PartnerActivity.activity == BenefitActivity.activity)
        .where(BenefitActivity.benefit_id == Benefit.id, PartnerActivity.partner_id == partner_id)
    )
    by_name = select(BenefitPartner.benefit_id).where(
        BenefitPartner.benefit_id == Benefit.id, BenefitPartner.partner_id == partner_id
    )
    account = select(PartnerAccount.partner_id).where(PartnerAccount.partner_id == partner_id)
    return and_(account.exists(), or_(by_name.exists(), by_activity.exists()))


def _build_usable() -> Select[str, str, UUID, object]:
    person, partner = bindparam("person", type_=Uuid()), bindparam("partner", type_=Uuid())
    now = bindparam("now", type_=UtcDateTime())
    return (
        spendable_wallets(person, partner, bindparam("today", type_=Date()))
        .join(Partner, Partner.id == partner)
        .where(or_(Partner.suspended_at.is_(None), Partner.suspended_at > now))
        .order_by(Benefit.label, Benefit.code)
    )


_USABLE: Final = Statement(_build_usable())
