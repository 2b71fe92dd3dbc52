"""`pass-terminal`: enrol this machine, run a counter or a gate, personalise a card at a desk."""

import argparse
import getpass
import json
import logging
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from passcard.errors import InvalidCardNumber
from passcard.layout import CardNumber, parse_card_number
from terminal.errors import (
    BackendError,
    DoorError,
    IdentityError,
    JournalError,
    ReaderError,
    SettingsError,
    TerminalError,
)
from terminal.loading import loading
from terminal.logging_json import log_json_lines
from terminal.trace.command_line import add_trace_commands, run_trace
from terminal.trace.errors import TraceError

if TYPE_CHECKING:
    from terminal.desk.personalise import FinishedCard
    from terminal.desk.station import Desk

_log = logging.getLogger("terminal")

# Where no list of processes shows it.
FROM_STANDARD_INPUT = "-"
EXIT_FAULT = 1
EXIT_NO_CARD = 7
EXIT_BATCH_LEFT = 8
EXIT_TO_REPAIR = 9
EXIT_INTERRUPTED = 130
_EXIT_BY_CLASS: tuple[tuple[type[TerminalError], int], ...] = (
    (SettingsError, 3),
    (IdentityError, 3),
    (ReaderError, 4),
    (BackendError, 5),
    (JournalError, 6),
    (DoorError, 10),
    (TraceError, 11),
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
  8  a batch was stopped, or has too many bad chips: start it again, it goes on
  9  the doctor found something to repair
  10 the turnstile or door did not serve
  11 a trace is none, or its file cannot be used; the message says where

The configuration is a TOML file; variables PASS_TERMINAL_<KEY> come after it and win:
  backend_url = "https://pass.example.org"   state_dir = "/var/lib/pass-terminal"
  reader = "ACS ACR1252"                      listen_port = 9251
  pad_device = "/dev/ttyUSB0"                 (a counter only; pad_dialect names its family)
  pad_driver = "keypad"                       (a plain keypad, with allow_terminal_encryption)
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
    enrol.add_argument(
        "--code", required=True, help="the one-time code the backend gave; - reads it unseen"
    )
    enrol.set_defaults(run=_run_enrol)
    counter = commands.add_parser("counter", help="take payments: a card, a code, a receipt")
    counter.set_defaults(run=_run_counter)
    gate = commands.add_parser("gate", help="open an entrance: a card, no code, no network")
    gate.set_defaults(run=_run_gate)
    tablet = commands.add_parser("tablet", help="a gate's tablets: pair one, list them, end one")
    of_tablet = _add_tablet_commands(tablet.add_subparsers(required=True, metavar="command"))
    desk = commands.add_parser("desk", help="prepare cards").add_subparsers(
        required=True, metavar="command"
    )
    of_desk = _add_desk_commands(desk)
    keypad = commands.add_parser(
        "keypad", help="a plain keypad, whose codes this terminal encrypts"
    )
    install = keypad.add_subparsers(required=True, metavar="command").add_parser(
        "install-key", help="put its initial key here, from a TR-31 block and two components"
    )
    install.add_argument("--block", type=Path, required=True, metavar="FILE", help="the key block")
    install.set_defaults(run=_run_install_key)
    door = commands.add_parser("door", help="the turnstile or door of a gate")
    of_door = _add_door_commands(door.add_subparsers(required=True, metavar="command"))
    doctor = commands.add_parser("doctor", help="look at everything, and say what to do")
    doctor.set_defaults(run=_run_doctor)
    trace = commands.add_parser("trace", help="what a card says: record, mask, check it")
    trace.set_defaults(run=_run_trace)
    of_trace = add_trace_commands(trace.add_subparsers(required=True, metavar="command"))
    for command in (enrol, counter, gate, install, doctor, *of_door, *of_tablet, *of_desk):
        command.add_argument("--config", type=Path, required=True, metavar="FILE", help="TOML")
    for command in (enrol, doctor, *of_trace, *of_desk):
        command.add_argument("--json", action="store_true", help="one JSON object on stdout")
    for command in of_desk:
        command.add_argument(
            "--trace", type=Path, metavar="FILE", help="add what cards say, without secrets"
        )
    return parser


def _add_door_commands(
    door: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> tuple[argparse.ArgumentParser, ...]:
    head_key = door.add_parser(
        "install-key", help="give an OSDP head as delivered the key of this site, once"
    )
    head_key.set_defaults(run=_run_install_head_key)
    let_go = door.add_parser("let-go", help="drop the relay: for systemd, after the gate ended")
    let_go.set_defaults(run=_run_let_go)
    return head_key, let_go


def _add_tablet_commands(
    tablet: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> tuple[argparse.ArgumentParser, ...]:
    pair = tablet.add_parser("pair", help="make a pairing code, for one person and one tablet")
    pair.add_argument("--name", required=True, help="who answers for what is done with it")
    pair.add_argument("--kitchen", action="store_true", help="numbers only, and no acts")
    pair.set_defaults(run=_run_tablet, act="pair")
    listed = tablet.add_parser("list", help="say which are paired")
    listed.set_defaults(run=_run_tablet, act="list")
    end = tablet.add_parser("end", help="end a pairing, at once")
    end.add_argument("--id", required=True, type=UUID, help="as the list says")
    end.set_defaults(run=_run_tablet, act="end")
    return pair, listed, end


def _add_desk_commands(
    desk: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> tuple[argparse.ArgumentParser, ...]:
    personalise = desk.add_parser("personalise", help="make a blank chip a Pass card")
    personalise.add_argument(
        "--card-number", type=_card_number, required=True, help="the 16 digits printed on it"
    )
    personalise.set_defaults(run=_run_personalise)
    renew = desk.add_parser("renew", help="give a card in use the keys of the current version")
    renew.set_defaults(run=_run_renew)
    retire = desk.add_parser("retire", help="take everything of ours off a card, for good")
    retire.set_defaults(run=_run_retire)
    batch = desk.add_parser("batch", help="make many cards, one after the other")
    orders = batch.add_mutually_exclusive_group(required=True)
    orders.add_argument(
        "--orders", type=Path, metavar="FILE", help="one card number a line, or CSV"
    )
    orders.add_argument("--all", action="store_true", help="every card the backend has on order")
    batch.add_argument(
        "--report", type=Path, metavar="FILE", help="FILE.csv and .json; the same one goes on"
    )
    batch.set_defaults(run=_run_batch)
    return personalise, renew, retire, batch


def _card_number(text: str) -> CardNumber:
    try:
        return parse_card_number(text)
    except InvalidCardNumber as cause:
        raise argparse.ArgumentTypeError(str(cause)) from None


def _run_enrol(chosen: argparse.Namespace) -> int:
    from terminal.desk.words import enrolled  # noqa: PLC0415 -- each command loads its own room
    from terminal.identity import enrol  # noqa: PLC0415 -- idem
    from terminal.settings import EnrolmentSettings, load_settings  # noqa: PLC0415 -- idem

    code = (
        _ask_unseen("Code d’enrôlement : ") if chosen.code == FROM_STANDARD_INPUT else chosen.code
    )
    identity = enrol(load_settings(EnrolmentSettings, chosen.config), code)
    answer = {"terminal_id": identity.terminal_id, "kind": identity.kind, "name": identity.name}
    print(json.dumps(answer) if chosen.json else enrolled(identity.name, identity.kind))
    return 0


def _run_install_key(chosen: argparse.Namespace) -> int:
    from terminal.pin.injection import install_key  # noqa: PLC0415 -- idem
    from terminal.settings import CounterSettings, load_settings  # noqa: PLC0415 -- idem

    state_dir = load_settings(CounterSettings, chosen.config).state_dir
    print(f"Clé du clavier {install_key(chosen.block, state_dir, _ask_unseen)} installée.")
    return 0


def _run_install_head_key(chosen: argparse.Namespace) -> int:
    from terminal.gate.door.commission import install_head_key  # noqa: PLC0415 -- idem
    from terminal.settings import GateSettings, load_settings  # noqa: PLC0415 -- idem

    door = install_head_key(load_settings(GateSettings, chosen.config))
    print(f"Clé installée dans la tête de lecture, et gardée dans {door.key_file}.")
    return 0


def _run_let_go(chosen: argparse.Namespace) -> int:
    from terminal.gate.door.commission import let_go  # noqa: PLC0415 -- idem
    from terminal.settings import GateSettings, load_settings  # noqa: PLC0415 -- idem

    let_go(load_settings(GateSettings, chosen.config))
    return 0


def _ask_unseen(prompt: str) -> str:
    """Ask a person without echo; a pipe is read line by line, for installers."""
    if sys.stdin.isatty():
        return getpass.getpass(prompt)
    return sys.stdin.readline().strip()


def _run_counter(chosen: argparse.Namespace) -> int:
    with loading():
        from terminal.counter.daemon import run  # noqa: PLC0415 -- idem
        from terminal.settings import CounterSettings, load_settings  # noqa: PLC0415 -- idem

    return run(load_settings(CounterSettings, chosen.config))


def _run_gate(chosen: argparse.Namespace) -> int:
    with loading():
        from terminal.gate.daemon import run  # noqa: PLC0415 -- idem
        from terminal.settings import GateSettings, load_settings  # noqa: PLC0415 -- idem

    return run(load_settings(GateSettings, chosen.config))


def _run_tablet(chosen: argparse.Namespace) -> int:
    from terminal.gate import pairing  # noqa: PLC0415 -- idem
    from terminal.gate.supervisors import Role  # noqa: PLC0415 -- idem
    from terminal.settings import GateSettings, load_settings  # noqa: PLC0415 -- idem

    settings, now = load_settings(GateSettings, chosen.config), datetime.now(UTC)
    if chosen.act == "pair":
        role = Role.KITCHEN if chosen.kitchen else Role.SUPERVISOR
        print(pairing.pair_tablet(settings, chosen.name, role, now))
    elif chosen.act == "list":
        print(pairing.list_tablets(settings, now))
    else:
        print(pairing.end_tablet(settings, chosen.id, now))
    return 0


def _run_doctor(chosen: argparse.Namespace) -> int:
    from terminal.doctor.examination import examine  # noqa: PLC0415 -- idem
    from terminal.doctor.findings import Verdict, as_json, in_words, worst  # noqa: PLC0415 -- idem

    findings = examine(chosen.config)
    print(json.dumps(as_json(findings)) if chosen.json else in_words(findings))
    return EXIT_TO_REPAIR if worst(findings) is Verdict.BAD else 0


def _run_trace(chosen: argparse.Namespace) -> int:
    told = run_trace(chosen, _sayer(as_json=chosen.json))
    if chosen.json:
        print(json.dumps(told))
    return 0


def _run_personalise(chosen: argparse.Namespace) -> int:
    from terminal.desk.station import make_card  # noqa: PLC0415 -- idem

    return _run_one_card(chosen, lambda desk: make_card(desk, chosen.card_number))


def _run_renew(chosen: argparse.Namespace) -> int:
    from terminal.desk.station import renew_card  # noqa: PLC0415 -- idem

    return _run_one_card(chosen, renew_card)


def _run_retire(chosen: argparse.Namespace) -> int:
    from terminal.desk.station import retire_next_card  # noqa: PLC0415 -- idem

    return _run_one_card(chosen, retire_next_card)


def _run_one_card(chosen: argparse.Namespace, task: "Callable[[Desk], FinishedCard]") -> int:
    from terminal.desk.station import open_desk  # noqa: PLC0415 -- idem
    from terminal.settings import DeskSettings, load_settings  # noqa: PLC0415 -- idem

    settings = load_settings(DeskSettings, chosen.config)
    with open_desk(settings, _sayer(as_json=chosen.json), chosen.trace) as desk:
        card = task(desk)
    if chosen.json:
        uid = card.uid.hex().upper()
        said = {"card_number": card.card_number, "uid": uid, "commands": card.commands}
        print(json.dumps(said))
    return 0


def _run_batch(chosen: argparse.Namespace) -> int:
    from terminal.desk import words  # noqa: PLC0415 -- idem
    from terminal.desk.station import BatchPlan, make_batch, open_desk  # noqa: PLC0415 -- idem
    from terminal.settings import DeskSettings, load_settings  # noqa: PLC0415 -- idem

    settings = load_settings(DeskSettings, chosen.config)
    say = _sayer(as_json=chosen.json)
    record = _record_path(chosen, settings.state_dir)
    with (
        _stopping_on_interrupt(lambda: say(words.STOPPING)) as stopping,
        open_desk(settings, say, chosen.trace) as desk,
    ):
        progress = make_batch(desk, BatchPlan(chosen.orders, record, stopping))
    if chosen.json:
        said = {"done": progress.done, "left": progress.left, "per_hour": progress.per_hour}
        print(json.dumps({**said, "report": str(record.with_suffix(".csv"))}))
    return EXIT_BATCH_LEFT if progress.left else 0


def _record_path(chosen: argparse.Namespace, state_dir: Path) -> Path:
    """Choose where the record goes, so that the same command later finds it again."""
    if chosen.report is not None:
        report: Path = chosen.report
        return report.with_suffix(".jsonl")
    if chosen.orders is not None:
        orders: Path = chosen.orders
        return orders.with_name(f"{orders.stem}-rapport.jsonl")
    return state_dir / f"cartes-{datetime.now(UTC):%Y-%m-%d}.jsonl"


@contextmanager
def _stopping_on_interrupt(asked: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C into a wish; the second interrupts as usual."""
    wishes = list[int]()

    def wish(number: int, _frame: object) -> None:
        wishes.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        asked()

    before = signal.signal(signal.SIGINT, wish)
    try:
        yield lambda: bool(wishes)
    finally:
        signal.signal(signal.SIGINT, before)


def _sayer(*, as_json: bool) -> Callable[[str], None]:
    def say(sentence: str) -> None:
        if not as_json:
            print(sentence, flush=True)

    return say


def _report(error: TerminalError, *, as_json: bool) -> int:
    """Tell the person on stdout, the log on stderr, and the caller by the exit status."""
    from terminal.desk import words  # noqa: PLC0415 -- needed only when something went wrong

    _log.error("stopped: %s", type(error).__name__, exc_info=error)
    sentence = words.sentence_for(error)
    print(json.dumps({"code": words.code_for(error), "message": sentence}) if as_json else sentence)
    by_code = {"no_card_came": EXIT_NO_CARD, "too_many_bad_chips": EXIT_BATCH_LEFT}
    if words.code_for(error) in by_code:
        return by_code[words.code_for(error)]
    return next((code for kind, code in _EXIT_BY_CLASS if isinstance(error, kind)), EXIT_FAULT)


if __name__ == "__main__":
    sys.exit(main())
