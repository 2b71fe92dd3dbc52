"""`staff …`: who signs in for an establishment."""

from backend.commands import staff
from backend.commands.letting_in import Name
from backend.commands.verbs.invocation import Family, Invocation

_PLACE = "its id, or its key in the declared file"


def add(root: Family) -> None:
    """Add the verbs of this family."""
    family = root.family("staff", "people who sign in for an establishment")
    one = family.verb("invite", _invite, "let somebody in; prints the link, which is mailed too")
    one.add_argument("--email", required=True)
    one.add_argument("--given-name", required=True)
    one.add_argument("--family-name", required=True)
    one.add_argument("--establishment", required=True, help=_PLACE)
    one = family.verb("list", _list, "print everybody who may sign in for an establishment")
    one.add_argument("--json", action="store_true")
    one = family.verb("end", _end, "let somebody look after an establishment no more")
    one.add_argument("--email", required=True)
    one.add_argument("--establishment", required=True, help=_PLACE)


def _invite(asked: Invocation) -> None:
    options = asked.options
    name = Name(options.given_name, options.family_name)
    asked.say(staff.invite(asked.services(), options.email, name, options.establishment))


def _list(asked: Invocation) -> None:
    lines = staff.list_staff(asked.services())
    if asked.options.json:
        asked.say(staff.as_json(lines))
    else:
        for line in lines:
            asked.say(line.as_text())


def _end(asked: Invocation) -> None:
    staff.end(asked.services(), asked.options.email, asked.options.establishment)
    asked.say("ended")
