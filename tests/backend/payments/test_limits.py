"""Limits by payment, by day and by partner; each its own reason, and none that holders share."""

from collections import Counter as Tally
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest

from backend.benefits.campaigns import allow_at
from backend.benefits.grants import grant
from backend.benefits.tables import Benefit, Campaign
from backend.payments.limits import LimitRule, limit_benefit, limit_partner
from backend.payments.orders import Declined
from backend.pins.tables import TRIES_MAX

from .conftest import WRONG_CODE, Counter, Shop, outcome

SECONDS_MAX = 60
#: More codes checked at once than there are tries: the excess hears "blocked" for a moment.
ATTEMPTS_MAX = 50


def _limit(shop: Shop, rule: LimitRule, *, at_partner: bool = False) -> None:
    with shop.services.database.unit_of_work() as session:
        if at_partner:
            limit_partner(session, shop.partner, rule)
        else:
            limit_benefit(session, "culture", rule)


def _add_sport(shop: Shop, cents: int) -> None:
    """Give Léa a second wallet that the shop takes too."""
    now = shop.services.now()
    with shop.services.database.unit_of_work() as session:
        campaign = session.get_one(Campaign, shop.benefit.campaign_id)
        sport = Benefit(id=uuid4(), code="sport", label="Sport", campaign_id=campaign.id)
        session.add(sport)
        session.flush()
        allow_at(session, sport, shop.partner, now=now)
        grant(
            session,
            beneficiary_id=shop.lea,
            benefit=sport,
            amount_cents=cents,
            reason="Dotation",
            grant_id=uuid4(),
            now=now,
        )


def _declined(shop: Shop, cents: int, **order: object) -> Declined:
    answer = shop.pay(shop.order(cents, **order))  # type: ignore[arg-type]
    assert isinstance(answer, Declined)
    return answer


def test_a_payment_has_a_largest_amount_and_it_costs_no_try(shop: Shop) -> None:
    _limit(shop, LimitRule(per_payment_cents=500))
    told = _declined(shop, 501, code=WRONG_CODE)
    assert (told.reason, told.advice.limit_cents) == ("amount_limit", 500)
    assert shop.tries_left() == TRIES_MAX
    assert outcome(lambda: shop.pay(shop.order(500))) == "approved"
    # The partner's own limit is lower: the lower one counts.
    _limit(shop, LimitRule(per_payment_cents=200), at_partner=True)
    assert _declined(shop, 201).advice.limit_cents == 200
    assert outcome(lambda: shop.pay(shop.order(200))) == "approved"


def test_a_day_has_a_largest_sum_which_what_comes_back_frees(shop: Shop) -> None:
    _limit(shop, LimitRule(per_day_cents=500))
    order = shop.order(300)
    shop.pay(order)
    told = _declined(shop, 201)
    assert (told.reason, told.advice.left_cents) == ("day_limit", 200)
    shop.refund(order.payment_id, 100)
    assert outcome(lambda: shop.pay(shop.order(300))) == "approved"
    assert _declined(shop, 1).advice.left_cents == 0
    shop.reverse(order.payment_id)
    assert outcome(lambda: shop.pay(shop.order(200))) == "approved"
    # Until Paris's midnight: ten in the evening in summer.
    shop.services.now.advance(hours=12)  # type: ignore[attr-defined]
    assert outcome(lambda: shop.pay(shop.order(100))) == "approved"


def test_what_was_spent_today_is_told_after_the_right_code_only(shop: Shop) -> None:
    _limit(shop, LimitRule(per_day_cents=500))
    shop.pay(shop.order(500))
    assert _declined(shop, 1, code=WRONG_CODE).reason == "wrong_pin"
    assert _declined(shop, 1).reason == "day_limit"


def test_a_partner_limits_what_a_holder_spends_there_of_everything(shop: Shop) -> None:
    _add_sport(shop, 1000)
    _limit(shop, LimitRule(per_day_cents=500), at_partner=True)
    shop.pay(shop.order(300, benefit_code="sport"))
    told = _declined(shop, 201)
    assert (told.reason, told.advice.left_cents) == ("partner_day_limit", 200)
    assert outcome(lambda: shop.pay(shop.order(200))) == "approved"


def test_a_benefit_limits_what_is_spent_of_it_at_one_partner(shop: Shop) -> None:
    _add_sport(shop, 1000)
    _limit(shop, LimitRule(per_partner_day_cents=400))
    shop.pay(shop.order(300, benefit_code="sport"))
    assert outcome(lambda: shop.pay(shop.order(400))) == "approved"
    assert _declined(shop, 1).reason == "partner_day_limit"


def _at_once(*works: Callable[[], str]) -> Tally[str]:
    start = Barrier(len(works))

    def begin(work: Callable[[], str]) -> str:
        start.wait(SECONDS_MAX)
        return work()

    with ThreadPoolExecutor(len(works)) as hands:
        futures = [hands.submit(begin, work) for work in works]
        return Tally(future.result(SECONDS_MAX) for future in futures)


def test_a_day_s_limit_holds_at_four_counters_and_over_two_wallets(shop: Shop) -> None:
    _add_sport(shop, 1000)
    _limit(shop, LimitRule(per_day_cents=500), at_partner=True)
    for _ in range(3):
        shop.add_counter()

    def insist(number: int, counter: Counter) -> Callable[[], str]:
        benefit = ("culture", "sport")[number % 2]

        def work() -> str:
            for _ in range(ATTEMPTS_MAX):
                order = shop.order(200, counter=counter, benefit_code=benefit)
                answer = outcome(lambda o=order: shop.pay(o, counter))  # type: ignore[misc]
                if answer != "declined:pin_blocked":
                    break
            return answer

        return work

    answers = _at_once(*[insist(n, counter) for n, counter in enumerate(shop.counters)])
    assert answers == {"approved": 2, "declined:partner_day_limit": 2}
    assert shop.owed_to_the_shop() == 400


def test_an_empty_wallet_names_what_would_pay_and_says_it_again(shop: Shop) -> None:
    _add_sport(shop, 1200)
    shop.pay(shop.order(1000))
    order = shop.order(1200)
    told = shop.pay(order)
    assert isinstance(told, Declined)
    assert told.sentence.fr == "Culture épuisé ; Sport accepte 12,00\u00a0€."
    assert told.sentence.pad == ("CULTURE EPUISE", "SPORT 12,00")
    # Spent meanwhile: the answer stays what it was.
    assert outcome(lambda: shop.pay(shop.order(1200, benefit_code="sport"))) == "approved"
    assert shop.pay(order) == told == shop.find(order.payment_id)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_balance_is_told_for_a_wrong_code(shop: Shop) -> None:
    told = _declined(shop, 5000, code=WRONG_CODE)
    assert (told.reason, told.advice.choices, told.advice.left_cents) == ("wrong_pin", (), None)
