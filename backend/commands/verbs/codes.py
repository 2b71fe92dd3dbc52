"""`invite`, `code …`, `pads`, `alarms`, `release-alarm`, `notices …`: codes and those who watch."""

import getpass
import signal
from datetime import datetime
from threading import Event

from backend.commands import alarms, codes, notices
from backend.commands.verbs.invocation import Family, Invocation
from backend.pins.tables import BY_CHARACTERS_MAX, REASON_CHARACTERS_MAX


def add(root: Family) -> None:
    """Add the verbs of this family."""
    one = root.verb("invite", _invite, "print a link by which a holder chooses a code, once")
    one.add_argument("--card-number", required=True)
    one.add_argument("--by", type=_name, default=None, help="who hands it over (your login name)")
    code = root.family("code", "codes: nobody can see, choose or unblock somebody else's")
    one = code.verb("force-change", _force, "let a code pay no more until another is chosen")
    one.add_argument("--card-number", required=True)
    one.add_argument("--by", type=_name, required=True, help="who asks for it")
    one.add_argument("--reason", type=_reason, required=True)
    one = code.verb("history", _history, "print what happened to a code, never the code")
    one.add_argument("--card-number", required=True)
    one = code.verb("shared", _shared, "count codes that many chose, by establishment")
    one.add_argument("--json", action="store_true")
    one = code.verb("chosen", _chosen, "count codes that pay, by when they were chosen")
    moment = "as 2026-11-01, or 2026-11-01T20:30"
    one.add_argument("--before", type=datetime.fromisoformat, required=True, help=moment)
    one.add_argument("--json", action="store_true")
    one = root.verb("pads", _pads, "list the PIN pads, and where each encrypts the code")
    one.add_argument("--json", action="store_true")
    _add_watching(root)


def _add_watching(root: Family) -> None:
    one = root.verb("alarms", _alarms, "list the alarms that nobody has released")
    one.add_argument("--all", action="store_true", help="released ones too")
    one.add_argument("--json", action="store_true")
    one = root.verb("release-alarm", _release, "say who dealt with an alarm, and end what it stops")
    one.add_argument("--alarm-id", required=True)
    one.add_argument("--by", type=_name, required=True)
    family = root.family("notices", "mails that are owed")
    one = family.verb("send", _send, "send the mails that are due, until told to stop")
    one.add_argument("--once", action="store_true", help="one round, for a timer")


def _name(text: str) -> str:
    return _bounded(text, BY_CHARACTERS_MAX)


def _reason(text: str) -> str:
    return _bounded(text, REASON_CHARACTERS_MAX)


def _bounded(text: str, characters_max: int) -> str:
    words = " ".join(text.split())
    if not 1 <= len(words) <= characters_max:
        raise ValueError(words)
    return words


def _invite(asked: Invocation) -> None:
    by = asked.options.by or getpass.getuser()
    asked.say(codes.give_link(asked.services(), asked.options.card_number, by).as_text())


def _force(asked: Invocation) -> None:
    options = asked.options
    state = codes.force(asked.services(), options.card_number, options.by, options.reason)
    asked.say(f"the code is now {state}")


def _history(asked: Invocation) -> None:
    for line in codes.history(asked.services(), asked.options.card_number):
        asked.say(line)


def _shared(asked: Invocation) -> None:
    asked.say(codes.shared(asked.services(), as_json=asked.options.json))


def _chosen(asked: Invocation) -> None:
    options = asked.options
    asked.say(codes.chosen(asked.services(), options.before, as_json=options.json))


def _pads(asked: Invocation) -> None:
    asked.say(codes.list_pads(asked.services(), as_json=asked.options.json))


def _alarms(asked: Invocation) -> None:
    chosen = asked.options
    asked.say(alarms.show(asked.services(), everything=chosen.all, as_json=chosen.json))


def _release(asked: Invocation) -> None:
    alarms.release(asked.services(), asked.options.alarm_id, asked.options.by)
    asked.say("alarm released")


def _send(asked: Invocation) -> None:
    if asked.options.once:
        asked.say(notices.send_once(asked.services()).words)
        return
    stopping = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopping.set())
    notices.send_until(asked.services(), stopping)
