"""A small world of money: one funding account, two wallets, one payable."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from backend.database import Database
from backend.ledger.accounts import balance, open_account
from backend.ledger.check import Report, check_ledger
from backend.ledger.tables import AccountKind, Transfer
from backend.ledger.transfers import transfer

NOW = datetime(2026, 9, 1, 10, 0, tzinfo=UTC)


@dataclass
class Purse:
    """The ledger's four doors, with the words that tests do not care about filled in."""

    database: Database
    ids: dict[str, UUID] = field(default_factory=dict)

    def open(self, name: str, kind: AccountKind) -> UUID:
        with self.database.unit_of_work() as session:
            self.ids[name] = open_account(session, kind, now=NOW).id
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
            now=NOW,
        )

    def holds(self, name: str) -> int:
        with self.database.reading() as session:
            return balance(session, self.ids[name])

    def check(self) -> Report:
        with self.database.reading() as session:
            return check_ledger(session)


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
