"""Proving a card at a counter, and listing what it may buy there; the proof itself is the cards'.

A refusal carries its own stable reason in `details.reason` and a sentence: it is told only once
the chip has proved itself, or of the place, which is no secret.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from backend.benefits.wallets import UsableBenefit
from backend.cards.errors import CardBlocked, CardNotActive
from backend.cards.proving import ProvenCard, prove_card
from backend.cards.states import CardState
from backend.cards.tables import Card, CardChallenge
from backend.partners.authentication import AuthenticatedTerminal
from backend.payments.errors import OutletClosed, PartnerSuspended
from backend.payments.place import standing_of
from backend.payments.reasons import DeclineReason
from backend.payments.terms import card_refusal
from backend.payments.usual import find_usable_here
from backend.payments.words import SENTENCES
from backend.services import Services


@dataclass(frozen=True, slots=True)
class Presented:
    """A genuine card, and the benefits it may spend here."""

    card: ProvenCard
    benefits: list[UsableBenefit]


def present_card(
    services: Services, terminal: AuthenticatedTerminal, challenge_id: UUID, card_answer: bytes
) -> Presented:
    """Check a chip's answer (32 bytes) and list what the card may buy here.

    Raises PartnerSuspended, OutletClosed, and what `prove_card` raises.
    """
    try:
        card = prove_card(services, challenge_id, terminal, card_answer)
    except (CardBlocked, CardNotActive) as refusal:
        raise _with_reason(services, challenge_id, refusal) from None
    now = services.now()
    with services.database.single_statements() as connection:
        usable = find_usable_here(connection, terminal, card.beneficiary_id, now)
        standing = None if usable else standing_of(connection, terminal.outlet_id, now)
    if standing is not None:
        raise PartnerSuspended if standing is DeclineReason.PARTNER_SUSPENDED else OutletClosed
    return Presented(card, usable)


def _with_reason(
    services: Services, challenge_id: UUID, refusal: CardBlocked | CardNotActive
) -> CardBlocked | CardNotActive:
    """Return the refusal with the card's own reason and its sentence."""
    with services.database.reading() as session:
        state, state_reason = session.execute(
            select(Card.state, Card.state_reason)
            .join(CardChallenge, CardChallenge.uid == Card.uid)
            .where(CardChallenge.id == challenge_id)
        ).one()
    reason = card_refusal(CardState(state), state_reason)
    explained = type(refusal)(**refusal.details, reason=reason.value)
    explained.sentence = SENTENCES[reason]
    return explained
