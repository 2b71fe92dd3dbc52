"""Asking for cards: an establishment for its pupils, a person for themselves, one for a lost one.

Promise: nobody has two cards, or one and another on its way; two requests at one moment wait for
each other. A replacement stops the old card in the unit of work that orders the new one; wallets
and rights are the person's, not the card's, and stay as they are. Not here: who may ask.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.accounts.beneficiaries import find_beneficiary
from backend.accounts.tables import Beneficiary
from backend.cards.errors import (
    AddressInvalid,
    CardStateRefused,
    CharterNotAccepted,
    HasCard,
    TooManyOrders,
)
from backend.cards.history import Actor
from backend.cards.life import IDS_PER_STATEMENT, lock_card, move
from backend.cards.order_tables import CardRequest, Delivery
from backend.cards.ordering import Wish, order_cards, without_card
from backend.cards.reporting import ReportReason, report_lost
from backend.cards.states import CardEvent, CardState
from backend.cards.tables import Card

#: The text people accept before they order a card; a new text is a new version.
CHARTER_VERSION: Final = "2026-09"
ADDRESS_LINES: Final = range(2, 7)
#: NF Z10-011: a line of an address.
ADDRESS_LINE_CHARACTERS_MAX: Final = 38
ORDERS_A_YEAR_MAX: Final = 6


class ReplacementReason(StrEnum):
    """Why somebody needs another card."""

    LOST = "lost"
    STOLEN = "stolen"
    DAMAGED = "damaged"
    #: A name that changed, a photo that no longer fits.
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Ordered:
    """What became of a request for many: how many cards were ordered, and who had one."""

    card_ids: tuple[UUID, ...]
    having: tuple[UUID, ...]


def order_for(
    session: Session, beneficiary_ids: Iterable[UUID], wish: Wish, now: datetime, *, by: Actor
) -> Ordered:
    """Order a card for each of these people who has none; tell who has one."""
    wanted = list(dict.fromkeys(beneficiary_ids))
    _lock_people(session, wanted)
    lacking = without_card(session, wanted)
    made = order_cards(session, lacking, now, wish=wish, by=by)
    left = set(lacking)
    return Ordered(tuple(made), tuple(one for one in wanted if one not in left))


def request_card(
    session: Session, beneficiary_id: UUID, wish: Wish, now: datetime, *, by: Actor
) -> UUID:
    """Order a card for one person who accepted the charter; return its id.

    Raises BeneficiaryUnknown, CharterNotAccepted, AddressInvalid, HasCard, TooManyOrders.
    """
    find_beneficiary(session, beneficiary_id)
    if wish.charter_version != CHARTER_VERSION:
        raise CharterNotAccepted
    _check_address(wish)
    _lock_people(session, [beneficiary_id])
    if not without_card(session, [beneficiary_id]):
        raise HasCard
    _check_often(session, beneficiary_id, now)
    (card_id,) = order_cards(session, [beneficiary_id], now, wish=wish, by=by)
    return card_id


def replace_card(
    session: Session,
    card_id: UUID,
    reason: ReplacementReason,
    wish: Wish,
    now: datetime,
    *,
    by: Actor,
) -> UUID:
    """Stop a card at once, if that was not done, and order another; return the new one's id.

    The wish says how it is delivered and its fee. Raises CardUnknown, CardStateRefused (a card that
    was cancelled, or never made), AddressInvalid, HasCard, TooManyOrders.
    """
    card = lock_card(session, card_id)
    _check_address(wish)
    _lock_people(session, [card.beneficiary_id])
    if card.state in {CardState.ORDERED.value, CardState.CANCELLED.value}:
        raise CardStateRefused(state=card.state)
    if reason in (ReplacementReason.LOST, ReplacementReason.STOLEN):
        if card.state in _STILL_OUT:
            report_lost(session, card_id, ReportReason(reason.value), now, by=by)
    elif card.state in _STILL_OUT:
        move(card, CardEvent.REPLACED, now, reason=reason.value, by=by)
    session.flush()
    if not without_card(session, [card.beneficiary_id]):
        raise HasCard
    _check_often(session, card.beneficiary_id, now)
    another = Wish(
        delivery=wish.delivery,
        establishment_id=wish.establishment_id,
        replaces_id=card_id,
        fee_cents=wish.fee_cents,
        charter_version=wish.charter_version,
        address=wish.address,
    )
    (made,) = order_cards(session, [card.beneficiary_id], now, wish=another, by=by)
    return made


def cancel_order(session: Session, card_id: UUID, now: datetime, *, by: Actor) -> None:
    """Take an order back before the card is made; a second time changes nothing.

    Raises CardUnknown, CardStateRefused.
    """
    card = lock_card(session, card_id)
    if card.state != CardState.CANCELLED.value:
        move(card, CardEvent.CANCELLED, now, by=by)
        session.flush()


def clean_address(text: str) -> str:
    """Return the lines of an address without what surrounds them; raise AddressInvalid."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    lines = [line for line in lines if line]
    sound = all(len(line) <= ADDRESS_LINE_CHARACTERS_MAX and line.isprintable() for line in lines)
    if len(lines) not in ADDRESS_LINES or not sound:
        raise AddressInvalid
    return "\n".join(lines)


_STILL_OUT: Final = frozenset(
    state.value
    for state in (
        CardState.PRODUCED,
        CardState.SHIPPED,
        CardState.RECEIVED,
        CardState.HANDED_OVER,
        CardState.ACTIVE,
    )
)


def _check_address(wish: Wish) -> None:
    if (wish.delivery is Delivery.HOME) != (wish.address is not None):
        raise AddressInvalid
    if wish.address is not None and clean_address(wish.address) != wish.address:
        raise AddressInvalid


def _check_often(session: Session, beneficiary_id: UUID, now: datetime) -> None:
    ordered = session.scalar(
        select(func.count())
        .select_from(Card)
        .join(CardRequest, CardRequest.card_id == Card.id)
        .where(Card.beneficiary_id == beneficiary_id, Card.ordered_at > now - timedelta(days=365))
    )
    if (ordered or 0) >= ORDERS_A_YEAR_MAX:
        raise TooManyOrders


def _lock_people(session: Session, beneficiary_ids: Collection[UUID]) -> None:
    """Let two requests for the same people wait for each other."""
    wanted = sorted(beneficiary_ids)
    for first in range(0, len(wanted), IDS_PER_STATEMENT):
        some = wanted[first : first + IDS_PER_STATEMENT]
        query = select(Beneficiary.id).where(Beneficiary.id.in_(some)).order_by(Beneficiary.id)
        session.execute(query.with_for_update()).all()
