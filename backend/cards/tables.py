"""Cards, and what proves one genuine for a moment.

The database never holds a card key, nor the randoms of a challenge: their state is sealed.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.cards.states import WITH_A_CHIP, CardState
from backend.database import Base
from passcard.card_keys import FIRST_KEY_VERSION


class DeskPurpose(StrEnum):
    """What a desk's dialogue with a chip is for."""

    PERSONALISE = "personalise"
    RETIRE = "retire"


REASON_CHARACTERS_MAX = 100
_STATES = ", ".join(f"'{state.value}'" for state in CardState)
_WITH_A_CHIP = ", ".join(f"'{state.value}'" for state in WITH_A_CHIP)
_PURPOSES = ", ".join(f"'{purpose.value}'" for purpose in DeskPurpose)


class Card(Base):
    """A card, from its order on; its chip is known from its personalisation on.

    `key_version` is that of the masters its chip's keys were made under (the first, until it has a
    chip); `retired_uid` names the chip it had, which may be another card's by now.
    """

    __tablename__ = "card"
    __table_args__ = (
        CheckConstraint(f"state in ({_STATES})", name="state"),
        CheckConstraint(f"state not in ({_WITH_A_CHIP}) or uid is not null", name="has_chip"),
        CheckConstraint("state <> 'retired' or uid is null", name="retired_frees_chip"),
        CheckConstraint("key_version between 1 and 255", name="key_version"),
        # A desk reads the orders still to be made, page by page.
        Index("ix_card_state_number", "state", "number"),
        # Gates ask which were blocked a moment ago.
        Index("ix_card_state_since", "state", "state_since"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(16), unique=True)
    beneficiary_id: Mapped[UUID] = mapped_column(ForeignKey("beneficiary.id"), index=True)
    uid: Mapped[bytes | None] = mapped_column(unique=True)
    key_version: Mapped[int] = mapped_column(default=FIRST_KEY_VERSION)
    retired_uid: Mapped[bytes | None] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(11))
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
    """A desk is making a chip a card, or retiring it; the dialogue itself is in the vault.

    `key_version` is the version being given; a retirement gives none.
    """

    __tablename__ = "card_personalisation"
    __table_args__ = (
        CheckConstraint(f"purpose in ({_PURPOSES})", name="purpose"),
        CheckConstraint(
            "(purpose = 'personalise') = (key_version is not null)", name="version_given"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    card_id: Mapped[UUID] = mapped_column(ForeignKey("card.id"))
    uid: Mapped[bytes]
    purpose: Mapped[str] = mapped_column(String(11))
    key_version: Mapped[int | None]
    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminal.id"))
    expires_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]
