"""Recording many grants at once, in statements whose number does not grow with the batch.

The ledger's own triggers post what is inserted here, and refuse what they always refuse. The
caller holds the campaign's lock (`lock_campaign`): two imports of it never meet.
Not here: deciding (eligibility.py); the one grant of one person (grants.py).
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import ColumnElement, Table, Text, bindparam, cast, func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from backend.benefits.array_text import array_text
from backend.benefits.eligibility import Decision
from backend.benefits.tables import (
    WORDS_CHARACTERS_MAX,
    Campaign,
    GrantDecision,
    Purse,
    Wallet,
)
from backend.ledger.accounts import NATURE
from backend.ledger.tables import REASON_CHARACTERS_MAX, Account, AccountKind, Transfer

STATEMENT_MINUTES_MAX: Final = 10
GRANTS: Final = uuid5(NAMESPACE_URL, "urn:pass:grant")

_GRANTED: Final = GrantDecision.__table__.c.granted

Row = dict[str, Any]
_Insert = postgresql.Insert | sqlite.Insert
#: Whose, which benefit, which slot: what may be given once.
Key = tuple[UUID, UUID, str]


@dataclass(frozen=True, slots=True)
class Order:
    """A decision, for whom and about which benefit."""

    beneficiary_id: UUID
    benefit_id: UUID
    decision: Decision

    @property
    def key(self) -> Key:
        """What may be given once."""
        return self.beneficiary_id, self.benefit_id, self.decision.slot


@dataclass(frozen=True, slots=True)
class Known:
    """What an earlier decision said."""

    granted: bool
    amount_cents: int
    words: str


def grant_id_of(key: Key) -> UUID:
    """Return the id of a grant's transfer: the same grant twice is one transfer."""
    beneficiary_id, benefit_id, slot = key
    return uuid5(GRANTS, f"{benefit_id}.{beneficiary_id}.{slot}")


def allow_long_statements(session: Session) -> None:
    """Let this unit of work's statements take minutes: nobody waits for a batch of a job."""
    if _takes_arrays(session):
        session.execute(text(f"SET LOCAL statement_timeout = '{STATEMENT_MINUTES_MAX}min'"))


def known_decisions(session: Session, beneficiary_ids: Sequence[UUID]) -> dict[Key, Known]:
    """Return what was ever decided for these people."""
    # By person alone: a planner that has not counted yet might walk the whole campaign instead.
    table = GrantDecision
    query = select(
        table.beneficiary_id,
        table.benefit_id,
        table.slot,
        table.granted,
        table.amount_cents,
        table.words,
    ).where(table.beneficiary_id.in_(beneficiary_ids))
    return {
        (beneficiary_id, benefit_id, slot): Known(granted, amount, words)
        for beneficiary_id, benefit_id, slot, granted, amount, words in session.execute(query)
    }


def record_orders(
    session: Session, campaign: Campaign, orders: Sequence[Order], now: datetime
) -> None:
    """Record decisions and move the money of those that grant.

    None of them may have been granted before (see `known_decisions`); a refusal that was
    recorded before is replaced.
    """
    granting = [order for order in orders if order.decision.granted]
    accounts = _open_wallets(session, campaign, granting, now)
    transfers = [_transfer(campaign, order, accounts, now) for order in granting]
    # In account order, as everybody locks: a payment in between waits, and nobody for ever.
    transfers.sort(key=lambda row: row["credit_account_id"])
    post_transfers(session, transfers)
    _record_decisions(session, campaign, orders, now)


def post_transfers(session: Session, rows: Sequence[Row]) -> None:
    """Insert transfers; the ledger's triggers post them."""
    insert_rows(session, Transfer, rows)


def _open_wallets(
    session: Session, campaign: Campaign, orders: Sequence[Order], now: datetime
) -> dict[tuple[UUID, UUID | None], UUID]:
    wanted = {(order.beneficiary_id, _wallet_benefit(campaign, order)) for order in orders}
    people = {beneficiary_id for beneficiary_id, _ in wanted}
    # By person alone, as in `known_decisions`.
    columns = Wallet.beneficiary_id, Wallet.benefit_id, Wallet.account_id, Wallet.campaign_id
    query = select(*columns).where(Wallet.beneficiary_id.in_(people))
    accounts = {
        (person, benefit): account_id
        for person, benefit, account_id, campaign_id in session.execute(query)
        if campaign_id == campaign.id
    }
    new = sorted(wanted - accounts.keys(), key=itemgetter(0))
    missing = dict(zip(new, ordered_ids(now, len(new)), strict=True))
    if missing:
        nature = NATURE[AccountKind.WALLET]
        account_rows = [
            {
                "id": account_id,
                "kind": AccountKind.WALLET,
                "normal_side": nature.normal_side,
                "limited": nature.limited,
                "opened_at": now,
            }
            for account_id in missing.values()
        ]
        wallet_rows = [
            {
                "id": wallet_id,
                "beneficiary_id": person,
                "campaign_id": campaign.id,
                "benefit_id": benefit,
                "account_id": account_id,
            }
            for wallet_id, ((person, benefit), account_id) in zip(
                ordered_ids(now, len(missing)), missing.items(), strict=True
            )
        ]
        insert_rows(session, Account, account_rows)
        insert_rows(session, Wallet, wallet_rows)
    return accounts | missing


def ordered_ids(
    now: datetime, count: int, random: Callable[[int], int] = secrets.randbits
) -> list[UUID]:
    """Make new ids that begin with the moment, in order (RFC 9562, version 7).

    Rows of one batch then lie together in each index; ids from chance alone would touch a page of
    each index for each row.
    """
    moment = int(now.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62
    chance = sorted(random(74) for _ in range(count))
    return [UUID(int=moment | (one >> 62) << 64 | one & (1 << 62) - 1) for one in chance]


def _wallet_benefit(campaign: Campaign, order: Order) -> UUID | None:
    return None if campaign.purse == Purse.SINGLE else order.benefit_id


def _transfer(
    campaign: Campaign,
    order: Order,
    accounts: dict[tuple[UUID, UUID | None], UUID],
    now: datetime,
) -> Row:
    grant_id = grant_id_of(order.key)
    return {
        "id": grant_id,
        "debit_account_id": campaign.funding_account_id,
        "credit_account_id": accounts[order.beneficiary_id, _wallet_benefit(campaign, order)],
        "amount_cents": order.decision.amount.value,
        "reason": order.decision.statement[:REASON_CHARACTERS_MAX],
        "reference": f"grant:{grant_id}",
        "recorded_at": now,
    }


def _record_decisions(
    session: Session, campaign: Campaign, orders: Sequence[Order], now: datetime
) -> None:
    if not orders:
        return
    rows = [
        {
            "beneficiary_id": order.beneficiary_id,
            "benefit_id": order.benefit_id,
            "slot": order.decision.slot,
            "campaign_id": campaign.id,
            "rule_code": order.decision.rule_code,
            "granted": order.decision.granted,
            "reason": order.decision.reason.value,
            "amount_cents": order.decision.amount.value,
            "words": order.decision.words[:WORDS_CHARACTERS_MAX],
            "decided_at": now,
        }
        for order in orders
    ]
    changed = ("rule_code", "granted", "reason", "amount_cents", "words", "decided_at")
    upsert(session, GrantDecision, rows, changed=changed, unless=_GRANTED)


def upsert(
    session: Session,
    table: type,
    rows: Sequence[Row],
    *,
    changed: Sequence[str] = (),
    unless: ColumnElement[bool] | None = None,
) -> None:
    """Insert rows; where the primary key is known, change these columns, or nothing.

    A known row of which `unless` is true stays as it is.
    """
    if not rows:
        return
    target = _table(table)
    key = [column.name for column in target.primary_key]
    statement = _insert(session, target, rows)
    if changed:
        new = {name: statement.excluded[name] for name in changed}
        statement = statement.on_conflict_do_update(
            index_elements=key, set_=new, where=unless if unless is None else ~unless
        )
    else:
        statement = statement.on_conflict_do_nothing(index_elements=key)
    _execute(session, statement, rows)


def insert_rows(session: Session, table: type, rows: Sequence[Row]) -> None:
    """Insert rows, which all have the same columns."""
    if rows:
        _execute(session, _insert(session, _table(table), rows), rows)


def _insert(session: Session, target: Table, rows: Sequence[Row]) -> _Insert:
    if not _takes_arrays(session):
        return sqlite.insert(target)
    # One statement with an array a column: a statement a row costs several times as much.
    names = list(rows[0])
    arrays = [
        cast(
            bindparam(None, array_text([row[name] for row in rows]), type_=Text()),
            postgresql.ARRAY(target.c[name].type),
        )
        for name in names
    ]
    source = func.unnest(*arrays).table_valued(*names).render_derived(name="given")
    return postgresql.insert(target).from_select(names, select(*source.c))


def _execute(session: Session, statement: _Insert, rows: Sequence[Row]) -> None:
    if _takes_arrays(session):
        session.connection().execute(statement)
    else:
        session.connection().execute(statement, rows)


def _takes_arrays(session: Session) -> bool:
    return session.connection().dialect.name == "postgresql"


def _table(table: type) -> Table:
    found: Table = table.__table__  # type: ignore[attr-defined]
    return found
