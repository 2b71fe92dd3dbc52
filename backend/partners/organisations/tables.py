"""Organisations, who looks after them, and who is invited to.

An organisation has no children: nothing leads from these tables to a young person, and no table
leads from a young person here; a test holds it. Nothing is deleted when it ends.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.accounts.mailed_invitations import MailedInvitation
from backend.accounts.tables import PHONE_CHARACTERS_MAX
from backend.database import Base
from backend.partners.directory_tables import COMMUNE_CODE_CHARACTERS
from backend.partners.tables import (
    ACTIVITY_CHARACTERS_MAX,
    ADDRESS_CHARACTERS_MAX,
    NAME_CHARACTERS_MAX,
)

REASON_CHARACTERS_MAX = 200
_OPEN = text("ended_at is null")
_ACCEPTED = text("state = 'accepted'")


class OrganisationState(StrEnum):
    """Where an organisation is on its way to being a partner."""

    #: Nothing is asked yet, or what was asked was taken back.
    OWN = "own"
    ASKED = "asked"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class Organisation(Base):
    """An organisation as its people describe it; a partner once it is accepted."""

    __tablename__ = "organisation"
    __table_args__ = (
        CheckConstraint("state in ('own', 'asked', 'accepted', 'refused')", name="state"),
        CheckConstraint("(rna is null) <> (siret is null)", name="number"),
        CheckConstraint("(state = 'accepted') = (partner_id is not null)", name="partner"),
        CheckConstraint("(state = 'refused') = (reason is not null)", name="reason"),
        CheckConstraint(
            "(state in ('accepted', 'refused')) = (decided_at is not null)", name="decided"
        ),
        CheckConstraint("state = 'own' or asked_at is not null", name="asked"),
        Index("ix_organisation_state_asked_at", "state", "asked_at", "id"),
        # A number is one partner's: of two that ask, the second is refused.
        Index(
            "ix_organisation_accepted_rna",
            "rna",
            unique=True,
            postgresql_where=_ACCEPTED,
            sqlite_where=_ACCEPTED,
        ),
        Index(
            "ix_organisation_accepted_siret",
            "siret",
            unique=True,
            postgresql_where=_ACCEPTED,
            sqlite_where=_ACCEPTED,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(ACTIVITY_CHARACTERS_MAX))
    name: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    rna: Mapped[str | None] = mapped_column(String(10))
    siret: Mapped[str | None] = mapped_column(String(14))
    #: Whose the place is, for a public facility.
    owner_name: Mapped[str | None] = mapped_column(String(NAME_CHARACTERS_MAX))
    address_1: Mapped[str] = mapped_column(String(ADDRESS_CHARACTERS_MAX))
    address_2: Mapped[str | None] = mapped_column(String(ADDRESS_CHARACTERS_MAX))
    postcode: Mapped[str] = mapped_column(String(5))
    commune_code: Mapped[str] = mapped_column(
        String(COMMUNE_CODE_CHARACTERS), ForeignKey("commune.code")
    )
    #: None once nobody looks after it any more.
    phone: Mapped[str | None] = mapped_column(String(PHONE_CHARACTERS_MAX))
    created_at: Mapped[datetime]
    created_by: Mapped[UUID] = mapped_column(ForeignKey("sign_in_account.id"))
    state: Mapped[str] = mapped_column(String(8))
    asked_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    #: Why it was refused, as its people read it.
    reason: Mapped[str | None] = mapped_column(String(REASON_CHARACTERS_MAX))
    partner_id: Mapped[UUID | None] = mapped_column(ForeignKey("partner.id"), unique=True)


class OrganisationMember(Base):
    """Somebody who looks after an organisation, from a day on, perhaps until one."""

    __tablename__ = "organisation_member"
    __table_args__ = (
        CheckConstraint("ended_by is null or ended_at is not null", name="ended"),
        Index(
            "ix_organisation_member_open",
            "account_id",
            "organisation_id",
            unique=True,
            postgresql_where=_OPEN,
            sqlite_where=_OPEN,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("sign_in_account.id"))
    #: Whose invitation was accepted; None: who made the organisation.
    invited_by: Mapped[UUID | None]
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]


class OrganisationInvitation(MailedInvitation, Base):
    """An address is asked to look after an organisation too."""

    __tablename__ = "organisation_invitation"
    __table_args__ = (
        CheckConstraint("used_at is null or withdrawn_at is null", name="over"),
        Index("ix_organisation_invitation_email", "email"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
