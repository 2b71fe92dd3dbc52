"""Taking a card out of use: lost or stolen by whoever holds it, withdrawn by an office.

Promise: from the next question on, tills refuse it, and gates hear of it within seconds; the holder
is told by mail. A lost card that is found again is never used again: it is withdrawn, and its
holder has another. Not here: who may say so, and whether the code must be changed (pins).
"""

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.accounts.outbox import owe_notice
from backend.accounts.tables import NoticeKind
from backend.cards.errors import CardUnknown
from backend.cards.history import Actor
from backend.cards.life import block_card, lock_card, move
from backend.cards.states import WITH_A_CHIP, CardEvent, CardState
from backend.cards.tables import Card


class ReportReason(StrEnum):
    """Why a card is blocked by whoever holds it; a till has an answer of its own to each."""

    LOST = "lost"
    STOLEN = "stolen"


class WithdrawalReason(StrEnum):
    """Why an office takes a card back for good."""

    DAMAGED = "damaged"
    #: Its holder left the establishment or the scheme.
    LEFT = "left"
    #: It was blocked, and somebody brought it back.
    FOUND = "found"
    NOT_COLLECTED = "not_collected"
    DECISION = "decision"


def report_card(
    session: Session, beneficiary_id: UUID, reason: ReportReason, now: datetime, *, by: Actor
) -> Card:
    """Block the card a person has, whichever it is; tell them by mail. A second time is harmless.

    Raises CardUnknown when there is none to block.
    """
    having = select(Card.id, Card.state).where(Card.beneficiary_id == beneficiary_id)
    states = {state.value for state in WITH_A_CHIP}
    found = session.execute(having.where(Card.state.in_(states))).all()
    # What may be in a stranger's pocket comes first.
    found = sorted(found, key=lambda row: row.state != CardState.ACTIVE.value)
    if found:
        return report_lost(session, found[0].id, reason, now, by=by)
    blocked = having.where(Card.state == CardState.BLOCKED.value)
    last = session.execute(blocked.order_by(Card.state_since.desc()).limit(1)).first()
    if last is None:
        raise CardUnknown
    return lock_card(session, last.id)


def report_lost(
    session: Session, card_id: UUID, reason: ReportReason, now: datetime, *, by: Actor
) -> Card:
    """Block this card and tell its holder; blocked already, it keeps its first reason.

    Raises CardUnknown, CardStateRefused.
    """
    before = lock_card(session, card_id).state
    card = block_card(session, card_id, reason.value, now, by=by)
    if before != card.state:
        owe_notice(session, NoticeKind.CARD_BLOCKED, card.beneficiary_id, now)
    return card


def stop_card(session: Session, card_id: UUID, reason: str, now: datetime, *, by: Actor) -> Card:
    """Block a card that nobody reported, and tell its holder; raise as report_lost does."""
    before = lock_card(session, card_id).state
    card = block_card(session, card_id, reason, now, by=by)
    _tell_stopped(session, card, CardState(before), now)
    return card


def withdraw_card(
    session: Session, card_id: UUID, reason: WithdrawalReason, now: datetime, *, by: Actor
) -> Card:
    """Take a card out of use for good and tell its holder; done already, nothing changes.

    Raises CardUnknown, CardStateRefused.
    """
    card = lock_card(session, card_id)
    before = CardState(card.state)
    if before is not CardState.WITHDRAWN:
        move(card, CardEvent.WITHDRAWN, now, reason=reason.value, by=by)
        session.flush()
        _tell_stopped(session, card, before, now)
    return card


#: Its holder had it: that it stops is news to them.
_IN_HAND: Final = frozenset({CardState.HANDED_OVER, CardState.ACTIVE})


def _tell_stopped(session: Session, card: Card, before: CardState, now: datetime) -> None:
    if before in _IN_HAND:
        owe_notice(session, NoticeKind.CARD_STOPPED, card.beneficiary_id, now)
