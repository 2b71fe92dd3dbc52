"""Any life of a ledger, against a model: nothing made, nothing lost, nobody below zero."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
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
from backend.errors import BackendError
from backend.ledger.accounts import statement
from backend.ledger.errors import (
    HoldConflict,
    HoldExpired,
    HoldSettled,
    HoldUnacceptable,
    HoldUnknown,
    InsufficientFunds,
    TransferConflict,
    TransferUnacceptable,
)
from backend.ledger.tables import AccountKind, Hold, Side

from .conftest import NOW, Purse

NAMES = {
    "region": AccountKind.FUNDING,
    "lea": AccountKind.WALLET,
    "tom": AccountKind.WALLET,
    "shop": AccountKind.PAYABLE,
}
WALLETS = ("lea", "tom")
names = st.sampled_from(sorted(NAMES))
# Few, so that the same id comes again with other content, and as the id of something else.
ids = st.integers(0, 9)
amounts = st.sampled_from([0, 1, 5, 40, 100])
minutes = st.sampled_from([1, 5])

Refusal = type[BackendError] | None


@dataclass(frozen=True)
class Moved:
    debit: str
    credit: str
    amount: int


@dataclass(frozen=True)
class Held:
    moved: Moved
    expires_at: datetime


@dataclass(frozen=True)
class Ended:
    outcome: str
    hold: UUID
    amount: int


@dataclass
class Model:
    """A ledger as plain dictionaries; each method says how the real one should answer."""

    now: datetime = NOW

    def __post_init__(self) -> None:
        self.net = Counter[str]()
        self.transfers = dict[UUID, Moved]()
        self.settled_by = dict[UUID, UUID]()
        self.holds = dict[UUID, Held]()
        self.endings = dict[UUID, tuple[UUID, Ended]]()

    def held(self, name: str) -> int:
        return sum(
            held.moved.amount
            for key, held in self.holds.items()
            if key not in self.endings and held.moved.debit == name
        )

    def short(self, moved: Moved) -> bool:
        available = self.net[moved.debit] - self.held(moved.debit)
        return moved.debit in WALLETS and available < moved.amount

    def move(self, key: UUID, moved: Moved) -> Refusal:
        if moved.amount == 0 or moved.debit == moved.credit:
            return TransferUnacceptable
        if key in self.transfers:
            # A settlement's transfer has other words than a plain one.
            same = self.transfers[key] == moved and key not in self.settled_by
            return None if same else TransferConflict
        if self.short(moved):
            return InsufficientFunds
        self.post(key, moved)
        return None

    def post(self, key: UUID, moved: Moved) -> None:
        self.transfers[key] = moved
        self.net[moved.debit] -= moved.amount
        self.net[moved.credit] += moved.amount

    def hold(self, key: UUID, held: Held) -> Refusal:
        moved = held.moved
        if moved.amount == 0 or moved.debit == moved.credit:
            return TransferUnacceptable
        if key in self.holds:
            return None if self.holds[key] == held else HoldConflict
        if held.expires_at <= self.now or not {moved.debit, moved.credit} & set(WALLETS):
            return HoldUnacceptable
        if self.short(moved):
            return InsufficientFunds
        self.holds[key] = held
        return None

    def end(self, key: UUID, ended: Ended) -> Refusal:
        if ended.hold not in self.holds:
            return HoldUnknown
        if ended.hold in self.endings:
            known, how = self.endings[ended.hold]
            if known != key:
                return HoldSettled
            return None if how == ended else HoldConflict
        held = self.holds[ended.hold]
        refusal = self.settling(held, ended) if ended.outcome == "settled" else None
        if refusal is None and self.taken(key, ended):
            refusal = HoldConflict
        if refusal is not None:
            return refusal
        self.endings[ended.hold] = (key, ended)
        if ended.outcome == "settled":
            self.post(key, Moved(held.moved.debit, held.moved.credit, ended.amount))
            self.settled_by[key] = ended.hold
        return None

    def settling(self, held: Held, ended: Ended) -> Refusal:
        if self.now >= held.expires_at:
            return HoldExpired
        return None if 0 < ended.amount <= held.moved.amount else HoldUnacceptable

    def taken(self, key: UUID, ended: Ended) -> bool:
        by_transfer = ended.outcome == "settled" and key in self.transfers
        return by_transfer or any(known == key for known, _ in self.endings.values())

    def expire(self) -> int:
        over = [
            key
            for key, held in self.holds.items()
            if key not in self.endings and held.expires_at <= self.now
        ]
        for key in over:
            self.endings[key] = (uuid4(), Ended("expired", key, 0))
        return len(over)


class LedgerLife(RuleBasedStateMachine):
    """Every answer is the model's, and after every step everything adds up."""

    database: Database
    holds = Bundle("holds")

    def __init__(self) -> None:
        super().__init__()
        # Fresh accounts and ids, same database: the past cannot be cleared away, by design.
        self.purse = Purse(self.database)
        for name, kind in NAMES.items():
            self.purse.open(name, kind)
        self.keys = [uuid4() for _ in range(10)]
        self.model = Model()
        self.sealed = 0
        self.purse.seal()

    @staticmethod
    def refusal(work: object) -> Refusal:
        assert callable(work)
        try:
            work()
        except BackendError as refusal:
            return type(refusal)
        return None

    @rule(key=ids, debit=names, credit=names, amount=amounts)
    def move(self, key: int, debit: str, credit: str, amount: int) -> None:
        expected = self.model.move(self.keys[key], Moved(debit, credit, amount))
        found = self.refusal(lambda: self.purse.move(debit, credit, amount, self.keys[key]))
        assert found is expected

    @rule(wallet=st.sampled_from(WALLETS))
    def grant(self, wallet: str) -> None:
        key = uuid4()
        assert self.model.move(key, Moved("region", wallet, 50)) is None
        self.purse.move("region", wallet, 50, key)

    @rule(target=holds, key=ids, debit=names, credit=names, amount=amounts, for_minutes=minutes)
    def hold(self, key: int, debit: str, credit: str, amount: int, for_minutes: int) -> int:
        until = NOW + timedelta(minutes=for_minutes)
        held = Held(Moved(debit, credit, amount), until)
        expected = self.model.hold(self.keys[key], held)
        found = self.refusal(lambda: self.purse.hold(debit, credit, amount, self.keys[key], until))
        assert found is expected
        return key

    @rule(hold=holds, key=ids, amount=amounts)
    def settle(self, hold: int, key: int, amount: int) -> None:
        row = Hold(id=self.keys[hold])
        expected = self.model.end(self.keys[key], Ended("settled", row.id, amount))
        found = self.refusal(lambda: self.purse.settle(row, amount, self.keys[key]))
        assert found is expected

    @rule(hold=holds, key=ids)
    def release(self, hold: int, key: int) -> None:
        row = Hold(id=self.keys[hold])
        expected = self.model.end(self.keys[key], Ended("released", row.id, 0))
        assert self.refusal(lambda: self.purse.release(row, self.keys[key])) is expected

    @rule()
    def seal(self) -> None:
        expired = self.model.expire()
        done = self.purse.seal()
        assert done.holds_expired == expired
        assert done.transfers == len(self.model.transfers) - self.sealed
        self.sealed = len(self.model.transfers)

    @rule()
    def a_minute_passes(self) -> None:
        self.purse.now += timedelta(minutes=1)
        self.model.now = self.purse.now

    @invariant()
    def balances_are_the_model_s(self) -> None:
        net = self.model.net
        found = {name: self.purse.holds(name) for name in NAMES}
        assert found == {name: net[name] for name in NAMES} | {"region": -net["region"]}
        free = {name: self.purse.may_spend(name) for name in WALLETS}
        assert free == {name: net[name] - self.model.held(name) for name in WALLETS}
        assert min(free.values()) >= 0

    @invariant()
    def the_ledger_adds_up(self) -> None:
        assert self.purse.check().problems == ()

    def teardown(self) -> None:
        with self.database.reading() as session:
            lines = statement(session, self.purse.ids["lea"])
            whole = statement(session, self.purse.ids["region"])
        signed = [(1 if x.side is Side.CREDIT else -1) * x.amount.value for x in lines]
        assert sum(signed) == self.model.net["lea"]
        assert [x.balance_after for x in lines] == [sum(signed[i:]) for i in range(len(signed))]
        assert not whole or whole[0].balance_after == -self.model.net["region"]
        # The next life begins with nothing open and nothing unsealed.
        self.purse.now += timedelta(days=1)
        self.purse.seal()


def _live(database: Database, lives: int, steps: int) -> None:
    class Life(LedgerLife):
        pass

    Life.database = database
    run_state_machine_as_test(
        Life, settings=settings(max_examples=lives, stateful_step_count=steps, deadline=None)
    )


def test_a_random_life(database: Database) -> None:
    _live(database, 5, 20)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_many_random_lives(database: Database) -> None:
    _live(database, 40, 40)
