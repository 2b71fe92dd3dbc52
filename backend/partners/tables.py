"""Partners, their outlets, every terminal, and what terminals prove themselves with."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base
from backend.partners.directory_tables import (
    COMMUNE_CODE_CHARACTERS,
    LATITUDE_MAX,
    LONGITUDE_MAX,
)
from backend.searched_names import SEARCHED_CHARACTERS_MAX, searched_name

NAME_CHARACTERS_MAX = 100
#: A partner's name and an outlet's, folded: some letters become two.
FOLDED_CHARACTERS_MAX = 500
ADDRESS_CHARACTERS_MAX = 100
ACTIVITY_CHARACTERS_MAX = 40
JTI_CHARACTERS_MAX = 64


class TerminalKind(StrEnum):
    """What a terminal stands beside, and so which routes are its own."""

    COUNTER = "counter"
    GATE = "gate"
    DESK = "desk"


class Partner(Base):
    """A legal entity that takes the Pass and is reimbursed."""

    __tablename__ = "partner"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    searched: Mapped[str] = mapped_column(String(SEARCHED_CHARACTERS_MAX), default=searched_name)
    suspended_at: Mapped[datetime | None]


class PartnerActivity(Base):
    """What a partner does, such as `librairie`: decides which benefits it may take."""

    __tablename__ = "partner_activity"

    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partner.id"), primary_key=True)
    activity: Mapped[str] = mapped_column(String(ACTIVITY_CHARACTERS_MAX), primary_key=True)


class Outlet(Base):
    """One of a partner's places, and where it is, as far as that is known."""

    __tablename__ = "outlet"
    __table_args__ = (
        CheckConstraint("(latitude_e6 is null) = (longitude_e6 is null)", name="point"),
        CheckConstraint(
            f"latitude_e6 between -{LATITUDE_MAX} and {LATITUDE_MAX}"
            f" and longitude_e6 between -{LONGITUDE_MAX} and {LONGITUDE_MAX}",
            name="on_earth",
        ),
        # The directory, page by page; around a point, between two latitudes.
        Index("ix_outlet_folded_name_id", "folded_name", "id"),
        Index("ix_outlet_latitude_e6", "latitude_e6"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partner.id"), index=True)
    name: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    #: From then on its counters take no payment; what was paid there can still be given back.
    closed_at: Mapped[datetime | None]
    #: Partner and outlet without accents or capitals: what a search compares, and the order.
    folded_name: Mapped[str] = mapped_column(String(FOLDED_CHARACTERS_MAX), default="")
    commune_code: Mapped[str | None] = mapped_column(
        String(COMMUNE_CODE_CHARACTERS), ForeignKey("commune.code"), index=True
    )
    address_1: Mapped[str | None] = mapped_column(String(ADDRESS_CHARACTERS_MAX))
    address_2: Mapped[str | None] = mapped_column(String(ADDRESS_CHARACTERS_MAX))
    postcode: Mapped[str | None] = mapped_column(String(5))
    #: Millionths of a degree.
    latitude_e6: Mapped[int | None]
    longitude_e6: Mapped[int | None]


class Terminal(Base):
    """One device. It has a public key from its enrolment on, and never a secret of ours."""

    __tablename__ = "terminal"
    __table_args__ = (
        CheckConstraint("kind in ('counter', 'gate', 'desk')", name="kind"),
        CheckConstraint("(public_key is null) = (enrolled_at is null)", name="enrolled"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(7))
    name: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    searched: Mapped[str] = mapped_column(String(SEARCHED_CHARACTERS_MAX), default=searched_name)
    outlet_id: Mapped[UUID | None] = mapped_column(ForeignKey("outlet.id"), index=True)
    # Where a gate or a desk stands; the establishment itself belongs to the access room.
    establishment_name: Mapped[str | None] = mapped_column(String(NAME_CHARACTERS_MAX))
    enrolment_hash: Mapped[bytes] = mapped_column(unique=True)
    enrolment_expires_at: Mapped[datetime]
    public_key: Mapped[bytes | None]
    enrolled_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class PartnerMember(Base):
    """Somebody who signs in and may see a partner's space and look after its counters."""

    __tablename__ = "partner_member"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("sign_in_account.id"), primary_key=True)
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partner.id"), primary_key=True, index=True)
    since: Mapped[datetime]


class AccessToken(Base):
    """A short-lived token; only its SHA-256 is kept."""

    __tablename__ = "access_token"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminal.id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class TerminalHeard(Base):
    """When a terminal last asked for a token: within its life, when it last spoke."""

    __tablename__ = "terminal_heard"

    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminal.id"), primary_key=True)
    heard_at: Mapped[datetime]


class SeenAssertion(Base):
    """A client assertion that has served; remembered until it would be too old anyway."""

    __tablename__ = "seen_assertion"

    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminal.id"), primary_key=True)
    jti: Mapped[str] = mapped_column(String(JTI_CHARACTERS_MAX), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
