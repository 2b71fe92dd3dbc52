"""Families, who belongs to them, and whose account is a young person's own.

Nothing is deleted when it ends: who ended it, and when, stays. An organisation has no children:
nothing here leads from one to a young person.
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.accounts.mailed_invitations import MailedInvitation
from backend.accounts.memberships import Membership, ended_when, open_once
from backend.accounts.tables import NAME_CHARACTERS_MAX
from backend.database import Base

_OPEN = text("ended_at is null")


class Relation(StrEnum):
    """What a young person is to whoever signs in."""

    #: The account is their own.
    SELF = "self"
    #: A child of a family that the account belongs to.
    CHILD = "child"


class RequestState(StrEnum):
    """Where a request for a tie is."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Tie(Base):
    """This account is this young person's own: one of each at a time."""

    __tablename__ = "tie"
    __table_args__ = (
        ended_when(),
        Index(
            "ix_tie_open_account_id",
            "account_id",
            unique=True,
            postgresql_where=_OPEN,
            sqlite_where=_OPEN,
        ),
        Index(
            "ix_tie_open_beneficiary_id",
            "beneficiary_id",
            unique=True,
            postgresql_where=_OPEN,
            sqlite_where=_OPEN,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("sign_in_account.id"))
    beneficiary_id: Mapped[UUID] = mapped_column(ForeignKey("beneficiary.id"))
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    #: The account that ended it; None: the command line, or a job.
    ended_by: Mapped[UUID | None]


class Family(Base):
    """A family, under the name its founder gave it."""

    __tablename__ = "family"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    created_at: Mapped[datetime]
    created_by: Mapped[UUID] = mapped_column(ForeignKey("sign_in_account.id"))


class FamilyMember(Membership, Base):
    """An adult of a family, from a day on, perhaps until one."""

    __tablename__ = "family_member"
    __table_args__ = (ended_when(), open_once(__tablename__, "account_id", "family_id"))

    family_id: Mapped[UUID] = mapped_column(ForeignKey("family.id"), index=True)


class FamilyChild(Base):
    """A child of a family, from a day on, perhaps until one."""

    __tablename__ = "family_child"
    __table_args__ = (ended_when(), open_once(__tablename__, "family_id", "beneficiary_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    family_id: Mapped[UUID] = mapped_column(ForeignKey("family.id"))
    beneficiary_id: Mapped[UUID] = mapped_column(ForeignKey("beneficiary.id"), index=True)
    since: Mapped[datetime]
    added_by: Mapped[UUID]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]


class TieRequest(Base):
    """Somebody says who a child of theirs is, or who they are, and waits to be believed.

    What was typed stands here alone: whether such a person is known is for those to see who decide.
    """

    __tablename__ = "tie_request"
    __table_args__ = (
        CheckConstraint("state in ('asked', 'approved', 'refused', 'withdrawn')", name="state"),
        CheckConstraint("(family_id is not null) = (relation = 'child')", name="relation"),
        CheckConstraint("relation in ('self', 'child')", name="known_relation"),
        CheckConstraint("(state = 'asked') = (decided_at is null)", name="decided"),
        CheckConstraint("state <> 'approved' or beneficiary_id is not null", name="approved"),
        Index("ix_tie_request_state_asked_at", "state", "asked_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("sign_in_account.id"), index=True)
    relation: Mapped[str] = mapped_column(String(5))
    family_id: Mapped[UUID | None] = mapped_column(ForeignKey("family.id"), index=True)
    given_name: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    family_name: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    birth_date: Mapped[date]
    asked_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(9))
    decided_at: Mapped[datetime | None]
    #: The account that decided; None: a proof did, or the command line.
    decided_by: Mapped[UUID | None]
    #: Who it turned out to be.
    beneficiary_id: Mapped[UUID | None] = mapped_column(ForeignKey("beneficiary.id"))


class FamilyInvitation(MailedInvitation, Base):
    """An address is asked into a family, or to be a young person's own account."""

    __tablename__ = "family_invitation"
    __table_args__ = (
        CheckConstraint("relation in ('parent', 'self')", name="relation"),
        CheckConstraint("(relation = 'parent') = (family_id is not null)", name="family"),
        CheckConstraint("(relation = 'self') = (beneficiary_id is not null)", name="beneficiary"),
        CheckConstraint("used_at is null or withdrawn_at is null", name="over"),
        Index("ix_family_invitation_email", "email"),
    )

    relation: Mapped[str] = mapped_column(String(6))
    family_id: Mapped[UUID | None] = mapped_column(ForeignKey("family.id"), index=True)
    beneficiary_id: Mapped[UUID | None] = mapped_column(ForeignKey("beneficiary.id"), index=True)
