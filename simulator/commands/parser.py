"""The command line's grammar: every command, what it takes, and the function that does it."""

import argparse
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from simulator.commands import card, pad, turnstile
from simulator.commands import help as teaching
from simulator.commands.client import DEFAULT_CONTROL

CONTROL_VARIABLE = "PASS_SIMULATOR_CONTROL"
MILLISECONDS_MAX = 3_600_000
COUNT_MAX = 1000
RECORD_SECONDS_MAX = 3600
SLOW_MILLISECONDS_MAX = 10_000
NOTE_CHARACTERS_MAX = 200
TAP_HOLD, TEAR_HOLD = "2s", "10s"
KINDS = (
    *("blank", "ev1", "ev3", "random-uid", "foreign", "clone", "bank", "phone", "iso7816"),
    "trace",
)
LOST_PARTS = ("answer", "command")
_UNITS = {"ms": 1, "s": 1000, "m": 60_000}

Parser = argparse.ArgumentParser
# argparse has no public name for what add_subparsers gives.
Commands: TypeAlias = "argparse._SubParsersAction[Parser]"  # noqa: SLF001 -- see above


def build_parser() -> Parser:
    """Return the grammar. What it reads has `command`, and `run` for what needs a simulator."""
    parser = Parser(
        prog="pass-simulator",
        description="Readers, cards and a PIN pad without hardware.",
        epilog=teaching.EXIT_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    serve = _command(
        commands,
        "serve",
        "start the readers, the pad and the control API; run until SIGTERM or Ctrl-C",
        f"{teaching.SERVE}\n{teaching.EXIT_STATUS}",
    )
    counter = _command(
        commands,
        "counter",
        "the same, with a page at the control address: the table, the wires and the switches",
        teaching.COUNTER + teaching.EXIT_STATUS,
    )
    for parser_of_server in (serve, counter):
        parser_of_server.add_argument(
            "--config", type=Path, required=True, metavar="FILE", help="a TOML file"
        )
        parser_of_server.add_argument(
            "--json", action="store_true", help="say why it cannot start with one line of JSON"
        )
    card_help = "make cards, lay them on readers, break them on purpose"
    _add_card_commands(_group(commands, "card", card_help, teaching.CARD))
    _add_pad_commands(
        _group(commands, "pad", "look at the PIN pad and press its keys", teaching.PAD)
    )
    turnstile_help = "go through the turnstile, force it, break it"
    _add_turnstile_commands(_group(commands, "turnstile", turnstile_help, teaching.TURNSTILE))
    scenario_help = "play what many people do, from a YAML file, or record it"
    _add_scenario_commands(_group(commands, "scenario", scenario_help, teaching.SCENARIO))
    return parser


def _group(commands: Commands, name: str, what: str, epilog: str) -> Commands:
    parser = _command(commands, name, what, epilog + teaching.EXIT_STATUS)
    return parser.add_subparsers(required=True, metavar="COMMAND", dest="verb")


def _command(commands: Commands, name: str, what: str, epilog: str = "") -> Parser:
    return commands.add_parser(
        name,
        help=what,
        description=f"{what[0].upper()}{what[1:]}.",
        epilog=epilog or teaching.EXIT_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _online(
    commands: Commands, name: str, what: str, run: Callable[..., object], epilog: str = ""
) -> Parser:
    """Add a command that talks to a running simulator."""
    parser = _command(commands, name, what, epilog and epilog + teaching.EXIT_STATUS)
    parser.add_argument(
        "--control",
        metavar="URL",
        default=os.environ.get(CONTROL_VARIABLE, DEFAULT_CONTROL),
        help="the address that `serve` printed (now %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="answer with one line of JSON")
    parser.set_defaults(run=run, cards_dir=None)
    return parser


def _either(
    commands: Commands, name: str, what: str, run: Callable[..., object], epilog: str = ""
) -> Parser:
    """Add a command that also works on a folder."""
    parser = _online(commands, name, what, run, epilog)
    parser.add_argument(
        "--cards-dir", type=Path, metavar="DIR", help="work on this folder, without a simulator"
    )
    return parser


def _add_card_commands(commands: Commands) -> None:
    new = _either(commands, "new", "put a new card into the drawer", card.new, teaching.KINDS)
    new.add_argument("name", metavar="NAME", help="1 to 60 letters, digits, spaces and - _ . '")
    new.add_argument("--kind", choices=KINDS, default="blank", help="what it is (now %(default)s)")
    new.add_argument("--uid", type=_uid, metavar="HEX", help="14 hex digits; random otherwise")
    new.add_argument("--of", metavar="NAME", help="the card that a clone copies")
    new.add_argument("--file", type=Path, metavar="FILE", help="what a played-back card said")
    new.add_argument("--colour", type=_colour, metavar="#RRGGBB", help="how the card is drawn")
    new.add_argument("--note", type=_note, default="", help="a line about it")

    _either(commands, "list", "list every card in the drawer", card.list_cards)
    show = _either(commands, "show", "show one card", card.show)
    show.add_argument("name", metavar="NAME")
    clone = _either(commands, "clone", "copy a card's UID, without its keys", card.clone)
    clone.add_argument("name", metavar="NAME", help="the card to copy: a DESFire")
    clone.add_argument("new_name", metavar="NEW", help="the name of the clone")
    delete = _either(commands, "delete", "throw a card away, and its file", card.delete)
    delete.add_argument("name", metavar="NAME")
    _add_reader_commands(commands)
    _add_fault_command(commands)


def _add_reader_commands(commands: Commands) -> None:
    insert = _online(commands, "insert", "lay a card on a reader and leave it there", card.insert)
    remove = _online(commands, "remove", "take a card away from its reader", card.remove)
    tap = _online(commands, "tap", "hold a card on a reader for a time", card.tap)
    tear = _online(commands, "tear", "hold a card that is pulled during a command", card.tear)
    for parser in (insert, tap, tear):
        parser.add_argument("name", metavar="NAME")
    remove.add_argument("name", metavar="NAME", nargs="?", help="the card, wherever it lies")
    for parser in (insert, remove, tap, tear):
        parser.add_argument("--reader", help="its name or a part of it; not needed if there is one")
    tap.add_argument("--hold", type=milliseconds, default=TAP_HOLD, help="2s, 500ms, 1m (now 2s)")
    tear.add_argument("--after", type=_count, required=True, metavar="N", help="commands answered")
    tear.add_argument("--loses", choices=LOST_PARTS, help="what the tear takes (now answer)")
    tear.add_argument(
        "--hold", type=milliseconds, default=TEAR_HOLD, help="how long to wait for it (now 10s)"
    )


def _add_fault_command(commands: Commands) -> None:
    fault = _online(
        commands, "fault", "change what is wrong with a card", card.fault, teaching.FAULTS
    )
    fault.add_argument("name", metavar="NAME")
    fault.add_argument("--none", action="store_true", help="heal the card first")
    fault.add_argument("--tear-after", type=_count_or_off, metavar="N|off")
    fault.add_argument("--loses", choices=LOST_PARTS)
    fault.add_argument("--slow", type=_slowness_or_off, metavar="TIME|off")
    fault.add_argument("--mute-after", type=_count_or_off, metavar="N|off")
    fault.add_argument("--corrupt", type=_place_or_off, metavar="N|off")
    fault.add_argument("--random-uid", action=argparse.BooleanOptionalAction)


def _add_pad_commands(commands: Commands) -> None:
    keys = _online(commands, "keys", "press keys, one after the other", pad.keys)
    keys.add_argument("keys", metavar="KEYS", help="digits, E, B, C; or - for standard input")
    _online(commands, "show", "show the pad's display", pad.show)
    _online(commands, "plug", "put the pad's cable in", pad.plug)
    _online(commands, "unplug", "pull the pad's cable out", pad.unplug)
    _add_pad_faults(commands)


def _add_pad_faults(commands: Commands) -> None:
    what = "choose what goes wrong on the pad's line"
    faults = _online(commands, "faults", what, pad.faults)
    for name, help_text in pad.COUNTED_FAULTS.items():
        option = f"--{name.replace('_', '-')}"
        faults.add_argument(option, type=_count, default=0, metavar="N", help=help_text)
    faults.add_argument("--silent", action="store_true", help="it says and hears nothing")
    faults.add_argument("--wrong-speed", action="store_true", help="its line has another speed")


def _add_turnstile_commands(commands: Commands) -> None:
    _online(commands, "show", "look at the turnstile", turnstile.show)
    push = _online(commands, "push", "go through", turnstile.push)
    opening = _online(commands, "open", "open the door, and leave it open", turnstile.open_door)
    for parser in (push, opening):
        parser.add_argument("--force", action="store_true", help="locked or not")
    _online(commands, "close", "close the door", turnstile.close_door)
    _online(commands, "plug", "put the turnstile's cable in", turnstile.plug)
    _online(commands, "unplug", "pull the turnstile's cable out", turnstile.unplug)
    panel = _online(commands, "panel", "let the fire panel ask for it to be free", turnstile.panel)
    panel.add_argument("--over", action="store_true", help="it does no longer")
    what = "choose what is broken from now on; nothing, without an option"
    faults = _online(commands, "faults", what, turnstile.faults)
    for name, help_text in turnstile.SWITCHES.items():
        faults.add_argument(f"--{name.replace('_', '-')}", action="store_true", help=help_text)


def _add_scenario_commands(commands: Commands) -> None:
    run = _online(commands, "run", "play a scenario", _scenario("run"))
    show = _online(commands, "show", "write its acts, and do nothing", _scenario("show"))
    for parser in (run, show):
        parser.add_argument("file", type=Path, metavar="FILE", help="or the name of one of ours")
        parser.add_argument("--seed", type=_seed, metavar="N", help="another than the file's")
    run.add_argument("--speed", type=_speed, default=1, metavar="N", help="N times as fast")
    run.add_argument("--codes", type=Path, metavar="FILE", help="the holders' codes, in TOML")
    run.add_argument("--till", metavar="URL", help="where amounts are rung up")
    run.add_argument("--till-token", type=Path, metavar="FILE", help="what lets a program sell")
    record = _online(commands, "record", "write down what hands do", _scenario("record"))
    record.add_argument("file", type=Path, metavar="FILE", help="a new file")
    record.add_argument("--title", type=_note, default="A recording")
    record.add_argument(
        "--seconds", type=_speed, default=RECORD_SECONDS_MAX, metavar="N", help="or until Ctrl-C"
    )


def _scenario(verb: str) -> Callable[..., object]:
    def act(*asked: object) -> object:
        from simulator.commands import scenario  # noqa: PLC0415 -- a card does not wait for YAML

        verbs = {"run": scenario.run, "show": scenario.show, "record": scenario.record}
        return verbs[verb](*asked)  # type: ignore[arg-type]

    return act


def milliseconds(text: str) -> int:
    """Read `2s`, `500ms` or `1m`."""
    match = re.fullmatch(r"([0-9]{1,7})(ms|s|m)", text)
    found = int(match[1]) * _UNITS[match[2]] if match else 0
    if not 1 <= found <= MILLISECONDS_MAX:
        raise argparse.ArgumentTypeError("a time is like 2s, 500ms or 1m, of an hour at most")
    return found


def _slowness_or_off(text: str) -> int | str:
    if text == "off":
        return text
    if (found := milliseconds(text)) > SLOW_MILLISECONDS_MAX:
        raise argparse.ArgumentTypeError("a card is slow by 10s at most")
    return found


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) <= COUNT_MAX):
        raise argparse.ArgumentTypeError(f"a number from 0 to {COUNT_MAX}")
    return int(text)


def _count_or_off(text: str) -> int | str:
    return text if text == "off" else _count(text)


def _place_or_off(text: str) -> int | str:
    if (found := _count_or_off(text)) == 0:
        raise argparse.ArgumentTypeError("the first answer is 1")
    return found


def _seed(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) < 2**63):
        raise argparse.ArgumentTypeError("a number from 0")
    return int(text)


def _speed(text: str) -> int:
    found = _count(text) if len(text) < 6 else 0
    if found == 0:
        raise argparse.ArgumentTypeError(f"a number from 1 to {COUNT_MAX}")
    return found


def _note(text: str) -> str:
    if not text.isprintable() or len(text) > NOTE_CHARACTERS_MAX:
        raise argparse.ArgumentTypeError(f"one line of up to {NOTE_CHARACTERS_MAX} characters")
    return text


def _uid(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Fa-f]{14}", text):
        raise argparse.ArgumentTypeError("14 hex digits, like 04A1B2C3D4E5F6")
    return text


def _colour(text: str) -> str:
    if not re.fullmatch(r"#[0-9A-Fa-f]{6}", text):
        raise argparse.ArgumentTypeError("six hex digits after #, like #ff8800")
    return text.lower()
