"""Establishments, their services and gates, who may pass, and who passed."""

from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    String,
    Time,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base
from backend.searched_names import SEARCHED_CHARACTERS_MAX, searched_name

NAME_CHARACTERS_MAX = 100
DIET_CHARACTERS_MAX = 40
REASON_CHARACTERS_MAX = 40
NOTE_CHARACTERS_MAX = 200
ADDRESS_CHARACTERS_MAX = 53  # an IPv6 address in brackets, and a port
SERVICE_CODE_CHARACTERS_MAX = 40
DETAIL_CHARACTERS_MAX = 40
QUARANTINED_CHARACTERS_MAX = 2000
BASIS_CHARACTERS_MAX = 120
EMAIL_CHARACTERS_MAX = 254


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
    #: No answer to a tap: the counter-entry by which a supervisor takes a passage back.
    ANNULE = "ANNULE"


class InterventionKind(StrEnum):
    """What a person at the gate did that no card did."""

    LET_PASS = "let_pass"  # noqa: S105 -- a card was refused, its holder was let pass
    NO_CARD = "no_card"  # found by name
    GUEST = "guest"
    DAY_CODE = "day_code"
    CANCEL = "cancel"


class HolderCategory(StrEnum):
    """What a person is at an establishment."""

    PUPIL = "pupil"
    STAFF = "staff"
    TRAINEE = "trainee"
    GUEST = "guest"
    #: A grown-up who goes with the young: of a kind of card of their own.
    REFERENT = "referent"


_REVIEWED = text("intervention is not null or over_maximum")
_CATEGORIES = ", ".join(f"'{category.value}'" for category in HolderCategory)


class Establishment(Base):
    """A school, a canteen: where gates stand and people belong."""

    __tablename__ = "establishment"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    searched: Mapped[str] = mapped_column(String(SEARCHED_CHARACTERS_MAX), default=searched_name)
    time_zone: Mapped[str] = mapped_column(String(64))
    #: Whether its gates may hold the first letter of family names, to tell two Léas apart.
    initials_on_gates: Mapped[bool] = mapped_column(default=False)
    #: Whether its gates may show photos; each family must have agreed besides.
    photos_on_gates: Mapped[bool] = mapped_column(default=False)
    #: Who is mailed when a door is forced or held open; None: nobody.
    alarm_email: Mapped[str | None] = mapped_column(String(EMAIL_CHARACTERS_MAX))


class Service(Base):
    """When an establishment's gates admit; wall-clock hours of its time zone, on one day."""

    __tablename__ = "access_service"
    __table_args__ = (
        UniqueConstraint("establishment_id", "code"),
        CheckConstraint("opens < closes", name="hours"),
        CheckConstraint("passages_max >= 1", name="passages"),
        CheckConstraint("week_max >= 1", name="week"),
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
    #: Per person and ISO week; None: no limit.
    week_max: Mapped[int | None]
    held_on_closed_days: Mapped[bool] = mapped_column(default=False)
    #: On the day itself, until when a reservation may be made or taken back.
    reservation_cutoff: Mapped[time] = mapped_column(Time)


class Gate(Base):
    """A gate terminal, where it stands, and which version of its list is the last."""

    __tablename__ = "gate"

    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminal.id"), primary_key=True)
    establishment_id: Mapped[UUID] = mapped_column(ForeignKey("establishment.id"), index=True)
    list_version: Mapped[int] = mapped_column(default=0)
    #: SHA-256 of the content that has this version; None before the first list.
    list_hash: Mapped[bytes | None]
    #: What that content was read from (list_basis.py); while it is the same, so is the content.
    list_basis: Mapped[str | None] = mapped_column(String(BASIS_CHARACTERS_MAX))
    #: Where its siblings reach it on the school's network, `10.0.0.5:9262`; None: they do not.
    lan_address: Mapped[str | None] = mapped_column(String(ADDRESS_CHARACTERS_MAX))
    #: When it last asked for news, to the half minute.
    heard_at: Mapped[datetime | None]


class Enrolment(Base):
    """A person belongs to an establishment; once it ended, no list carries their cards."""

    __tablename__ = "enrolment"
    __table_args__ = (
        UniqueConstraint("establishment_id", "beneficiary_id"),
        CheckConstraint(f"category in ({_CATEGORIES})", name="category"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    establishment_id: Mapped[UUID] = mapped_column(ForeignKey("establishment.id"))
    beneficiary_id: Mapped[UUID] = mapped_column(ForeignKey("beneficiary.id"), index=True)
    category: Mapped[str] = mapped_column(String(8), default=HolderCategory.PUPIL.value)
    #: What the kitchen counts by, in the establishment's words; never told to a gate.
    diet: Mapped[str | None] = mapped_column(String(DIET_CHARACTERS_MAX))
    ended_at: Mapped[datetime | None]


class EnrolmentService(Base):
    """The right to one service: always, or by any of its conditions (days, reservation)."""

    __tablename__ = "enrolment_service"
    __table_args__ = (CheckConstraint("passages_max >= 1", name="passages"),)

    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolment.id"), primary_key=True)
    service_id: Mapped[UUID] = mapped_column(
        ForeignKey("access_service.id"), primary_key=True, index=True
    )
    #: ISO days of a package, `124` for Monday, Tuesday, Thursday; None: the days are no condition.
    days: Mapped[str | None] = mapped_column(String(7))
    by_reservation: Mapped[bool] = mapped_column(default=False)
    #: Outside the days of a package, each passage is paid from the meal account.
    prepaid: Mapped[bool] = mapped_column(default=False)
    #: In place of the service's own, for the card of a group.
    passages_max: Mapped[int | None]


class MealPrice(Base):
    """What a service costs a category of people, and how many meals they may owe."""

    __tablename__ = "meal_price"
    __table_args__ = (
        CheckConstraint("price_cents > 0", name="price"),
        CheckConstraint("negative_meals >= 0", name="negative_meals"),
        CheckConstraint(f"category in ({_CATEGORIES})", name="category"),
    )

    service_id: Mapped[UUID] = mapped_column(ForeignKey("access_service.id"), primary_key=True)
    category: Mapped[str] = mapped_column(String(8), primary_key=True)
    price_cents: Mapped[int]
    negative_meals: Mapped[int]


class CanteenAccount(Base):
    """An establishment's two accounts: what was paid in for meals, what it is owed for them."""

    __tablename__ = "canteen_account"

    establishment_id: Mapped[UUID] = mapped_column(ForeignKey("establishment.id"), primary_key=True)
    received_account_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_account.id"), unique=True)
    sales_account_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_account.id"), unique=True)


class MealAccount(Base):
    """What a person has paid ahead for meals at an establishment; no benefit is ever in it."""

    __tablename__ = "meal_account"

    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolment.id"), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_account.id"), unique=True)


class MealCharge(Base):
    """What a passage cost."""

    __tablename__ = "meal_charge"

    #: No foreign key: accounts are kept ten years, passages ninety days.
    passage_id: Mapped[UUID] = mapped_column(primary_key=True)
    transfer_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_transfer.id"), unique=True)


class PassageCancellation(Base):
    """A passage declared void by a person: both stay visible, and the meal is given back.

    It may come before its passage, from a gate that heard of it while another had no uplink.
    """

    __tablename__ = "passage_cancellation"
    __table_args__ = (
        Index(
            "ix_passage_cancellation_establishment_id_cancelled_at",
            "establishment_id",
            "cancelled_at",
        ),
    )

    passage_id: Mapped[UUID] = mapped_column(primary_key=True)  # no foreign key, as above
    establishment_id: Mapped[UUID] = mapped_column(ForeignKey("establishment.id"))
    reason: Mapped[str] = mapped_column(String(200))
    cancelled_by: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    cancelled_at: Mapped[datetime]
    transfer_id: Mapped[UUID | None] = mapped_column(ForeignKey("ledger_transfer.id"), unique=True)


class ClosedDay(Base):
    """A day on which an establishment's services are not held, those that say so apart."""

    __tablename__ = "closed_day"

    establishment_id: Mapped[UUID] = mapped_column(ForeignKey("establishment.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    label: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))


class Reservation(Base):
    """A meal asked for on one day; taken back, it keeps its row."""

    __tablename__ = "reservation"
    # A kitchen counts one day's.
    __table_args__ = (Index("ix_reservation_service_id_day", "service_id", "day"),)

    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolment.id"), primary_key=True)
    service_id: Mapped[UUID] = mapped_column(ForeignKey("access_service.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    made_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]


class Passage(Base):
    """One decided tap at a gate, admitted or refused, as the gate reported it."""

    __tablename__ = "passage"
    __table_args__ = (
        UniqueConstraint("terminal_id", "sequence"),
        CheckConstraint(
            "answer <> 'OK' or (service is not null"
            " and (card_id is not null or intervention in ('guest', 'day_code')))",
            name="admission",
        ),
        CheckConstraint("(answer = 'ANNULE') = (cancels is not null)", name="counter_entry"),
        CheckConstraint("(intervention is null) = (supervisor is null)", name="signed"),
        Index("ix_passage_card_id_local_day", "card_id", "local_day"),
        # A kitchen counts a day; what a person did, or is to look at, is listed by itself.
        Index("ix_passage_establishment_id_local_day", "establishment_id", "local_day"),
        Index(
            "ix_passage_reviewed",
            "establishment_id",
            "occurred_at",
            sqlite_where=_REVIEWED,
            postgresql_where=_REVIEWED,
        ),
        # Sibling gates ask what is new.
        Index("ix_passage_establishment_id_received_at", "establishment_id", "received_at"),
    )

    passage_id: Mapped[UUID] = mapped_column(primary_key=True)
    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminal.id"))
    sequence: Mapped[int]
    establishment_id: Mapped[UUID] = mapped_column(ForeignKey("establishment.id"))
    occurred_at: Mapped[datetime]
    #: The day on the establishment's wall, by which passages are counted.
    local_day: Mapped[date] = mapped_column(Date)
    #: What the card called itself; None where no card was there.
    uid: Mapped[bytes | None]
    card_id: Mapped[UUID | None] = mapped_column(ForeignKey("card.id"))
    service: Mapped[str | None] = mapped_column(String(SERVICE_CODE_CHARACTERS_MAX))
    answer: Mapped[str] = mapped_column(String(17))
    detail: Mapped[str | None] = mapped_column(String(DETAIL_CHARACTERS_MAX))
    list_version: Mapped[int | None]
    received_at: Mapped[datetime]
    #: Two gates that cannot hear each other may each admit once: flagged for a person, not undone.
    over_maximum: Mapped[bool]
    #: What a supervisor did, who it was, why; None for a tap that the gate decided.
    intervention: Mapped[str | None] = mapped_column(String(8))
    supervisor: Mapped[str | None] = mapped_column(String(NAME_CHARACTERS_MAX))
    reason: Mapped[str | None] = mapped_column(String(REASON_CHARACTERS_MAX))
    note: Mapped[str | None] = mapped_column(String(NOTE_CHARACTERS_MAX))
    #: The passage that this counter-entry takes back; no foreign key: it may come later.
    cancels: Mapped[UUID | None]
    day_code_id: Mapped[UUID | None]


class PassageCount(Base):
    """What is left of passages once they are forgotten: how many, and nobody's."""

    __tablename__ = "passage_count"
    __table_args__ = (CheckConstraint("passages > 0", name="passages"),)

    establishment_id: Mapped[UUID] = mapped_column(ForeignKey("establishment.id"), primary_key=True)
    local_day: Mapped[date] = mapped_column(Date, primary_key=True)
    #: Empty for what was decided before a service was known.
    service: Mapped[str] = mapped_column(String(SERVICE_CODE_CHARACTERS_MAX), primary_key=True)
    answer: Mapped[str] = mapped_column(String(17), primary_key=True)
    passages: Mapped[int]


class RetentionRun(Base):
    """Proof of one forgetting: until which day, and how many rows went into counts."""

    __tablename__ = "retention_run"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    ran_at: Mapped[datetime]
    before_day: Mapped[date] = mapped_column(Date)
    passages: Mapped[int]
    quarantined: Mapped[int]
    gate_events: Mapped[int] = mapped_column(default=0)


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
