"""Any life of two counters of a shop: pay, send again, change one's mind, lose answers, die, wait,
void, refund, reverse, while cards are blocked, the partner suspended and days go by, in any order.

The model says what each request must come to, tries and serial numbers included. Invariants:
wallet, shop and funding always add up, and what is out is what was approved and has not come back.
"""

import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from backend.cards.life import block_card
from backend.cards.proving import PROOF_SECONDS_MAX
from backend.ledger.money import Cents
from backend.partners.standing import resume_partner, suspend_partner
from backend.payments.orders import PaymentOrder
from backend.payments.record import PENDING_SECONDS_MAX
from backend.pins.tables import TRIES_MAX
from backend.services import Services

from .conftest import CODE, WRONG_CODE, PowerCut, build_shop, cut_the_power, outcome

WALLET = 1000
#: Lives as a shop has them, and how long each is.
SEEDS, LIKELY_STEPS = 4, 35
#: Wishes before a life may take a turn for which there is no way back.
LONG_LIFE = 6
PARIS = ZoneInfo("Europe/Paris")
LATE = "declined:reversed_before_arrival"

amounts = st.sampled_from([300, 1, 400, 2000])
codes = st.sampled_from([CODE, CODE, CODE, WRONG_CODE])
waits = st.sampled_from([1, PENDING_SECONDS_MAX, PROOF_SECONDS_MAX, 13 * 3600])
hows = st.sampled_from(["refund", "reverse", "void", "refund"])
parts = st.sampled_from([100, 1, 300, 400])


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
    approved_at: datetime | None = None
    #: By void and refunds, in the order they came; a void's id is None.
    returns: list[tuple[UUID | None, int]] = field(default_factory=list)
    #: How many transfers it made.
    movements: int = 0

    @property
    def counter(self) -> int:
        return int.from_bytes(self.order.pin.key_serial_number[8:], "big")

    @property
    def back(self) -> int:
        return sum(cents for _, cents in self.returns)

    @property
    def left(self) -> int:
        """What is out of it."""
        return self.order.amount.value - self.back if self.state == "approved" else 0


class CounterLife(RuleBasedStateMachine):
    """One holder, one counter with a pad, and a colleague's who gives back."""

    services: Services

    def __init__(self) -> None:
        super().__init__()
        # A world of its own, same database: past transfers cannot be cleared away, by design.
        self.shop = build_shop(self.services, WALLET)
        self.colleague = self.shop.add_counter()
        self.wishes: list[Wish] = []
        self.proofs: dict[UUID, datetime] = {}
        self.used: set[UUID] = set()
        self.tries, self.last_counter = TRIES_MAX, 0
        self.blocked = self.suspended = False

    @initialize()
    def sell(self) -> None:
        """Every life begins with two sales, so that there is something to give back."""
        self.type_and_pay(300)
        self.type_and_pay(400)

    # --- requests

    @rule(amount=amounts, code=codes, same_proof=st.booleans())
    def type_a_code(self, amount: int, code: str, *, same_proof: bool) -> None:
        """The order exists at the terminal; it may be sent later, or never."""
        proof_id = self.wishes[-1].order.proof_id if same_proof and self.wishes else None
        order = self.shop.order(amount, code=code, proof_id=proof_id)
        expires_at = self.services.now() + timedelta(seconds=PROOF_SECONDS_MAX)
        self.proofs.setdefault(order.proof_id, expires_at)
        self.wishes.append(Wish(order, code))

    @rule(amount=amounts)
    def type_and_pay(self, amount: int) -> None:
        """The usual sale: without it a life of misfortunes would hardly see an approval."""
        self.type_a_code(amount, CODE, same_proof=False)
        self.pay(0, dies=False)

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
    def pay_something_else_under_its_id(self, which: int) -> None:
        wish = self._pick(which)
        other = replace(wish.order, amount=wish.order.amount + Cents(1))
        if wish.arrived_at is None:
            # Nothing came with a reversal; and an order that never arrived has not this content.
            if wish.state == "reversed":
                assert outcome(lambda: self.shop.pay(other)) == LATE
            return
        assert outcome(lambda: self.shop.pay(other)) == "idempotency_conflict"

    @precondition(lambda self: self.wishes)
    @rule(which=st.integers(0, 99))
    def find(self, which: int) -> None:
        wish = self._pick_paid(which)
        self._give_up_on(wish)
        expected = {
            "absent": "payment_not_found",
            "pending": "pending",
            "reversed": "reversed:moved" if wish.moved else "reversed",
            "voided": "voided",
            "approved": f"approved:{wish.back} back" if wish.back else "approved",
        }.get(wish.state, wish.answer)
        assert outcome(lambda: self.shop.find(wish.order.payment_id)) == expected

    # One rule for all that gives money back: what it meets matters more than which it is.
    @rule(how=hows, which=st.integers(0, 99), cents=parts, by_colleague=st.booleans())
    def give_back(self, how: str, which: int, cents: int, *, by_colleague: bool) -> None:
        wish = self._pick_paid(which)
        payment_id = wish.order.payment_id
        counter = self.colleague if by_colleague else None
        if how == "reverse":
            expected = self._expect_reverse(wish)
            came = outcome(lambda: self.shop.reverse(payment_id))
        elif how == "void":
            expected = self._expect_void(wish)
            came = outcome(lambda: self.shop.void(payment_id, counter))
        else:
            refund_id = uuid4()
            expected = self._expect_refund(wish, refund_id, cents)
            came = outcome(
                lambda: self.shop.refund(payment_id, cents, counter, refund_id=refund_id)
            )
        assert came == expected

    @precondition(lambda self: any(wish.returns for wish in self.wishes))
    @rule(which=st.integers(0, 99), change=st.booleans())
    def refund_again(self, which: int, *, change: bool) -> None:
        """The answer was lost: it is asked for again, whatever has happened since."""
        known = [(w, *one) for w in self.wishes for one in w.returns if one[0] is not None]
        if not known:
            return
        wish, refund_id, cents = known[which % len(known)]
        asked = cents + 1 if change else cents
        expected = "idempotency_conflict" if change else f"refund {cents}"
        payment_id = wish.order.payment_id
        came = outcome(lambda: self.shop.refund(payment_id, asked, refund_id=refund_id))
        assert came == expected

    @precondition(lambda self: len(self.wishes) > LONG_LIFE)
    @rule()
    def block_the_card(self) -> None:
        self.blocked = True
        with self.services.database.unit_of_work() as session:
            block_card(session, self.shop.card, "lost", self.services.now())

    @precondition(lambda self: self.suspended or len(self.wishes) > LONG_LIFE // 2)
    @rule()
    def suspend_or_resume_the_partner(self) -> None:
        self.suspended = suspended = not self.suspended
        with self.services.database.unit_of_work() as session:
            if suspended:
                suspend_partner(session, self.shop.partner, self.services.now())
            else:
                resume_partner(session, self.shop.partner)

    @rule(seconds=waits)
    def wait(self, seconds: int) -> None:
        self.services.now.advance(seconds=seconds)  # type: ignore[attr-defined]

    # --- the model

    def _pick(self, which: int) -> Wish:
        # Mostly the latest: a life of strangers finds nothing.
        return self.wishes[-1 - which % min(4, len(self.wishes))]

    def _pick_paid(self, which: int) -> Wish:
        """Mostly one that was paid: giving back is about those."""
        paid = [wish for wish in self.wishes if wish.approved_at is not None]
        anybody = not paid or which % 8 == 7
        return self._pick(which) if anybody else paid[-1 - which % min(4, len(paid))]

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

    def _hopeless(self, proof_id: UUID) -> str | None:
        """Why it is refused before the code, in the order of the checks."""
        if self.suspended:
            return "declined:partner_suspended"
        if proof_id in self.used:
            return "declined:proof_used"
        if self.services.now() >= self.proofs[proof_id]:
            return "declined:proof_expired"
        return "declined:card_lost" if self.blocked else None

    def _decide(self, wish: Wish, *, dies: bool) -> str:
        proof_id = wish.order.proof_id
        hopeless = self._hopeless(proof_id)
        if hopeless is not None:
            return hopeless
        if wish.counter <= self.last_counter:
            return "declined:pin_replayed"
        self.last_counter = wish.counter
        checked = self._check_code(wish.code, dies=dies)
        if checked != "right":
            return checked
        if wish.order.amount.value > WALLET - self._out():
            return "declined:insufficient_funds"
        self.used.add(proof_id)
        wish.approved_at, wish.movements = self.services.now(), 1
        return "approved"

    def _expect_reverse(self, wish: Wish) -> str:
        # Of a payment whose money is all back, it is heard and changes nothing.
        if wish.state != "voided" and not (wish.state == "approved" and wish.left == 0):
            wish.moved = wish.moved or wish.state == "approved"
            wish.movements += wish.state == "approved"
            if wish.state in {"absent", "pending", "approved"}:
                wish.answer = LATE
            wish.state = "reversed"
        moved = wish.moved or wish.state in {"voided", "approved"}
        return "reversed:moved" if moved else "reversed"

    def _nothing_out(self, wish: Wish) -> str | None:
        self._give_up_on(wish)
        if wish.state == "approved":
            return None if wish.left else "payment_refunded"
        return {
            "absent": "payment_not_found",
            "pending": "payment_in_progress",
            "declined": "payment_not_approved",
            "reversed": "payment_reversed",
        }.get(wish.state, "payment_voided")

    def _expect_void(self, wish: Wish) -> str:
        if wish.state == "voided":
            return f"void {wish.order.amount.value}"
        refused = self._nothing_out(wish)
        if refused is None and wish.returns:
            refused = "payment_partly_refunded"
        if refused is None and _day(wish.approved_at) != _day(self.services.now()):
            refused = "void_too_late"
        if refused is None and self.suspended:
            refused = "partner_suspended"
        if refused is not None:
            return refused
        wish.state, wish.answer = "voided", "declined:voided"
        wish.movements += 1
        return f"void {wish.order.amount.value}"

    def _expect_refund(self, wish: Wish, refund_id: UUID, cents: int) -> str:
        refused = self._nothing_out(wish)
        if refused is None and cents > wish.left:
            refused = "refund_too_large"
        if refused is None and self.suspended:
            refused = "partner_suspended"
        if refused is not None:
            return refused
        wish.returns.append((refund_id, cents))
        wish.movements += 1
        return f"refund {cents}"

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
        return sum(wish.left for wish in self.wishes)

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
            assert self.shop.movements(wish.order.payment_id) == wish.movements


def _day(moment: datetime | None) -> object:
    return None if moment is None else moment.astimezone(PARIS).date()


def _life(services: Services) -> type[CounterLife]:
    class Life(CounterLife):
        pass

    Life.services = services
    return Life


def test_a_random_life(services: Services) -> None:
    run_state_machine_as_test(
        _life(services), settings=settings(max_examples=6, stateful_step_count=30, deadline=None)
    )


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_likely_life(services: Services, seed: int) -> None:
    """The same rules as often as they happen in a shop: it reaches what misfortunes bury."""
    life, dice = _life(services)(), random.Random(seed)
    life.sell()
    for _ in range(LIKELY_STEPS):
        _step(life, dice)
        life.money_is_where_the_model_says()
        life.tries_are_what_the_model_says()
        life.each_payment_moved_money_once_at_most_each_way()


def _step(life: CounterLife, dice: random.Random) -> None:
    which, step = dice.randrange(100), dice.randrange(20)
    if step < 6:
        life.type_and_pay(dice.choice([100, 100, 200, 2000]))
    elif step < 14:
        how = dice.choice(["refund", "refund", "reverse", "void"])
        cents, by_colleague = dice.choice([1, 50, 100, 200]), dice.random() < 0.5
        life.give_back(how, which, cents, by_colleague=by_colleague)
    elif step == 14:
        life.refund_again(which, change=dice.random() < 0.3)
    elif step == 15:
        life.find(which)
    elif step == 16:
        life.pay(which, dies=False)
    elif step == 17:
        life.pay_something_else_under_its_id(which)
    elif step == 18:
        life.wait(dice.choice([1, 3600, 13 * 3600]))
    elif life.suspended or dice.random() < 0.3:
        life.suspend_or_resume_the_partner()
