"""What is kept of an establishment's own files: as little as rights and the next import need."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Date, ForeignKey, ForeignKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base

INE_CHARACTERS = 11
UAI_CHARACTERS = 8
CLASS_CHARACTERS_MAX = 40
LABEL_CHARACTERS_MAX = 100
REGIME_CHARACTERS_MAX = 60
NAME_CHARACTERS_MAX = 100


class NationalNumber(Base):
    """A person's INE: by it a pupil is known again whatever the school or the spelling."""

    __tablename__ = "national_number"

    beneficiary_id: Mapped[UUID] = mapped_column(ForeignKey("beneficiary.id"), primary_key=True)
    ine: Mapped[str] = mapped_column(String(INE_CHARACTERS), unique=True)


class PupilRoster(Base):
    """An establishment whose pupils come from files; its row is locked while they do."""

    __tablename__ = "pupil_roster"

    establishment_id: Mapped[UUID] = mapped_column(ForeignKey("establishment.id"), primary_key=True)
    #: Of the first file that said it: another school's file is then refused.
    uai: Mapped[str | None] = mapped_column(String(UAI_CHARACTERS))


class SchoolClass(Base):
    """A class and its long name."""

    __tablename__ = "school_class"

    establishment_id: Mapped[UUID] = mapped_column(ForeignKey("establishment.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(CLASS_CHARACTERS_MAX), primary_key=True)
    label: Mapped[str] = mapped_column(String(LABEL_CHARACTERS_MAX))


class Pupil(Base):
    """What the last file said of an enrolment; a pupil who left keeps their last class."""

    __tablename__ = "pupil"

    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolment.id"), primary_key=True)
    class_code: Mapped[str | None] = mapped_column(String(CLASS_CHARACTERS_MAX))
    regime: Mapped[str | None] = mapped_column(String(REGIME_CHARACTERS_MAX))
    #: ISO days of a package, where the file says them of a pupil.
    days: Mapped[str | None] = mapped_column(String(7))
    left_on: Mapped[date | None] = mapped_column(Date)
    #: When a file last changed any of it.
    updated_at: Mapped[datetime]


class Regime(Base):
    """A regime whose rights an establishment has said, even if they are none."""

    __tablename__ = "regime"

    establishment_id: Mapped[UUID] = mapped_column(ForeignKey("establishment.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(REGIME_CHARACTERS_MAX), primary_key=True)


class RegimeRight(Base):
    """A right that every pupil of a regime is given; its conditions are as in the access room."""

    __tablename__ = "regime_right"
    __table_args__ = (
        ForeignKeyConstraint(
            ["establishment_id", "regime"], ["regime.establishment_id", "regime.name"]
        ),
    )

    establishment_id: Mapped[UUID] = mapped_column(primary_key=True)
    regime: Mapped[str] = mapped_column(String(REGIME_CHARACTERS_MAX), primary_key=True)
    service_id: Mapped[UUID] = mapped_column(ForeignKey("access_service.id"), primary_key=True)
    days: Mapped[str | None] = mapped_column(String(7))
    by_reservation: Mapped[bool]
    prepaid: Mapped[bool]


class PupilImport(Base):
    """Proof of one import: who, when, which files (their SHA-256), and what it changed."""

    __tablename__ = "pupil_import"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    establishment_id: Mapped[UUID] = mapped_column(ForeignKey("establishment.id"), index=True)
    imported_at: Mapped[datetime]
    imported_by: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    source: Mapped[str] = mapped_column(String(7))
    digest: Mapped[bytes]
    pupils: Mapped[int]
    created: Mapped[int]
    joined: Mapped[int]
    changed: Mapped[int]
    departed: Mapped[int]
    doubtful: Mapped[int]
    refused: Mapped[int]
