"""`kitchen-link …`, `day-code …`, `photo …`, `gate-display …`, `passages review`: the office."""

from datetime import date
from pathlib import Path
from uuid import UUID

from backend.commands import gate_office
from backend.commands.verbs.canteen import PLACE
from backend.commands.verbs.invocation import Family, Invocation

REVIEW_DAYS = 7


def add(root: Family) -> None:
    """Add the verbs of this family."""
    _add_kitchen(root.family("kitchen-link", "addresses that show a kitchen its numbers"))
    _add_codes(root.family("day-code", "codes that stand in for a card on one day"))
    _add_photos(root.family("photo", "photos for gates, with the family's agreement"))
    one = root.verb("diet", _diet, "say what the kitchen counts a holder under")
    one.add_argument("--card-number", required=True)
    one.add_argument("--name", help="such as végétarien; left out: none")
    one = root.verb("gate-display", _display, "say what gates may hold besides first names")
    one.add_argument("--establishment", required=True, help=PLACE)
    for name, text in (("initials", "first letter of the family name"), ("photos", "photos")):
        one.add_argument(f"--{name}", choices=("yes", "no"), required=True, help=text)
    one = root.verb("review", _review, "what supervisors did, and passages above their maximum")
    one.add_argument("--establishment", required=True, help=PLACE)
    one.add_argument("--days", type=int, default=REVIEW_DAYS, help="back; %(default)s if not")
    one.add_argument("--json", action="store_true")
    one = root.verb("door-events", _door_events, "what happened at gates' doors and readers")
    one.add_argument("--establishment", required=True, help=PLACE)
    one.add_argument("--days", type=int, default=REVIEW_DAYS, help="back; %(default)s if not")
    one.add_argument("--json", action="store_true")
    one = root.verb("door-alarms", _door_alarms, "say who is mailed of forced and held doors")
    one.add_argument("--establishment", required=True, help=PLACE)
    one.add_argument("--email", help="left out: nobody")


def _add_kitchen(family: Family) -> None:
    one = family.verb("make", _open_kitchen, "make an address, shown once")
    one.add_argument("--establishment", required=True, help=PLACE)
    one.add_argument("--label", required=True, help="where it is used, such as tablette cuisine")
    one = family.verb("end", _close_kitchen, "end an address")
    one.add_argument("--id", required=True, type=UUID)


def _add_codes(family: Family) -> None:
    one = family.verb("make", _make_code, "make a code, told once")
    one.add_argument("--establishment", required=True, help=PLACE)
    one.add_argument("--service", required=True)
    one.add_argument("--day", required=True, type=date.fromisoformat)
    one.add_argument("--label", required=True, help="who it is for, as the gate shows it")
    one.add_argument("--passages", type=int, default=1, help="for a group")
    one.add_argument("--card-number", help="of the holder whose card it stands in for")
    one.add_argument("--by", required=True, help="who gives it")
    one = family.verb("end", _end_code, "end a code before its day is over")
    one.add_argument("--id", required=True, type=UUID)


def _add_photos(family: Family) -> None:
    one = family.verb("add", _add_photo, "keep a holder's photo: the family was told, and agreed")
    one.add_argument("--card-number", required=True)
    one.add_argument("--file", required=True, type=Path, metavar="FILE.jpg")
    one.add_argument("--by", required=True, help="who took the agreement down")
    one = family.verb("remove", _remove_photo, "forget a holder's photo")
    one.add_argument("--card-number", required=True)


def _open_kitchen(asked: Invocation) -> None:
    options = asked.options
    link_id, path = gate_office.open_kitchen(asked.services(), options.establishment, options.label)
    asked.say(f"{path}\nid {link_id}, to end it")


def _close_kitchen(asked: Invocation) -> None:
    gate_office.close_kitchen(asked.services(), asked.options.id)
    asked.say("address ended")


def _make_code(asked: Invocation) -> None:
    options = asked.options
    wish = gate_office.CodeWish(
        options.service, options.day, options.label, options.passages, options.card_number
    )
    made = gate_office.give_day_code(asked.services(), options.establishment, wish, options.by)
    asked.say(f"{made.code}\nid {made.id}, to end it")


def _end_code(asked: Invocation) -> None:
    gate_office.take_day_code(asked.services(), asked.options.id)
    asked.say("code ended")


def _add_photo(asked: Invocation) -> None:
    options = asked.options
    gate_office.add_photo(asked.services(), options.card_number, options.file, options.by)
    asked.say("photo kept")


def _remove_photo(asked: Invocation) -> None:
    gate_office.remove_photo(asked.services(), asked.options.card_number)
    asked.say("photo forgotten")


def _diet(asked: Invocation) -> None:
    gate_office.name_diet(asked.services(), asked.options.card_number, asked.options.name)
    asked.say("diet noted")


def _display(asked: Invocation) -> None:
    options = asked.options
    gate_office.choose_what_gates_show(
        asked.services(),
        options.establishment,
        initials=options.initials == "yes",
        photos=options.photos == "yes",
    )
    asked.say("the gates' next lists follow it")


def _review(asked: Invocation) -> None:
    options = asked.options
    found = gate_office.review(asked.services(), options.establishment, options.days)
    asked.say(found.as_json() if options.json else found.as_text())


def _door_events(asked: Invocation) -> None:
    options = asked.options
    found = gate_office.read_door_events(asked.services(), options.establishment, options.days)
    asked.say(found.as_json() if options.json else found.as_text())


def _door_alarms(asked: Invocation) -> None:
    gate_office.mail_alarms(asked.services(), asked.options.establishment, asked.options.email)
