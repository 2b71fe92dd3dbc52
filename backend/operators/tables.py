"""Who runs the service, their sessions, whom they look as; what jobs did; keys that were seen.

What they did is among the acts (accounts/signin/act_tables.py), which the database keeps.
"""

from datetime import datetime
from enum import StrEnum
from typing import cast
from uuid import UUID

from sqlalchemy import DDL, CheckConstraint, ForeignKey, Index, String, Table, event
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import ExecutableDDLElement

from backend.accounts.tables import Beneficiary
from backend.database import Base
from backend.operators import search_guards

REASON_CHARACTERS_MAX = 200
SEARCH_CHARACTERS_MAX = 100
JOB_CHARACTERS_MAX = 40
WORDS_CHARACTERS_MAX = 200
KEY_NAME_CHARACTERS_MAX = 60


class OperatorRole(StrEnum):
    """What somebody who runs the service may do."""

    #: Sees everything but secrets, and acts.
    OPERATOR = "operator"
    #: Sees the same, and does nothing.
    AUDITOR = "auditor"


def _of(words: type[StrEnum]) -> str:
    return ", ".join(f"'{word.value}'" for word in words)


class Operator(Base):
    """Somebody who runs the service; a row whose time is over gives nothing."""

    __tablename__ = "operator"
    __table_args__ = (CheckConstraint(f"role in ({_of(OperatorRole)})", name="role"),)

    account_id: Mapped[UUID] = mapped_column(ForeignKey("sign_in_account.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(8))
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class OperatorSession(Base):
    """A session among the operator's pages: its own, shorter limits."""

    __tablename__ = "operator_session"

    #: No foreign key: it may outlive its session, whose id is never given again.
    session_id: Mapped[UUID] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime]
    #: What was last looked for, so that it is in no address.
    searched: Mapped[str | None] = mapped_column(String(SEARCH_CHARACTERS_MAX))
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Impersonation(Base):
    """An operator looks at the pages as somebody else sees them; nothing can be done there."""

    __tablename__ = "impersonation"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    session_id: Mapped[UUID]
    operator_id: Mapped[UUID] = mapped_column(ForeignKey("sign_in_account.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("sign_in_account.id"))
    reason: Mapped[str] = mapped_column(String(REASON_CHARACTERS_MAX))
    began_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]


class PersonKey(Base):
    """A person's names and address without accents and capitals; written by triggers alone."""

    __tablename__ = "person_key"
    __table_args__ = (
        Index("ix_person_key_family_given", "family", "given", "beneficiary_id"),
        Index("ix_person_key_given_family", "given", "family", "beneficiary_id"),
        Index("ix_person_key_email", "email", "beneficiary_id"),
    )

    beneficiary_id: Mapped[UUID] = mapped_column(
        ForeignKey("beneficiary.id", ondelete="CASCADE"), primary_key=True
    )
    family: Mapped[bytes]
    given: Mapped[bytes]
    email: Mapped[bytes | None]


class JobRun(Base):
    """What a job said when it ended."""

    __tablename__ = "job_run"
    __table_args__ = (Index("ix_job_run_job_ended_at", "job", "ended_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    job: Mapped[str] = mapped_column(String(JOB_CHARACTERS_MAX))
    ended_at: Mapped[datetime]
    good: Mapped[bool]
    words: Mapped[str] = mapped_column(String(WORDS_CHARACTERS_MAX))


class KeySighting(Base):
    """A version of a key of the vault, and when it was first seen; its check value, not the key."""

    __tablename__ = "key_sighting"

    name: Mapped[str] = mapped_column(String(KEY_NAME_CHARACTERS_MAX), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    check_value: Mapped[str] = mapped_column(String(6), primary_key=True)
    first_seen_at: Mapped[datetime]


def _after_create(dialect: str, statements: tuple[str, ...]) -> None:
    # A trigger's tables are looked for when it fires: the keys' table may come later.
    for statement in statements:
        ddl: ExecutableDDLElement = DDL(statement)  # type: ignore[no-untyped-call]
        table = cast("Table", Beneficiary.__table__)
        event.listen(table, "after_create", ddl.execute_if(dialect=dialect))


_after_create("sqlite", search_guards.SQLITE_SEARCH_DDL)
_after_create("postgresql", search_guards.POSTGRESQL_SEARCH_DDL)
