"""Proving that a chip at a counter is a genuine card: challenge, then proof.

Promise: a challenge lives ten seconds and is answered once; a proof lives two minutes and serves
one payment; both only for the terminal that asked. A stranger learns nothing of a card's state.
Not here: what the card may buy.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, cast
from uuid import UUID, uuid4

from sqlalchemy import LargeBinary, Table, Uuid, bindparam, insert, select, update
from sqlalchemy.engine import Connection
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
from backend.database import Database, UtcDateTime
from backend.errors import BackendError
from backend.expiry import sweep_expired
from backend.partners.tables import Terminal
from backend.partners.tokens import AuthenticatedTerminal, require_trusted
from backend.services import Services
from backend.statements import Statement
from passcard.layout import Application

CHALLENGE_SECONDS_MAX = 10
PROOF_SECONDS_MAX = 120
# What expired stays known for a while, so that a late caller reads why it is refused.
KEPT_MINUTES_MAX = 30
#: One challenge in so many sweeps, up to EXPIRED_ROWS_PER_SWEEP_MAX rows of each table.
CHALLENGES_PER_SWEEP = 16

_CHALLENGES: Final = cast("Table", CardChallenge.__table__)
_PROOFS: Final = cast("Table", CardProof.__table__)
_CHALLENGE_ID: Final = bindparam("challenge", type_=Uuid())
_KEY_VERSION: Final = Statement(
    select(Terminal.revoked_at, Card.key_version)
    .outerjoin(Card, Card.uid == bindparam("uid", type_=LargeBinary()))
    .where(Terminal.id == bindparam("terminal", type_=Uuid()))
)
_NEW_CHALLENGE: Final = Statement(
    insert(_CHALLENGES), columns=tuple(column.name for column in _CHALLENGES.columns)
)
#: A challenge, its terminal, and whose card its UID is: null for a card that is no more.
_CHALLENGE: Final = Statement(
    select(
        CardChallenge.terminal_id,
        Terminal.revoked_at,
        CardChallenge.uid,
        CardChallenge.application,
        CardChallenge.sealed_state,
        CardChallenge.expires_at,
        CardChallenge.used_at,
        Card.id,
        Card.number,
        Card.state,
        Card.beneficiary_id,
        Beneficiary.given_name,
    )
    .join(Terminal, Terminal.id == CardChallenge.terminal_id)
    .outerjoin(Card, Card.uid == CardChallenge.uid)
    .outerjoin(Beneficiary, Beneficiary.id == Card.beneficiary_id)
    .where(CardChallenge.id == _CHALLENGE_ID)
)
_USE: Final = (
    update(_CHALLENGES)
    .where(_CHALLENGES.c.id == _CHALLENGE_ID, _CHALLENGES.c.used_at.is_(None))
    .values(used_at=bindparam("now", type_=UtcDateTime()))
    .returning(_CHALLENGES.c.id)
)
_USE_CHALLENGE: Final = Statement(_USE)
_NEW_PROOF: Final = Statement(
    insert(_PROOFS), columns=tuple(column.name for column in _PROOFS.columns)
)
# Both at once, in the one commit of a single statement. SQLite has no such statement.
_USED: Final = _USE.cte("used")
_USE_AND_PROVE: Final = Statement(
    insert(_PROOFS)
    .from_select(
        ["id", "card_id", "terminal_id", "expires_at"],
        select(
            bindparam("proof", type_=Uuid()),
            bindparam("card", type_=Uuid()),
            bindparam("terminal", type_=Uuid()),
            bindparam("expires", type_=UtcDateTime()),
        ).select_from(_USED),
    )
    .returning(_PROOFS.c.id)
)
_PROOF: Final = Statement(
    select(
        CardProof.used_by,
        CardProof.expires_at,
        CardProof.card_id,
        Card.number,
        Card.state,
        Card.beneficiary_id,
        Terminal.revoked_at,
    )
    .join(Card, Card.id == CardProof.card_id)
    .join(Terminal, Terminal.id == CardProof.terminal_id)
    .where(
        CardProof.id == bindparam("proof_id", type_=Uuid()),
        CardProof.terminal_id == bindparam("terminal_id", type_=Uuid()),
    )
)
_USE_PROOF: Final = Statement(
    update(_PROOFS)
    .where(_PROOFS.c.id == bindparam("proof_id", type_=Uuid()), _PROOFS.c.used_by.is_(None))
    .values(used_by=bindparam("payment_id", type_=Uuid()))
    .returning(_PROOFS.c.id)
)


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

    Raises ApplicationNotAllowed, TerminalRevoked, CardUnknown. A blocked card is answered like any
    other: its state is told only once it has proved itself. The key is of the version the card was
    made under.
    """
    if application is not Application.BENEFITS:
        raise ApplicationNotAllowed
    with services.database.single_statements() as connection:
        asked = {"uid": uid, "terminal": terminal.terminal_id}
        revoked_at, key_version = _KEY_VERSION.first(connection, asked) or (None, None)
    require_trusted(revoked_at)
    if key_version is None:
        raise CardUnknown
    answered = services.vault.answer_card_challenge(
        uid, application, encrypted_rnd_b, key_version=key_version
    )
    now = services.now()
    challenge_id, expires_at = make_id(), now + timedelta(seconds=CHALLENGE_SECONDS_MAX)
    row = {
        "id": challenge_id,
        "uid": uid,
        "application": application.value,
        "terminal_id": terminal.terminal_id,
        "sealed_state": answered.sealed_state,
        "expires_at": expires_at,
        "used_at": None,
    }
    with services.database.single_statements() as connection:
        _NEW_CHALLENGE.all(connection, row)
    if challenge_id.int % CHALLENGES_PER_SWEEP == 0:
        _sweep(services, now)
    return Challenge(challenge_id, answered.answer, expires_at)


def prove_card(
    services: Services,
    challenge_id: UUID,
    terminal: AuthenticatedTerminal,
    card_answer: bytes,
    make_id: Callable[[], UUID] = uuid4,
) -> ProvenCard:
    """Check a chip's answer (32 bytes) and give a proof for a payment.

    Raises ChallengeUnknown, TerminalRevoked, ChallengeUsed, ChallengeExpired, CardNotGenuine,
    CardBlocked, CardNotActive. Right or wrong, the challenge has served.
    """
    with services.database.single_statements() as connection:
        row = _CHALLENGE.first(connection, {"challenge": challenge_id})
    if row is None or row[0] != terminal.terminal_id:
        raise ChallengeUnknown
    _, revoked_at, uid, application, sealed_state, expires_at, used_at, *holder = row
    require_trusted(revoked_at)
    if used_at is not None:
        raise ChallengeUsed
    if services.now() >= expires_at:
        raise ChallengeExpired
    # Asked outside any unit of work: the vault may be slow.
    genuine = services.vault.verify_card_answer(
        uid, Application(application), sealed_state, card_answer
    )
    refusal = _refuse(*holder[:3]) if genuine else CardNotGenuine()
    now = services.now()
    if refusal is not None:
        with services.database.single_statements() as connection:
            _use_challenge(connection, challenge_id, now)
        raise refusal
    card_id, number, _, beneficiary_id, given_name = holder
    proven = ProvenCard(
        make_id(),
        card_id,
        number,
        beneficiary_id,
        given_name,
        now + timedelta(seconds=PROOF_SECONDS_MAX),
    )
    _record_proof(services.database, challenge_id, terminal.terminal_id, proven, now)
    return proven


def find_proof(session: Session, proof_id: UUID, terminal_id: UUID, now: datetime) -> Proof:
    """Return a proof that still stands for this terminal, its card's state checked anew.

    Raises ProofUnknown, ProofUsed, ProofExpired, CardBlocked, CardNotActive, TerminalRevoked.
    """
    asked = {"proof_id": proof_id, "terminal_id": terminal_id}
    row = _PROOF.first(session, asked)
    if row is None:
        raise ProofUnknown
    used_by, expires_at, card_id, number, state, beneficiary_id, revoked_at = row
    require_trusted(revoked_at)
    if used_by is not None:
        raise ProofUsed
    if now >= expires_at:
        raise ProofExpired
    check_usable(state)
    return Proof(proof_id, card_id, number, beneficiary_id)


def use_proof(session: Session, proof_id: UUID, payment_id: UUID) -> None:
    """Let a proof serve a payment: the same one again changes nothing, another is refused.

    Call it in the unit of work that moves the money. Raises ProofUnknown, ProofUsed.
    """
    asked = {"proof_id": proof_id, "payment_id": payment_id}
    if _USE_PROOF.first(session, asked) is not None:
        return
    used_by = session.execute(
        select(CardProof.used_by).where(CardProof.id == proof_id)
    ).one_or_none()
    if used_by is None:
        raise ProofUnknown
    if used_by[0] != payment_id:
        raise ProofUsed


def _refuse(card_id: UUID | None, _number: str | None, state: str) -> BackendError | None:
    """Say why a genuine chip's card proves nothing now, or None.

    A card blocked a moment later is refused when the payment asks for the proof.
    """
    if card_id is None:
        return CardUnknown()
    try:
        check_usable(state)
    except BackendError as refusal:
        return refusal
    return None


def _use_challenge(asked: Session | Connection, challenge_id: UUID, now: datetime) -> None:
    """Let a challenge have served; raise ChallengeUsed when another came first."""
    if _USE_CHALLENGE.first(asked, {"challenge": challenge_id, "now": now}) is None:
        raise ChallengeUsed


def _record_proof(
    database: Database, challenge_id: UUID, terminal_id: UUID, proven: ProvenCard, now: datetime
) -> None:
    """Let a challenge have served, by the first to come back from the vault, and write the proof.

    Both or none; raise ChallengeUsed.
    """
    asked = {
        "challenge": challenge_id,
        "now": now,
        "proof": proven.proof_id,
        "card": proven.card_id,
        "terminal": terminal_id,
        "expires": proven.expires_at,
    }
    if database.engine.dialect.name == "postgresql":
        with database.single_statements() as connection:
            if _USE_AND_PROVE.first(connection, asked) is None:
                raise ChallengeUsed
        return
    proof = {
        "id": proven.proof_id,
        "card_id": proven.card_id,
        "terminal_id": terminal_id,
        "expires_at": proven.expires_at,
        "used_by": None,
    }
    with database.unit_of_work() as session:
        _use_challenge(session, challenge_id, now)
        _NEW_PROOF.all(session, proof)


def _sweep(services: Services, now: datetime) -> None:
    forgotten = now - timedelta(minutes=KEPT_MINUTES_MAX)
    with services.database.unit_of_work() as session:
        sweep_expired(session, CardChallenge, CardChallenge.expires_at, forgotten)
        sweep_expired(session, CardProof, CardProof.expires_at, forgotten)
