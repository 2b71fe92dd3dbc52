"""`pass-simulator card …`: make cards, lay them on readers, break them on purpose."""

import time
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from simulator.commands.client import ControlClient
from simulator.commands.outcome import EXIT_NOT_TORN, CommandError, Json, Outcome, WrongUse
from simulator.commands.words import card_lines, card_table, fault_words

LOOK_SECONDS = 0.05
TRACE_CHARACTERS_MAX = 80 * 1024


class Cards(Protocol):
    """The cards of a running simulator, or of a folder."""

    def cards(self) -> list[Json]: ...  # noqa: D102 -- as in `client.py`
    def card(self, name: str) -> Json: ...  # noqa: D102 -- idem
    def add_card(self, wanted: Json) -> Json: ...  # noqa: D102 -- idem
    def delete_card(self, name: str) -> None: ...  # noqa: D102 -- idem


@dataclass(frozen=True, slots=True)
class Clock:
    """How time passes while a card lies there."""

    pause: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic


def new(cards: Cards, asked: Namespace) -> Outcome:
    """Make a card."""
    wanted = {"name": asked.name, "kind": asked.kind, "note": asked.note}
    trace = None if asked.file is None else _trace_text(asked.file)
    named = {"uid": asked.uid, "of": asked.of, "colour": asked.colour, "trace": trace}
    made = cards.add_card(wanted | {key: value for key, value in named.items() if value})
    return Outcome(made, f"{made['name']} is in the drawer, UID {made['uid']}.")


def _trace_text(file: Path) -> str:
    """Return a file's text; the simulator says whether it is a trace."""
    try:
        with file.open(encoding="utf-8") as stream:
            text = stream.read(TRACE_CHARACTERS_MAX + 1)
    except OSError as cause:
        raise WrongUse(f"{file}: {cause.strerror}.") from None
    except UnicodeDecodeError:
        raise WrongUse(f"{file} is not text.") from None
    if len(text) > TRACE_CHARACTERS_MAX:
        raise WrongUse(f"{file} is longer than {TRACE_CHARACTERS_MAX} characters.")
    return text


def list_cards(cards: Cards, _asked: Namespace) -> Outcome:
    """List every card."""
    found = cards.cards()
    return Outcome(found, card_table(found))


def show(cards: Cards, asked: Namespace) -> Outcome:
    """Show one card."""
    found = cards.card(asked.name)
    return Outcome(found, card_lines(found))


def clone(cards: Cards, asked: Namespace) -> Outcome:
    """Make a card with another's UID and none of its keys."""
    made = cards.add_card({"name": asked.new_name, "kind": "clone", "of": asked.name})
    return Outcome(made, f"{made['name']} is a clone of {asked.name}: same UID, other keys.")


def delete(cards: Cards, asked: Namespace) -> Outcome:
    """Throw a card away."""
    cards.delete_card(asked.name)
    return Outcome({"deleted": asked.name}, f"{asked.name} is thrown away.")


def insert(client: ControlClient, asked: Namespace) -> Outcome:
    """Lay a card on a reader and leave it there."""
    laid = client.lay(_reader(client, asked.reader), {"card": asked.name})
    return Outcome(laid, f"{laid['card']} lies on {laid['name']}.")


def remove(client: ControlClient, asked: Namespace) -> Outcome:
    """Take a card away, wherever it lies; or what lies on the reader."""
    if asked.name is None:
        reader = _reader(client, asked.reader)
    elif asked.reader is not None:
        raise WrongUse("Name the card or the reader, not both.")
    else:
        reader = client.card(asked.name)["reader"]
        if reader is None:
            return Outcome({"name": None, "card": None}, f"{asked.name} lies nowhere.")
    emptied = client.take(reader)
    return Outcome(emptied, f"{reader} is empty.")


def tap(client: ControlClient, asked: Namespace, clock: Clock = Clock()) -> Outcome:
    """Hold a card on a reader for a time; a card that lies there already is lifted first."""
    held = _hold(client, asked, {"card": asked.name}, clock)
    how = "was torn away" if held["torn"] else "was taken away"
    return Outcome(
        held,
        f"{held['card']} lay on {held['reader']} for {held['held_milliseconds']} ms and {how}.",
    )


def tear(client: ControlClient, asked: Namespace, clock: Clock = Clock()) -> Outcome:
    """Hold a card on a reader that leaves by itself, after so many commands, this once."""
    tear_once = {"after": asked.after, "loses": asked.loses or "answer"}
    held = _hold(client, asked, {"card": asked.name, "tear": tear_once}, clock)
    name, count = held["card"], f"{asked.after} command{'' if asked.after == 1 else 's'}"
    if held["torn"]:
        return Outcome(held, f"{name} answered {count} and was torn away during the next.")
    said = f"{name} was asked no more than {count} in {asked.hold} ms: it was not torn."
    return Outcome(held, said, EXIT_NOT_TORN)


def fault(client: ControlClient, asked: Namespace) -> Outcome:
    """Change what is wrong with a card; without a change, show it."""
    found = client.card(asked.name)
    faults = {} if asked.none else found["faults"]
    wanted = {
        "tear_after": asked.tear_after,
        "tear_loses": asked.loses,
        "slow_milliseconds": asked.slow,
        "mute_after": asked.mute_after,
        "corrupt_answer": asked.corrupt,
        "random_uid": asked.random_uid,
    }
    changes = {key: _switched(value) for key, value in wanted.items() if value is not None}
    if "slow_milliseconds" in changes:
        changes["slow_milliseconds"] = changes["slow_milliseconds"] or 0
    is_asked = asked.none or changes
    changed = client.set_faults(asked.name, {**faults, **changes}) if is_asked else found
    return Outcome(changed, f"{changed['name']}: {fault_words(changed['faults'])}")


def _switched(value: object) -> object:
    return None if value == "off" else value


def _hold(client: ControlClient, asked: Namespace, wanted: Json, clock: Clock) -> Json:
    """Lay a card, wait until it has left or the time is up, take it away; say how it went."""
    reader, card = _reader(client, asked.reader), client.card(wanted["card"])
    name = card["name"]
    if card["reader"] == reader:
        client.take(reader)
    client.lay(reader, wanted)
    began, held, torn = clock.monotonic(), 0, False
    try:
        while held < asked.hold and not torn:
            clock.pause(min(LOOK_SECONDS, (asked.hold - held) / 1000))
            held = round((clock.monotonic() - began) * 1000)
            torn = not _lies(client, reader, name)
    finally:
        # Not what somebody else has laid there meanwhile.
        if not torn and _lies(client, reader, name):
            client.take(reader)
    return {"card": name, "reader": reader, "held_milliseconds": held, "torn": torn}


def _lies(client: ControlClient, reader: str, card: str) -> bool:
    return any(each["name"] == reader and each["card"] == card for each in client.readers())


def _reader(client: ControlClient, wanted: str | None) -> str:
    """Return the reader that is meant: the only one, or the only one with this in its name."""
    names = [str(each["name"]) for each in client.readers()]
    meant = [name for name in names if (wanted or "").casefold() in name.casefold()]
    exact = [name for name in meant if name == wanted]
    if len(exact or meant) == 1:
        return (exact or meant)[0]
    if not names:
        raise CommandError("reader_unknown", "This simulator has no reader: see `serve --help`.")
    raise CommandError("reader_unknown", f"Say which with --reader: {', '.join(names)}.")
