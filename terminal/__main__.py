"""`pass-terminal`: enrol this machine, run a counter or a gate, personalise a card at a desk."""

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from passcard.errors import InvalidCardNumber
from passcard.layout import CardNumber, mask_card_number, parse_card_number
from terminal.errors import (
    BackendError,
    IdentityError,
    JournalError,
    ReaderError,
    SettingsError,
    TerminalError,
)
from terminal.logging_json import log_json_lines

_log = logging.getLogger("terminal")

EXIT_FAULT = 1
EXIT_NO_CARD = 7
EXIT_INTERRUPTED = 130
_EXIT_BY_CLASS: tuple[tuple[type[TerminalError], int], ...] = (
    (SettingsError, 3),
    (IdentityError, 3),
    (ReaderError, 4),
    (BackendError, 5),
    (JournalError, 6),
)
_EPILOG = """\
exit status:
  0  done
  1  a fault of the program; the log says where
  2  the command line is wrong
  3  the configuration or the identity is missing or unsafe; the message says what to change
  4  the card or its reader did not serve
  5  the backend refused, or did not answer
  6  the local journal cannot be used
  7  no card came in time

The configuration is a TOML file; variables PASS_TERMINAL_<KEY> come after it and win:
  backend_url = "https://pass.example.org"   state_dir = "/var/lib/pass-terminal"
  reader = "ACS ACR1252"                      listen_port = 9251
  pad_device = "/dev/ttyUSB0"                 (a counter only; pad_dialect names its family)
PCSCLITE_CSOCK_NAME names the socket of a private pcscd. The log goes to stderr, one JSON a line.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    chosen = _parser().parse_args(arguments)
    log_json_lines()
    try:
        return int(chosen.run(chosen))
    except TerminalError as error:
        return _report(error, as_json=getattr(chosen, "json", False))
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except Exception:  # noqa: BLE001 -- the last stop: the log holds places, never values
        _log.exception("stopped by a fault of the program")
        return EXIT_FAULT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pass-terminal",
        description="The daemons that stand beside a card reader.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    enrol = commands.add_parser("enrol", help="give this machine its identity, once")
    enrol.add_argument("--code", required=True, help="the one-time code the backend gave")
    enrol.set_defaults(run=_run_enrol)
    counter = commands.add_parser("counter", help="take payments: a card, a code, a receipt")
    counter.set_defaults(run=_run_counter)
    gate = commands.add_parser("gate", help="open an entrance: a card, no code, no network")
    gate.set_defaults(run=_run_gate)
    desk = commands.add_parser("desk", help="prepare cards").add_subparsers(
        required=True, metavar="command"
    )
    personalise = desk.add_parser("personalise", help="make a blank chip a Pass card")
    personalise.add_argument(
        "--card-number", type=_card_number, required=True, help="the 16 digits printed on it"
    )
    personalise.set_defaults(run=_run_personalise)
    for command in (enrol, counter, gate, personalise):
        command.add_argument("--config", type=Path, required=True, metavar="FILE", help="TOML")
    for command in (enrol, personalise):
        command.add_argument("--json", action="store_true", help="one JSON object on stdout")
    return parser


def _card_number(text: str) -> CardNumber:
    try:
        return parse_card_number(text)
    except InvalidCardNumber as cause:
        raise argparse.ArgumentTypeError(str(cause)) from None


def _run_enrol(chosen: argparse.Namespace) -> int:
    from terminal.desk.words import enrolled  # noqa: PLC0415 -- each command loads its own room
    from terminal.identity import enrol  # noqa: PLC0415 -- idem
    from terminal.settings import EnrolmentSettings, load_settings  # noqa: PLC0415 -- idem

    identity = enrol(load_settings(EnrolmentSettings, chosen.config), chosen.code)
    answer = {"terminal_id": identity.terminal_id, "kind": identity.kind, "name": identity.name}
    print(json.dumps(answer) if chosen.json else enrolled(identity.name, identity.kind))
    return 0


def _run_counter(chosen: argparse.Namespace) -> int:
    from terminal.counter.daemon import run  # noqa: PLC0415 -- idem
    from terminal.settings import CounterSettings, load_settings  # noqa: PLC0415 -- idem

    return run(load_settings(CounterSettings, chosen.config))


def _run_gate(chosen: argparse.Namespace) -> int:
    from terminal.gate.daemon import run  # noqa: PLC0415 -- idem
    from terminal.settings import GateSettings, load_settings  # noqa: PLC0415 -- idem

    return run(load_settings(GateSettings, chosen.config))


def _run_personalise(chosen: argparse.Namespace) -> int:
    from terminal.backend_client import BackendClient  # noqa: PLC0415 -- idem
    from terminal.desk import words  # noqa: PLC0415 -- idem
    from terminal.desk.personalise import personalise_next_card  # noqa: PLC0415 -- idem
    from terminal.identity import load_identity  # noqa: PLC0415 -- idem
    from terminal.reader.pcsc import PcscReader  # noqa: PLC0415 -- idem
    from terminal.settings import DeskSettings, load_settings  # noqa: PLC0415 -- idem

    settings = load_settings(DeskSettings, chosen.config)
    identity = load_identity(settings.state_dir, "desk")
    number: CardNumber = chosen.card_number

    def say(sentence: str) -> None:
        if not chosen.json:
            print(sentence, flush=True)

    client = BackendClient(settings.backend_url, identity, ca_file=settings.backend_ca_file)
    with client, PcscReader(settings.reader) as reader:
        say(words.PRESENT_CARD)
        card = personalise_next_card(reader, client, number, card_came=lambda: say(words.CARD_CAME))
    say(words.done(mask_card_number(number)))
    if chosen.json:
        answer = {"card_number": number, "uid": card.uid.hex().upper(), "commands": card.commands}
        print(json.dumps(answer))
    return 0


def _report(error: TerminalError, *, as_json: bool) -> int:
    """Tell the person on stdout, the log on stderr, and the caller by the exit status."""
    from terminal.desk import words  # noqa: PLC0415 -- needed only when something went wrong

    _log.error("stopped: %s", type(error).__name__, exc_info=error)
    sentence = words.sentence_for(error)
    print(json.dumps({"code": words.code_for(error), "message": sentence}) if as_json else sentence)
    if words.code_for(error) == "no_card_came":
        return EXIT_NO_CARD
    return next((code for kind, code in _EXIT_BY_CLASS if isinstance(error, kind)), EXIT_FAULT)


if __name__ == "__main__":
    sys.exit(main())
