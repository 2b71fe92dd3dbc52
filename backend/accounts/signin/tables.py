"""Who may sign in to our pages, the links they are mailed, their sessions, and wrong tries.

A password is kept as its Argon2id hash, a link and a session as the SHA-256 of their token, a
second factor not at all: the vault derives it. A wrong try is kept by the hash of the address that
was typed, whether anybody has it or not.
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.accounts.tables import (
    BOUNCE_CODE_CHARACTERS_MAX,
    EMAIL_CHARACTERS_MAX,
    NAME_CHARACTERS_MAX,
)
from backend.database import Base

HASH_CHARACTERS_MAX = 160
BROWSER_CHARACTERS_MAX = 80


class Language(StrEnum):
    """What somebody is written to in."""

    FRENCH = "fr"
    ENGLISH = "en"


class SignInLinkKind(StrEnum):
    """What a mailed link lets one do."""

    INVITATION = "invitation"
    PASSWORD = "password"  # noqa: S105


class Stage(StrEnum):
    """How far somebody has come."""

    #: The password was right; the second factor is still asked.
    FACTOR = "factor"
    #: New terms are in force; they are still to be accepted.
    TERMS = "terms"
    FULL = "full"


class SignInAccount(Base):
    """Somebody who signs in; what they may see is written where it belongs."""

    __tablename__ = "sign_in_account"
    __table_args__ = (
        CheckConstraint("(password_hash is null) = (password_set_at is null)", name="password"),
        CheckConstraint("factor_confirmed_at is null or factor_generation > 0", name="factor"),
        CheckConstraint("language in ('fr', 'en')", name="language"),
        CheckConstraint("passkeys >= 0", name="passkeys"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(EMAIL_CHARACTERS_MAX), unique=True)
    given_name: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    family_name: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    password_hash: Mapped[str | None] = mapped_column(String(HASH_CHARACTERS_MAX))
    password_set_at: Mapped[datetime | None]
    #: 0: none was ever begun. Another generation has another secret.
    factor_generation: Mapped[int]
    factor_key_version: Mapped[int]
    factor_confirmed_at: Mapped[datetime | None]
    #: The last time step that served: none serves twice.
    factor_last_step: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    #: Known of whoever signed up by themselves.
    birth_date: Mapped[date | None] = mapped_column(default=None)
    language: Mapped[str] = mapped_column(String(2), default=Language.FRENCH.value)
    #: The last terms they accepted; None for whoever was invited and acts for an employer.
    terms_version: Mapped[int | None] = mapped_column(default=None)
    #: How many passkeys they have: a page need not count them.
    passkeys: Mapped[int] = mapped_column(default=0)
    #: Since when mails to the address come back, and why; None: they do not.
    unreachable_since: Mapped[datetime | None] = mapped_column(default=None)
    unreachable_code: Mapped[str | None] = mapped_column(
        String(BOUNCE_CODE_CHARACTERS_MAX), default=None
    )


class SignInLink(Base):
    """A link mailed once: to choose the first password, or another."""

    __tablename__ = "sign_in_link"
    __table_args__ = (CheckConstraint("kind in ('invitation', 'password')", name="kind"),)

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("sign_in_account.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class SignInSession(Base):
    """A browser that is signed in, or on its way."""

    __tablename__ = "sign_in_session"
    __table_args__ = (CheckConstraint("stage in ('factor', 'terms', 'full')", name="stage"),)

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    #: What the holder's list names it by; the token's hash stays here.
    id: Mapped[UUID] = mapped_column(unique=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("sign_in_account.id"), index=True)
    stage: Mapped[str] = mapped_column(String(6))
    browser: Mapped[str] = mapped_column(String(BROWSER_CHARACTERS_MAX))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    #: Whether it outlives an hour without a click: only where nothing but one's own is at stake.
    kept: Mapped[bool] = mapped_column(default=False)
    #: When the second factor was last shown in it; None: never, were one in place or not.
    factor_at: Mapped[datetime | None] = mapped_column(default=None)


class SignInTries(Base):
    """Wrong tries at one door: in a row, and of the last day."""

    __tablename__ = "sign_in_tries"

    door_hash: Mapped[bytes] = mapped_column(primary_key=True)
    in_a_row: Mapped[int]
    of_the_day: Mapped[int]
    day_began_at: Mapped[datetime] = mapped_column(index=True)
    wait_until: Mapped[datetime]


class SignInQuota(Base):
    """How often a door was used since a moment, rightly or wrongly."""

    __tablename__ = "sign_in_quota"

    door_hash: Mapped[bytes] = mapped_column(primary_key=True)
    used: Mapped[int]
    began_at: Mapped[datetime] = mapped_column(index=True)


class SignInBrowser(Base):
    """A browser that somebody signed in from; its mark is kept as a hash, other for each person."""

    __tablename__ = "sign_in_browser"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("sign_in_account.id"), primary_key=True)
    mark_hash: Mapped[bytes] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(index=True)


class SignInVisit(Base):
    """When somebody signed in last, and the time before."""

    __tablename__ = "sign_in_visit"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("sign_in_account.id"), primary_key=True)
    at: Mapped[datetime]
    before_at: Mapped[datetime | None]
