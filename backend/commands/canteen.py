"""What an establishment's office does: closed days, reservations, meals' prices and money."""

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import select

from backend.access.calendar import close_days, open_days, public_holidays, read_calendar
from backend.access.kitchen import DietCount, ServiceCount, count_services
from backend.access.meals import cancel_passage, set_price
from backend.access.payments_in import Receipt, record_payment
from backend.access.reservations import cancel_reservation, reserve
from backend.access.retention import Forgotten, forget_passages
from backend.access.tables import Enrolment, HolderCategory, Service
from backend.commands.declared import id_of
from backend.commands.lookup import card_numbered
from backend.commands.refusal import CommandRefused
from backend.services import Services

CALENDAR_FILE_BYTES_MAX = 2_000_000
RETENTION_DAYS_MIN = 14


@dataclass(frozen=True, slots=True)
class Kitchen:
    """The day's services, counted."""

    services: tuple[ServiceCount, ...]

    def as_text(self) -> str:
        """Write it for a person, a line a service."""
        lines = []
        for each in self.services:
            lines.append(f"{each.label}: {_numbers(each)}")
            lines += [f"  {part.diet}: {_numbers(part)}" for part in each.diets if part.diet]
        return "\n".join(lines) or "no service on this day"

    def as_json(self) -> str:
        """Write it for a program."""
        return json.dumps([_counted(each) for each in self.services])


def _numbers(count: ServiceCount | DietCount) -> str:
    return f"{count.expected} expected, {count.passed} passed, {count.remaining} to come"


def _counted(each: ServiceCount) -> dict[str, object]:
    own = {name: getattr(each, name) for name in ("expected", "passed", "remaining")}
    diets = [asdict(part) | {"remaining": part.remaining} for part in each.diets]
    return {"service": each.service, "label": each.label, **own, "diets": diets}


def import_calendar(
    services: Services, establishment: str, file: Path, zone: str | None = None
) -> int:
    """Close an establishment on every day of an iCalendar file; return how many were open."""
    try:
        if file.stat().st_size > CALENDAR_FILE_BYTES_MAX:
            msg = f"{file} is larger than {CALENDAR_FILE_BYTES_MAX} bytes"
            raise CommandRefused(msg)
        content = file.read_bytes()
    except OSError as cause:
        msg = f"{file}: {cause.strerror}"
        raise CommandRefused(msg) from None
    days = read_calendar(content, zone)
    with services.database.unit_of_work() as session:
        return close_days(session, establishment_of(establishment), days)


def close_public_holidays(
    services: Services, establishment: str, years: list[int], territory: str | None
) -> int:
    """Close an establishment on the public holidays of these years; return how many were open."""
    days = public_holidays(years, territory)
    with services.database.unit_of_work() as session:
        return close_days(session, establishment_of(establishment), days)


def open_again(services: Services, establishment: str, days: list[date]) -> int:
    """Open an establishment on these days; return how many were closed."""
    with services.database.unit_of_work() as session:
        return open_days(session, establishment_of(establishment), days)


def price_meal(
    services: Services,
    establishment: str,
    service: str,
    category: HolderCategory,
    price: tuple[int, int],
) -> None:
    """Set a service's price in cents for a category, and how many meals may be owed."""
    with services.database.unit_of_work() as session:
        found = session.scalar(
            select(Service.id).where(
                Service.establishment_id == establishment_of(establishment), Service.code == service
            )
        )
        set_price(
            session, found or uuid4(), category, price_cents=price[0], negative_meals=price[1]
        )


def receive(services: Services, card_number: str, receipt: Receipt) -> None:
    """Credit a holder's meal account once per receipt."""
    enrolment_id = enrolment_of(services, card_number)
    with services.database.unit_of_work() as session:
        record_payment(session, enrolment_id, receipt, services.now())


def take_back(services: Services, passage_id: UUID, reason: str, cancelled_by: str) -> None:
    """Take a passage back, its meal with it."""
    with services.database.unit_of_work() as session:
        cancel_passage(
            session, passage_id, reason=reason, cancelled_by=cancelled_by, now=services.now()
        )


def change_reservation(
    services: Services, card_number: str, service: str, day: date, *, wanted: bool
) -> None:
    """Reserve a service on a day, or take the reservation back."""
    change = reserve if wanted else cancel_reservation
    enrolment_id = enrolment_of(services, card_number)
    with services.database.unit_of_work() as session:
        change(session, enrolment_id, service, day, services.now())


def forget(services: Services, days: int) -> Forgotten:
    """Turn passages older than so many days into counts."""
    if days < RETENTION_DAYS_MIN:
        msg = (
            f"passages are kept {RETENTION_DAYS_MIN} days at least: gates may still hand some over"
        )
        raise CommandRefused(msg)
    return forget_passages(services, retention_days=days)


def count_kitchen(services: Services, establishment: str, day: date) -> Kitchen:
    """Count expected and passed for each service of a day."""
    with services.database.reading() as session:
        return Kitchen(tuple(count_services(session, establishment_of(establishment), day)))


def establishment_of(named: str) -> UUID:
    """Return the id of an establishment named by its id, or by its key in the declared file."""
    try:
        return UUID(named)
    except ValueError:
        return id_of("establishment", named)


def enrolment_of(services: Services, card_number: str) -> UUID:
    """Return the one enrolment of a card's holder; raise CommandRefused."""
    with services.database.reading() as session:
        card = card_numbered(session, card_number)
        found = session.scalars(
            select(Enrolment.id).where(
                Enrolment.beneficiary_id == card.beneficiary_id, Enrolment.ended_at.is_(None)
            )
        ).all()
    if len(found) != 1:
        msg = f"the holder of this card is enrolled at {len(found)} establishments, not at one"
        raise CommandRefused(msg)
    return found[0]
