"""Cards, and what proves one genuine for a moment.

The database never holds a card key, nor the randoms of a challenge: their state is sealed.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.cards.states import CardState
from backend.database import Base

REASON_CHARACTERS_MAX = 100
_STATES = ", ".join(f"'{state.value}'" for state in CardState)


class Card(Base):
    """A card, from its order on; its chip is known from its personalisation on."""

    __tablename__ = "card"
    __table_args__ = (
        CheckConstraint(f"state in ({_STATES})", name="state"),
        CheckConstraint("state <> 'active' or uid is not null", name="active_has_chip"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(16), unique=True)
    beneficiary_id: Mapped[UUID] = mapped_column(ForeignKey("beneficiary.id"), index=True)
    uid: Mapped[bytes | None] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(String(8))
    state_reason: Mapped[str | None] = mapped_column(String(REASON_CHARACTERS_MAX))
    state_since: Mapped[datetime]
    ordered_at: Mapped[datetime]


class CardChallenge(Base):
    """A question put to a chip through one terminal; answered once."""

    __tablename__ = "card_challenge"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    uid: Mapped[bytes]
    application: Mapped[str] = mapped_column(String(8))
    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminal.id"))
    sealed_state: Mapped[bytes]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class CardProof(Base):
    """A genuine card was at this terminal a moment ago. Swept away later: nothing points here."""

    __tablename__ = "card_proof"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    card_id: Mapped[UUID] = mapped_column(ForeignKey("card.id"))
    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminal.id"))
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_by: Mapped[UUID | None]


class CardPersonalisation(Base):
    """A desk is personalising a chip for a card; the dialogue itself is in the vault."""

    __tablename__ = "card_personalisation"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    card_id: Mapped[UUID] = mapped_column(ForeignKey("card.id"))
    uid: Mapped[bytes]
    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminal.id"))
    expires_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]
