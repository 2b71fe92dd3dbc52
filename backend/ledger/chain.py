r"""The hash chain over the transfers, byte for byte: pure, and short enough to be redone.

Each transfer is in one chain, that of one of its two accounts: the payable one, else the funding
one, else the debited one; of two payable or two funding ones, the debited one. So a partner's
payments and refunds are a partner's chain, a campaign's grants a campaign's, and movements
between people's accounts are in the paying one's. A chain is cut into seals; a seal covers its
account's transfers after those of the seal before, up to one of them, in the order of numbers.

All integers are big-endian; moments are microseconds since 1970-01-01T00:00:00Z, signed.

    transfer  = sequence(8) id(16) debit_account_id(16) credit_account_id(16) amount_cents(8)
                recorded_at(8) length(4) reason(UTF-8) length(4) reference(UTF-8)
    digest    = SHA-256(transfer transfer transfer …)
    seal      = "pass ledger seal 1\n" account_id(16) number(8) previous_hash(32)
                last_sequence(8) transfers_count(8) sealed_at(8) digest(32)
    hash      = SHA-256(seal); the first seal's previous_hash is 32 zero bytes

A chain shows tampering to whoever knows a later hash from elsewhere than this database: who may
write everything here could make every chain anew. `pass-backend ledger seal` prints the heads.
Not here: reading or writing any row.
"""

import hashlib
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from backend.ledger.tables import AccountKind, Transfer

SEAL_LABEL: Final = b"pass ledger seal 1\n"
NO_HASH: Final = bytes(32)
# Whose chain a transfer is in. All other kinds are people's: many, and alike.
RANK: Final = {AccountKind.PAYABLE: 0, AccountKind.FUNDING: 1}
RANK_OF_PEOPLE: Final = 2
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
#: A transfer's columns in the order of an `Entry`.
ENTRY_COLUMNS: Final = (
    Transfer.sequence,
    Transfer.id,
    Transfer.debit_account_id,
    Transfer.credit_account_id,
    Transfer.amount_cents,
    Transfer.recorded_at,
    Transfer.reason,
    Transfer.reference,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A transfer, as it is sealed."""

    sequence: int
    transfer_id: UUID
    debit_account_id: UUID
    credit_account_id: UUID
    amount_cents: int
    recorded_at: datetime
    reason: str
    reference: str

    def encode(self) -> bytes:
        """Return the transfer's bytes."""
        reason, reference = self.reason.encode(), self.reference.encode()
        return b"".join(
            (
                struct.pack(">q", self.sequence),
                self.transfer_id.bytes,
                self.debit_account_id.bytes,
                self.credit_account_id.bytes,
                struct.pack(">qq", self.amount_cents, microseconds(self.recorded_at)),
                struct.pack(">I", len(reason)),
                reason,
                struct.pack(">I", len(reference)),
                reference,
            )
        )


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends."""

    number: int = 0
    hash: bytes = NO_HASH


@dataclass(slots=True)
class Span:
    """Transfers of one chain on their way into a seal."""

    count: int = 0
    first_sequence: int = 0
    last_sequence: int = 0
    _digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def add(self, entry: Entry) -> None:
        """Take the next transfer, in the order of numbers."""
        if self.count == 0:
            self.first_sequence = entry.sequence
        self.count += 1
        self.last_sequence = entry.sequence
        self._digest.update(entry.encode())

    def digest(self) -> bytes:
        """Return the SHA-256 of what was taken."""
        return self._digest.digest()


def seal_hash(account_id: UUID, previous: Head, span: Span, sealed_at: datetime) -> bytes:
    """Return the hash of the seal that follows `previous` and covers `span`."""
    counts = struct.pack(">qqq", span.last_sequence, span.count, microseconds(sealed_at))
    number = struct.pack(">q", previous.number + 1)
    seal = SEAL_LABEL + account_id.bytes + number + previous.hash + counts + span.digest()
    return hashlib.sha256(seal).digest()


def chain_of(
    debit: tuple[UUID, AccountKind | None], credit: tuple[UUID, AccountKind | None]
) -> UUID:
    """Return the account in whose chain a transfer between these two is sealed.

    A kind without a rank may be given as None.
    """
    return (credit if _rank(credit[1]) < _rank(debit[1]) else debit)[0]


def _rank(kind: AccountKind | None) -> int:
    return RANK_OF_PEOPLE if kind is None else RANK.get(kind, RANK_OF_PEOPLE)


def microseconds(moment: datetime) -> int:
    """Return a moment as the chain writes it."""
    return (moment - EPOCH) // MICROSECOND
