"""What each gate's list held at each version, so that only what changed has to travel.

And the mark of a place's lists, which moves with every change of what they are made of
(list_guards.py): while it stands still, so does every list.
"""

from uuid import UUID

from sqlalchemy import DDL, ForeignKey, Index, String, event
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import ExecutableDDLElement

# Every table that a list is made of must be known here, to be watched.
import backend.access.office_tables
import backend.access.tables
import backend.accounts.tables
import backend.cards.tables
import backend.ledger.tables
import backend.partners.tables  # noqa: F401
from backend.access.list_guards import POSTGRESQL_BY_TABLE, SQLITE_BY_TABLE
from backend.database import Base

MOVED_IN_CHARACTERS_MAX = 60


class GateListVersion(Base):
    """A version of a gate's list, and the digest of its content: the newest ones are kept."""

    __tablename__ = "gate_list_version"

    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("gate.terminal_id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[bytes]


class GateListCard(Base):
    """A card as a gate's list last carried it; `digest` is None once it is off the list."""

    __tablename__ = "gate_list_card"
    __table_args__ = (
        Index("ix_gate_list_card_terminal_id_changed_in", "terminal_id", "changed_in"),
    )

    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("gate.terminal_id"), primary_key=True)
    #: No foreign key: a card that is gone for good must still be taken off lists.
    card_id: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[bytes | None]
    changed_in: Mapped[int]


class AccessListMark(Base):
    """How often what an establishment's lists are made of was changed, as far as was counted."""

    __tablename__ = "access_list_mark"

    #: No foreign key here and below: its check would lock the place's row.
    establishment_id: Mapped[UUID] = mapped_column(primary_key=True)
    mark: Mapped[int]


class AccessListChange(Base):
    """A unit of work that changed it and is not counted yet; on PostgreSQL only."""

    __tablename__ = "access_list_change"

    establishment_id: Mapped[UUID] = mapped_column(primary_key=True)
    moved_in: Mapped[str] = mapped_column(String(MOVED_IN_CHARACTERS_MAX), primary_key=True)


def _watch(table: str, dialect: str, statements: tuple[str, ...]) -> None:
    for statement in statements:
        ddl: ExecutableDDLElement = DDL(statement)  # type: ignore[no-untyped-call]
        made = Base.metadata.tables[table]
        event.listen(made, "after_create", ddl.execute_if(dialect=dialect))


for _table, _statements in SQLITE_BY_TABLE.items():
    _watch(_table, "sqlite", _statements)
for _table, _statements in POSTGRESQL_BY_TABLE.items():
    _watch(_table, "postgresql", _statements)
