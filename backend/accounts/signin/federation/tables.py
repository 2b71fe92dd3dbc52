"""Whom a provider knows our accounts as, and what a browser is in the middle of with it.

Of who somebody is, no more is kept than knows them again: names and birth date, not the place, the
sex or the address. An unfinished way in fades: minutes on the way to the provider, a day before an
account is chosen or opened.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.accounts.tables import EMAIL_CHARACTERS_MAX, NAME_CHARACTERS_MAX
from backend.database import Base

ISSUER_CHARACTERS_MAX = 255
SUBJECT_CHARACTERS_MAX = 255
VERIFIER_CHARACTERS_MAX = 128


class FederatedIdentity(Base):
    """Somebody a provider knows, and the account that is theirs: one of each for the other."""

    __tablename__ = "federated_identity"
    __table_args__ = (
        UniqueConstraint("issuer", "subject", name="subject"),
        UniqueConstraint("account_id", "issuer", name="account"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    issuer: Mapped[str] = mapped_column(String(ISSUER_CHARACTERS_MAX))
    #: The only thing that says who it is: an address or a name says nothing.
    subject: Mapped[str] = mapped_column(String(SUBJECT_CHARACTERS_MAX))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("sign_in_account.id"))
    given_name: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    family_name: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    birth_date: Mapped[date | None]
    linked_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class FederationAttempt(Base):
    """A browser that was sent to the provider and is not back; gone as soon as it is."""

    __tablename__ = "federation_attempt"

    state_hash: Mapped[bytes] = mapped_column(primary_key=True)
    browser_hash: Mapped[bytes]
    nonce: Mapped[str] = mapped_column(String(VERIFIER_CHARACTERS_MAX))
    verifier: Mapped[str] = mapped_column(String(VERIFIER_CHARACTERS_MAX))
    #: Whose account the identity is to be tied to; None: to sign in with it.
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("sign_in_account.id"))
    expires_at: Mapped[datetime] = mapped_column(index=True)


class FederationPending(Base):
    """Somebody the provider identified who has no account tied to that, in one browser."""

    __tablename__ = "federation_pending"
    __table_args__ = (Index("ix_federation_pending_sign_up_id", "sign_up_id"),)

    browser_hash: Mapped[bytes] = mapped_column(primary_key=True)
    issuer: Mapped[str] = mapped_column(String(ISSUER_CHARACTERS_MAX))
    subject: Mapped[str] = mapped_column(String(SUBJECT_CHARACTERS_MAX))
    given_name: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    family_name: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    birth_date: Mapped[date | None]
    #: What the provider says; whether it is theirs, our own mail will tell.
    email: Mapped[str | None] = mapped_column(String(EMAIL_CHARACTERS_MAX))
    #: The sign-up that this browser asked for; no foreign key: it fades by itself.
    sign_up_id: Mapped[UUID | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class FederatedVisit(Base):
    """A browser whose session the provider should end too, when ours ends."""

    __tablename__ = "federated_visit"

    browser_hash: Mapped[bytes] = mapped_column(primary_key=True)
    id_token: Mapped[str] = mapped_column(Text)
    #: What the provider says back once it has; None: not asked yet.
    state_hash: Mapped[bytes | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)
