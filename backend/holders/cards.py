"""A holder's cards: what they see of them, starting one, stopping one, ordering another.

Promise: a card that is said lost or stolen is refused by every till from then on, and gates hear of
it within seconds; wallets and rights are the person's and stay. Every act is written down with who
did it and for whom. Not here: the making and sending of cards.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, bindparam, select
from sqlalchemy.orm import Session

from backend.access.tables import Enrolment, Establishment
from backend.accounts.signin.acts import ActKind
from backend.accounts.signin.tries import give_back, take_try
from backend.cards.errors import CardUnknown
from backend.cards.handing import activate_card
from backend.cards.history import Actor
from backend.cards.life import lock_card
from backend.cards.order_tables import CardRequest, Delivery
from backend.cards.ordering import Wish
from backend.cards.reporting import ReportReason, report_lost
from backend.cards.requests import ReplacementReason, replace_card, request_card
from backend.cards.states import ENOUGH, ON_ITS_WAY, CardState
from backend.cards.tables import Card
from backend.holders.errors import CardOrderRefused
from backend.holders.telling import Acting, record_and_tell
from backend.pins.errors import CodeNotSet
from backend.pins.forcing import force_change
from backend.pins.records import HOLDER
from backend.services import Services
from backend.settings import LostCardCode
from passcard.layout import mask_card_number, parse_card_number

CARDS_MAX: Final = 20
PLACES_MAX: Final = 10


@dataclass(frozen=True, slots=True)
class HeldCard:
    """One card, of which only the last digits are told."""

    card_id: UUID
    number_masked: str
    state: CardState
    reason: str | None
    since: datetime
    ordered_at: datetime
    delivery: Delivery
    #: Where it is delivered, if to an establishment.
    establishment: str | None
    fee_cents: int

    @property
    def may_be_reported(self) -> bool:
        """True while somebody could use it, or have it in their pocket."""
        return self.state is CardState.ACTIVE or self.state in ON_ITS_WAY

    @property
    def waits_for_holder(self) -> bool:
        """True where the holder says that they have it, and it is then of use."""
        if self.state is CardState.HANDED_OVER:
            return True
        return self.state is CardState.SHIPPED and self.delivery is Delivery.HOME

    @property
    def may_be_replaced(self) -> bool:
        """True where its holder may order another themselves."""
        return _replacement(self.state, self.reason) is not None


def read_cards(session: Session, beneficiary_id: UUID) -> list[HeldCard]:
    """Return a person's cards, the newest first; one statement."""
    rows = session.execute(_cards(), {"beneficiary_id": beneficiary_id})
    return [_held(row) for row in rows]


@cache
def _cards() -> Select[Any]:
    columns: tuple[Any, ...] = (
        Card.id,
        Card.number,
        Card.state,
        Card.state_reason,
        Card.state_since,
        Card.ordered_at,
        CardRequest.delivery,
        CardRequest.fee_cents,
        Establishment.name,
    )
    return (
        select(*columns)
        .outerjoin(CardRequest, CardRequest.card_id == Card.id)
        .outerjoin(Establishment, Establishment.id == CardRequest.establishment_id)
        .where(Card.beneficiary_id == bindparam("beneficiary_id"))
        .order_by(Card.ordered_at.desc(), Card.id)
        .limit(CARDS_MAX)
    )


def present_card(cards: list[HeldCard]) -> HeldCard | None:
    """Return the card that matters now: the one in use, else on its way, else the newest."""
    in_use = [one for one in cards if one.state is CardState.ACTIVE]
    coming = [one for one in cards if one.state in ENOUGH]
    return next(iter((*in_use, *coming, *cards)), None)


def read_places(session: Session, beneficiary_id: UUID) -> list[tuple[UUID, str]]:
    """Return the establishments a person belongs to, by name."""
    rows = session.execute(
        select(Establishment.id, Establishment.name)
        .join(Enrolment, Enrolment.establishment_id == Establishment.id)
        .where(Enrolment.beneficiary_id == beneficiary_id, Enrolment.ended_at.is_(None))
        .order_by(Establishment.name, Establishment.id)
        .limit(PLACES_MAX)
    )
    return [(row.id, row.name) for row in rows]


def report(services: Services, acting: Acting, card_id: UUID, reason: ReportReason) -> None:
    """Stop a person's card at once; stopped already, nothing changes.

    The code must be changed where the settings say so. Raises CardUnknown, CardStateRefused.
    """
    now = services.now()
    with services.database.unit_of_work() as session:
        card = _own(session, acting, card_id)
        before = card.state
        report_lost(session, card_id, reason, now, by=Actor.person(acting.account_id))
        if before == card.state:
            return
        if services.settings.lost_card_code is LostCardCode.CHANGE:
            _force_change(session, acting.beneficiary_id, reason, now)
        record_and_tell(
            session,
            acting,
            ActKind.CARD_REPORTED,
            f"card_{reason.value}",
            now,
            subject_id=card_id,
            told_already=True,
        )


def activate(services: Services, acting: Acting, last_digits: str) -> None:
    """Let the card that reached its holder be used, by the last digits printed on it.

    Raises CardUnknown (none waits for it), DigitsWrong, TooManyTries.
    """
    door, now = _door_of_card(acting.beneficiary_id), services.now()
    with services.database.unit_of_work() as session:
        take_try(session, door, now)
    with services.database.unit_of_work() as session:
        by = Actor.person(acting.account_id)
        card = activate_card(session, acting.beneficiary_id, last_digits, now, by=by)
        give_back(session, door)
        record_and_tell(
            session, acting, ActKind.CARD_ACTIVATED, "card_activated", now, subject_id=card.id
        )


def order(
    session: Session, acting: Acting, card_id: UUID | None, wish: Wish, now: datetime
) -> UUID:
    """Order another card in this one's place, or a first one (None); return its id.

    Raises CardUnknown, CardOrderRefused, and what the cards' room refuses.
    """
    by = Actor.person(acting.account_id)
    if card_id is None:
        made = request_card(session, acting.beneficiary_id, wish, now, by=by)
    else:
        card = _own(session, acting, card_id)
        reason = _replacement(CardState(card.state), card.state_reason)
        if reason is None:
            raise CardOrderRefused
        made = replace_card(session, card_id, reason, wish, now, by=by)
    record_and_tell(session, acting, ActKind.CARD_ORDERED, "card_ordered", now, subject_id=made)
    return made


def _door_of_card(beneficiary_id: UUID) -> bytes:
    return hashlib.sha256(b"card:" + beneficiary_id.bytes).digest()


def _own(session: Session, acting: Acting, card_id: UUID) -> Card:
    card = lock_card(session, card_id)
    if card.beneficiary_id != acting.beneficiary_id:
        raise CardUnknown
    return card


def _replacement(state: CardState, reason: str | None) -> ReplacementReason | None:
    """Say why another card is due, or None: whoever stopped this one for another reason decides."""
    if state is CardState.BLOCKED:
        return ReplacementReason(reason) if reason in tuple(ReportReason) else None
    if state in (CardState.EXPIRED, CardState.WITHDRAWN):
        return ReplacementReason.CHANGED
    return None


def _force_change(
    session: Session, beneficiary_id: UUID, reason: ReportReason, now: datetime
) -> None:
    try:
        force_change(session, beneficiary_id, now, by=HOLDER, reason=f"card {reason}")
    except CodeNotSet:
        return


def _held(row: Row[Any]) -> HeldCard:
    return HeldCard(
        card_id=row.id,
        number_masked=mask_card_number(parse_card_number(row.number)),
        state=CardState(row.state),
        reason=row.state_reason,
        since=row.state_since,
        ordered_at=row.ordered_at,
        delivery=Delivery(row.delivery or Delivery.COUNTER),
        establishment=row.name,
        fee_cents=row.fee_cents or 0,
    )
