"""`cards …`, `block-card`, `expire-card`, `revoke-terminal`: from the order to the end."""

import getpass
from pathlib import Path

from backend.cards.lots import ScanAnswer
from backend.cards.reporting import WithdrawalReason
from backend.cards.requests import ReplacementReason
from backend.cards.states import CardState
from backend.commands import card_orders, cards, register
from backend.commands.verbs.invocation import Family, Invocation
from backend.settings import LostCardCode

_PLACE = "its id, or its key in the declared file"


def add(root: Family) -> None:
    """Add the verbs of this family."""
    family = root.family("cards", "cards")
    one = family.verb("list", _list, "print the cards in a state as CSV, for a desk's batch")
    one.add_argument("--state", type=CardState, choices=list(CardState), default=CardState.ORDERED)
    one = family.verb("versions", _versions, "count chips by the version of their keys")
    one.add_argument("--json", action="store_true")
    _add_orders(family)
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


def _add_orders(family: Family) -> None:
    one = family.verb("order", _order, "order a card for each pupil who has none")
    one.add_argument("--establishment", required=True, help=_PLACE)
    one.add_argument("--class", dest="class_code", help="of this class alone")
    one = family.verb("cancel", _cancel, "take an order back before the card is made")
    one.add_argument("--card-number", required=True)
    one = family.verb("produce", _produce, "write the file of the cards to make, and their photos")
    one.add_argument("--to", type=Path, required=True, help="a folder that is empty, or new")
    one.add_argument("--establishment", help=f"for this place alone: {_PLACE}")
    one.add_argument("--lot", help="once more, what is still to make of this lot")
    one = family.verb("ship", _ship, "send the cards that are made; prints the slip's number")
    where = one.add_mutually_exclusive_group(required=True)
    where.add_argument("--establishment", help=_PLACE)
    where.add_argument("--homes", action="store_true", help="to their holders' homes")
    one = family.verb("slip", _slip, "print a parcel's slip, and what of it was not received")
    one.add_argument("--lot", required=True)
    one = family.verb("receive", _receive, "take note of a card that arrived at a place")
    one.add_argument("--establishment", required=True, help=_PLACE)
    one.add_argument("--card-number", required=True)
    one = family.verb("hand-over", _hand_over, "hand a card that arrived over to its holder")
    one.add_argument("--card-number", required=True)
    text = "given to somebody for the holder, who activates it on their account"
    one.add_argument("--for-holder", action="store_true", help=text)
    _add_ends(family)


def _add_ends(family: Family) -> None:
    one = family.verb("withdraw", _withdraw, "take a card out of use for good, with a reason")
    one.add_argument("--card-number", required=True)
    reasons = list(WithdrawalReason)
    one.add_argument("--reason", type=WithdrawalReason, choices=reasons, required=True)
    one = family.verb("replace", _replace, "stop a card and order another; prints its number")
    one.add_argument("--card-number", required=True)
    why = list(ReplacementReason)
    one.add_argument("--reason", type=ReplacementReason, choices=why, required=True)
    one.add_argument("--establishment", help=f"sent there, else made at a counter: {_PLACE}")
    one = family.verb("history", _history, "print what happened to a card, when and by whom")
    one.add_argument("--card-number", required=True)


def _order(asked: Invocation) -> None:
    options = asked.options
    place, class_code = options.establishment, options.class_code
    count = card_orders.order(asked.services(), place, class_code, getpass.getuser())
    asked.say(f"{count} cards ordered")


def _cancel(asked: Invocation) -> None:
    card_orders.cancel(asked.services(), asked.options.card_number, getpass.getuser())
    asked.say("order cancelled")


def _produce(asked: Invocation) -> None:
    options = asked.options
    made = card_orders.produce(
        asked.services(),
        options.to,
        establishment=options.establishment,
        again=options.lot,
        by=getpass.getuser(),
    )
    asked.say(made.as_text())


def _ship(asked: Invocation) -> None:
    number, count = card_orders.send(
        asked.services(), asked.options.establishment, getpass.getuser()
    )
    asked.say(f"lot {number}: {count} cards sent")


def _slip(asked: Invocation) -> None:
    asked.say(card_orders.slip(asked.services(), asked.options.lot))


def _receive(asked: Invocation) -> int:
    options, by = asked.options, getpass.getuser()
    scan = card_orders.take_in(asked.services(), options.establishment, options.card_number, by)
    asked.say(f"{scan.answer.value}: {scan.name}" if scan.name else scan.answer.value)
    return 0 if scan.answer in {ScanAnswer.RECEIVED, ScanAnswer.ALREADY} else 1


def _hand_over(asked: Invocation) -> None:
    options, by = asked.options, getpass.getuser()
    in_person = not options.for_holder
    card_orders.give(asked.services(), options.card_number, by, in_person=in_person)
    asked.say("card handed over" if in_person else "card given; its holder activates it")


def _withdraw(asked: Invocation) -> None:
    options, by = asked.options, getpass.getuser()
    card_orders.withdraw(asked.services(), options.card_number, options.reason, by)
    asked.say("card withdrawn")


def _replace(asked: Invocation) -> None:
    options = asked.options
    number = card_orders.replace(
        asked.services(),
        options.card_number,
        options.reason,
        establishment=options.establishment,
        by=getpass.getuser(),
    )
    asked.say(number)


def _history(asked: Invocation) -> None:
    asked.say(card_orders.history(asked.services(), asked.options.card_number))


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
