"""Voids and refunds: by whom, until when, how much, and what is printed."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from backend.benefits.tables import Campaign
from backend.cards.life import block_card
from backend.partners.registry import create_outlet
from backend.partners.standing import close_outlet, resume_partner, suspend_partner
from backend.payments.orders import Approved, Voided
from backend.payments.receipts import ReceiptKind
from backend.payments.tables import Payment, PaymentReturn

from .conftest import Counter, Shop, outcome

DAY = date(2026, 9, 1)
# What no engine can make different is asked of one.
on_one_engine = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _advance(shop: Shop, **by: float) -> None:
    shop.services.now.advance(**by)  # type: ignore[attr-defined]


def _paid(shop: Shop, amount_cents: int = 350) -> Approved:
    answer = shop.pay(shop.order(amount_cents))
    assert isinstance(answer, Approved)
    return answer


def _colleague(shop: Shop) -> Counter:
    return shop.add_counter()


def _counter_elsewhere(shop: Shop) -> Counter:
    """A counter of the same partner, in another outlet."""
    with shop.services.database.unit_of_work() as session:
        outlet = create_outlet(session, shop.partner, "Gare").id
    stranger = shop.add_counter()
    stranger.terminal = replace(stranger.terminal, outlet_id=outlet)
    return stranger


def test_a_void_gives_all_of_it_back_and_says_so(shop: Shop) -> None:
    paid = _paid(shop)
    made = shop.void(paid.payment_id)
    assert (made.amount_cents, made.left_cents, len(made.authorisation_number)) == (350, 0, 6)
    assert (shop.wallet(), shop.owed_to_the_shop()) == (1000, 0)
    assert shop.statement()[0] == "Annulation : Paiement chez Librairie du Parc"
    assert shop.movements(paid.payment_id) == 2
    found = shop.find(paid.payment_id)
    assert isinstance(found, Voided)
    assert (found.approved, found.void_id) == (paid, made.return_id)
    shop.assert_sound()


def test_refunds_add_up_to_the_payment_and_no_further(shop: Shop) -> None:
    paid = _paid(shop)
    _advance(shop, days=3)
    first, second = shop.refund(paid.payment_id, 100), shop.refund(paid.payment_id, 200)
    assert (first.left_cents, second.left_cents) == (250, 50)
    assert outcome(lambda: shop.refund(paid.payment_id, 51)) == "refund_too_large"
    assert shop.refund(paid.payment_id, 50).left_cents == 0
    assert outcome(lambda: shop.refund(paid.payment_id, 1)) == "payment_refunded"
    assert (shop.wallet(), shop.owed_to_the_shop()) == (1000, 0)
    assert shop.statement()[0] == "Remboursement : Paiement chez Librairie du Parc"
    assert shop.movements(paid.payment_id) == 4
    found = shop.find(paid.payment_id)
    assert isinstance(found, Approved)
    assert [one.amount_cents for one in found.refunds] == [100, 200, 50]
    assert replace(found, refunds=()) == paid
    shop.assert_sound()


def test_a_lost_answer_is_asked_for_again(shop: Shop) -> None:
    paid, refund_id = _paid(shop), uuid4()
    refunded = [shop.refund(paid.payment_id, 100, refund_id=refund_id) for _ in range(2)]
    shop.refund(paid.payment_id, 100)
    # Also later, when the same would be refused.
    with shop.services.database.unit_of_work() as session:
        suspend_partner(session, shop.partner, shop.services.now())
    refunded.append(shop.refund(paid.payment_id, 100, refund_id=refund_id))
    assert refunded[0] == refunded[1] == refunded[2]
    assert shop.owed_to_the_shop() == 150


@on_one_engine
def test_a_lost_void_is_asked_for_again_on_another_day(shop: Shop) -> None:
    paid, void_id = _paid(shop), uuid4()
    first = shop.void(paid.payment_id, void_id=void_id)
    _advance(shop, days=2)
    assert shop.void(paid.payment_id, void_id=void_id) == first
    assert outcome(lambda: shop.void(paid.payment_id, void_id=uuid4())) == "payment_voided"
    assert outcome(lambda: shop.void(paid.payment_id)) == "payment_voided"


@on_one_engine
def test_an_id_names_one_thing(shop: Shop) -> None:
    one, other, refund_id = _paid(shop), _paid(shop), uuid4()
    shop.refund(one.payment_id, 100, refund_id=refund_id)
    conflict = "idempotency_conflict"
    for ask in (
        lambda: shop.refund(one.payment_id, 101, refund_id=refund_id),
        lambda: shop.refund(other.payment_id, 100, refund_id=refund_id),
        lambda: shop.void(other.payment_id, void_id=refund_id),
    ):
        assert outcome(ask) == conflict
    assert shop.owed_to_the_shop() == 600


@on_one_engine
@pytest.mark.parametrize(
    ("paid_at", "now", "came"),
    [
        # The day is Paris's, which is two hours ahead in summer.
        (datetime(2026, 9, 1, 22, 0, tzinfo=UTC), datetime(2026, 9, 2, 21, 59, tzinfo=UTC), "void"),
        (
            datetime(2026, 9, 1, 21, 59, tzinfo=UTC),
            datetime(2026, 9, 1, 22, 0, tzinfo=UTC),
            "too late",
        ),
    ],
)
def test_a_void_is_of_the_same_day(shop: Shop, paid_at: datetime, now: datetime, came: str) -> None:
    shop.services.now.moment = paid_at  # type: ignore[attr-defined]
    paid = _paid(shop)
    shop.services.now.moment = now  # type: ignore[attr-defined]
    expected = "void 350" if came == "void" else "void_too_late"
    assert outcome(lambda: shop.void(paid.payment_id)) == expected
    if came != "void":
        assert outcome(lambda: shop.refund(paid.payment_id, 350)) == "refund 350"


@on_one_engine
def test_any_counter_of_the_outlet_gives_back_and_no_other(shop: Shop) -> None:
    one, other = _paid(shop), _paid(shop)
    colleague, elsewhere = _colleague(shop), _counter_elsewhere(shop)
    nowhere = _colleague(shop)
    nowhere.terminal = replace(nowhere.terminal, outlet_id=None, partner_id=None)
    for stranger in (elsewhere, nowhere):
        unknown = "payment_not_found"
        assert outcome(lambda s=stranger: shop.void(one.payment_id, s)) == unknown  # type: ignore[misc]
        assert outcome(lambda s=stranger: shop.refund(one.payment_id, 1, s)) == unknown  # type: ignore[misc]
    assert outcome(lambda: shop.void(one.payment_id, colleague)) == "void 350"
    assert outcome(lambda: shop.refund(other.payment_id, 1, colleague)) == "refund 1"


@on_one_engine
def test_a_suspended_partner_gives_nothing_back_but_a_reversal_is_heard(shop: Shop) -> None:
    one, other = _paid(shop), _paid(shop)
    with shop.services.database.unit_of_work() as session:
        suspend_partner(session, shop.partner, shop.services.now())
    assert outcome(lambda: shop.void(one.payment_id)) == "partner_suspended"
    assert outcome(lambda: shop.refund(one.payment_id, 1)) == "partner_suspended"
    assert outcome(lambda: shop.reverse(other.payment_id)) == "reversed:moved"
    with shop.services.database.unit_of_work() as session:
        resume_partner(session, shop.partner)
    assert outcome(lambda: shop.void(one.payment_id)) == "void 350"


@on_one_engine
def test_a_closed_outlet_takes_nothing_and_still_gives_back(shop: Shop) -> None:
    paid = _paid(shop)
    with shop.services.database.unit_of_work() as session:
        close_outlet(session, shop.outlet, shop.services.now())
    assert outcome(lambda: shop.pay(shop.order())) == "declined:outlet_closed"
    assert outcome(lambda: shop.refund(paid.payment_id, 100)) == "refund 100"


@on_one_engine
def test_refunds_end_with_the_partners_last_day(shop: Shop) -> None:
    paid = _paid(shop)
    with shop.services.database.unit_of_work() as session:
        campaign = session.get_one(Campaign, shop.benefit.campaign_id)
        campaign.closes_on, campaign.partners_until = DAY, DAY + timedelta(days=30)
    _advance(shop, days=30)
    assert outcome(lambda: shop.refund(paid.payment_id, 100)) == "refund 100"
    _advance(shop, days=1)
    assert outcome(lambda: shop.refund(paid.payment_id, 100)) == "refund_too_late"
    assert outcome(lambda: shop.reverse(paid.payment_id)) == "reversed:moved"
    assert shop.owed_to_the_shop() == 0


@on_one_engine
def test_money_goes_back_whatever_became_of_the_card(shop: Shop) -> None:
    paid = _paid(shop)
    with shop.services.database.unit_of_work() as session:
        block_card(session, shop.card, "stolen", shop.services.now())
    assert outcome(lambda: shop.refund(paid.payment_id, 350)) == "refund 350"
    assert shop.wallet() == 1000


@on_one_engine
def test_a_reversal_after_a_refund_gives_back_the_rest(shop: Shop) -> None:
    paid = _paid(shop)
    shop.refund(paid.payment_id, 100)
    assert shop.reverse(paid.payment_id).amount_cents == 250
    assert shop.reverse(paid.payment_id).amount_cents == 250
    assert (shop.wallet(), shop.owed_to_the_shop()) == (1000, 0)


def test_a_receipt_leads_to_its_payment(shop: Shop) -> None:
    paid, colleague = _paid(shop), _colleague(shop)
    typed = paid.authorisation_number.lower().replace("0", "o").replace("1", "i")
    found = shop.look_up(typed, DAY, colleague)
    assert (found.answer, found.left_cents, found.may_be_voided) == (paid, 350, True)
    receipt = found.receipt
    assert (receipt.kind, receipt.payment_number) == (
        ReceiptKind.PAYMENT,
        paid.authorisation_number,
    )
    assert (receipt.partner_name, receipt.outlet_name) == ("Librairie du Parc", "Centre")
    assert (receipt.benefit_label, receipt.amount_cents) == ("Culture", 350)
    assert receipt.card_number_masked.startswith("9250 •••• ••••")
    assert shop.card_number not in repr(receipt)
    _advance(shop, days=1)
    assert not shop.look_up(typed, DAY).may_be_voided
    shop.refund(paid.payment_id, 350)
    assert shop.look_up(typed, DAY).left_cents == 0


@on_one_engine
def test_a_receipt_of_another_day_or_outlet_leads_nowhere(shop: Shop) -> None:
    paid, elsewhere = _paid(shop), _counter_elsewhere(shop)
    number = paid.authorisation_number
    for ask in (
        lambda: shop.look_up(number, DAY + timedelta(days=1)),
        lambda: shop.look_up(number, DAY, elsewhere),
        lambda: shop.look_up("ZZZZZZ", DAY),
    ):
        assert outcome(lambda a=ask: a().answer) == "payment_not_found"  # type: ignore[misc]
    shop.reverse(paid.payment_id)
    assert outcome(lambda: shop.look_up(number, DAY).answer) == "payment_not_found"


@on_one_engine
def test_what_is_printed_names_both_operations(shop: Shop) -> None:
    paid = _paid(shop)
    receipt = shop.refund(paid.payment_id, 100, _colleague(shop)).receipt
    assert (receipt.kind, receipt.amount_cents) == (ReceiptKind.REFUND, 100)
    assert receipt.payment_number == paid.authorisation_number != receipt.authorisation_number
    assert shop.void(_paid(shop).payment_id).receipt.kind is ReceiptKind.VOID


BROKEN: dict[str, dict[str, object]] = {
    "more than was paid": {"given_back_cents": 351, "status": "partly_refunded"},
    "a refund that leaves the state": {"given_back_cents": 1},
    "voided and kept": {"status": "voided"},
    "refunded in full and a part kept": {"status": "refunded", "given_back_cents": 349},
}


def test_the_database_refuses_what_must_never_be(shop: Shop) -> None:
    paid = _paid(shop)
    for values in BROKEN.values():
        change = update(Payment).where(Payment.payment_id == paid.payment_id).values(**values)
        with (
            pytest.raises(IntegrityError, match="given_back"),
            shop.services.database.unit_of_work() as session,
        ):
            session.execute(change, execution_options={"synchronize_session": False})


def test_a_payment_is_voided_once_in_the_database_too(shop: Shop) -> None:
    one, other = _paid(shop), _paid(shop)
    shop.void(one.payment_id)
    void_id = shop.void(other.payment_id).return_id
    change = (
        update(PaymentReturn)
        .where(PaymentReturn.return_id == void_id)
        .values(payment_id=one.payment_id)
    )
    with (
        pytest.raises(IntegrityError),
        shop.services.database.unit_of_work() as session,
    ):
        session.execute(change, execution_options={"synchronize_session": False})
