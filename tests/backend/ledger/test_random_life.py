"""Any life of a ledger, against a model: nothing made, nothing lost, nobody below zero."""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID, uuid4

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from backend.database import Database
from backend.ledger.accounts import statement
from backend.ledger.errors import InsufficientFunds, TransferConflict, TransferUnacceptable
from backend.ledger.tables import AccountKind, Side

from .conftest import Purse

NAMES = {
    "region": AccountKind.FUNDING,
    "lea": AccountKind.WALLET,
    "tom": AccountKind.WALLET,
    "shop": AccountKind.PAYABLE,
}
names = st.sampled_from(sorted(NAMES))
amounts = st.integers(0, 300)


@dataclass(frozen=True)
class Wish:
    transfer_id: UUID
    debit: str
    credit: str
    amount: int


class LedgerLife(RuleBasedStateMachine):
    """The model is a counter of credits minus debits and a dictionary of transfers."""

    database: Database
    wishes = Bundle("wishes")

    def __init__(self) -> None:
        super().__init__()
        # Fresh accounts, same database: a past transfer cannot be cleared away, by design.
        self.purse = Purse(self.database)
        for name, kind in NAMES.items():
            self.purse.open(name, kind)
        self.net: Counter[str] = Counter()
        self.recorded: dict[UUID, Wish] = {}

    @rule(target=wishes, debit=names, credit=names, amount=amounts)
    def wish(self, debit: str, credit: str, amount: int) -> Wish:
        return Wish(uuid4(), debit, credit, amount)

    @rule(target=wishes, wish=wishes, amount=amounts)
    def wish_otherwise_under_the_same_id(self, wish: Wish, amount: int) -> Wish:
        return Wish(wish.transfer_id, wish.debit, wish.credit, amount)

    @rule(wish=wishes)
    def move(self, wish: Wish) -> None:
        expected = self._expected(wish)
        outcome: type[Exception] | None = None
        try:
            self.purse.move(wish.debit, wish.credit, wish.amount, wish.transfer_id)
        except (InsufficientFunds, TransferConflict, TransferUnacceptable) as refusal:
            outcome = type(refusal)
        assert outcome is expected
        if outcome is None and wish.transfer_id not in self.recorded:
            self.net[wish.debit] -= wish.amount
            self.net[wish.credit] += wish.amount
            self.recorded[wish.transfer_id] = wish

    def _expected(self, wish: Wish) -> type[Exception] | None:
        if wish.amount == 0 or wish.debit == wish.credit:
            return TransferUnacceptable
        known = self.recorded.get(wish.transfer_id)
        if known is not None:
            return None if known == wish else TransferConflict
        limited = NAMES[wish.debit] is AccountKind.WALLET
        return InsufficientFunds if limited and self.net[wish.debit] < wish.amount else None

    @invariant()
    def balances_are_the_model_s(self) -> None:
        held = {name: self.purse.holds(name) for name in NAMES}
        assert held == {name: self.net[name] for name in NAMES} | {"region": -self.net["region"]}
        assert held["lea"] >= 0 <= held["tom"]
        assert sum(held.values()) - 2 * held["region"] == 0

    @invariant()
    def the_ledger_adds_up(self) -> None:
        assert self.purse.check().problems == ()

    def teardown(self) -> None:
        with self.database.reading() as session:
            lines = statement(session, self.purse.ids["lea"])
        signed = [(1 if x.side is Side.CREDIT else -1) * x.amount.value for x in lines]
        assert sum(signed) == self.net["lea"]
        assert [x.balance_after for x in lines] == [sum(signed[i:]) for i in range(len(signed))]


def test_a_random_life(database: Database) -> None:
    class Life(LedgerLife):
        pass

    Life.database = database
    run_state_machine_as_test(
        Life, settings=settings(max_examples=12, stateful_step_count=25, deadline=None)
    )
