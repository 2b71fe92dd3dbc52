"""Proving that a chip at a counter is a genuine card: challenge, then proof.

Promise: a challenge lives ten seconds and is answered once; a proof lives two minutes and serves
one payment; both only for the terminal that asked. A stranger learns nothing of a card's state.
Not here: what the card may buy.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend.accounts.tables import Beneficiary
from backend.cards.errors import (
    ApplicationNotAllowed,
    CardNotGenuine,
    CardUnknown,
    ChallengeExpired,
    ChallengeUnknown,
    ChallengeUsed,
    ProofExpired,
    ProofUnknown,
    ProofUsed,
)
from backend.cards.life import check_usable
from backend.cards.tables import Card, CardChallenge, CardProof
from backend.expiry import sweep_expired
from backend.partners.tokens import AuthenticatedTerminal
from backend.services import Services
from passcard.layout import Application

CHALLENGE_SECONDS_MAX = 10
PROOF_SECONDS_MAX = 120
# What expired stays known for a while, so that a late caller reads why it is refused.
KEPT_MINUTES_MAX = 30


@dataclass(frozen=True, slots=True)
class Challenge:
    """Our 32-byte answer to the chip, and the name under which its reply is awaited."""

    challenge_id: UUID
    answer: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ProvenCard:
    """A genuine, usable card and whose it is. Only `prove_card` makes one."""

    proof_id: UUID
    card_id: UUID
    card_number: str = field(repr=False)
    beneficiary_id: UUID
    display_name: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that still stands, found again for a payment."""

    proof_id: UUID
    card_id: UUID
    card_number: str = field(repr=False)
    beneficiary_id: UUID


def challenge_card(
    services: Services,
    terminal: AuthenticatedTerminal,
    *,
    uid: bytes,
    application: Application,
    encrypted_rnd_b: bytes,
    make_id: Callable[[], UUID] = uuid4,
) -> Challenge:
    """Answer a chip's challenge (16 bytes) so that it must answer ours.

    Raises ApplicationNotAllowed, CardUnknown. A blocked card is answered like any other: its
    state is told only once it has proved itself. The key is of the version the card was made under.
    """
    if application is not Application.BENEFITS:
        raise ApplicationNotAllowed
    with services.database.reading() as session:
        key_version = session.scalar(select(Card.key_version).where(Card.uid == uid))
    if key_version is None:
        raise CardUnknown
    answered = services.vault.answer_card_challenge(
        uid, application, encrypted_rnd_b, key_version=key_version
    )
    now = services.now()
    challenge = CardChallenge(
        id=make_id(),
        uid=uid,
        application=application.value,
        terminal_id=terminal.terminal_id,
        sealed_state=answered.sealed_state,
        expires_at=now + timedelta(seconds=CHALLENGE_SECONDS_MAX),
        used_at=None,
    )
    with services.database.unit_of_work() as session:
        forgotten = now - timedelta(minutes=KEPT_MINUTES_MAX)
        sweep_expired(session, CardChallenge, CardChallenge.expires_at, forgotten)
        sweep_expired(session, CardProof, CardProof.expires_at, forgotten)
        session.add(challenge)
    return Challenge(challenge.id, answered.answer, challenge.expires_at)


def prove_card(
    services: Services,
    challenge_id: UUID,
    terminal: AuthenticatedTerminal,
    card_answer: bytes,
    make_id: Callable[[], UUID] = uuid4,
) -> ProvenCard:
    """Check a chip's answer (32 bytes) and give a proof for a payment.

    Raises ChallengeUnknown, ChallengeUsed, ChallengeExpired, CardNotGenuine, CardBlocked,
    CardNotActive. Right or wrong, the challenge has served.
    """
    with services.database.unit_of_work() as session:
        challenge = _use_challenge(session, challenge_id, terminal.terminal_id, services.now())
    # Asked outside any unit of work: the vault may be slow.
    genuine = services.vault.verify_card_answer(
        challenge.uid, Application(challenge.application), challenge.sealed_state, card_answer
    )
    if not genuine:
        raise CardNotGenuine
    with services.database.unit_of_work() as session:
        return _record_proof(
            session, challenge.uid, terminal.terminal_id, proof_id=make_id(), now=services.now()
        )


def find_proof(session: Session, proof_id: UUID, terminal_id: UUID, now: datetime) -> Proof:
    """Return a proof that still stands for this terminal, its card's state checked anew.

    Raises ProofUnknown, ProofUsed, ProofExpired, CardBlocked, CardNotActive.
    """
    row = session.execute(
        select(CardProof, Card)
        .join(Card, Card.id == CardProof.card_id)
        .where(CardProof.id == proof_id, CardProof.terminal_id == terminal_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise ProofUnknown
    proof, card = row
    if proof.used_by is not None:
        raise ProofUsed
    if now >= proof.expires_at:
        raise ProofExpired
    check_usable(card)
    return Proof(proof.id, card.id, card.number, card.beneficiary_id)


def use_proof(session: Session, proof_id: UUID, payment_id: UUID) -> None:
    """Let a proof serve a payment: the same one again changes nothing, another is refused.

    Call it in the unit of work that moves the money. Raises ProofUnknown, ProofUsed.
    """
    free = (CardProof.id == proof_id) & CardProof.used_by.is_(None)
    now_used = session.execute(
        update(CardProof).where(free).values(used_by=payment_id).returning(CardProof.id),
        execution_options={"synchronize_session": False},
    )
    if now_used.one_or_none() is not None:
        return
    used_by = session.execute(
        select(CardProof.used_by).where(CardProof.id == proof_id)
    ).one_or_none()
    if used_by is None:
        raise ProofUnknown
    if used_by[0] != payment_id:
        raise ProofUsed


def _use_challenge(
    session: Session, challenge_id: UUID, terminal_id: UUID, now: datetime
) -> CardChallenge:
    challenge = session.get(CardChallenge, challenge_id, with_for_update=True)
    if challenge is None or challenge.terminal_id != terminal_id:
        raise ChallengeUnknown
    if challenge.used_at is not None:
        raise ChallengeUsed
    if now >= challenge.expires_at:
        raise ChallengeExpired
    challenge.used_at = now
    return challenge


def _record_proof(
    session: Session, uid: bytes, terminal_id: UUID, *, proof_id: UUID, now: datetime
) -> ProvenCard:
    # The card's row is locked, so that a card being blocked now is either seen or not yet.
    row = session.execute(
        select(Card, Beneficiary.given_name)
        .join(Beneficiary, Beneficiary.id == Card.beneficiary_id)
        .where(Card.uid == uid)
        .with_for_update(of=Card)
    ).one_or_none()
    if row is None:
        raise CardUnknown
    card, given_name = row
    check_usable(card)
    expires_at = now + timedelta(seconds=PROOF_SECONDS_MAX)
    session.add(
        CardProof(
            id=proof_id,
            card_id=card.id,
            terminal_id=terminal_id,
            expires_at=expires_at,
            used_by=None,
        )
    )
    return ProvenCard(proof_id, card.id, card.number, card.beneficiary_id, given_name, expires_at)
