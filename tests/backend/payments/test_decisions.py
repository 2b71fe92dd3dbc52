"""What a payment is granted or refused for, in which order, and what it costs in tries."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError

from backend.benefits.tables import BenefitPartner, Campaign
from backend.cards.life import block_card
from backend.cards.proving import PROOF_SECONDS_MAX
from backend.cards.states import CardState
from backend.cards.tables import Card, CardProof
from backend.partners.tables import Partner
from backend.payments.authorise import make_authorisation_number
from backend.payments.orders import AMOUNT_CENTS_MAX, Approved, Declined, PaymentOrder
from backend.payments.reasons import DeclineReason
from backend.pins.tables import TRIES_MAX, PinReferenceRow

from .conftest import CODE, WRONG_CODE, Shop, outcome


def _advance(shop: Shop, seconds: int) -> None:
    shop.services.now.advance(seconds=seconds)  # type: ignore[attr-defined]


def _block(shop: Shop) -> None:
    with shop.services.database.unit_of_work() as session:
        block_card(session, shop.card, "lost", shop.services.now())


def _expire(shop: Shop) -> None:
    with shop.services.database.unit_of_work() as session:
        session.get_one(Card, shop.card).state = CardState.EXPIRED.value


def _suspend_partner(shop: Shop) -> None:
    with shop.services.database.unit_of_work() as session:
        session.get_one(Partner, shop.partner).suspended_at = shop.services.now()


def _forbid_benefit(shop: Shop) -> None:
    with shop.services.database.unit_of_work() as session:
        session.delete(session.get_one(BenefitPartner, (shop.benefit.id, shop.partner)))


def _close_campaign(shop: Shop) -> None:
    with shop.services.database.unit_of_work() as session:
        session.get_one(Campaign, shop.benefit.campaign_id).closes_on = date(2026, 9, 1)
    _advance(shop, 24 * 3600)


def _use_up_proof(shop: Shop, order: PaymentOrder) -> None:
    with shop.services.database.unit_of_work() as session:
        session.get_one(CardProof, order.proof_id).used_by = uuid4()


# What goes wrong between the proof and the payment, and what it is called.
HOPELESS: dict[str, tuple[Callable[[Shop, PaymentOrder], object], str]] = {
    "card blocked": (lambda shop, _: _block(shop), "card_lost"),
    "card expired": (lambda shop, _: _expire(shop), "card_expired"),
    "proof too old": (lambda shop, _: _advance(shop, PROOF_SECONDS_MAX), "proof_expired"),
    "proof used": (_use_up_proof, "proof_used"),
    "partner suspended": (lambda shop, _: _suspend_partner(shop), "partner_suspended"),
    "benefit not taken here": (lambda shop, _: _forbid_benefit(shop), "benefit_not_usable"),
}


def test_a_payment_debits_the_wallet_for_the_shop(shop: Shop) -> None:
    answer = shop.pay(shop.order(350))
    assert isinstance(answer, Approved)
    assert (answer.amount_cents, answer.remaining_cents) == (350, 650)
    assert len(answer.authorisation_number) == 6
    assert (shop.wallet(), shop.owed_to_the_shop()) == (650, 350)
    assert shop.statement() == ["Paiement chez Librairie du Parc", "Dotation de rentrée"]
    shop.assert_sound()


def test_a_wallet_can_be_emptied_to_the_last_cent(shop: Shop) -> None:
    answer = shop.pay(shop.order(1000))
    assert isinstance(answer, Approved)
    assert answer.remaining_cents == 0
    assert outcome(lambda: shop.pay(shop.order(1))) == "declined:insufficient_funds"


def test_a_reversal_gives_the_money_back_and_says_so_on_the_statement(shop: Shop) -> None:
    order = shop.order(350)
    shop.pay(order)
    assert outcome(lambda: shop.reverse(order.payment_id)) == "reversed:moved"
    assert (shop.wallet(), shop.owed_to_the_shop()) == (1000, 0)
    assert shop.statement()[0] == "Annulation : Paiement chez Librairie du Parc"
    assert shop.movements(order.payment_id) == 2


@pytest.mark.parametrize("later", [_block, _suspend_partner, _close_campaign, _forbid_benefit])
def test_a_reversal_succeeds_whatever_has_changed_since(
    shop: Shop, later: Callable[[Shop], None]
) -> None:
    order = shop.order(350)
    shop.pay(order)
    later(shop)
    assert outcome(lambda: shop.reverse(order.payment_id)) == "reversed:moved"
    assert shop.owed_to_the_shop() == 0


@pytest.mark.parametrize("case", HOPELESS)
def test_a_hopeless_payment_costs_no_try(shop: Shop, case: str) -> None:
    happening, reason = HOPELESS[case]
    order = shop.order(code=WRONG_CODE)
    happening(shop, order)
    assert outcome(lambda: shop.pay(order)) == f"declined:{reason}"
    assert shop.tries_left() == TRIES_MAX


@pytest.mark.parametrize("case", HOPELESS)
def test_what_goes_wrong_while_the_code_is_checked_is_still_seen(shop: Shop, case: str) -> None:
    happening, reason = HOPELESS[case]
    order = shop.order()
    answer = outcome(lambda: shop.pay(order, while_verifying=lambda: happening(shop, order)))
    assert answer == f"declined:{reason}"
    assert shop.owed_to_the_shop() == 0


def test_a_proof_nobody_gave_is_declined(shop: Shop) -> None:
    assert outcome(lambda: shop.pay(shop.order(proof_id=uuid4()))) == "declined:proof_unknown"


def test_a_benefit_nobody_has_is_declined(shop: Shop) -> None:
    order = shop.order(benefit_code="cinema")
    assert outcome(lambda: shop.pay(order)) == "declined:benefit_not_usable"


def test_a_terminal_without_partner_takes_nothing(shop: Shop) -> None:
    counter = shop.add_counter()
    counter.terminal = replace(counter.terminal, outlet_id=None, partner_id=None)
    order = shop.order(counter=counter)
    assert outcome(lambda: shop.pay(order, counter)) == "declined:benefit_not_usable"


def test_whoever_found_the_card_learns_nothing_of_the_balance(shop: Shop) -> None:
    for amount in (1, AMOUNT_CENTS_MAX):
        order = shop.order(amount, code=WRONG_CODE)
        assert outcome(lambda o=order: shop.pay(o)) == "declined:wrong_pin"  # type: ignore[misc]
    assert shop.tries_left() == TRIES_MAX - 2


def test_its_holder_is_told_that_the_balance_is_too_small(shop: Shop) -> None:
    order = shop.order(1001)
    assert outcome(lambda: shop.pay(order)) == "declined:insufficient_funds"
    assert shop.tries_left() == TRIES_MAX
    # The proof has not served: a smaller amount may be asked on it.
    assert outcome(lambda: shop.pay(shop.order(1000, proof_id=order.proof_id))) == "approved"


def test_a_wrong_code_may_be_tried_again_on_the_same_proof(shop: Shop) -> None:
    proof_id = shop.prove()
    wrong = shop.pay(shop.order(code=WRONG_CODE, proof_id=proof_id))
    assert isinstance(wrong, Declined)
    assert (wrong.reason, wrong.tries_left) == (DeclineReason.WRONG_PIN, 2)
    assert outcome(lambda: shop.pay(shop.order(proof_id=proof_id))) == "approved"
    assert shop.tries_left() == TRIES_MAX
    assert outcome(lambda: shop.pay(shop.order(proof_id=proof_id))) == "declined:proof_used"


def test_three_wrong_codes_block_it_and_the_right_one_comes_too_late(shop: Shop) -> None:
    answers = [shop.pay(shop.order(code=WRONG_CODE)) for _ in range(3)]
    told = [(a.reason, a.tries_left) for a in answers if isinstance(a, Declined)]
    assert told == [
        (DeclineReason.WRONG_PIN, 2),
        (DeclineReason.WRONG_PIN, 1),
        (DeclineReason.PIN_BLOCKED, 0),
    ]
    assert outcome(lambda: shop.pay(shop.order())) == "declined:pin_blocked"
    assert shop.wallet() == 1000


def test_a_replayed_request_costs_no_try(shop: Shop) -> None:
    order = shop.order(code=WRONG_CODE)
    answers = {shop.pay(order) for _ in range(5)}
    assert len(answers) == 1
    assert shop.tries_left() == TRIES_MAX - 1


def test_a_pin_block_sent_under_another_payment_is_refused_and_costs_no_try(shop: Shop) -> None:
    order = shop.order(code=WRONG_CODE)
    shop.pay(order)
    again = shop.order(pin=order.pin)
    assert outcome(lambda: shop.pay(again)) == "declined:pin_replayed"
    assert shop.tries_left() == TRIES_MAX - 1


def test_a_block_from_another_terminal_s_pad_is_refused_and_costs_no_try(shop: Shop) -> None:
    other = shop.add_counter()
    order = shop.order(pin=other.pad.type(CODE, shop.card_number))
    assert outcome(lambda: shop.pay(order)) == "declined:pin_block_invalid"
    assert shop.tries_left() == TRIES_MAX


def test_a_block_bound_to_another_card_is_refused_and_costs_no_try(shop: Shop) -> None:
    pin = shop.counters[0].pad.type(CODE, "9250000000000003")
    assert outcome(lambda: shop.pay(shop.order(pin=pin))) == "declined:pin_block_invalid"
    assert shop.tries_left() == TRIES_MAX


def test_without_a_code_nothing_is_paid(shop: Shop) -> None:
    with shop.services.database.unit_of_work() as session:
        session.delete(session.get_one(PinReferenceRow, shop.lea))
    assert outcome(lambda: shop.pay(shop.order())) == "declined:pin_not_set"


def test_dying_while_the_code_is_checked_costs_the_try_and_no_money(shop: Shop) -> None:
    order = shop.order()
    shop.pay_then_die(order)
    assert shop.tries_left() == TRIES_MAX - 1
    _advance(shop, 29)
    assert outcome(lambda: shop.pay(order)) == "payment_in_progress"
    _advance(shop, 1)
    assert outcome(lambda: shop.pay(order)) == "declined:interrupted"
    assert shop.wallet() == 1000
    assert outcome(lambda: shop.pay(shop.order())) == "approved"
    assert shop.tries_left() == TRIES_MAX


def test_a_wrong_verdict_is_not_lost_when_the_payment_was_reversed_meanwhile(shop: Shop) -> None:
    order = shop.order(code=WRONG_CODE)
    answer = outcome(
        lambda: shop.pay(order, while_verifying=lambda: shop.reverse(order.payment_id))
    )
    assert answer == "declined:reversed_before_arrival"
    assert shop.tries_left() == TRIES_MAX - 1


def test_a_reversal_while_the_code_is_checked_wins(shop: Shop) -> None:
    order = shop.order()
    answer = outcome(
        lambda: shop.pay(order, while_verifying=lambda: shop.reverse(order.payment_id))
    )
    assert answer == "declined:reversed_before_arrival"
    assert shop.movements(order.payment_id) == 0
    assert outcome(lambda: shop.find(order.payment_id)) == "reversed"
    # The proof was not used up by it.
    assert outcome(lambda: shop.pay(shop.order(proof_id=order.proof_id))) == "approved"


def test_whoever_was_thought_dead_finds_its_payment_interrupted(shop: Shop) -> None:
    order = shop.order()

    def thought_dead() -> None:
        _advance(shop, 30)
        assert outcome(lambda: shop.find(order.payment_id)) == "declined:interrupted"

    answer = outcome(lambda: shop.pay(order, while_verifying=thought_dead))
    assert answer == "declined:interrupted"
    assert shop.wallet() == 1000


def test_spending_meanwhile_is_seen_before_the_debit(shop: Shop) -> None:
    order, sooner = shop.order(600), shop.order(600, counter=shop.add_counter())

    def spend() -> None:
        assert outcome(lambda: shop.pay(sooner, shop.counters[1])) == "approved"

    answer = outcome(lambda: shop.pay(order, while_verifying=spend))
    assert answer == "declined:insufficient_funds"
    shop.assert_sound()


def test_an_authorisation_number_is_six_unambiguous_characters() -> None:
    assert make_authorisation_number(lambda n: bytes(range(n))) == "012345"
    assert make_authorisation_number(lambda n: bytes([255] * n)) == "ZZZZZZ"


def test_the_moment_of_decision_is_when_it_was_decided(shop: Shop) -> None:
    asked = shop.services.now()
    answer = shop.pay(shop.order(), while_verifying=lambda: _advance(shop, 5))
    assert answer.decided_at == asked + timedelta(seconds=5)


def test_a_payment_of_nothing_cannot_even_be_written_down(shop: Shop) -> None:
    # HTTP refuses it first; should it come another way, the database does.
    order = shop.order()
    zero = replace(order, amount=order.amount - order.amount)
    with pytest.raises(IntegrityError, match="amount"):
        shop.pay(zero)
