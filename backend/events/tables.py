"""Who is told of a partner's events, how far each was told, and what became of each try.

An event itself is no row: it is a sealed transfer of the partner's account (feed.py), so that no
payment writes anything for it. A secret is no column: the vault derives it.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Integer, String
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base

URL_CHARACTERS_MAX = 500
NAME_CHARACTERS_MAX = 60
OUTCOME_CHARACTERS_MAX = 20
_ACTIVE = sql("state = 'active'")


class EndpointState(StrEnum):
    """Whether an endpoint is told."""

    ACTIVE = "active"
    #: It failed for too long, or said that it is gone.
    DISABLED = "disabled"
    REMOVED = "removed"


class EventEndpoint(Base):
    """An address of a partner's own system that events are sent to, in order."""

    __tablename__ = "event_endpoint"
    __table_args__ = (
        CheckConstraint("state in ('active', 'disabled', 'removed')", name="state"),
        CheckConstraint("generation > 0 AND tries >= 0 AND reached >= 0", name="counts"),
        CheckConstraint(
            "(previous_until IS NULL) = (previous_key_version IS NULL)", name="previous"
        ),
        Index(
            "ix_event_endpoint_next_try_at",
            "next_try_at",
            sqlite_where=_ACTIVE,
            postgresql_where=_ACTIVE,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partner.id"), index=True)
    url: Mapped[str] = mapped_column(String(URL_CHARACTERS_MAX))
    state: Mapped[str] = mapped_column(String(8))
    #: Of its secret, and the version of the vault's key that it is derived from.
    generation: Mapped[int]
    key_version: Mapped[int]
    #: Until then the generation before signs too.
    previous_until: Mapped[datetime | None]
    previous_key_version: Mapped[int | None]
    #: The number of the last transfer it took, or that was none of its business.
    reached: Mapped[int] = mapped_column(BigInteger)
    #: Of the event after that one.
    tries: Mapped[int]
    failing_since: Mapped[datetime | None]
    #: Also what says whose it is to send: a sender moves it on before it begins.
    next_try_at: Mapped[datetime]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class EventDelivery(Base):
    """One try to tell an endpoint of an event: kept for a while, to be looked at."""

    __tablename__ = "event_delivery"
    __table_args__ = (
        Index("ix_event_delivery_endpoint_id_number", "endpoint_id", "number"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), Identity(always=True), primary_key=True
    )
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("event_endpoint.id"))
    #: The transfer's, and its number in the ledger.
    event_id: Mapped[UUID]
    sequence: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(40))
    tried_at: Mapped[datetime] = mapped_column(index=True)
    #: The HTTP status it answered; null when none came.
    status: Mapped[int | None]
    outcome: Mapped[str] = mapped_column(String(OUTCOME_CHARACTERS_MAX))
    milliseconds: Mapped[int]


class EventToken(Base):
    """What a partner's own system reads events with; only its SHA-256 is kept."""

    __tablename__ = "event_token"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True)
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partner.id"), index=True)
    name: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
