"""The stored reference of each code, what happened to it, and what pads and terminals did wrong.

Never here: a digit, a PIN block, a key. What happened to a code is only ever added to, and
forgotten after a year; the triggers refuse anything else, but that a reason somebody typed be
emptied. How often each code was chosen at an
establishment is sealed by the vault.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final, cast
from uuid import UUID

from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    Table,
    event,
)
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import ExecutableDDLElement

from backend.database import Base
from backend.year_guards import Kept, on_postgresql, on_sqlite

TRIES_MAX = 3
BY_CHARACTERS_MAX = 100
REASON_CHARACTERS_MAX = 200


class PadEntry(StrEnum):
    """Where a typed code is encrypted."""

    #: In the pad: nobody else ever has the digits.
    SECURE = "secure"
    #: In the terminal, for a plain keypad: its memory has them for a moment.
    TERMINAL = "terminal"


class CodeHappening(StrEnum):
    """What is written down about a code."""

    SET = "set"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    CHANGE_FORCED = "change_forced"
    LINK_GIVEN = "link_given"


class AlarmKind(StrEnum):
    """What an alarm is about."""

    #: Wrong codes on many accounts from one terminal.
    SPRAYING = "spraying"
    #: Blocks that are no PIN blocks of this terminal's pads: a wrong key, or somebody trying.
    UNREADABLE_BLOCKS = "unreadable_blocks"
    #: One code chosen by many of one establishment.
    SHARED_CODE = "shared_code"


def _of(words: type[StrEnum]) -> str:
    return ", ".join(f"'{word.value}'" for word in words)


class PinReferenceRow(Base):
    """What is stored of a beneficiary's code: a keyed hash and how many tries are left."""

    __tablename__ = "pin_reference"
    __table_args__ = (
        CheckConstraint("state in ('active', 'must_change', 'locked')", name="state"),
        CheckConstraint(f"tries_left between 0 and {TRIES_MAX}", name="tries_left"),
        CheckConstraint("state <> 'locked' or tries_left = 0", name="locked_has_no_try"),
    )

    account_id: Mapped[UUID] = mapped_column(ForeignKey("beneficiary.id"), primary_key=True)
    generation: Mapped[int]
    key_version: Mapped[int]
    salt: Mapped[bytes]
    tag: Mapped[bytes]
    tries_left: Mapped[int]
    state: Mapped[str] = mapped_column(String(11))
    set_at: Mapped[datetime]
    locked_at: Mapped[datetime | None]
    right_at: Mapped[datetime | None]


class CodeRecord(Base):
    """Something that happened to a code: when, by whom, why. Never changed; kept for a year."""

    __tablename__ = "code_record"
    __table_args__ = (
        CheckConstraint(f"happening in ({_of(CodeHappening)})", name="happening"),
        Index("ix_code_record_account_id_sequence", "account_id", "sequence"),
    )

    #: In the order of what happened to one code, whose row is locked meanwhile.
    sequence: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), Identity(always=True), primary_key=True
    )
    account_id: Mapped[UUID] = mapped_column(ForeignKey("beneficiary.id"))
    happening: Mapped[str] = mapped_column(String(13))
    at: Mapped[datetime]
    #: `holder`, `terminal <id>`, or the name of whoever asked for it.
    by: Mapped[str] = mapped_column(String(BY_CHARACTERS_MAX))
    reason: Mapped[str | None] = mapped_column(String(REASON_CHARACTERS_MAX))


class CodeLinkRequest(Base):
    """Somebody asked for a link in a holder's name; it is looked at later, by the job.

    Nothing is looked up while they wait, so the answer cannot tell who has an account. The
    identifier is the SHA-256 of what they typed: the address itself is not kept.
    """

    __tablename__ = "code_link_request"

    id: Mapped[bytes] = mapped_column(primary_key=True)
    card_number: Mapped[str] = mapped_column(String(16))
    asked_at: Mapped[datetime] = mapped_column(index=True)


class PinPad(Base):
    """A pad, known by its initial key; the last counter it used never serves again."""

    __tablename__ = "pin_pad"
    __table_args__ = (CheckConstraint(f"entry in ({_of(PadEntry)})", name="entry"),)

    # AES: 8 bytes; TDES: the KSN with its counter at zero, 10 bytes.
    initial_key_id: Mapped[bytes] = mapped_column(primary_key=True)
    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminal.id"), index=True)
    profile: Mapped[str] = mapped_column(String(24))
    entry: Mapped[str] = mapped_column(String(8))
    last_counter: Mapped[int]


class TerminalGuard(Base):
    """What went wrong at a terminal lately, and until when it may check no code."""

    __tablename__ = "terminal_guard"

    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminal.id"), primary_key=True)
    #: Blocks that could not be read, since `unreadable_since`.
    unreadable_blocks: Mapped[int]
    unreadable_since: Mapped[datetime | None]
    suspended_until: Mapped[datetime | None]


class CodeMiss(Base):
    """A wrong code, or one being compared, on an account at a terminal: kept for minutes."""

    __tablename__ = "code_miss"

    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminal.id"), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("beneficiary.id"), primary_key=True)
    at: Mapped[datetime]
    #: False while it is being compared.
    wrong: Mapped[bool]


class CodeAlarm(Base):
    """Somebody should look: raised by the rules, released by a person."""

    __tablename__ = "code_alarm"
    __table_args__ = (
        CheckConstraint(f"kind in ({_of(AlarmKind)})", name="kind"),
        CheckConstraint("(released_at is null) = (released_by is null)", name="released"),
        CheckConstraint("(terminal_id is null) = (kind = 'shared_code')", name="terminal"),
        CheckConstraint("(establishment_id is null) = (kind <> 'shared_code')", name="place"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(17))
    terminal_id: Mapped[UUID | None] = mapped_column(ForeignKey("terminal.id"))
    establishment_id: Mapped[UUID | None] = mapped_column(ForeignKey("establishment.id"))
    #: How many accounts, blocks or codes.
    figure: Mapped[int]
    raised_at: Mapped[datetime] = mapped_column(index=True)
    suspended_until: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    released_by: Mapped[str | None] = mapped_column(String(BY_CHARACTERS_MAX))


class CodeTally(Base):
    """How often each code was chosen at an establishment: sealed, for the vault alone to read."""

    __tablename__ = "code_tally"

    establishment_id: Mapped[UUID] = mapped_column(ForeignKey("establishment.id"), primary_key=True)
    version: Mapped[int]
    sealed: Mapped[bytes]
    #: How many codes were found shared when it was last looked at, once a day.
    shared_codes: Mapped[int]
    looked_at: Mapped[datetime | None]


CODE_RECORD_KEPT: Final = Kept(
    "code_record",
    key="sequence",
    said="what happened to a code",
    words="reason",
    fixed=("sequence", "account_id", "happening", "at", "by"),
)
SQLITE_CODE_RECORD_DDL: Final = on_sqlite(CODE_RECORD_KEPT)
POSTGRESQL_CODE_RECORD_DDL: Final = on_postgresql(CODE_RECORD_KEPT)


def _after_create(table: Table, dialect: str, statements: tuple[str, ...]) -> None:
    for statement in statements:
        ddl: ExecutableDDLElement = DDL(statement)  # type: ignore[no-untyped-call]
        event.listen(table, "after_create", ddl.execute_if(dialect=dialect))


_RECORD_TABLE = cast("Table", CodeRecord.__table__)
_after_create(_RECORD_TABLE, "sqlite", SQLITE_CODE_RECORD_DDL)
_after_create(_RECORD_TABLE, "postgresql", POSTGRESQL_CODE_RECORD_DDL)
