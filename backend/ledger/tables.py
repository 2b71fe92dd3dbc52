"""Accounts, transfers, holds, seals, and what the database itself refuses about them.

The triggers (guards.py) do what no program can forget or go around: a transfer posts to its
limited accounts in the statement that records it; a hold reserves, and its settlement gives back
and transfers; nothing recorded is ever changed, replaced or removed; an account never changes
its nature. A CHECK then refuses the overdraft, what is held counted.
An unlimited account is written by no payment, or all payments of a partner would queue for one
row: its totals follow behind (see `Account.rolled_up_to`). No foreign key names an account from
here for the same reason: its check locks the row.
Not prevented: writing an account's totals by hand; `check_ledger` tells.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    Enum,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    String,
    event,
)
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import ExecutableDDLElement

from backend.database import Base
from backend.ledger import guards

REASON_CHARACTERS_MAX = 200
REFERENCE_CHARACTERS_MAX = 100


class Side(StrEnum):
    """The two sides of double entry."""

    DEBIT = "debit"
    CREDIT = "credit"


class AccountKind(StrEnum):
    """What an account is for; its normal side and its limit follow (see accounts.py)."""

    FUNDING = "funding"
    WALLET = "wallet"
    PAYABLE = "payable"
    MEALS = "meals"


def _words(enumeration: type[StrEnum], name: str) -> Enum:
    return Enum(
        enumeration,
        native_enum=False,
        create_constraint=True,
        name=name,
        length=20,
        values_callable=lambda members: [member.value for member in members],
    )


class Account(Base):
    """A line of the ledger and its running totals; both totals only ever grow.

    A limited account's totals are its whole history, always. An unlimited account's are its
    history up to transfer number `rolled_up_to`, and what came later is read from the transfers.
    """

    __tablename__ = "ledger_account"
    __table_args__ = (
        CheckConstraint("debits_posted >= 0 AND credits_posted >= 0", name="totals"),
        CheckConstraint("debits_held >= 0 AND credits_held >= 0", name="held"),
        CheckConstraint(
            "CASE WHEN limited THEN rolled_up_to = 0"
            " ELSE rolled_up_to >= 0 AND debits_held = 0 AND credits_held = 0 END",
            name="nature",
        ),
        CheckConstraint(
            "NOT limited"
            " OR (normal_side = 'credit' AND credits_posted >= debits_posted + debits_held)"
            " OR (normal_side = 'debit' AND debits_posted >= credits_posted + credits_held)",
            name="overdraft",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[AccountKind] = mapped_column(_words(AccountKind, "kind"))
    normal_side: Mapped[Side] = mapped_column(_words(Side, "normal_side"))
    #: A limited account may never hold less than nothing.
    limited: Mapped[bool]
    debits_posted: Mapped[int] = mapped_column(default=0)
    credits_posted: Mapped[int] = mapped_column(default=0)
    #: 0 for ever in a limited account.
    rolled_up_to: Mapped[int] = mapped_column(default=0)
    #: Reserved and not moved; in a limited account only.
    debits_held: Mapped[int] = mapped_column(default=0)
    credits_held: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime]


class Transfer(Base):
    """One movement, for ever."""

    __tablename__ = "ledger_transfer"
    __table_args__ = (
        CheckConstraint("amount_cents > 0", name="amount"),
        CheckConstraint("debit_account_id <> credit_account_id", name="two_accounts"),
        # An account's latest movements, and those its totals do not hold yet, by one descent.
        Index(None, "debit_account_id", "sequence"),
        Index(None, "credit_account_id", "sequence"),
        # AUTOINCREMENT: SQLite must not give the number of a removed row again.
        {"sqlite_autoincrement": True},
    )

    #: Order of recording. For a limited account it is the order of its balances, because
    #: numbers are given under the account's lock; across accounts it may have gaps and leaps,
    #: and on PostgreSQL a lower number may be committed after a higher one.
    sequence: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), Identity(always=True), primary_key=True
    )
    id: Mapped[UUID] = mapped_column(unique=True)
    debit_account_id: Mapped[UUID]
    credit_account_id: Mapped[UUID]
    amount_cents: Mapped[int]
    #: Why, in French words for the person who reads the statement.
    reason: Mapped[str] = mapped_column(String(REASON_CHARACTERS_MAX))
    #: What it belongs to, for programs: `payment:<uuid>`, `grant:<uuid>`.
    reference: Mapped[str] = mapped_column(String(REFERENCE_CHARACTERS_MAX), index=True)
    recorded_at: Mapped[datetime]


class Hold(Base):
    """A reserved amount that has not moved, so that no wallet promises it twice."""

    __tablename__ = "ledger_hold"
    __table_args__ = (
        CheckConstraint("amount_cents > 0", name="amount"),
        CheckConstraint("debit_account_id <> credit_account_id", name="two_accounts"),
        CheckConstraint("expires_at > recorded_at", name="time"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    debit_account_id: Mapped[UUID]
    credit_account_id: Mapped[UUID]
    amount_cents: Mapped[int]
    reason: Mapped[str] = mapped_column(String(REASON_CHARACTERS_MAX))
    reference: Mapped[str] = mapped_column(String(REFERENCE_CHARACTERS_MAX), index=True)
    #: From this moment on it can no longer be settled; it counts until it is recorded as expired.
    expires_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class OpenHold(Base):
    """The holds without a settlement, kept by the triggers: a list to work from, not history."""

    __tablename__ = "ledger_open_hold"

    hold_id: Mapped[UUID] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Outcome(StrEnum):
    """How a hold ended."""

    SETTLED = "settled"
    RELEASED = "released"
    EXPIRED = "expired"


class Settlement(Base):
    """The end of a hold, once: its trigger gives the hold back, and makes the transfer if any."""

    __tablename__ = "ledger_settlement"
    __table_args__ = (
        CheckConstraint("(outcome = 'settled') = (amount_cents > 0)", name="amount"),
        CheckConstraint("amount_cents >= 0", name="not_negative"),
    )

    #: The primary key is what makes it once.
    hold_id: Mapped[UUID] = mapped_column(primary_key=True)
    #: The caller's; of a hold that was settled, also the transfer's.
    id: Mapped[UUID] = mapped_column(unique=True)
    outcome: Mapped[Outcome] = mapped_column(_words(Outcome, "outcome"))
    amount_cents: Mapped[int]
    reason: Mapped[str] = mapped_column(String(REASON_CHARACTERS_MAX))
    reference: Mapped[str] = mapped_column(String(REFERENCE_CHARACTERS_MAX))
    recorded_at: Mapped[datetime]


class Seal(Base):
    """A link of an account's chain: what its transfers were, up to one of them (see chain.py)."""

    __tablename__ = "ledger_seal"
    __table_args__ = (
        CheckConstraint("number > 0 AND transfers_count > 0", name="counts"),
        CheckConstraint("length(previous_hash) = 32 AND length(hash) = 32", name="hashes"),
    )

    account_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_account.id"), primary_key=True)
    #: 1, 2, 3 and so on, within the account.
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    #: The last transfer it covers; the first is the one after the seal before.
    last_sequence: Mapped[int] = mapped_column(index=True)
    transfers_count: Mapped[int]
    sealed_at: Mapped[datetime]
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


def _after_create(table: type[Base], dialect: str, statements: tuple[str, ...]) -> None:
    for statement in statements:
        ddl: ExecutableDDLElement = DDL(statement)  # type: ignore[no-untyped-call]
        event.listen(table.__table__, "after_create", ddl.execute_if(dialect=dialect))


_after_create(Account, "sqlite", guards.SQLITE_ACCOUNT_DDL)
_after_create(Transfer, "sqlite", guards.SQLITE_TRANSFER_DDL)
_after_create(Hold, "sqlite", guards.SQLITE_HOLD_DDL)
_after_create(Settlement, "sqlite", guards.SQLITE_SETTLEMENT_DDL)
_after_create(Seal, "sqlite", guards.SQLITE_SEAL_DDL)
_after_create(Account, "postgresql", guards.POSTGRESQL_ACCOUNT_DDL)
_after_create(Transfer, "postgresql", guards.POSTGRESQL_TRANSFER_DDL)
_after_create(Hold, "postgresql", guards.POSTGRESQL_HOLD_DDL)
_after_create(Settlement, "postgresql", guards.POSTGRESQL_SETTLEMENT_DDL)
_after_create(Seal, "postgresql", guards.POSTGRESQL_SEAL_DDL)
