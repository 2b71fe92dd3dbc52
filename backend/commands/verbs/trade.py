"""`suspend-partner`, `close-outlet`, `limits …`, `totals` and their opposites."""

from datetime import date

from backend.commands import trade
from backend.commands.verbs.invocation import Family, Invocation
from backend.payments.limits import LimitRule

NAMED = "its id, or its key in the declared file"


def add(root: Family) -> None:
    """Add the verbs of this family."""
    one = root.verb("suspend-partner", _suspend, "let a partner take and refund nothing")
    one.add_argument("--partner", required=True, help=NAMED)
    one = root.verb("resume-partner", _resume, "end a partner's suspension")
    one.add_argument("--partner", required=True, help=NAMED)
    one = root.verb("close-outlet", _close, "let an outlet take no payment any more")
    one.add_argument("--outlet", required=True, help=NAMED)
    one = root.verb("reopen-outlet", _reopen, "let an outlet take payments again")
    one.add_argument("--outlet", required=True, help=NAMED)
    one = root.verb("totals", _totals, "add up a terminal's day")
    one.add_argument("--terminal", required=True, help=NAMED)
    one.add_argument("--day", required=True, type=date.fromisoformat, help="as 2026-11-21, Paris")
    one.add_argument("--json", action="store_true")
    _add_limits(root.family("limits", "how much may be paid"))


def _add_limits(family: Family) -> None:
    text = "set all limits of a benefit or a partner, in cents; what is not given is not limited"
    one = family.verb("set", _set, text)
    scope = one.add_mutually_exclusive_group(required=True)
    scope.add_argument("--benefit", help="the benefit's code, such as culture")
    scope.add_argument("--partner", help=NAMED)
    one.add_argument("--per-payment", type=int, metavar="CENTS")
    one.add_argument("--per-day", type=int, metavar="CENTS", help="by one holder")
    one.add_argument(
        "--per-partner-day",
        type=int,
        metavar="CENTS",
        help="of the benefit, by one holder, at one partner",
    )
    family.verb("list", _list, "print every limit")


def _suspend(asked: Invocation) -> None:
    trade.suspend(asked.services(), asked.options.partner)
    asked.say("partner suspended")


def _resume(asked: Invocation) -> None:
    trade.resume(asked.services(), asked.options.partner)
    asked.say("partner resumed")


def _close(asked: Invocation) -> None:
    trade.close(asked.services(), asked.options.outlet)
    asked.say("outlet closed")


def _reopen(asked: Invocation) -> None:
    trade.reopen(asked.services(), asked.options.outlet)
    asked.say("outlet reopened")


def _totals(asked: Invocation) -> None:
    day = trade.terminal_day(asked.reports(), asked.options.terminal, asked.options.day)
    asked.say(day.as_json() if asked.options.json else day.as_text())


def _set(asked: Invocation) -> None:
    options = asked.options
    rule = LimitRule(options.per_payment, options.per_day, options.per_partner_day)
    trade.limit(asked.services(), rule, benefit=options.benefit, partner=options.partner)
    asked.say("limits set")


def _list(asked: Invocation) -> None:
    for line in trade.list_limits(asked.services()):
        asked.say(line.as_text())
