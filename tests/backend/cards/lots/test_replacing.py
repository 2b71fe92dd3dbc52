"""A lost card stops at once and for good; another takes its place."""

import pytest

from backend.accounts.outbox import claim
from backend.cards.errors import (
    CardStateRefused,
    CardUnknown,
    HasCard,
)
from backend.cards.handing import activate_card, hand_over
from backend.cards.life import block_card
from backend.cards.order_tables import CardRequest
from backend.cards.reporting import (
    ReportReason,
    WithdrawalReason,
    report_card,
    withdraw_card,
)
from backend.cards.requests import (
    ReplacementReason,
)
from backend.cards.tables import Card
from tests.backend.cards.lots.office import BY, Desk


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
