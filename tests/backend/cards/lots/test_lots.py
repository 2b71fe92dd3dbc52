"""Cards are made, sent, scanned and handed over, each once."""

import csv
import io
from uuid import UUID, uuid4

import pytest

from backend.cards.errors import (
    CardStateRefused,
    CardUnknown,
    DigitsWrong,
    LotUnknown,
    NothingToSend,
)
from backend.cards.handing import activate_card, hand_over
from backend.cards.lots import (
    ScanAnswer,
    find_lot,
    list_missing,
    list_shipments,
    receive,
    ship,
    start_production,
)
from backend.cards.order_tables import CardRequest, Delivery, LotKind
from backend.cards.ordering import AT_A_COUNTER, Wish
from backend.cards.photos import keep_card_photo
from backend.cards.production import HEADINGS, as_csv, cards_to_make, photos_of
from backend.cards.reporting import (
    ReportReason,
    report_lost,
)
from tests.backend.cards.lots.office import BY, HOME, Desk

FORMULAS = ["=1+2", "+33", "-2", "@SUM(A1)", " =1", "\uff1dcmd"]


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
