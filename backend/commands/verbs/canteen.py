"""`calendar …`, `meals …`, `reservation …`, `kitchen`: an establishment's office."""

from datetime import date
from pathlib import Path
from uuid import UUID

from backend.access.office_tables import PaymentMeans
from backend.access.payments_in import Receipt
from backend.access.retention import RETENTION_DAYS
from backend.access.tables import HolderCategory
from backend.commands import canteen, gate_office
from backend.commands.verbs.invocation import Family, Invocation

PLACE = "its id, or its key in the declared file"


def add(root: Family) -> None:
    """Add the verbs of this family."""
    _add_calendar(root.family("calendar", "on which days an establishment is closed"))
    _add_meals(root.family("meals", "what meals cost, and what was paid for them"))
    _add_reservations(root.family("reservation", "meals asked for ahead"))
    passages = root.family("passages", "who passed")
    one = passages.verb("forget", _forget, "turn passages that are too old into counts")
    one.add_argument("--days", type=int, default=RETENTION_DAYS, help="kept; %(default)s if not")
    one = root.verb("kitchen", _kitchen, "count a day's services: expected, passed, to come")
    one.add_argument("--establishment", required=True, help=PLACE)
    one.add_argument("--day", required=True, type=date.fromisoformat, help="as 2026-11-23")
    one.add_argument("--json", action="store_true")


def _add_calendar(family: Family) -> None:
    one = family.verb("import", _import, "close every day of an iCalendar file (school holidays)")
    one.add_argument("--establishment", required=True, help=PLACE)
    one.add_argument("--file", required=True, type=Path, metavar="FILE.ics")
    one.add_argument("--zone", help="A, B, C or a territory, where the file has several")
    one = family.verb("holidays", _holidays, "close the French public holidays of some years")
    one.add_argument("--establishment", required=True, help=PLACE)
    one.add_argument("--year", required=True, type=int, action="append")
    one.add_argument("--territory", help="with days of its own: 57, 6AE, 974 …")
    one = family.verb("open", _open, "open closed days again")
    one.add_argument("--establishment", required=True, help=PLACE)
    one.add_argument("--day", required=True, type=date.fromisoformat, action="append")


def _add_meals(family: Family) -> None:
    one = family.verb("price", _price, "set what a service costs a category of people")
    one.add_argument("--establishment", required=True, help=PLACE)
    one.add_argument("--service", required=True, help="its code, such as lunch")
    one.add_argument("--category", required=True, type=HolderCategory, choices=list(HolderCategory))
    one.add_argument("--cents", required=True, type=int)
    one.add_argument("--negative-meals", type=int, default=0, help="how many may be owed")
    one = family.verb("pay-in", _pay_in, "record what a family paid ahead")
    one.add_argument("--card-number", required=True)
    one.add_argument("--cents", required=True, type=int)
    text = "the number on the office's receipt: the same one again changes nothing"
    one.add_argument("--reference", required=True, help=text)
    one.add_argument("--means", required=True, type=PaymentMeans, choices=list(PaymentMeans))
    one.add_argument("--by", required=True, help="who received it")
    one = family.verb("statement", _statement, "what is left of it, and every line")
    one.add_argument("--card-number", required=True)
    one = family.verb("cancel-passage", _cancel, "take a passage back, its meal with it")
    one.add_argument("--passage", required=True, type=UUID)
    one.add_argument("--reason", required=True)
    one.add_argument("--by", required=True, help="who decided it")


def _add_reservations(family: Family) -> None:
    for name, command, text in (
        ("make", _reserve, "reserve a service on a day"),
        ("cancel", _unreserve, "take a reservation back"),
    ):
        one = family.verb(name, command, text)
        one.add_argument("--card-number", required=True)
        one.add_argument("--service", required=True)
        one.add_argument("--day", required=True, type=date.fromisoformat)


def _import(asked: Invocation) -> None:
    options = asked.options
    closed = canteen.import_calendar(
        asked.services(), options.establishment, options.file, options.zone
    )
    asked.say(f"{closed} days closed")


def _holidays(asked: Invocation) -> None:
    options = asked.options
    closed = canteen.close_public_holidays(
        asked.services(), options.establishment, options.year, options.territory
    )
    asked.say(f"{closed} days closed")


def _open(asked: Invocation) -> None:
    options = asked.options
    opened = canteen.open_again(asked.services(), options.establishment, options.day)
    asked.say(f"{opened} days opened")


def _price(asked: Invocation) -> None:
    options = asked.options
    price = (options.cents, options.negative_meals)
    canteen.price_meal(
        asked.services(), options.establishment, options.service, options.category, price
    )
    asked.say("price set")


def _pay_in(asked: Invocation) -> None:
    options = asked.options
    receipt = Receipt(
        reference=options.reference,
        amount_cents=options.cents,
        means=options.means,
        received_by=options.by,
    )
    canteen.receive(asked.services(), options.card_number, receipt)
    asked.say(f"paid in, receipt {receipt.reference}")


def _statement(asked: Invocation) -> None:
    asked.say(gate_office.meal_statement(asked.services(), asked.options.card_number))


def _cancel(asked: Invocation) -> None:
    options = asked.options
    canteen.take_back(asked.services(), options.passage, options.reason, options.by)
    asked.say("passage taken back")


def _reserve(asked: Invocation) -> None:
    _change(asked, wanted=True)
    asked.say("reserved")


def _unreserve(asked: Invocation) -> None:
    _change(asked, wanted=False)
    asked.say("reservation taken back")


def _change(asked: Invocation, *, wanted: bool) -> None:
    options = asked.options
    canteen.change_reservation(
        asked.services(), options.card_number, options.service, options.day, wanted=wanted
    )


def _forget(asked: Invocation) -> None:
    gone = canteen.forget(asked.services(), asked.options.days)
    asked.say(
        f"before {gone.before_day}: {gone.passages} passages are counts now,"
        f" {gone.quarantined} put aside are gone"
    )


def _kitchen(asked: Invocation) -> None:
    options = asked.options
    found = canteen.count_kitchen(asked.services(), options.establishment, options.day)
    asked.say(found.as_json() if options.json else found.as_text())
