"""From the order to the hand: who gets a card, what is written down, what a parcel holds."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import IntegrityError

from backend.access.establishments import create_establishment
from backend.accounts.beneficiaries import Contact, create_beneficiary
from backend.accounts.outbox import claim
from backend.cards.errors import (
    AddressInvalid,
    CardStateRefused,
    CardUnknown,
    CharterNotAccepted,
    DigitsWrong,
    HasCard,
    LotUnknown,
    NothingToSend,
    TooManyOrders,
)
from backend.cards.handing import activate_card, hand_over
from backend.cards.history import THE_SYSTEM, Actor, read_histories
from backend.cards.life import block_card, expire_card, lock_card, move
from backend.cards.lots import (
    ScanAnswer,
    find_lot,
    list_missing,
    list_shipments,
    receive,
    ship,
    start_production,
)
from backend.cards.order_tables import CardHistory, CardRequest, Delivery, LotKind
from backend.cards.ordering import AT_A_COUNTER, Wish
from backend.cards.photos import keep_card_photo
from backend.cards.production import HEADINGS, as_csv, cards_to_make, photos_of
from backend.cards.reporting import (
    ReportReason,
    WithdrawalReason,
    report_card,
    report_lost,
    withdraw_card,
)
from backend.cards.requests import (
    CHARTER_VERSION,
    ORDERS_A_YEAR_MAX,
    ReplacementReason,
    cancel_order,
    clean_address,
    order_for,
    replace_card,
    request_card,
)
from backend.cards.states import CardEvent
from backend.cards.tables import Card
from backend.services import Services

UIDS = count(1)
BY = Actor.typed("anne")
HOME = "12 RUE DU PORT\n69002 LYON"


@dataclass
class Desk:
    """Two establishments, and what happens to their people's cards."""

    services: Services
    here: UUID
    there: UUID

    def person(self, given: str = "Léa", family: str = "Martin") -> UUID:
        with self.services.database.unit_of_work() as session:
            made = create_beneficiary(
                session,
                given_name=given,
                family_name=family,
                birth_date=date(2010, 1, 2),
                contact=Contact("lea@example.fr"),
                now=self.services.now(),
            )
            return made.id

    def wish(self, **told: Any) -> Wish:
        return Wish(delivery=Delivery.ESTABLISHMENT, establishment_id=self.here, **told)

    def order(self, person: UUID, wish: Wish | None = None) -> UUID:
        with self.services.database.unit_of_work() as session:
            asked = wish or self.wish()
            now = self.services.now()
            (made,) = order_for(session, [person], asked, now, by=BY).card_ids
        return made

    def run(self, act: Callable[..., Any], *told: Any, **more: Any) -> Any:
        """Let something happen in a unit of work, now, by somebody."""
        with self.services.database.unit_of_work() as session:
            return act(session, *told, self.services.now(), **more)

    def add(self, row: Any) -> None:
        with self.services.database.unit_of_work() as session:
            session.add(row)

    def replace(self, card_id: UUID, reason: ReplacementReason) -> UUID:
        with self.services.database.unit_of_work() as session:
            wish, now = self.wish(fee_cents=500), self.services.now()
            return replace_card(session, card_id, reason, wish, now, by=BY)

    def make(self, card_id: UUID) -> None:
        with self.services.database.unit_of_work() as session:
            card = lock_card(session, card_id)
            card.uid = (0x04C0DE00000000 + next(UIDS)).to_bytes(7, "big")
            move(card, CardEvent.PRODUCED, self.services.now(), by=BY)

    def send(self, card_id: UUID, place: UUID | None) -> str:
        self.make(card_id)
        lot = self.run(ship, by=BY, made_by="anne", establishment_id=place)
        return str(lot.number)

    def card(self, card_id: UUID) -> Card:
        with self.services.database.reading() as session:
            return session.get_one(Card, card_id)

    def number(self, card_id: UUID) -> str:
        return self.card(card_id).number

    def history(self, card_id: UUID) -> list[str]:
        with self.services.database.reading() as session:
            return [one.event.value for one in read_histories(session, [card_id])[card_id]]

    def arrived(self, person: UUID) -> UUID:
        card_id = self.order(person)
        self.send(card_id, self.here)
        self.run(receive, self.here, self.number(card_id), by=BY)
        return card_id


@pytest.fixture
def desk(services: Services) -> Desk:
    with services.database.unit_of_work() as session:
        here = create_establishment(session, "Lycée du Parc").id
        there = create_establishment(session, "Lycée du Port").id
    return Desk(services, here, there)


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


def test_a_card_sent_home_is_of_no_use_before_its_holder_has_it(desk: Desk) -> None:
    lea, zoe = desk.person(), desk.person("Zoé")
    card_id = desk.order(lea, Wish(delivery=Delivery.HOME, address=HOME))
    desk.send(card_id, None)
    scan = desk.run(receive, desk.here, desk.number(card_id), by=BY)
    assert (scan.answer, scan.name) == (ScanAnswer.ELSEWHERE, "")
    digits = desk.number(card_id)[-4:]
    with pytest.raises(DigitsWrong):
        desk.run(activate_card, lea, f"{(int(digits) + 1) % 10_000:04}", by=BY)
    with pytest.raises(CardUnknown):
        desk.run(activate_card, zoe, digits, by=BY)
    assert desk.card(card_id).state == "shipped"
    desk.run(activate_card, lea, f" {digits} ", by=BY)
    desk.run(activate_card, lea, digits, by=BY)
    assert desk.history(card_id)[-2:] == ["shipped", "activated"]
    with desk.services.database.reading() as session:
        assert session.get_one(CardRequest, card_id).address is None, "it has served"


def test_a_card_on_its_way_to_a_school_is_not_activated_from_home(desk: Desk) -> None:
    lea = desk.person()
    card_id = desk.order(lea)
    desk.send(card_id, desk.here)
    with pytest.raises(CardUnknown):
        desk.run(activate_card, lea, desk.number(card_id)[-4:], by=BY)
    desk.run(receive, desk.here, desk.number(card_id), by=BY)
    desk.run(hand_over, [card_id], by=BY, in_person=False)
    assert desk.card(card_id).state == "handed_over"
    desk.run(activate_card, lea, desk.number(card_id)[-4:], by=BY)
    assert desk.card(card_id).state == "active"


def test_handing_over_is_for_all_or_none(desk: Desk) -> None:
    here, not_yet = desk.arrived(desk.person()), desk.order(desk.person("Zoé"))
    with pytest.raises(CardStateRefused):
        desk.run(hand_over, [here, not_yet], by=BY)
    with pytest.raises(CardUnknown):
        desk.run(hand_over, [here, uuid4()], by=BY)
    assert desk.card(here).state == "received"


def test_every_scan_says_what_it_was(desk: Desk) -> None:
    lea = desk.person()
    card_id = desk.order(lea)
    number = desk.number(card_id)

    def scan(typed: str, place: UUID | None = None) -> ScanAnswer:
        answer: ScanAnswer = desk.run(receive, place or desk.here, typed, by=BY).answer
        return answer

    assert scan("hello") is scan("9250 0000 0000 0001") is scan("") is ScanAnswer.UNKNOWN
    assert scan(number) is ScanAnswer.NOT_TO_HAND_OVER, "not made yet"
    lot = desk.send(card_id, desk.here)
    assert scan(number, desk.there) is ScanAnswer.ELSEWHERE
    with desk.services.database.reading() as session:
        found = find_lot(session, f"{lot[:4]} {lot[4:]}", LotKind.SHIPMENT)
        assert [one.card_id for one in list_missing(session, found.id)] == [card_id]
        (line,) = list_shipments(session, desk.here)
        assert (line.cards, line.missing) == (1, 1)
        with pytest.raises(LotUnknown):
            find_lot(session, lot, LotKind.PRODUCTION)
    assert scan(f" {number[:4]} {number[4:]}\r\n") is ScanAnswer.RECEIVED
    assert scan(number) is ScanAnswer.ALREADY
    with desk.services.database.reading() as session:
        (line,) = list_shipments(session, desk.here)
        assert line.missing == 0
    desk.run(report_lost, card_id, ReportReason.LOST, by=BY)
    assert scan(number) is ScanAnswer.NOT_TO_HAND_OVER
    with pytest.raises(CardStateRefused):
        desk.run(hand_over, [card_id], by=BY)


def test_a_card_is_in_one_production_and_one_parcel(desk: Desk) -> None:
    lea, at_counter = desk.person(), desk.person("Zoé")
    desk.order(at_counter, AT_A_COUNTER)
    with pytest.raises(NothingToSend):
        desk.run(start_production, made_by="anne")
    card_id = desk.order(lea)
    lot = desk.run(start_production, made_by="anne", establishment_id=desk.here)
    with pytest.raises(NothingToSend):
        desk.run(start_production, made_by="anne")
    with desk.services.database.reading() as session:
        names = {desk.here: "Lycée du Parc"}
        assert len(list(cards_to_make(session, lot.id, names))) == 1
    desk.send(card_id, desk.here)
    with desk.services.database.reading() as session:
        assert list(cards_to_make(session, lot.id, names)) == [], "what the desk made came back"
    with pytest.raises(NothingToSend):
        desk.run(ship, by=BY, made_by="anne", establishment_id=desk.here)


FORMULAS = ["=1+2", "+33", "-2", "@SUM(A1)", " =1", "\uff1dcmd"]


@pytest.mark.parametrize("name", FORMULAS)
def test_the_production_file_says_what_is_printed_and_runs_nothing(desk: Desk, name: str) -> None:
    lea = desk.person(name, 'O\'Brien; "Jo"')
    with desk.services.database.unit_of_work() as session:
        keep_card_photo(session, lea, b"\xff\xd8\xff\xd9", desk.services.now(), None)
    card_id = desk.order(lea)
    lot = desk.run(start_production, made_by="anne")
    with desk.services.database.reading() as session:
        text = as_csv(cards_to_make(session, lot.id, {desk.here: "Lycée du Parc"}))
        photos = list(photos_of(session, lot.id))
    assert text.startswith("\ufeff")
    head, row = csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=";")
    number = desk.number(card_id)
    assert tuple(head) == HEADINGS
    assert row == [number, f"'{name}", 'O\'Brien; "Jo"', "Lycée du Parc", f"{number}.jpg"]
    assert photos == [(f"{number}.jpg", b"\xff\xd8\xff\xd9")]


@pytest.mark.parametrize("reason", list(ReplacementReason))
def test_replacing_stops_the_old_card_at_once(desk: Desk, reason: ReplacementReason) -> None:
    lea = desk.person()
    old = desk.arrived(lea)
    desk.run(hand_over, [old], by=BY)
    new = desk.replace(old, reason)
    taken = reason in {ReplacementReason.LOST, ReplacementReason.STOLEN}
    stopped = desk.card(old)
    assert (stopped.state, stopped.state_reason) == ("blocked" if taken else "replaced", reason)
    with desk.services.database.reading() as session:
        asked = session.get_one(CardRequest, new)
        assert (asked.replaces_id, asked.fee_cents) == (old, 500)
        assert session.get_one(Card, new).beneficiary_id == lea
    with pytest.raises(HasCard):
        desk.replace(old, reason)


def test_an_order_is_not_replaced(desk: Desk) -> None:
    card_id = desk.order(desk.person())
    with pytest.raises(CardStateRefused):
        desk.replace(card_id, ReplacementReason.LOST)


def test_a_lost_card_that_is_found_is_never_revived(desk: Desk) -> None:
    lea = desk.person()
    card_id = desk.arrived(lea)
    desk.run(hand_over, [card_id], by=BY)
    assert desk.run(report_card, lea, ReportReason.STOLEN, by=BY).id == card_id
    assert desk.run(report_card, lea, ReportReason.LOST, by=BY).state_reason == "stolen"
    with pytest.raises(CardStateRefused):
        desk.run(hand_over, [card_id], by=BY)
    with pytest.raises(CardUnknown):
        desk.run(activate_card, lea, desk.number(card_id)[-4:], by=BY)
    desk.run(withdraw_card, card_id, WithdrawalReason.FOUND, by=BY)
    desk.run(withdraw_card, card_id, WithdrawalReason.LEFT, by=BY)
    assert (desk.card(card_id).state, desk.card(card_id).state_reason) == ("withdrawn", "found")
    assert desk.history(card_id)[-2:] == ["blocked", "withdrawn"]
    with pytest.raises(CardStateRefused):
        desk.run(block_card, card_id, "lost")


def test_nothing_to_report_is_said(desk: Desk) -> None:
    lea = desk.person()
    with pytest.raises(CardUnknown):
        desk.run(report_card, lea, ReportReason.LOST, by=BY)
    desk.order(lea)
    with pytest.raises(CardUnknown):
        desk.run(report_card, lea, ReportReason.LOST, by=BY)


def test_the_holder_is_told(desk: Desk) -> None:
    lea = desk.person()
    card_id = desk.arrived(lea)
    desk.run(report_card, lea, ReportReason.LOST, by=BY)
    desk.run(report_card, lea, ReportReason.LOST, by=BY)
    with desk.services.database.unit_of_work() as session:
        told = [one.kind.value for one in claim(session, desk.services.now())]
    assert sorted(told) == ["card_arrived", "card_blocked"]
    assert desk.card(card_id).state == "blocked"


def test_commands_of_old_are_written_down_too(desk: Desk) -> None:
    card_id = desk.arrived(desk.person())
    desk.run(expire_card, card_id)
    with desk.services.database.reading() as session:
        last = read_histories(session, [card_id])[card_id][-1]
    assert (last.event.value, last.by) == ("expired", THE_SYSTEM.command)
