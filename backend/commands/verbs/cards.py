"""`cards …`, `block-card`, `expire-card`, `revoke-terminal`: what is out there, and its end."""

import getpass

from backend.cards.states import CardState
from backend.commands import cards, register
from backend.commands.verbs.invocation import Family, Invocation
from backend.settings import LostCardCode


def add(root: Family) -> None:
    """Add the verbs of this family."""
    family = root.family("cards", "cards")
    one = family.verb("list", _list, "print the cards in a state as CSV, for a desk's batch")
    one.add_argument("--state", type=CardState, choices=list(CardState), default=CardState.ORDERED)
    one = family.verb("versions", _versions, "count chips by the version of their keys")
    one.add_argument("--json", action="store_true")
    one = root.verb("block-card", _block, "block a card at once, with a reason")
    one.add_argument("--card-number", required=True)
    one.add_argument("--reason", required=True, choices=("lost", "stolen", "damaged", "decision"))
    one.add_argument(
        "--code",
        type=LostCardCode,
        choices=list(LostCardCode),
        help="a lost or stolen card's code: keep it, or let its holder choose another",
    )
    one = root.verb("expire-card", _expire, "end a card's life: its holder needs another")
    one.add_argument("--card-number", required=True)
    one = root.verb("revoke-terminal", _revoke, "revoke a terminal at once")
    one.add_argument("--terminal-id", required=True)


def _list(asked: Invocation) -> None:
    for line in cards.list_cards(asked.services(), asked.options.state):
        asked.say(line)


def _versions(asked: Invocation) -> None:
    versions = cards.count_versions(asked.services())
    asked.say(versions.as_json() if asked.options.json else versions.as_text())


def _block(asked: Invocation) -> None:
    options, by = asked.options, getpass.getuser()
    changing = register.block(
        asked.services(), options.card_number, options.reason, options.code, by
    )
    asked.say("card blocked; its holder must choose another code" if changing else "card blocked")


def _expire(asked: Invocation) -> None:
    register.expire(asked.services(), asked.options.card_number, getpass.getuser())
    asked.say("card expired")


def _revoke(asked: Invocation) -> None:
    register.revoke(asked.services(), asked.options.terminal_id)
    asked.say("terminal revoked")
