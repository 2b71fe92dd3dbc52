"""After a real fire: the counters' journals against the backend's books, cent by cent."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.benefits.tables import PartnerAccount, Wallet
from backend.database import Database
from backend.ledger.accounts import balance
from backend.ledger.check import check_ledger
from backend.ledger.tables import Transfer
from backend.payments.states import PaymentState
from backend.payments.tables import Payment
from benchmarks.payments_world import CARDS_OF_A_TILL, WALLET_CENTS, World
from terminal.counter.journal import open_sale_journal
from terminal.counter.states import State

BENEFITS = 2


@dataclass(frozen=True)
class Reckoning:
    """What a fire came to; every figure of loss must be nothing."""

    problems: list[str]
    sold: int
    sold_cents: int
    lost_cents: int
    doubled: int

    def in_words(self) -> str:
        return (
            f"{self.sold} sales, {self.sold_cents} cents; {self.lost_cents} cents lost, "
            f"{self.doubled} debited twice"
        )


def reckon(world: World, journals: Path) -> Reckoning:
    """Return what both sides say, and where they differ."""
    sold, problems = _what_the_counters_say(journals)
    database = Database(world.url)
    with database.reading() as session:
        problems += [str(problem) for problem in check_ledger(session).problems]
    with database.reading() as session:
        states = dict(session.execute(select(Payment.payment_id, Payment.status)).all())
        debits, kept = _what_moved(session)
        wallets = [balance(session, one) for one in session.scalars(select(Wallet.account_id))]
        owed = [balance(session, one) for one in session.scalars(select(PartnerAccount.account_id))]
    database.close()
    approved = {one for one, state in states.items() if state is PaymentState.APPROVED}
    if approved != set(sold):
        problems.append(f"only one side has {approved ^ set(sold)}")
    if PaymentState.PENDING in states.values():
        problems.append("a payment is pending")
    if kept != sold:
        problems.append(f"counters sold {sum(sold.values())}, wallets paid {sum(kept.values())}")
    if min(wallets) < 0:
        problems.append("a wallet is below zero")
    if sum(owed) != sum(sold.values()):
        problems.append(f"partners are owed {sum(owed)}, counters sold {sum(sold.values())}")
    granted = len(world.spread) * CARDS_OF_A_TILL * BENEFITS * WALLET_CENTS
    lost = granted - sum(wallets) - sum(sold.values())
    doubled = sum(count > 1 for count in debits.values())
    if lost or doubled:
        problems.append(f"{lost} cents lost, {doubled} debited twice")
    return Reckoning(problems, len(sold), sum(sold.values()), lost, doubled)


def _what_the_counters_say(journals: Path) -> tuple[dict[UUID, int], list[str]]:
    """Return what was sold, in cents by payment, and what is left open."""
    sold: dict[UUID, int] = {}
    problems = []
    for path in journals.glob("*/journal.sqlite3"):
        journal = open_sale_journal(path)
        if journal.list_unfinished():
            problems.append(f"a sale is left open: {path.parent.name}")
        rows = journal._file.rows(
            "select payment_id, amount_cents from sale where state = ?", (State.APPROVED,)
        )
        sold |= {UUID(row["payment_id"]): row["amount_cents"] for row in rows}
        journal.close()
    return sold, problems


def _what_moved(session: Session) -> tuple[Counter[UUID], dict[UUID, int]]:
    """Return how often each payment was debited, and the cents of those that were kept."""
    wallets = set(session.scalars(select(Wallet.account_id)))
    query = select(Transfer).where(Transfer.reference.startswith("payment:"))
    debits, moved = Counter[UUID](), Counter[UUID]()
    for row in session.scalars(query):
        payment_id = UUID(row.reference.removeprefix("payment:"))
        paid = row.debit_account_id in wallets
        debits[payment_id] += paid
        moved[payment_id] += row.amount_cents if paid else -row.amount_cents
    return debits, {key: cents for key, cents in moved.items() if cents}
