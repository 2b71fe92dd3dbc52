"""Any life of a counter: pay, send again, lose answers, die, wait, reverse, in any order.

The model says what each request must come to, tries and serial numbers included. Invariants:
wallet, shop and funding always add up, and what is out is what was approved and not reversed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from backend.cards.proving import PROOF_SECONDS_MAX
from backend.payments.orders import PaymentOrder
from backend.payments.record import PENDING_SECONDS_MAX
from backend.pins.tables import TRIES_MAX
from backend.services import Services

from .conftest import CODE, WRONG_CODE, PowerCut, build_shop, cut_the_power, outcome

WALLET = 1000
LATE = "declined:reversed_before_arrival"

amounts = st.sampled_from([1, 300, 400, 2000])
codes = st.sampled_from([CODE, CODE, CODE, WRONG_CODE])
waits = st.sampled_from([1, PENDING_SECONDS_MAX, PROOF_SECONDS_MAX])


@dataclass
class Wish:
    """An order, and what the model knows of it."""

    order: PaymentOrder
    code: str
    state: str = "absent"
    #: What paying it answers once it is decided.
    answer: str = ""
    moved: bool = False
    arrived_at: datetime | None = None

    @property
    def counter(self) -> int:
        return int.from_bytes(self.order.pin.key_serial_number[8:], "big")


class CounterLife(RuleBasedStateMachine):
    """One holder, one counter, one pad."""

    services: Services

    def __init__(self) -> None:
        super().__init__()
        # A world of its own, same database: past transfers cannot be cleared away, by design.
        self.shop = build_shop(self.services, WALLET)
        self.wishes: list[Wish] = []
        self.proofs: dict[UUID, datetime] = {}
        self.used: set[UUID] = set()
        self.tries, self.last_counter = TRIES_MAX, 0

    # --- requests

    @rule(amount=amounts, code=codes, same_proof=st.booleans())
    def type_a_code(self, amount: int, code: str, *, same_proof: bool) -> None:
        """The order exists at the terminal; it may be sent later, or never."""
        proof_id = self.wishes[-1].order.proof_id if same_proof and self.wishes else None
        order = self.shop.order(amount, code=code, proof_id=proof_id)
        expires_at = self.services.now() + timedelta(seconds=PROOF_SECONDS_MAX)
        self.proofs.setdefault(order.proof_id, expires_at)
        self.wishes.append(Wish(order, code))

    @precondition(lambda self: self.wishes)
    @rule(which=st.integers(0, 99), dies=st.booleans())
    def pay(self, which: int, *, dies: bool) -> None:
        wish = self._pick(which)
        expected = self._expect_pay(wish, dies=dies)
        try:
            while_verifying = cut_the_power if dies else None
            came = outcome(lambda: self.shop.pay(wish.order, while_verifying=while_verifying))
        except PowerCut:
            came = "died"
        assert came == expected

    @precondition(lambda self: self.wishes)
    @rule(which=st.integers(0, 99))
    def find(self, which: int) -> None:
        wish = self._pick(which)
        self._give_up_on(wish)
        expected = {
            "absent": "payment_not_found",
            "pending": "pending",
            "reversed": "reversed:moved" if wish.moved else "reversed",
        }.get(wish.state, wish.answer)
        assert outcome(lambda: self.shop.find(wish.order.payment_id)) == expected

    @precondition(lambda self: self.wishes)
    @rule(which=st.integers(0, 99))
    def reverse(self, which: int) -> None:
        wish = self._pick(which)
        if wish.state in {"absent", "pending", "approved"}:
            wish.moved, wish.answer = wish.state == "approved", LATE
        wish.state = "reversed"
        expected = "reversed:moved" if wish.moved else "reversed"
        assert outcome(lambda: self.shop.reverse(wish.order.payment_id)) == expected

    @rule(seconds=waits)
    def wait(self, seconds: int) -> None:
        self.services.now.advance(seconds=seconds)  # type: ignore[attr-defined]

    # --- the model

    def _pick(self, which: int) -> Wish:
        # Mostly the latest: a life of strangers finds nothing.
        return self.wishes[-1 - which % min(4, len(self.wishes))]

    def _give_up_on(self, wish: Wish) -> None:
        if wish.state == "pending" and wish.arrived_at is not None:
            age = self.services.now() - wish.arrived_at
            if age >= timedelta(seconds=PENDING_SECONDS_MAX):
                wish.state, wish.answer = "declined", "declined:interrupted"

    def _expect_pay(self, wish: Wish, *, dies: bool) -> str:
        self._give_up_on(wish)
        if wish.state == "pending":
            return "payment_in_progress"
        if wish.state != "absent":
            return wish.answer
        wish.arrived_at = self.services.now()
        wish.answer = self._decide(wish, dies=dies)
        wish.state = {"died": "pending", "approved": "approved"}.get(wish.answer, "declined")
        return wish.answer

    def _decide(self, wish: Wish, *, dies: bool) -> str:
        proof_id = wish.order.proof_id
        if proof_id in self.used:
            return "declined:proof_used"
        if self.services.now() >= self.proofs[proof_id]:
            return "declined:proof_expired"
        if wish.counter <= self.last_counter:
            return "declined:pin_replayed"
        self.last_counter = wish.counter
        checked = self._check_code(wish.code, dies=dies)
        if checked != "right":
            return checked
        if wish.order.amount.value > WALLET - self._out():
            return "declined:insufficient_funds"
        self.used.add(proof_id)
        return "approved"

    def _check_code(self, code: str, *, dies: bool) -> str:
        if self.tries == 0:
            return "declined:pin_blocked"
        self.tries -= 1
        if dies:
            return "died"
        if code == WRONG_CODE:
            return "declined:wrong_pin" if self.tries else "declined:pin_blocked"
        self.tries = TRIES_MAX
        return "right"

    def _out(self) -> int:
        return sum(wish.order.amount.value for wish in self.wishes if wish.state == "approved")

    @invariant()
    def money_is_where_the_model_says(self) -> None:
        assert self.shop.owed_to_the_shop() == self._out()
        assert self.shop.wallet() == WALLET - self._out()
        self.shop.assert_sound()

    @invariant()
    def tries_are_what_the_model_says(self) -> None:
        assert self.shop.tries_left() == self.tries

    @invariant()
    def each_payment_moved_money_once_at_most_each_way(self) -> None:
        for wish in self.wishes[-4:]:
            expected = 2 if wish.moved else int(wish.state == "approved")
            assert self.shop.movements(wish.order.payment_id) == expected


def test_a_random_life(services: Services) -> None:
    class Life(CounterLife):
        pass

    Life.services = services
    run_state_machine_as_test(
        Life, settings=settings(max_examples=15, stateful_step_count=25, deadline=None)
    )
