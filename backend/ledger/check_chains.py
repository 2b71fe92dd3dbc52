"""The part of the check that is about the hash chains: every seal redone from its transfers.

Transfers come in the order of their numbers and seals in that of their last transfers, both as
streams; kept meanwhile is one unfinished span and one head for each chain.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.ledger.chain import ENTRY_COLUMNS, RANK, Entry, Head, Span, chain_of, seal_hash
from backend.ledger.report import Progress, Tally, Trouble
from backend.ledger.tables import Account, AccountKind, Seal, Transfer

ROWS_AT_ONCE: Final = 1000
PROGRESS_ROWS: Final = 10_000


@dataclass(slots=True)
class _Chains:
    """Where each chain stands as the streams go by."""

    tally: Tally
    #: The accounts of a kind with a rank: thousands, where people's are hundreds of thousands.
    kinds: dict[UUID, AccountKind]
    unseen: dict[tuple[UUID, int], bytes]
    spans: dict[UUID, Span] = field(default_factory=dict)
    heads: dict[UUID, Head] = field(default_factory=dict)

    def take(self, entry: Entry) -> None:
        """Take the next transfer."""
        if entry.amount_cents <= 0 or entry.debit_account_id == entry.credit_account_id:
            self.tally.note(
                Trouble.IMPOSSIBLE_TRANSFER,
                entry.debit_account_id,
                f"transfer {entry.transfer_id} moves nothing",
            )
        debit, credit = entry.debit_account_id, entry.credit_account_id
        chain = chain_of((debit, self.kinds.get(debit)), (credit, self.kinds.get(credit)))
        self.spans.setdefault(chain, Span()).add(entry)

    def close(self, seal: Seal) -> None:
        """Compare a seal with what its chain brought since the one before."""
        span = self.spans.pop(seal.account_id, Span())
        head = self.heads.get(seal.account_id, Head())
        name = f"seal {seal.number}"
        if seal.number != head.number + 1:
            self._note(seal, Trouble.SEAL_MISSING, f"{name} follows number {head.number}")
            head = Head(seal.number - 1, seal.previous_hash)
        if seal.previous_hash != head.hash:
            self._note(seal, Trouble.SEAL_BROKEN, f"{name} does not follow the one before")
        if (span.count, span.last_sequence) != (seal.transfers_count, seal.last_sequence):
            counted = f"covers {seal.transfers_count} transfers up to {seal.last_sequence}"
            there = f"there are {span.count} up to {span.last_sequence}"
            self._note(seal, Trouble.SEAL_BROKEN, f"{name} {counted}, {there}")
        elif seal.hash != seal_hash(seal.account_id, head, span, seal.sealed_at):
            self._note(seal, Trouble.SEAL_BROKEN, f"{name} does not match its transfers")
        if self.unseen.pop((seal.account_id, seal.number), seal.hash) != seal.hash:
            self._note(seal, Trouble.SEAL_BROKEN, f"{name} is not the one kept elsewhere")
        # On with what is written: one broken seal is one problem.
        self.heads[seal.account_id] = Head(seal.number, seal.hash)

    def _note(self, seal: Seal, trouble: Trouble, words: str) -> None:
        self.tally.note(trouble, seal.account_id, words)

    def finish(self, sealed_up_to: int) -> None:
        """Note what should have been sealed and was not."""
        for account_id, span in self.spans.items():
            if span.first_sequence <= sealed_up_to:
                words = f"transfer number {span.first_sequence} and maybe later ones: in no seal"
                self.tally.note(Trouble.UNSEALED, account_id, words)
        for account_id, number in self.unseen:
            self.tally.note(Trouble.SEAL_MISSING, account_id, f"seal {number} is kept elsewhere")


def check_chains(
    session: Session,
    tally: Tally,
    progress: Progress,
    known_heads: Mapping[tuple[UUID, int], bytes],
) -> None:
    """Redo every seal; note each that differs, each missing, and each transfer left out."""
    sealed_up_to = session.scalar(select(func.max(Seal.last_sequence))) or 0
    given = session.scalar(select(func.max(Transfer.sequence))) or 0
    chains = _Chains(tally, _kinds(session), dict(known_heads))
    seals = _seals(session)
    seal = next(seals, None)
    for entry in _entries(session):
        while seal is not None and seal.last_sequence < entry.sequence:
            chains.close(seal)
            tally.seals += 1
            seal = next(seals, None)
        chains.take(entry)
        tally.transfers += 1
        tally.sealed += entry.sequence <= sealed_up_to
        if tally.transfers % PROGRESS_ROWS == 0:
            progress("chains", entry.sequence, given)
    while seal is not None:
        chains.close(seal)
        tally.seals += 1
        seal = next(seals, None)
    chains.finish(sealed_up_to)
    _check_rolled_up(session, tally, sealed_up_to)
    progress("chains", given, given)


def _kinds(session: Session) -> dict[UUID, AccountKind]:
    ranked = select(Account.id, Account.kind).where(Account.kind.in_(RANK))
    rows = session.execute(ranked.execution_options(yield_per=ROWS_AT_ONCE))
    return {row.id: row.kind for row in rows}


def _entries(session: Session) -> Iterator[Entry]:
    query = select(*ENTRY_COLUMNS).order_by(Transfer.sequence)
    rows = session.execute(query.execution_options(yield_per=ROWS_AT_ONCE))
    return (Entry(*row) for row in rows)


def _seals(session: Session) -> Iterator[Seal]:
    query = select(Seal).order_by(Seal.last_sequence, Seal.account_id, Seal.number)
    yield from session.scalars(query.execution_options(yield_per=ROWS_AT_ONCE))


def _check_rolled_up(session: Session, tally: Tally, sealed_up_to: int) -> None:
    # Totals are rolled up with the seals: beyond the last of them, seals were removed.
    beyond = select(Account.id, Account.rolled_up_to).where(Account.rolled_up_to > sealed_up_to)
    for account_id, rolled_up_to in session.execute(beyond):
        words = f"rolled up to {rolled_up_to}, sealed to {sealed_up_to}"
        tally.note(Trouble.SEAL_MISSING, account_id, words)
