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
from backend.accounts.memberships import Membership, ended_when, open_once
from backend.accounts.tables import EMAIL_CHARACTERS_MAX, PHONE_CHARACTERS_MAX
from backend.database import Base
from backend.partners.directory_tables import COMMUNE_CODE_CHARACTERS
from backend.partners.tables import (
    ACTIVITY_CHARACTERS_MAX,
    ADDRESS_CHARACTERS_MAX,
    NAME_CHARACTERS_MAX,
)

REASON_CHARACTERS_MAX = 200
NUMBER_CHARACTERS_MAX = 30
FOLDED_CHARACTERS_MAX = 2 * NAME_CHARACTERS_MAX
_ACCEPTED = text("state = 'accepted'")


def _of(words: type[StrEnum]) -> str:
    return ", ".join(f"'{word.value}'" for word in words)


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


class OrganisationMember(Membership, Base):
    """Somebody who looks after it, from a day on, perhaps until one."""

    __tablename__ = "organisation_member"
    __table_args__ = (ended_when(), open_once(__tablename__, "account_id", "organisation_id"))

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)


class OrganisationInvitation(MailedInvitation, Base):
    """An address is asked to look after an organisation too."""

    __tablename__ = "organisation_invitation"
    __table_args__ = (
        CheckConstraint("used_at is null or withdrawn_at is null", name="over"),
        Index("ix_organisation_invitation_email", "email"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)


class DocumentKind(StrEnum):
    """What a supporting document is."""

    STATUTES = "statutes"
    #: From a register: SIRENE, RNA, Kbis.
    REGISTER = "register"
    BANK = "bank"
    #: An approval, or a federation's affiliation.
    APPROVAL = "approval"
    OTHER = "other"


class OrganisationDocument(Base):
    """A paper that shows what an organisation says of itself, written anew; operators read it."""

    __tablename__ = "organisation_document"
    __table_args__ = (
        CheckConstraint(f"kind in ({_of(DocumentKind)})", name="kind"),
        CheckConstraint("media_type in ('application/pdf', 'image/jpeg')", name="media_type"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    kind: Mapped[str] = mapped_column(String(9))
    media_type: Mapped[str] = mapped_column(String(15))
    #: How long it is; a list never reads the content itself.
    bytes_long: Mapped[int]
    content: Mapped[bytes] = mapped_column(deferred=True)
    given_at: Mapped[datetime]
    given_by: Mapped[UUID] = mapped_column(ForeignKey("sign_in_account.id"), index=True)
    #: It is kept for a year from here on: from when it was given, then from the answer.
    counted_from: Mapped[datetime] = mapped_column(index=True)


class SuggestionState(StrEnum):
    """Where a suggested structure is."""

    WAITING = "waiting"
    #: The structure itself was asked whether it agrees.
    INVITED = "invited"
    LISTED = "listed"
    SET_ASIDE = "set_aside"


class PartnerSuggestion(Base):
    """Somebody would spend their Pass at a structure that is no partner yet."""

    __tablename__ = "partner_suggestion"
    __table_args__ = (
        CheckConstraint(f"state in ({_of(SuggestionState)})", name="state"),
        CheckConstraint("(state = 'waiting') = (decided_at is null)", name="decided"),
        CheckConstraint("(state = 'set_aside') = (reason is not null)", name="reason"),
        CheckConstraint("state <> 'invited' or invited_email is not null", name="invited"),
        Index("ix_partner_suggestion_place", "commune_code", "folded_name"),
        Index("ix_partner_suggestion_state_said_at", "state", "said_at", "id"),
        # Whoever says it twice says it once.
        Index(
            "ix_partner_suggestion_once", "account_id", "commune_code", "folded_name", unique=True
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("sign_in_account.id"))
    name: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    #: The name without accents and case: those who mean one structure are counted together.
    folded_name: Mapped[str] = mapped_column(String(FOLDED_CHARACTERS_MAX))
    address: Mapped[str] = mapped_column(String(ADDRESS_CHARACTERS_MAX))
    postcode: Mapped[str] = mapped_column(String(5))
    commune_code: Mapped[str] = mapped_column(
        String(COMMUNE_CODE_CHARACTERS), ForeignKey("commune.code")
    )
    #: An RNA number, a SIRET, or a federation's affiliation, as it was typed.
    number: Mapped[str | None] = mapped_column(String(NUMBER_CHARACTERS_MAX))
    said_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(9))
    decided_at: Mapped[datetime | None] = mapped_column(index=True)
    decided_by: Mapped[UUID | None]
    #: Why it was set aside, as whoever suggested it reads it.
    reason: Mapped[str | None] = mapped_column(String(REASON_CHARACTERS_MAX))
    #: Where the structure was asked; the address of a business.
    invited_email: Mapped[str | None] = mapped_column(String(EMAIL_CHARACTERS_MAX))
