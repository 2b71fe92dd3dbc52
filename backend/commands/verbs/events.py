"""`events …`: what a partner's own system is told of its payments."""

import argparse
import signal
from datetime import datetime
from threading import Event

from backend.commands import events
from backend.commands.verbs.invocation import Family, Invocation
from backend.events.endpoints import EndpointSecret

SECRET_WORDS = "Signed with (shown once, keep it):"  # noqa: S105


def add(root: Family) -> None:
    """Add the verbs of this family."""
    family = root.family("events", "what a partner's own system is told of its payments")
    _add_endpoints(family.family("endpoint", "addresses that events are sent to, signed"))
    _add_tokens(family.family("token", "what a partner's system reads its events with"))
    one = family.verb("list", _list, "print a partner's endpoints and tokens")
    one.add_argument("--partner", required=True, help="its id, or its key in the declared file")
    one = family.verb("read", _read, "print a partner's events after a cursor")
    one.add_argument("--partner", required=True)
    one.add_argument("--after", help="a cursor; without it, from the first")
    one.add_argument("--limit", type=int, default=50)
    one = family.verb("deliver", _deliver, "send the events that are due, until told to stop")
    one.add_argument("--once", action="store_true", help="one round, for a timer")
    one = family.verb("replay", _replay, "send an endpoint's events again, with the same ids")
    one.add_argument("--endpoint", required=True)
    begin = one.add_mutually_exclusive_group(required=True)
    begin.add_argument("--after", help="a cursor: everything after it")
    begin.add_argument("--since", type=_moment, help="a moment: 2026-11-21T11:00:00Z")
    one = family.verb("log", _log, "print the last tries of an endpoint")
    one.add_argument("--endpoint", required=True)


def _add_endpoints(family: Family) -> None:
    one = family.verb("add", _add, "add one; prints the secret, once")
    one.add_argument("--partner", required=True)
    one.add_argument("--url", required=True, help="https://…")
    for name, command, text in (
        ("rotate", _rotate, "give another secret; the one before signs too for a day"),
        ("enable", _enable, "begin again where a disabled one was left"),
        ("remove", _remove, "send nothing there any more"),
    ):
        one = family.verb(name, command, text)
        one.add_argument("--endpoint", required=True)


def _add_tokens(family: Family) -> None:
    one = family.verb("add", _give, "make one; prints it, once")
    one.add_argument("--partner", required=True)
    one.add_argument("--name", required=True, help="what will use it")
    one = family.verb("revoke", _revoke, "let one serve no more")
    one.add_argument("--partner", required=True)
    one.add_argument("--token-id", required=True)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("a moment is written 2026-11-21T11:00:00Z") from None
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError("say which time it is: end with Z or +01:00")
    return moment


def _say_secret(asked: Invocation, made: EndpointSecret) -> None:
    asked.say(f"endpoint {made.endpoint_id}")
    asked.say(f"{SECRET_WORDS} {made.secret}")


def _add(asked: Invocation) -> None:
    _say_secret(asked, events.add(asked.services(), asked.options.partner, asked.options.url))


def _rotate(asked: Invocation) -> None:
    _say_secret(asked, events.rotate(asked.services(), asked.options.endpoint))


def _enable(asked: Invocation) -> None:
    events.enable(asked.services(), asked.options.endpoint)
    asked.say("endpoint enabled")


def _remove(asked: Invocation) -> None:
    events.remove(asked.services(), asked.options.endpoint)
    asked.say("endpoint removed")


def _give(asked: Invocation) -> None:
    made = events.give(asked.services(), asked.options.partner, asked.options.name)
    asked.say(f"token {made.token_id}")
    asked.say(f"Shown once, keep it: {made.token}")


def _revoke(asked: Invocation) -> None:
    events.revoke(asked.services(), asked.options.partner, asked.options.token_id)
    asked.say("token revoked")


def _list(asked: Invocation) -> None:
    asked.say(events.as_json(events.show(asked.services(), asked.options.partner)))


def _read(asked: Invocation) -> None:
    options = asked.options
    found = events.read(asked.services(), options.partner, options.after, max(1, options.limit))
    asked.say(events.as_json(found))


def _deliver(asked: Invocation) -> None:
    if asked.options.once:
        asked.say(events.deliver_once(asked.services()).words)
        return
    stopping = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopping.set())
    events.deliver_until(asked.services(), stopping)


def _replay(asked: Invocation) -> None:
    options = asked.options
    since = events.Since(options.after, options.since)
    events.send_again(asked.services(), options.endpoint, since)
    asked.say("sent again from there")


def _log(asked: Invocation) -> None:
    asked.say(events.as_json(events.log(asked.services(), asked.options.endpoint)))
