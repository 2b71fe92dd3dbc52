"""`operators …`: who runs the service, and what was done."""

from datetime import date
from uuid import UUID

from backend.commands import operators
from backend.commands.verbs.invocation import Family, Invocation
from backend.operators.roles import Newcomer
from backend.operators.tables import OperatorRole


def add(root: Family) -> None:
    """Add the verbs of this family."""
    family = root.family("operators", "people who run the service, and the trail of what was done")
    roles = list(OperatorRole)
    text = "let somebody run the service, the first of them too; prints the link, mailed besides"
    one = family.verb("invite", _invite, text)
    one.add_argument("--email", required=True)
    one.add_argument("--given-name", required=True)
    one.add_argument("--family-name", required=True)
    one.add_argument("--role", type=OperatorRole, choices=roles, default=OperatorRole.OPERATOR)
    one = family.verb("list", _list, "print those who run the service")
    one.add_argument("--json", action="store_true")
    one = family.verb("role", _role, "let somebody act, or only look")
    one.add_argument("--email", required=True)
    one.add_argument("--role", type=OperatorRole, choices=roles, required=True)
    one = family.verb("remove", _remove, "take somebody's role away; ends their sessions")
    one.add_argument("--email", required=True)
    one = family.verb("trail", _trail, "print what was done as CSV, the newest first")
    one.add_argument("--person", type=UUID, help="done for this person (their id)")
    one.add_argument("--actor", help="done by whoever signs in with this address")
    one.add_argument("--kind", help="such as card_blocked")
    one.add_argument("--day", type=date.fromisoformat, help="on this day in Paris, YYYY-MM-DD")


def _invite(asked: Invocation) -> None:
    options = asked.options
    new = Newcomer(options.email, options.given_name, options.family_name)
    asked.say(operators.invite(asked.services(), new, options.role))


def _list(asked: Invocation) -> None:
    found = operators.lines(asked.services())
    if asked.options.json:
        asked.say(operators.as_json(found))
    else:
        for line in found:
            asked.say(operators.as_text(line))


def _role(asked: Invocation) -> None:
    operators.set_role(asked.services(), asked.options.email, asked.options.role)
    asked.say(f"now {asked.options.role.value}")


def _remove(asked: Invocation) -> None:
    operators.remove(asked.services(), asked.options.email)
    asked.say("role taken away")


def _trail(asked: Invocation) -> None:
    chosen = asked.options
    for line in operators.trail(
        asked.services(),
        person=chosen.person,
        actor=chosen.actor,
        kind=chosen.kind,
        day=chosen.day,
    ):
        asked.say(line)
