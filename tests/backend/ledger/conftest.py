"""A small world of money: one funding account, two wallets, one payable."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from backend.database import Database
from backend.ledger.accounts import available, balance, open_account
from backend.ledger.check import check_ledger
from backend.ledger.holds import hold, release_hold, settle_hold
from backend.ledger.report import Progress, Report
from backend.ledger.sealing import Sealed, seal
from backend.ledger.tables import AccountKind, Hold, Settlement, Transfer
from backend.ledger.transfers import Movement, transfer

NOW = datetime(2026, 9, 1, 10, 0, tzinfo=UTC)


@dataclass
class Purse:
    """The ledger's four doors, with the words that tests do not care about filled in."""

    database: Database
    ids: dict[str, UUID] = field(default_factory=dict)
    now: datetime = NOW

    def open(self, name: str, kind: AccountKind) -> UUID:
        with self.database.unit_of_work() as session:
            self.ids[name] = open_account(session, kind, now=self.now).id
        return self.ids[name]

    def move(
        self, debit: str, credit: str, amount_cents: int, transfer_id: UUID | None = None
    ) -> Transfer:
        with self.database.unit_of_work() as session:
            return self.move_within(session, debit, credit, amount_cents, transfer_id)

    def move_within(
        self,
        session: Session,
        debit: str,
        credit: str,
        amount_cents: int,
        transfer_id: UUID | None = None,
    ) -> Transfer:
        return transfer(
            session,
            transfer_id=transfer_id or uuid4(),
            debit_account_id=self.ids[debit],
            credit_account_id=self.ids[credit],
            amount_cents=amount_cents,
            reason="Essai",
            reference="test:1",
            now=self.now,
        )

    def hold(
        self,
        debit: str,
        credit: str,
        amount_cents: int,
        hold_id: UUID | None = None,
        expires_at: datetime = NOW + timedelta(minutes=10),
    ) -> Hold:
        movement = Movement(self.ids[debit], self.ids[credit], amount_cents, "Essai", "test:1")
        with self.database.unit_of_work() as session:
            return hold(
                session,
                hold_id=hold_id or uuid4(),
                movement=movement,
                expires_at=expires_at,
                now=self.now,
            )

    def settle(
        self,
        held: Hold,
        amount_cents: int,
        transfer_id: UUID | None = None,
        now: datetime | None = None,
    ) -> Transfer:
        with self.database.unit_of_work() as session:
            return self.settle_within(session, held, amount_cents, transfer_id, now)

    def settle_within(
        self,
        session: Session,
        held: Hold,
        amount_cents: int,
        transfer_id: UUID | None = None,
        now: datetime | None = None,
    ) -> Transfer:
        return settle_hold(
            session,
            hold_id=held.id,
            transfer_id=transfer_id or uuid4(),
            amount_cents=amount_cents,
            reason="Essai",
            reference="test:1",
            now=now or self.now,
        )

    def release(self, held: Hold, settlement_id: UUID | None = None) -> Settlement:
        with self.database.unit_of_work() as session:
            return release_hold(
                session,
                hold_id=held.id,
                settlement_id=settlement_id or uuid4(),
                reason="Essai",
                reference="test:1",
                now=self.now,
            )

    def may_spend(self, name: str) -> int:
        with self.database.reading() as session:
            return available(session, self.ids[name])

    def holds(self, name: str) -> int:
        with self.database.reading() as session:
            return balance(session, self.ids[name])

    def seal(self, sleep: Callable[[float], None] = time.sleep) -> Sealed:
        return seal(self.database, lambda: self.now, sleep)

    def check(
        self,
        known_heads: Mapping[tuple[UUID, int], bytes] | None = None,
        progress: Progress = lambda _part, _done, _all: None,
    ) -> Report:
        with self.database.reading() as session:
            return check_ledger(session, progress, known_heads)


def furnish(purse: Purse) -> Purse:
    """Open the accounts of the small world."""
    purse.open("region", AccountKind.FUNDING)
    purse.open("lea", AccountKind.WALLET)
    purse.open("tom", AccountKind.WALLET)
    purse.open("shop", AccountKind.PAYABLE)
    return purse


@pytest.fixture
def purse(database: Database) -> Purse:
    return furnish(Purse(database))
