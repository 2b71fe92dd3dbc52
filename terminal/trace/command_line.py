"""`pass-terminal trace …`: record a card, mask a log, check a trace.

Promise: a file that is there is never written over; what is written is for its owner alone. A word
on a line for a person, or one JSON object. Not here: printing.
"""

import argparse
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from terminal.trace.text import Trace

Say = Callable[[str], None]
Json = dict[str, Any]

CARD_SECONDS_MAX = 60.0
LAST = -1
_FILE_MODE = 0o600
_MASK_HELP = """\
FILE is a trace of ours (`trace_dir` of a terminal, or a folder of them: the newest is taken), the
log of `pcscd --apdu`, or any text with a line for each command (`>`) and each answer (`<`).
What comes out has other UIDs and no secrets, and is ready to be a regression test.
"""


def add_trace_commands(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> tuple[argparse.ArgumentParser, ...]:
    """Add the verbs of `pass-terminal trace`."""
    record = commands.add_parser(
        "record", help="ask a card what it is, and write down what it says"
    )
    source = record.add_mutually_exclusive_group(required=True)
    source.add_argument("--reader", metavar="NAME", help="the beginning of a PC/SC reader's name")
    source.add_argument("--config", type=Path, metavar="FILE", help="the terminal's TOML file")
    mask = commands.add_parser(
        "mask",
        help="make a trace to give away of a log from the field",
        epilog=_MASK_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    mask.add_argument("source", type=Path, metavar="FILE")
    mask.add_argument("--tap", type=_tap_number, metavar="N|last", help="this card alone")
    for command in (record, mask):
        command.add_argument("--out", type=Path, required=True, metavar="FILE", help="a new file")
    check = commands.add_parser("check", help="say whether files are traces, and where not")
    check.add_argument("files", type=Path, nargs="+", metavar="FILE")
    record.set_defaults(verb=_record)
    mask.set_defaults(verb=_mask)
    check.set_defaults(verb=_check)
    return record, mask, check


def _tap_number(text: str) -> int:
    if text == "last":
        return LAST
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def run_trace(chosen: argparse.Namespace, say: Say) -> Json:
    """Run one verb; return what a program is told. TraceError, ReaderError, SettingsError."""
    told: Json = chosen.verb(chosen, say)
    return told


def _record(chosen: argparse.Namespace, say: Say) -> Json:
    from terminal.errors import ReaderError  # noqa: PLC0415 -- each verb loads what it needs
    from terminal.reader.choice import WantedReader  # noqa: PLC0415 -- idem
    from terminal.reader.pcsc import PcscReader  # noqa: PLC0415 -- idem
    from terminal.settings import EnrolmentSettings, load_settings  # noqa: PLC0415 -- idem
    from terminal.trace.errors import NoCardCame  # noqa: PLC0415 -- idem
    from terminal.trace.look import look_at  # noqa: PLC0415 -- idem
    from terminal.trace.recorder import record_alone  # noqa: PLC0415 -- idem

    wanted = WantedReader(chosen.reader or "")
    if chosen.config is not None:
        settings = load_settings(EnrolmentSettings, chosen.config)
        wanted = WantedReader(settings.reader, settings.reader_usb_socket)
    _refuse_existing(chosen.out)
    say("Posez la carte sur le lecteur.")
    with PcscReader(wanted) as reader:
        connection = reader.wait_for_card(CARD_SECONDS_MAX)
        if connection is None:
            raise NoCardCame("Aucune carte n'a été posée à temps.")
        with connection:
            trace, trouble = record_alone(connection, reader.name, look_at)
    told = _write(chosen.out, trace, say)
    if isinstance(trouble, ReaderError):
        raise trouble
    return told


def _mask(chosen: argparse.Namespace, say: Say) -> Json:
    from terminal.trace.masking import chosen_tap, masked, read_log  # noqa: PLC0415 -- idem
    from terminal.trace.reading import load_text  # noqa: PLC0415 -- idem
    from terminal.trace.recorder import KEY_BYTES, newest_trace, product  # noqa: PLC0415 -- idem

    _refuse_existing(chosen.out)
    source = newest_trace(chosen.source) if chosen.source.is_dir() else chosen.source
    trace = read_log(load_text(source))
    if chosen.tap is not None:
        trace = chosen_tap(trace, chosen.tap)
    given = replace(masked(trace, os.urandom(KEY_BYTES)), by=trace.by or product())
    return _write(chosen.out, given, say)


def _check(chosen: argparse.Namespace, say: Say) -> Json:
    from terminal.trace.errors import TraceBroken, TraceUnusable  # noqa: PLC0415 -- idem
    from terminal.trace.reading import load_trace  # noqa: PLC0415 -- idem

    cards = 0
    for file in chosen.files:
        try:
            cards += len(load_trace(file).taps)
        except TraceBroken as broken:
            raise TraceUnusable(f"{file}: {broken}") from None
        say(f"{file} : lisible.")
    return {"files": len(chosen.files), "cards": cards}


def _refuse_existing(out: Path) -> None:
    from terminal.trace.errors import TraceUnusable  # noqa: PLC0415 -- idem

    if out.exists() or out.is_symlink():
        raise TraceUnusable(f"{out}: is there already; name a new file")


def _write(out: Path, trace: "Trace", say: Say) -> Json:
    from terminal.trace.errors import TraceUnusable  # noqa: PLC0415 -- idem
    from terminal.trace.text import write_trace  # noqa: PLC0415 -- idem

    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(out, flags, _FILE_MODE), "w", encoding="utf-8") as file:
            file.write(write_trace(trace))
    except OSError as cause:
        raise TraceUnusable(f"{out}: {cause.strerror}") from cause
    cards, commands = len(trace.taps), sum(len(tap.exchanges) for tap in trace.taps)
    say(f"{out} : {cards} carte(s), {commands} commande(s), sans secret et sous d'autres numéros.")
    return {"file": str(out), "cards": cards, "commands": commands}
