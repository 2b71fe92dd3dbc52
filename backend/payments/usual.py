"""What is asked with every sale where nothing is wrong, one statement each time.

What is wrong is for terms.py and place.py to say. The rows are read, and of all of them only the
holder's own wallet is ever locked.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Date, String, Uuid, bindparam, or_
from sqlalchemy.engine import Connection
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased
from sqlalchemy.sql.elements import ColumnElement

from backend.benefits.rules import day_of
from backend.benefits.tables import Benefit, PartnerAccount, Wallet
from backend.benefits.wallets import UsableBenefit, spendable_wallets
from backend.cards.states import CardState
from backend.cards.tables import Card, CardProof
from backend.database import UtcDateTime
from backend.ledger.accounts import available_cents
from backend.ledger.tables import Account
from backend.partners.authentication import AuthenticatedTerminal
from backend.partners.tables import Outlet, Partner, Terminal
from backend.payments.orders import PaymentOrder
from backend.payments.place import Limits, Place
from backend.payments.tables import PaymentLimit
from backend.statements import Statement


@dataclass(frozen=True, slots=True)
class Terms:
    """Whose card it is, the wallet that would be debited, and where."""

    beneficiary_id: UUID
    card_id: UUID
    card_number: str = field(repr=False)
    wallet_account_id: UUID
    benefit_label: str
    place: Place
    #: What the wallet may spend, in cents: for sure only while it is held.
    available_cents: int


def find_usual(
    session: Session,
    terminal: AuthenticatedTerminal,
    order: PaymentOrder,
    now: datetime,
    *,
    hold: bool,
) -> Terms | None:
    """Return the terms if everything but the amount is right, or None; `hold` locks the wallet."""
    if terminal.outlet_id is None:
        return None
    asked = {
        "terminal": terminal.terminal_id,
        "outlet": terminal.outlet_id,
        "proof": order.proof_id,
        "benefit": order.benefit_code,
        "now": now,
        "today": day_of(now),
    }
    # A code names one benefit at a time: campaigns with the same one do not overlap.
    rows = (_HOLD if hold else _LOOK).all(session, asked)
    if not rows:
        return None
    beneficiary_id, card_id, number, wallet_id, label, cents, *where = rows[0]
    partner_id, name, account_id, *limits = where
    place = Place(partner_id, name, account_id, None, Limits.of(*limits))
    return Terms(beneficiary_id, card_id, number, wallet_id, label, place, cents)


def find_usable_here(
    asked: Connection, terminal: AuthenticatedTerminal, beneficiary_id: UUID, now: datetime
) -> list[UsableBenefit]:
    """Return what this person may spend at this outlet now, by label.

    Nothing where the partner is suspended or the outlet closed.
    """
    values = {
        "person": beneficiary_id,
        "outlet": terminal.outlet_id,
        "now": now,
        "today": day_of(now),
    }
    return [UsableBenefit(*row) for row in _USABLE_HERE.all(asked, values)]


_NOW: Final = bindparam("now", type_=UtcDateTime())
_PAYABLE: Final = aliased(PartnerAccount)
_OF_BENEFIT: Final = aliased(PaymentLimit)
_OF_PARTNER: Final = aliased(PaymentLimit)


def _not_yet(moment: InstrumentedAttribute[datetime | None]) -> ColumnElement[bool]:
    return or_(moment.is_(None), moment > _NOW)


_USUAL: Final = (
    spendable_wallets(Card.beneficiary_id, Partner.id, bindparam("today", type_=Date()))
    .join(Card, Card.beneficiary_id == Wallet.beneficiary_id)
    .join(CardProof, CardProof.card_id == Card.id)
    .join(Terminal, Terminal.id == CardProof.terminal_id)
    .join(Outlet, Outlet.id == bindparam("outlet", type_=Uuid()))
    .join(Partner, Partner.id == Outlet.partner_id)
    .join(_PAYABLE, _PAYABLE.partner_id == Partner.id)
    .join(Account, Account.id == Wallet.account_id)
    .outerjoin(_OF_BENEFIT, _OF_BENEFIT.benefit_code == Benefit.code)
    .outerjoin(_OF_PARTNER, _OF_PARTNER.partner_id == Partner.id)
    .where(
        CardProof.id == bindparam("proof", type_=Uuid()),
        CardProof.terminal_id == bindparam("terminal", type_=Uuid()),
        CardProof.used_by.is_(None),
        CardProof.expires_at > _NOW,
        Card.state == CardState.ACTIVE.value,
        Terminal.revoked_at.is_(None),
        _not_yet(Outlet.closed_at),
        _not_yet(Partner.suspended_at),
        Benefit.code == bindparam("benefit", type_=String()),
    )
    .with_only_columns(
        Card.beneficiary_id,
        Card.id,
        Card.number,
        Wallet.account_id,
        Benefit.label,
        available_cents(),
        Partner.id,
        Partner.name,
        _PAYABLE.account_id,
        _OF_BENEFIT.per_payment_cents,
        _OF_PARTNER.per_payment_cents,
        _OF_BENEFIT.per_day_cents,
        _OF_BENEFIT.per_partner_day_cents,
        _OF_PARTNER.per_day_cents,
        maintain_column_froms=True,
    )
)
_LOOK: Final = Statement(_USUAL)
_USABLE_HERE: Final = Statement(
    spendable_wallets(
        bindparam("person", type_=Uuid()), Partner.id, bindparam("today", type_=Date())
    )
    .join(Outlet, Outlet.id == bindparam("outlet", type_=Uuid()))
    .join(Partner, Partner.id == Outlet.partner_id)
    .where(_not_yet(Outlet.closed_at), _not_yet(Partner.suspended_at))
    .with_only_columns(Benefit.code, Benefit.label, Wallet.account_id, maintain_column_froms=True)
    .order_by(Benefit.label, Benefit.code)
)
# key_share: a new row elsewhere that merely names the account need not wait.
_HOLD: Final = Statement(_USUAL.with_for_update(key_share=True, of=Account))
