"""`members …`: who signs in to a partner's space."""

from backend.commands import members
from backend.commands.letting_in import Name
from backend.commands.verbs.invocation import Family, Invocation


def add(root: Family) -> None:
    """Add the verbs of this family."""
    family = root.family("members", "people who sign in to a partner's space")
    one = family.verb("invite", _invite, "let somebody in; prints the link, which is mailed too")
    one.add_argument("--email", required=True)
    one.add_argument("--given-name", required=True)
    one.add_argument("--family-name", required=True)
    one.add_argument("--partner", required=True, help="its id, or its key in the declared file")
    one = family.verb("list", _list, "print everybody who may sign in")
    one.add_argument("--json", action="store_true")
    text = "take away a second factor whose device is lost; ends their sessions"
    one = family.verb("reset-factor", _reset_factor, text)
    one.add_argument("--email", required=True)
    one = family.verb("close", _close, "close an account; ends its sessions")
    one.add_argument("--email", required=True)


def _invite(asked: Invocation) -> None:
    options = asked.options
    name = Name(options.given_name, options.family_name)
    asked.say(members.invite(asked.services(), options.email, name, options.partner))


def _list(asked: Invocation) -> None:
    lines = members.list_members(asked.services())
    if asked.options.json:
        asked.say(members.as_json(lines))
    else:
        for line in lines:
            asked.say(line.as_text())


def _reset_factor(asked: Invocation) -> None:
    members.reset_factor(asked.services(), asked.options.email)
    asked.say("second factor taken away")


def _close(asked: Invocation) -> None:
    members.close(asked.services(), asked.options.email)
    asked.say("account closed")
