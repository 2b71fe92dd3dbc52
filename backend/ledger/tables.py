"""Accounts and transfers, and what the database itself refuses about them.

The triggers do three things no program can forget or go around: a transfer posts to its limited
accounts in the same statement that records it; a recorded transfer is never changed, replaced
or removed; an account never changes its nature. A CHECK then refuses the overdraft.
An unlimited account is written by no payment, or all payments of a partner would queue for one
row: its totals follow behind (see `Account.rolled_up_to`). No foreign key either, whose check
locks the row; a trigger looks without a lock, which is enough: no account is ever removed.
Not here: holds. Not prevented: writing an account's totals by hand; `check_ledger` tells.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final, cast
from uuid import UUID

from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    Enum,
    Identity,
    Index,
    Integer,
    String,
    Table,
    event,
)
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import ExecutableDDLElement

from backend.database import Base

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
        CheckConstraint(
            "NOT limited"
            " OR (normal_side = 'credit' AND credits_posted >= debits_posted)"
            " OR (normal_side = 'debit' AND debits_posted >= credits_posted)",
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


SQLITE_ACCOUNT_DDL: Final = (
    """CREATE TRIGGER ledger_account_fixed
BEFORE UPDATE OF id, kind, normal_side, limited ON ledger_account
BEGIN SELECT RAISE(ABORT, 'a ledger account keeps its nature'); END""",
    """CREATE TRIGGER ledger_account_kept BEFORE DELETE ON ledger_account
BEGIN SELECT RAISE(ABORT, 'a ledger account is never removed'); END""",
)

SQLITE_TRANSFER_DDL: Final = (
    """CREATE TRIGGER ledger_transfer_post AFTER INSERT ON ledger_transfer
BEGIN
  SELECT RAISE(ABORT, 'a transfer is between two known accounts')
    WHERE (SELECT count(*) FROM ledger_account
      WHERE id IN (NEW.debit_account_id, NEW.credit_account_id)) <> 2;
  UPDATE ledger_account SET debits_posted = debits_posted + NEW.amount_cents
    WHERE id = NEW.debit_account_id AND limited;
  UPDATE ledger_account SET credits_posted = credits_posted + NEW.amount_cents
    WHERE id = NEW.credit_account_id AND limited;
END""",
    # INSERT OR REPLACE removes the old row without firing its DELETE trigger.
    """CREATE TRIGGER ledger_transfer_not_replaced BEFORE INSERT ON ledger_transfer
WHEN EXISTS (SELECT 1 FROM ledger_transfer WHERE id = NEW.id OR sequence = NEW.sequence)
BEGIN SELECT RAISE(ABORT, 'a transfer is never replaced'); END""",
    """CREATE TRIGGER ledger_transfer_not_changed BEFORE UPDATE ON ledger_transfer
BEGIN SELECT RAISE(ABORT, 'a transfer is never changed'); END""",
    """CREATE TRIGGER ledger_transfer_not_removed BEFORE DELETE ON ledger_transfer
BEGIN SELECT RAISE(ABORT, 'a transfer is never removed'); END""",
)

# No per cent sign in any of them: DDL() would take it for its own.
POSTGRESQL_ACCOUNT_DDL: Final = (
    """CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING
    MESSAGE = 'the ledger only grows: no ' || TG_OP || ' of ' || TG_TABLE_NAME,
    ERRCODE = 'integrity_constraint_violation';
END $$""",
    """CREATE TRIGGER ledger_account_fixed
BEFORE UPDATE OF id, kind, normal_side, limited ON ledger_account
FOR EACH ROW EXECUTE FUNCTION ledger_refuse()""",
    """CREATE TRIGGER ledger_account_kept BEFORE DELETE OR TRUNCATE ON ledger_account
FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()""",
)

POSTGRESQL_TRANSFER_DDL: Final = (
    # In id order, as transfers.py locks: raw SQL does not deadlock either.
    """CREATE OR REPLACE FUNCTION ledger_post() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  account uuid;
BEGIN
  FOREACH account IN ARRAY ARRAY[LEAST(NEW.debit_account_id, NEW.credit_account_id),
                                 GREATEST(NEW.debit_account_id, NEW.credit_account_id)] LOOP
    UPDATE ledger_account SET
      debits_posted = debits_posted
        + CASE account WHEN NEW.debit_account_id THEN NEW.amount_cents ELSE 0 END,
      credits_posted = credits_posted
        + CASE account WHEN NEW.credit_account_id THEN NEW.amount_cents ELSE 0 END
      WHERE id = account AND limited;
    IF NOT FOUND AND NOT EXISTS (SELECT FROM ledger_account WHERE id = account) THEN
      RAISE EXCEPTION USING
        MESSAGE = 'a transfer is between two known accounts',
        ERRCODE = 'foreign_key_violation';
    END IF;
  END LOOP;
  RETURN NULL;
END $$""",
    """CREATE TRIGGER ledger_transfer_post AFTER INSERT ON ledger_transfer
FOR EACH ROW EXECUTE FUNCTION ledger_post()""",
    """CREATE TRIGGER ledger_transfer_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transfer
FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()""",
)


def _after_create(table: Table, dialect: str, statements: tuple[str, ...]) -> None:
    for statement in statements:
        ddl: ExecutableDDLElement = DDL(statement)  # type: ignore[no-untyped-call]
        event.listen(table, "after_create", ddl.execute_if(dialect=dialect))


_ACCOUNT_TABLE = cast("Table", Account.__table__)
_TRANSFER_TABLE = cast("Table", Transfer.__table__)
_after_create(_ACCOUNT_TABLE, "sqlite", SQLITE_ACCOUNT_DDL)
_after_create(_TRANSFER_TABLE, "sqlite", SQLITE_TRANSFER_DDL)
_after_create(_ACCOUNT_TABLE, "postgresql", POSTGRESQL_ACCOUNT_DDL)
_after_create(_TRANSFER_TABLE, "postgresql", POSTGRESQL_TRANSFER_DDL)
