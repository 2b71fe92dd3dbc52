"""What a check of the ledger says: what was counted, and each difference with its name."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Final
from uuid import UUID

PROBLEMS_MAX: Final = 100

#: Which part is being read, how far, of how much.
Progress = Callable[[str, int, int], None]


class Trouble(StrEnum):
    """What can be wrong with a ledger; the name is for programs and stays."""

    #: The debits of all accounts together are not their credits.
    TRIAL_BALANCE = "trial_balance"
    #: An account's posted totals are not its history.
    TOTALS = "totals_differ"
    #: What an account holds aside is not its open holds.
    HELD = "held_differ"
    #: A limited account's history, with what is held, goes below zero.
    BELOW_ZERO = "below_zero"
    #: A transfer that moves nothing, or from an account to itself.
    IMPOSSIBLE_TRANSFER = "transfer_impossible"
    #: A row that names an account, a hold or a transfer that is not there.
    ORPHAN = "orphan"
    SETTLED_TWICE = "hold_settled_twice"
    #: A settlement above its hold, or whose transfer says something else.
    SETTLEMENT = "settlement_differs"
    #: The list of open holds is not the holds without a settlement.
    OPEN_HOLDS = "open_holds_differ"
    #: A seal's hash is not that of its transfers and of the seal before.
    SEAL_BROKEN = "seal_broken"
    #: A number is missing in a chain, or totals are rolled up beyond the last seal.
    SEAL_MISSING = "seal_missing"
    #: A transfer that should be sealed is in no seal: it was added, or its seal removed.
    UNSEALED = "transfer_unsealed"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, with which account (None: with no single one), in words."""

    trouble: Trouble
    account_id: UUID | None
    words: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was counted, in cents and rows, and everything found wrong."""

    accounts: int
    transfers: int
    sealed: int
    seals: int
    holds_open: int
    debits_cents: int
    credits_cents: int
    problems_count: int
    #: The first `PROBLEMS_MAX` of them.
    problems: tuple[Problem, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return self.problems_count == 0

    def as_json(self) -> dict[str, object]:
        """Return what `--json` prints."""
        problems = [
            {
                "trouble": problem.trouble.value,
                "account_id": None if problem.account_id is None else str(problem.account_id),
                "words": problem.words,
            }
            for problem in self.problems
        ]
        return {"sound": self.sound, **asdict(self), "problems": problems}


@dataclass(slots=True)
class Tally:
    """A report in the making."""

    accounts: int = 0
    transfers: int = 0
    sealed: int = 0
    seals: int = 0
    holds_open: int = 0
    debits_cents: int = 0
    credits_cents: int = 0
    problems_count: int = 0
    problems: list[Problem] = field(default_factory=list)

    def note(self, trouble: Trouble, account_id: UUID | None, words: str) -> None:
        """Write a problem down, or only count it when the list is full."""
        self.problems_count += 1
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(Problem(trouble, account_id, words))

    def note_first(self, trouble: Trouble, words: str) -> None:
        """Put a problem with the whole ledger before all others."""
        self.problems_count += 1
        self.problems.insert(0, Problem(trouble, None, words))
        del self.problems[PROBLEMS_MAX:]

    def report(self) -> Report:
        """Close it."""
        return Report(
            self.accounts,
            self.transfers,
            self.sealed,
            self.seals,
            self.holds_open,
            self.debits_cents,
            self.credits_cents,
            self.problems_count,
            tuple(self.problems),
        )
