"""What people who sign in did: rows that are added and never changed; the database sees to it.

The words somebody typed are the exception: they can be emptied, when a person is erased.
"""

from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import DDL, ForeignKey, Index, String, Table, event
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import ExecutableDDLElement

from backend.accounts import act_guards
from backend.database import Base

KIND_CHARACTERS_MAX = 40
SUBJECT_CHARACTERS_MAX = 40
WORDS_CHARACTERS_MAX = 200


class SignInAct(Base):
    """Who did what to what, when, from which session, and why."""

    __tablename__ = "sign_in_act"
    __table_args__ = (
        # The trail is read backwards: all of it, one person's doing, what was done to one, one
        # kind of act.
        Index("ix_sign_in_act_at_id", "at", "id"),
        Index("ix_sign_in_act_account_id_at_id", "account_id", "at", "id"),
        Index("ix_sign_in_act_subject_at_id", "subject", "at", "id"),
        Index("ix_sign_in_act_beneficiary_id_at_id", "beneficiary_id", "at", "id"),
        Index("ix_sign_in_act_kind_at_id", "kind", "at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("sign_in_account.id"))
    kind: Mapped[str] = mapped_column(String(KIND_CHARACTERS_MAX))
    #: The id of what it was done to.
    subject: Mapped[str] = mapped_column(String(SUBJECT_CHARACTERS_MAX))
    #: The young person it was done for, kept apart from who acts; None: for nobody in particular.
    beneficiary_id: Mapped[UUID | None]
    #: No foreign key: a session goes, what was done in it stays.
    session_id: Mapped[UUID | None]
    #: The reason that was given, or what was done besides; never a code, a link or an address.
    words: Mapped[str | None] = mapped_column(String(WORDS_CHARACTERS_MAX))


def _after_create(dialect: str, statements: tuple[str, ...]) -> None:
    for statement in statements:
        ddl: ExecutableDDLElement = DDL(statement)  # type: ignore[no-untyped-call]
        table = cast("Table", SignInAct.__table__)
        event.listen(table, "after_create", ddl.execute_if(dialect=dialect))


_after_create("sqlite", act_guards.SQLITE_ACT_DDL)
_after_create("postgresql", act_guards.POSTGRESQL_ACT_DDL)
