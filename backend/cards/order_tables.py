"""How a card was asked for and where it goes, what happened to it, and in which lots it went.

What happened to a card is a list that only grows; an address is forgotten once the card arrived.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.cards.states import CardEvent, CardState
from backend.cards.tables import REASON_CHARACTERS_MAX
from backend.database import Base

ADDRESS_CHARACTERS_MAX = 400
CHARTER_CHARACTERS_MAX = 20
COMMAND_CHARACTERS_MAX = 60
LOT_DIGITS = 8


class Delivery(StrEnum):
    """How a card reaches its holder."""

    #: Made at a counter while its holder waits.
    COUNTER = "counter"
    ESTABLISHMENT = "establishment"
    HOME = "home"


class LotKind(StrEnum):
    """What cards are together for."""

    #: One production file.
    PRODUCTION = "production"
    #: One parcel, with its slip.
    SHIPMENT = "shipment"


def _of(words: type[StrEnum]) -> str:
    return ", ".join(f"'{word.value}'" for word in words)


class CardLot(Base):
    """Cards made together, or sent together; its number is on the slip."""

    __tablename__ = "card_lot"
    __table_args__ = (CheckConstraint(f"kind in ({_of(LotKind)})", name="kind"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    number: Mapped[str] = mapped_column(String(LOT_DIGITS), unique=True)
    #: None: cards of several places, or for their holders' homes.
    establishment_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("establishment.id"), index=True
    )
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(COMMAND_CHARACTERS_MAX))


class CardRequest(Base):
    """What was asked for with a card; a card without it is made and given at a counter."""

    __tablename__ = "card_request"
    __table_args__ = (
        CheckConstraint(f"delivery in ({_of(Delivery)})", name="delivery"),
        CheckConstraint(
            "delivery <> 'establishment' or establishment_id is not null", name="place"
        ),
        CheckConstraint("address is null or delivery = 'home'", name="address"),
        CheckConstraint("fee_cents >= 0", name="fee"),
    )

    card_id: Mapped[UUID] = mapped_column(ForeignKey("card.id"), primary_key=True)
    delivery: Mapped[str] = mapped_column(String(13))
    #: Whose order it was, or where it is delivered.
    establishment_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("establishment.id"), index=True
    )
    #: The card whose place it takes.
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("card.id"), index=True)
    fee_cents: Mapped[int] = mapped_column(default=0)
    #: Which text of the charter was accepted; None where an office ordered.
    charter_version: Mapped[str | None] = mapped_column(String(CHARTER_CHARACTERS_MAX))
    #: Lines of the holder's address, until the card is theirs or will never be.
    address: Mapped[str | None] = mapped_column(String(ADDRESS_CHARACTERS_MAX))
    production_id: Mapped[UUID | None] = mapped_column(ForeignKey("card_lot.id"), index=True)
    shipment_id: Mapped[UUID | None] = mapped_column(ForeignKey("card_lot.id"), index=True)


class CardHistory(Base):
    """One thing that happened to a card: when, by whom, and the state it led to."""

    __tablename__ = "card_history"
    __table_args__ = (
        CheckConstraint(f"event in ({_of(CardEvent)})", name="event"),
        CheckConstraint(f"state in ({_of(CardState)})", name="state"),
        CheckConstraint(
            "(account_id is not null and terminal_id is null and command is null)"
            " or (account_id is null and terminal_id is not null and command is null)"
            " or (account_id is null and terminal_id is null and command is not null)",
            name="by_one",
        ),
        Index("ix_card_history_card_id_at", "card_id", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    card_id: Mapped[UUID] = mapped_column(ForeignKey("card.id"))
    event: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(11))
    reason: Mapped[str | None] = mapped_column(String(REASON_CHARACTERS_MAX))
    at: Mapped[datetime]
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("sign_in_account.id"))
    terminal_id: Mapped[UUID | None] = mapped_column(ForeignKey("terminal.id"))
    #: Whoever typed a command, or the job that ran.
    command: Mapped[str | None] = mapped_column(String(COMMAND_CHARACTERS_MAX))


class CardPhoto(Base):
    """The photo printed on a person's card: a small JPEG that was drawn anew, with no metadata."""

    __tablename__ = "card_photo"

    beneficiary_id: Mapped[UUID] = mapped_column(ForeignKey("beneficiary.id"), primary_key=True)
    image: Mapped[bytes]
    given_at: Mapped[datetime]
    #: Who gave it; None: a command did.
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("sign_in_account.id"))
