"""A terminal's day adds up, and every line on which two sides differ is named."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.partners.errors import TerminalUnknown
from backend.payments.errors import LinesRepeated
from backend.payments.totals import (
    DayTotals,
    Line,
    LineKind,
    Problem,
    Total,
    compare,
    day_totals,
    reconcile,
)

from .conftest import WRONG_CODE, Counter, Shop

DAY, NEXT = date(2026, 9, 1), date(2026, 9, 2)
NONE = Total(0, 0)


def _day(shop: Shop, counter: Counter | None = None, day: date = DAY) -> DayTotals:
    terminal_id = (counter or shop.counters[0]).terminal.terminal_id
    with shop.services.database.reading() as session:
        return day_totals(session, terminal_id, day)


def _pay(shop: Shop, cents: int) -> UUID:
    order = shop.order(cents)
    shop.pay(order)
    return order.payment_id


def _spend_a_day(shop: Shop) -> list[Line]:
    """Do one of each; return what the terminal would write down."""
    kept, voided, partly, undone = (_pay(shop, cents) for cents in (100, 110, 120, 130))
    shop.pay(shop.order(code=WRONG_CODE))
    void_id = shop.void(voided).return_id
    refund_id = shop.refund(partly, 20).return_id
    shop.reverse(undone)
    never = uuid4()
    shop.reverse(never)
    return [
        Line(LineKind.PAYMENT, kept, 100),
        Line(LineKind.PAYMENT, voided, 110),
        Line(LineKind.PAYMENT, partly, 120),
        Line(LineKind.VOID, void_id, 110),
        Line(LineKind.REFUND, refund_id, 20),
        Line(LineKind.REVERSAL, undone, 130),
        Line(LineKind.REVERSAL, never, 0),
    ]


def test_a_day_adds_up_and_reconciles_to_the_cent(shop: Shop) -> None:
    lines = _spend_a_day(shop)
    day = _day(shop)
    assert (day.approved, day.voided) == (Total(3, 330), Total(1, 110))
    assert (day.refunded, day.reversed) == (Total(1, 20), Total(2, 130))
    # What is owed is what was taken and not given back.
    kept = day.approved.amount_cents - day.voided.amount_cents - day.refunded.amount_cents
    assert shop.owed_to_the_shop() == kept
    terminal_id = shop.counters[0].terminal.terminal_id
    for _ in range(2):
        with shop.services.database.reading() as session:
            found = reconcile(session, terminal_id, DAY, lines)
        assert (found.totals, found.differences) == (day, ())


def test_each_difference_is_named(shop: Shop) -> None:
    lines = _spend_a_day(shop)
    more = Line(LineKind.PAYMENT, uuid4(), 5)
    told = [*lines[1:-1], more, Line(LineKind.REVERSAL, lines[-1].line_id, 7)]
    with shop.services.database.reading() as session:
        found = reconcile(session, shop.counters[0].terminal.terminal_id, DAY, told)
    named = {
        (one.line_id, one.problem, one.backend_cents, one.terminal_cents): one.kind
        for one in found.differences
    }
    assert named == {
        (lines[0].line_id, Problem.ONLY_AT_BACKEND, 100, None): LineKind.PAYMENT,
        (more.line_id, Problem.ONLY_AT_TERMINAL, None, 5): LineKind.PAYMENT,
        (lines[-1].line_id, Problem.AMOUNT_DIFFERS, 0, 7): LineKind.REVERSAL,
    }


def test_what_happens_on_another_day_or_terminal_belongs_there(shop: Shop) -> None:
    colleague, payment_id = shop.add_counter(), _pay(shop, 100)
    # Past Paris's midnight.
    shop.services.now.advance(hours=12)  # type: ignore[attr-defined]
    shop.refund(payment_id, 40, colleague)
    assert _day(shop).approved == Total(1, 100)
    assert (_day(shop).refunded, _day(shop, day=NEXT).refunded) == (NONE, NONE)
    assert _day(shop, colleague, NEXT).refunded == Total(1, 40)
    shop.reverse(payment_id)
    # Its terminal never counted it: it moves from the one day to the other.
    assert (_day(shop).approved, _day(shop, day=NEXT).reversed) == (NONE, Total(1, 60))


def test_a_terminal_nobody_knows_has_no_day(shop: Shop) -> None:
    with pytest.raises(TerminalUnknown), shop.services.database.reading() as session:
        day_totals(session, uuid4(), DAY)


LINES = st.dictionaries(
    st.tuples(st.sampled_from(LineKind), st.integers(0, 5).map(lambda n: UUID(int=n))),
    st.integers(0, 3),
).map(lambda found: [Line(*key, cents) for key, cents in found.items()])


@given(here=LINES, told=LINES)
def test_differences_are_all_there_and_nothing_else(here: list[Line], told: list[Line]) -> None:
    found = compare(here, told)
    named = {(one.kind, one.line_id) for one in found}
    assert len(named) == len(found)
    same = {line for line in here if line in told}
    assert named == {(line.kind, line.line_id) for line in {*here, *told} - same}
    assert compare(here, here) == ()
    # To the cent: what the differences say makes up the whole gap.
    gap = sum((one.backend_cents or 0) - (one.terminal_cents or 0) for one in found)
    assert gap == sum(line.amount_cents for line in here) - sum(t.amount_cents for t in told)


def test_a_line_is_told_once() -> None:
    line = Line(LineKind.VOID, UUID(int=1), 5)
    with pytest.raises(LinesRepeated):
        compare([], [line, line])
