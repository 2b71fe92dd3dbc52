"""Establishments, their services and gates, who may pass, and who passed."""

from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Time, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base

NAME_CHARACTERS_MAX = 100
SERVICE_CODE_CHARACTERS_MAX = 40
DETAIL_CHARACTERS_MAX = 40
QUARANTINED_CHARACTERS_MAX = 2000


class GateAnswer(StrEnum):
    """What a gate may have answered; only the first one opened."""

    OK = "OK"
    DEJA_PASSE = "DEJA_PASSE"
    NON_RESERVE = "NON_RESERVE"
    SOLDE_INSUFFISANT = "SOLDE_INSUFFISANT"
    HORS_HORAIRES = "HORS_HORAIRES"
    CARTE_OPPOSEE = "CARTE_OPPOSEE"
    CARTE_INCONNUE = "CARTE_INCONNUE"
    NON_INSCRIT = "NON_INSCRIT"


class Establishment(Base):
    """A school, a canteen: where gates stand and people belong."""

    __tablename__ = "establishment"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    time_zone: Mapped[str] = mapped_column(String(64))


class Service(Base):
    """When an establishment's gates admit; wall-clock hours of its time zone, on one day."""

    __tablename__ = "access_service"
    __table_args__ = (
        UniqueConstraint("establishment_id", "code"),
        CheckConstraint("opens < closes", name="hours"),
        CheckConstraint("passages_max >= 1", name="passages"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    establishment_id: Mapped[UUID] = mapped_column(ForeignKey("establishment.id"))
    code: Mapped[str] = mapped_column(String(SERVICE_CODE_CHARACTERS_MAX))
    label: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    #: ISO days in ascending order, `12345` from Monday to Friday.
    days: Mapped[str] = mapped_column(String(7))
    opens: Mapped[time] = mapped_column(Time)
    closes: Mapped[time] = mapped_column(Time)
    #: Per person and day.
    passages_max: Mapped[int]


class Gate(Base):
    """A gate terminal, where it stands, and which version of its list is the last."""

    __tablename__ = "gate"

    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminal.id"), primary_key=True)
    establishment_id: Mapped[UUID] = mapped_column(ForeignKey("establishment.id"), index=True)
    list_version: Mapped[int] = mapped_column(default=0)
    #: SHA-256 of the content that has this version; None before the first list.
    list_hash: Mapped[bytes | None]


class Enrolment(Base):
    """A person belongs to an establishment; once it ended, no list carries their cards."""

    __tablename__ = "enrolment"
    __table_args__ = (UniqueConstraint("establishment_id", "beneficiary_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    establishment_id: Mapped[UUID] = mapped_column(ForeignKey("establishment.id"))
    beneficiary_id: Mapped[UUID] = mapped_column(ForeignKey("beneficiary.id"), index=True)
    ended_at: Mapped[datetime | None]


class EnrolmentService(Base):
    """The right to one service."""

    __tablename__ = "enrolment_service"

    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolment.id"), primary_key=True)
    service_id: Mapped[UUID] = mapped_column(ForeignKey("access_service.id"), primary_key=True)


class Passage(Base):
    """One decided tap at a gate, admitted or refused, as the gate reported it."""

    __tablename__ = "passage"
    __table_args__ = (
        UniqueConstraint("terminal_id", "sequence"),
        CheckConstraint(
            "answer <> 'OK' or (card_id is not null and service is not null)", name="admission"
        ),
        Index("ix_passage_card_id_local_day", "card_id", "local_day"),
    )

    passage_id: Mapped[UUID] = mapped_column(primary_key=True)
    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminal.id"))
    sequence: Mapped[int]
    establishment_id: Mapped[UUID] = mapped_column(ForeignKey("establishment.id"), index=True)
    occurred_at: Mapped[datetime]
    #: The day on the establishment's wall, by which passages are counted.
    local_day: Mapped[date] = mapped_column(Date)
    uid: Mapped[bytes]
    card_id: Mapped[UUID | None] = mapped_column(ForeignKey("card.id"))
    service: Mapped[str | None] = mapped_column(String(SERVICE_CODE_CHARACTERS_MAX))
    answer: Mapped[str] = mapped_column(String(17))
    detail: Mapped[str | None] = mapped_column(String(DETAIL_CHARACTERS_MAX))
    list_version: Mapped[int | None]
    received_at: Mapped[datetime]
    #: Two gates that cannot hear each other may each admit once: flagged for a person, not undone.
    over_maximum: Mapped[bool]


class QuarantinedPassage(Base):
    """A report that contradicts what is recorded: kept as it came, for a person to judge."""

    __tablename__ = "quarantined_passage"
    __table_args__ = (UniqueConstraint("terminal_id", "passage_id", "content_hash"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminal.id"))
    passage_id: Mapped[UUID]
    content_hash: Mapped[bytes]
    content: Mapped[str] = mapped_column(String(QUARANTINED_CHARACTERS_MAX))
    reason: Mapped[str] = mapped_column(String(40))
    received_at: Mapped[datetime]
