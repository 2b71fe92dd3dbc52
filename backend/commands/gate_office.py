"""What an office does about its gates: kitchen addresses, one-day codes, photos, what to review."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from backend.access.day_codes import DayCodeTerms, MadeDayCode, end_day_code, make_day_code
from backend.access.establishments import set_diet, show_on_gates
from backend.access.gate_events import ListedEvent, list_gate_events, set_alarm_address
from backend.access.interventions import Reviewed, list_for_review
from backend.access.kitchen import end_kitchen_link, make_kitchen_link
from backend.access.payments_in import MealStatement, read_meal_statement
from backend.access.photos import PHOTO_BYTES_MAX, drop_photo, keep_photo
from backend.commands.canteen import enrolment_of, establishment_of
from backend.commands.lookup import card_numbered
from backend.commands.refusal import CommandRefused
from backend.services import Services


@dataclass(frozen=True, slots=True)
class Review:
    """What supervisors did, and passages above their maximum."""

    lines: tuple[Reviewed, ...]

    def as_text(self) -> str:
        """Write it for a person, a line each."""
        return "\n".join(_line(each) for each in self.lines) or "nothing to review"

    def as_json(self) -> str:
        """Write it for a program."""
        return json.dumps([_fields(each) for each in self.lines], ensure_ascii=False)


def _line(each: Reviewed) -> str:
    passage = each.passage
    words = [f"{passage.occurred_at:%Y-%m-%d %H:%M:%S}", passage.service or "-", passage.answer]
    if passage.intervention is not None:
        words += [passage.intervention, f"by {passage.supervisor}: {passage.reason}"]
        words += [f"({passage.note})"] if passage.note else []
    if passage.cancels is not None:
        words.append(f"takes back {passage.cancels}")
    if passage.over_maximum:
        words.append("ABOVE ITS MAXIMUM, not charged")
    if each.taken_back:
        words.append("taken back")
    return "  ".join([*words, str(passage.passage_id)])


def _fields(each: Reviewed) -> dict[str, object]:
    passage = each.passage
    return {
        "passage_id": str(passage.passage_id),
        "gate": str(passage.terminal_id),
        "sequence": passage.sequence,
        "occurred_at": passage.occurred_at.isoformat(),
        "card_id": None if passage.card_id is None else str(passage.card_id),
        "service": passage.service,
        "answer": passage.answer,
        "intervention": passage.intervention,
        "supervisor": passage.supervisor,
        "reason": passage.reason,
        "note": passage.note,
        "cancels": None if passage.cancels is None else str(passage.cancels),
        "over_maximum": passage.over_maximum,
        "taken_back": each.taken_back,
    }


def review(services: Services, establishment: str, days: int) -> Review:
    """Return what is to be looked at of the last days."""
    since = services.now() - timedelta(days=days)
    with services.database.reading() as session:
        return Review(tuple(list_for_review(session, establishment_of(establishment), since)))


def open_kitchen(services: Services, establishment: str, label: str) -> tuple[UUID, str]:
    """Make a kitchen's address; return its id and its path, which is shown once."""
    with services.database.unit_of_work() as session:
        link_id, token = make_kitchen_link(
            session, establishment_of(establishment), label, services.now()
        )
    return link_id, f"/cuisine/{token}"


def close_kitchen(services: Services, link_id: UUID) -> None:
    """End a kitchen's address."""
    with services.database.unit_of_work() as session:
        end_kitchen_link(session, link_id, services.now())


@dataclass(frozen=True, slots=True)
class CodeWish:
    """A one-day code as the office asks for it; a card's number makes it that person's."""

    service: str
    day: date
    label: str
    passages: int
    card_number: str | None


def give_day_code(
    services: Services, establishment: str, wish: CodeWish, made_by: str
) -> MadeDayCode:
    """Make a one-day code."""
    with services.database.unit_of_work() as session:
        card_number = wish.card_number
        card_id = None if card_number is None else card_numbered(session, card_number).id
        terms = DayCodeTerms(
            service=wish.service,
            day=wish.day,
            label=wish.label,
            passages_max=wish.passages,
            card_id=card_id,
        )
        return make_day_code(
            session, establishment_of(establishment), terms, made_by=made_by, now=services.now()
        )


def take_day_code(services: Services, code_id: UUID) -> None:
    """End a one-day code."""
    with services.database.unit_of_work() as session:
        end_day_code(session, code_id, services.now())


def name_diet(services: Services, card_number: str, diet: str | None) -> None:
    """Say what the kitchen counts a card's holder under."""
    enrolment_id = enrolment_of(services, card_number)
    with services.database.unit_of_work() as session:
        set_diet(session, enrolment_id, diet)


def choose_what_gates_show(
    services: Services, establishment: str, *, initials: bool, photos: bool
) -> None:
    """Say what gates may hold of people besides first names."""
    with services.database.unit_of_work() as session:
        show_on_gates(session, establishment_of(establishment), initials=initials, photos=photos)


def add_photo(services: Services, card_number: str, file: Path, noted_by: str) -> None:
    """Keep a holder's photo: their family was told, and agreed."""
    enrolment_id = enrolment_of(services, card_number)
    try:
        with file.open("rb") as opened:
            image = opened.read(PHOTO_BYTES_MAX + 1)
    except OSError as cause:
        msg = f"{file}: {cause.strerror}"
        raise CommandRefused(msg) from None
    with services.database.unit_of_work() as session:
        keep_photo(session, enrolment_id, image, noted_by=noted_by, now=services.now())


def remove_photo(services: Services, card_number: str) -> None:
    """Forget a holder's photo."""
    enrolment_id = enrolment_of(services, card_number)
    with services.database.unit_of_work() as session:
        drop_photo(session, enrolment_id)


def meal_statement(services: Services, card_number: str) -> str:
    """Write what is left of what was paid ahead, and every line."""
    enrolment_id = enrolment_of(services, card_number)
    with services.database.reading() as session:
        return _statement_text(read_meal_statement(session, enrolment_id))


def _statement_text(found: MealStatement) -> str:
    lines = [
        f"{line.recorded_at:%Y-%m-%d %H:%M}  {line.side.value:6}  {line.amount.value:>7}"
        f"  {line.balance_after:>8}  {line.reason}"
        for line in found.lines
    ]
    return "\n".join([f"left: {found.balance_cents} cents", *lines])


@dataclass(frozen=True, slots=True)
class DoorDay:
    """What happened at an establishment's doors and readers, newest first."""

    events: tuple[ListedEvent, ...]

    def as_text(self) -> str:
        """Write it for a person, a line each."""
        lines = [
            f"{each.occurred_at:%Y-%m-%d %H:%M:%S} {each.gate} {each.kind}"
            + ("" if each.passages is None else f" ({each.passages} went through)")
            for each in self.events
        ]
        return "\n".join(lines) or "nothing happened"

    def as_json(self) -> str:
        """Write it for a program."""
        return json.dumps(
            [
                {
                    "event_id": str(each.event_id),
                    "gate": each.gate,
                    "terminal_id": str(each.terminal_id),
                    "occurred_at": each.occurred_at.isoformat(),
                    "kind": each.kind.value,
                    "alarm": each.is_alarm,
                    "passages": each.passages,
                }
                for each in self.events
            ],
            ensure_ascii=False,
        )


def read_door_events(services: Services, establishment: str, days: int) -> DoorDay:
    """Read what happened in the last days."""
    since = services.now() - timedelta(days=days)
    with services.database.reading() as session:
        place_id = establishment_of(establishment)
        found = list_gate_events(session, establishment_id=place_id, since=since)
    return DoorDay(tuple(found))


def mail_alarms(services: Services, establishment: str, email: str | None) -> None:
    """Say who is mailed of forced and held doors; None: nobody."""
    with services.database.unit_of_work() as session:
        set_alarm_address(session, establishment_of(establishment), email)
