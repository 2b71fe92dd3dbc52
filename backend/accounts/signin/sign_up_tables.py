"""What waits for a click in a mailbox: sign-ups, changes of address; and which terms were accepted.

Nobody is an account before the link in the mail was used: somebody who signs up with another's
address leaves a row here that fades, and chooses no password for them.
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.accounts.tables import EMAIL_CHARACTERS_MAX, NAME_CHARACTERS_MAX
from backend.database import Base


class AddressLinkKind(StrEnum):
    """What a link lets one do that was mailed to an address."""

    SIGN_UP = "sign_up"
    #: To the new address, to show that it is theirs.
    NEW_ADDRESS = "new_address"
    #: To the address that is left, to agree or to object.
    OLD_ADDRESS = "old_address"
    FAMILY = "family"
    ORGANISATION = "organism"


class SignUp(Base):
    """What somebody typed who would have an account, until they show the address is theirs."""

    __tablename__ = "sign_up"
    __table_args__ = (CheckConstraint("language in ('fr', 'en')", name="language"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(EMAIL_CHARACTERS_MAX), index=True)
    given_name: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    family_name: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    birth_date: Mapped[date]
    language: Mapped[str] = mapped_column(String(2))
    terms_version: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class AddressLink(Base):
    """A link mailed to an address, for one row; only the SHA-256 of its token is kept."""

    __tablename__ = "address_link"
    __table_args__ = (
        CheckConstraint(
            "kind in ('sign_up', 'new_address', 'old_address', 'family', 'organism')", name="kind"
        ),
    )

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(11))
    about_id: Mapped[UUID] = mapped_column(index=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class TermsAcceptance(Base):
    """Who accepted which terms of use, and when."""

    __tablename__ = "terms_acceptance"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("sign_in_account.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    accepted_at: Mapped[datetime]


class EmailChange(Base):
    """An account shall have another address: two people agree, and the new mailbox answers."""

    __tablename__ = "email_change"
    __table_args__ = (
        CheckConstraint("done_at is null or refused_at is null", name="over"),
        CheckConstraint(
            "done_at is null or (agreed_at is not null and answered_at is not null)", name="done"
        ),
        CheckConstraint(
            "agreed_by is null or asked_by is null or agreed_by <> asked_by", name="two_people"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("sign_in_account.id"), index=True)
    old_email: Mapped[str] = mapped_column(String(EMAIL_CHARACTERS_MAX))
    new_email: Mapped[str] = mapped_column(String(EMAIL_CHARACTERS_MAX))
    #: The operator who asks; None: the command line.
    asked_by: Mapped[UUID | None] = mapped_column(ForeignKey("sign_in_account.id"))
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    #: A second operator, or the account itself, from the address it leaves.
    agreed_by: Mapped[UUID | None] = mapped_column(ForeignKey("sign_in_account.id"))
    agreed_at: Mapped[datetime | None]
    #: When the link at the new address was used.
    answered_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    #: By whom, where it is known: an operator, or the account itself.
    refused_by: Mapped[UUID | None] = mapped_column(ForeignKey("sign_in_account.id"))
    refused_at: Mapped[datetime | None]
