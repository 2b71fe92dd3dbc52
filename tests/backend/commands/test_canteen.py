"""An establishment's office on the command line, over the demonstration's school."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from backend.__main__ import main
from backend.access.errors import (
    CalendarInvalid,
    EstablishmentUnknown,
    PassageUnknown,
    ReservationNotNeeded,
    ServiceUnknown,
)
from backend.access.office_tables import PaymentMeans
from backend.access.payments_in import Receipt
from backend.access.tables import ClosedDay, HolderCategory, MealAccount, MealPrice
from backend.cards.tables import Card
from backend.commands import canteen, gate_office
from backend.commands.apply import apply_file
from backend.commands.refusal import CommandRefused
from backend.errors import BackendError
from backend.ledger.accounts import balance
from backend.services import Services

SCHEME = """
[establishment.parc]
name = "Lycée du Parc"
[[establishment.parc.service]]
service = "lunch"
label = "Déjeuner"
days = [1, 2, 3, 4, 5]
opens = "11:30"
closes = "13:30"
reservation_cutoff = "10:30"

[beneficiary.lea]
given_name = "Léa"
family_name = "Martin"
birth_date = 2010-01-02
establishment = "parc"
rights = { lunch = { by_reservation = true, prepaid = true } }

[beneficiary.noah]
given_name = "Noah"
family_name = "Petit"
birth_date = 2010-03-04
establishment = "parc"
rights = { lunch = { days = [1, 2, 4] } }

[beneficiary.ines]
given_name = "Inès"
family_name = "Durand"
birth_date = 1980-05-06
establishment = "parc"
services = ["lunch"]
category = "staff"
"""
ICS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//FR
BEGIN:VEVENT
UID:1
DTSTAMP:20260101T000000Z
DTSTART;VALUE=DATE:20261017
DTEND;VALUE=DATE:20261102
SUMMARY:Vacances
END:VEVENT
END:VCALENDAR
"""
THURSDAY = date(2026, 9, 3)


@pytest.fixture
def school(services: Services, tmp_path: Path) -> Path:
    """A school whose three people eat on three different terms."""
    file = tmp_path / "scheme.toml"
    file.write_text(SCHEME)
    apply_file(services, file)
    return tmp_path


def receipt_of(cents: int) -> Receipt:
    return Receipt(
        reference="R-1",
        amount_cents=cents,
        means=PaymentMeans.CASH,
        received_by="Intendance",
    )


def number_of(services: Services, given_name: str) -> str:
    from backend.accounts.tables import Beneficiary  # noqa: PLC0415 - only here

    with services.database.reading() as session:
        query = (
            select(Card.number)
            .join(Beneficiary, Beneficiary.id == Card.beneficiary_id)
            .where(Beneficiary.given_name == given_name)
        )
        return session.scalars(query).one()


def test_calendars_close_days_and_an_office_opens_them_again(
    services: Services, school: Path
) -> None:
    file = school / "vacances.ics"
    file.write_text(ICS)
    assert canteen.import_calendar(services, "parc", file) == 16
    assert canteen.import_calendar(services, "parc", file) == 0
    # All Saints' Day 2026 lies in the holidays.
    assert canteen.close_public_holidays(services, "parc", [2026], None) == 10
    assert canteen.open_again(services, "parc", [date(2026, 10, 19)]) == 1
    with services.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ClosedDay)) == 25


def test_a_calendar_that_is_none_closes_nothing(services: Services, school: Path) -> None:
    file = school / "scheme.toml"
    with pytest.raises(CalendarInvalid):
        canteen.import_calendar(services, "parc", file)
    with pytest.raises(CommandRefused, match="No such file"):
        canteen.import_calendar(services, "parc", school / "missing.ics")
    file.write_text("x" * (canteen.CALENDAR_FILE_BYTES_MAX + 1))
    with pytest.raises(CommandRefused, match="larger"):
        canteen.import_calendar(services, "parc", file)
    with pytest.raises(EstablishmentUnknown):
        canteen.close_public_holidays(services, "nowhere", [2026], None)


def test_meals_are_priced_and_paid_in_once(services: Services, school: Path) -> None:
    canteen.price_meal(services, "parc", "lunch", HolderCategory.PUPIL, (420, 2))
    for _ in range(2):
        canteen.receive(services, number_of(services, "Léa"), receipt_of(2000))
    with services.database.reading() as session:
        price = session.scalars(select(MealPrice)).one()
        assert (price.price_cents, price.negative_meals) == (420, 2)
        assert balance(session, session.scalars(select(MealAccount.account_id)).one()) == 2000
    lines = gate_office.meal_statement(services, number_of(services, "Léa")).splitlines()
    assert (lines[0], lines[1].endswith("Versement pour les repas")) == ("left: 2000 cents", True)
    with pytest.raises(ServiceUnknown):
        canteen.price_meal(services, "parc", "dinner", HolderCategory.PUPIL, (420, 0))


def test_the_kitchen_counts_who_is_expected_without_a_name(
    services: Services, school: Path
) -> None:
    canteen.change_reservation(services, number_of(services, "Léa"), "lunch", THURSDAY, wanted=True)
    found = canteen.count_kitchen(services, "parc", THURSDAY)
    assert found.as_text() == "Déjeuner: 3 expected, 0 passed, 3 to come"
    assert json.loads(found.as_json()) == [
        {
            "service": "lunch",
            "label": "Déjeuner",
            "expected": 3,
            "passed": 0,
            "remaining": 3,
            "diets": [{"diet": None, "expected": 3, "passed": 0, "remaining": 3}],
        }
    ]
    canteen.change_reservation(
        services, number_of(services, "Léa"), "lunch", THURSDAY, wanted=False
    )
    friday = canteen.count_kitchen(services, "parc", date(2026, 9, 4))
    assert friday.as_text() == "Déjeuner: 1 expected, 0 passed, 1 to come"
    sunday = canteen.count_kitchen(services, "parc", date(2026, 9, 6))
    assert sunday.as_text() == "no service on this day"


@pytest.mark.parametrize(
    ("refused", "ask"),
    [
        (CommandRefused, lambda services: canteen.receive(services, "1", receipt_of(1))),
        (
            ReservationNotNeeded,
            lambda services: canteen.change_reservation(
                services, number_of(services, "Noah"), "lunch", THURSDAY, wanted=True
            ),
        ),
        (PassageUnknown, lambda services: canteen.take_back(services, uuid4(), "x", "y")),
        (EstablishmentUnknown, lambda services: canteen.count_kitchen(services, "x", THURSDAY)),
    ],
)
def test_what_is_not_there_is_refused(
    services: Services,
    school: Path,
    refused: type[BackendError],
    ask: Callable[[Services], object],
) -> None:
    with pytest.raises(refused):
        ask(services)


def test_the_verbs_are_there(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ["calendar", "import"],
        ["calendar", "holidays"],
        ["calendar", "open"],
        ["meals", "price"],
        ["meals", "pay-in"],
        ["meals", "statement"],
        ["kitchen-link", "make"],
        ["kitchen-link", "end"],
        ["day-code", "make"],
        ["day-code", "end"],
        ["photo", "add"],
        ["photo", "remove"],
        ["diet"],
        ["gate-display"],
        ["review"],
        ["meals", "cancel-passage"],
        ["reservation", "make"],
        ["reservation", "cancel"],
        ["kitchen"],
    ):
        with pytest.raises(SystemExit) as left:
            main([*words, "--help"])
        assert left.value.code == 0
        assert "--" in capsys.readouterr().out


def test_an_office_gives_addresses_codes_and_diets(services: Services, school: Path) -> None:
    link_id, path = gate_office.open_kitchen(services, "parc", "tablette")
    assert path.startswith("/cuisine/")
    gate_office.close_kitchen(services, link_id)
    number = number_of(services, "Léa")
    today = services.now().date()
    wish = gate_office.CodeWish("lunch", today, "Carte perdue", 1, number)
    made = gate_office.give_day_code(services, "parc", wish, "Intendance")
    assert len(made.code) == 6
    gate_office.take_day_code(services, made.id)
    gate_office.name_diet(services, number, "végétarien")
    canteen.change_reservation(services, number, "lunch", THURSDAY, wanted=True)
    assert "végétarien" in canteen.count_kitchen(services, "parc", THURSDAY).as_text()
    gate_office.choose_what_gates_show(services, "parc", initials=True, photos=False)
    photo = school / "none.jpg"
    with pytest.raises(CommandRefused, match="No such file"):
        gate_office.add_photo(services, number, photo, "Vie scolaire")
    gate_office.remove_photo(services, number)
    assert gate_office.review(services, "parc", 7).as_text() == "nothing to review"
    assert json.loads(gate_office.review(services, "parc", 7).as_json()) == []
