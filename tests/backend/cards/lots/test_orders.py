"""Cards are ordered with who and when, once each, and taken back in time."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError

from backend.cards.errors import (
    AddressInvalid,
    CardStateRefused,
    CharterNotAccepted,
    HasCard,
    TooManyOrders,
)
from backend.cards.handing import hand_over
from backend.cards.history import THE_SYSTEM, Actor, read_histories
from backend.cards.life import expire_card
from backend.cards.lots import (
    receive,
)
from backend.cards.order_tables import CardHistory, CardRequest, Delivery
from backend.cards.ordering import Wish
from backend.cards.requests import (
    CHARTER_VERSION,
    ORDERS_A_YEAR_MAX,
    cancel_order,
    clean_address,
    order_for,
    request_card,
)
from tests.backend.cards.lots.office import BY, HOME, Desk


def test_a_life_is_written_down_with_who_and_when(desk: Desk, clock: Any) -> None:
    card_id = desk.order(desk.person())
    clock.advance(days=1)
    desk.send(card_id, desk.here)
    clock.advance(days=2)
    desk.run(receive, desk.here, desk.number(card_id), by=BY)
    assert desk.card(card_id).state == "received"
    desk.run(hand_over, [card_id], by=Actor.typed("claire"))
    assert desk.run(hand_over, [card_id], by=BY) == 0, "it is in their hands already"
    with desk.services.database.reading() as session:
        lines = read_histories(session, [card_id])[card_id]
    assert [(one.event.value, one.state.value, one.by) for one in lines] == [
        ("ordered", "ordered", "anne"),
        ("produced", "produced", "anne"),
        ("shipped", "shipped", "anne"),
        ("received", "received", "anne"),
        ("handed_over", "handed_over", "claire"),
        ("activated", "active", "claire"),
    ]
    assert (lines[-1].at - lines[0].at).days == 3


def test_exactly_one_answers_for_what_happened(desk: Desk) -> None:
    card_id = desk.order(desk.person())
    row = {"event": "ordered", "state": "ordered", "at": desk.services.now()}
    for by in ({}, {"command": "x", "terminal_id": uuid4()}):
        with pytest.raises(IntegrityError):
            desk.add(CardHistory(id=uuid4(), card_id=card_id, **row, **by))


def test_whoever_has_a_card_gets_no_other(desk: Desk) -> None:
    lea, zoe = desk.person(), desk.person("Zoé")
    desk.order(lea)
    with desk.services.database.unit_of_work() as session:
        wish, now = desk.wish(), desk.services.now()
        made = order_for(session, [lea, zoe, zoe], wish, now, by=BY)
    assert (len(made.card_ids), made.having) == (1, (lea,))


def test_an_order_is_cancelled_before_the_card_is_made(desk: Desk) -> None:
    lea = desk.person()
    card_id = desk.order(lea, Wish(delivery=Delivery.HOME, address=HOME))
    desk.run(cancel_order, card_id, by=BY)
    desk.run(cancel_order, card_id, by=BY)
    assert desk.card(card_id).state == "cancelled"
    with desk.services.database.reading() as session:
        assert session.get_one(CardRequest, card_id).address is None
    again = desk.order(lea)
    desk.make(again)
    with pytest.raises(CardStateRefused):
        desk.run(cancel_order, again, by=BY)


def test_a_card_is_asked_for_with_the_charter_and_one_address(desk: Desk) -> None:
    lea = desk.person()
    with pytest.raises(CharterNotAccepted):
        desk.run(request_card, lea, desk.wish(charter_version="2020-01"), by=BY)
    for address in (None, "12 RUE DU PORT", "A\nB\nC\nD\nE\nF\nG", "x" * 39 + "\n69002 LYON"):
        wish = Wish(delivery=Delivery.HOME, charter_version=CHARTER_VERSION, address=address)
        with pytest.raises(AddressInvalid):
            desk.run(request_card, lea, wish, by=BY)
    with pytest.raises(AddressInvalid):
        desk.run(request_card, lea, desk.wish(charter_version=CHARTER_VERSION, address=HOME), by=BY)
    wish = Wish(delivery=Delivery.HOME, charter_version=CHARTER_VERSION, address=HOME)
    made = desk.run(request_card, lea, wish, by=BY)
    with pytest.raises(HasCard):
        desk.run(request_card, lea, wish, by=BY)
    with desk.services.database.reading() as session:
        kept = session.get_one(CardRequest, made)
        assert (kept.charter_version, kept.address) == (CHARTER_VERSION, HOME)
    assert clean_address("  12  rue du Port \r\n\r\n69002 Lyon ") == "12 rue du Port\n69002 Lyon"
    assert HOME not in repr(wish)


def test_nobody_orders_without_end(desk: Desk, clock: Any) -> None:
    lea = desk.person()
    wish = desk.wish(charter_version=CHARTER_VERSION)
    for _ in range(ORDERS_A_YEAR_MAX):
        desk.run(cancel_order, desk.run(request_card, lea, wish, by=BY), by=BY)
    with pytest.raises(TooManyOrders):
        desk.run(request_card, lea, wish, by=BY)
    clock.advance(days=366)
    desk.run(request_card, lea, wish, by=BY)


def test_commands_of_old_are_written_down_too(desk: Desk) -> None:
    card_id = desk.arrived(desk.person())
    desk.run(expire_card, card_id)
    with desk.services.database.reading() as session:
        last = read_histories(session, [card_id])[card_id][-1]
    assert (last.event.value, last.by) == ("expired", THE_SYSTEM.command)
