"""`accounts …`: people's own accounts."""

from backend.commands import accounts
from backend.commands.verbs.invocation import Family, Invocation


def add(root: Family) -> None:
    """Add the verbs of this family."""
    family = root.family("accounts", "accounts of people who sign in")
    text = "ask for another address; a second operator, or its owner, has to agree"
    one = family.verb("change-email", _change_email, text)
    one.add_argument("--email", required=True, help="the address now")
    one.add_argument("--to", required=True, help="the address from then on")
    family.verb("email-changes", _email_changes, "print the changes of address that wait")
    one = family.verb("cancel-email-change", _cancel, "take a change of address back")
    one.add_argument("--email", required=True, help="the address now")
    family.verb("come-of-age", _come_of_age, "take who is 18 off their family; once a day")


def _change_email(asked: Invocation) -> None:
    accounts.change_email(asked.services(), asked.options.email, asked.options.to)
    asked.say("asked: both addresses are written to, and an operator or the owner has to agree")


def _email_changes(asked: Invocation) -> None:
    for line in accounts.email_changes(asked.services()):
        asked.say(line)


def _cancel(asked: Invocation) -> None:
    accounts.cancel_email_change(asked.services(), asked.options.email)
    asked.say("taken back")


def _come_of_age(asked: Invocation) -> None:
    asked.say(f"{accounts.come_of_age(asked.services())} came of age")
