"""`pass-simulator serve --config FILE`: readers, cards and a PIN pad without hardware.

Promise: one line of JSON on standard output when everything is ready; SIGTERM and Ctrl-C stop
everything that was started, and only that. Not done here: anything but starting and stopping.
"""

import argparse
import json
import logging
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

import uvicorn

from simulator.cards.drawer import Drawer
from simulator.cards.errors import CardError
from simulator.cards.folder import CardFolder
from simulator.control import create_control
from simulator.pad.cable import PadCable
from simulator.pad.keys import load_sealer
from simulator.pcscd import PcscdError, PrivatePcscd
from simulator.settings import (
    CONTROL_HOST,
    PadSettings,
    SettingsError,
    SimulatorSettings,
    load_settings,
)
from simulator.tabletop import Tabletop
from simulator.wire.feed import Feed
from simulator.wire.pad_wire import HeardPad

SHUTDOWN_SECONDS_MAX = 1
BACKLOG_MAX = 64

_EXAMPLE = """\
the configuration, in TOML (every value can also come as PASS_SIMULATOR_<NAME>):

  run_dir = "/tmp/pass"              # the PC/SC daemon's folder; not below /run
  control_port = 9260                # on 127.0.0.1; 0 lets the system choose
  cards_dir = "/home/me/cards"       # keeps the cards, a file each; without it they are forgotten

  [[readers]]
  name = "Pass Counter"              # as PC/SC will show it, followed by 00 00

  [pad]
  link = "/tmp/pass/pad"             # the path a terminal opens as its serial port
  key_file = "/tmp/pass/pad-key.json"  # {"initial_key": 32 hex, "initial_key_id": 16 hex}

when ready it prints one line:
  {"ready": true, "pcscd_socket": "...", "pad": "...", "control": "http://127.0.0.1:9260"}
and then:
  curl -X POST  .../cards -H 'Content-Type: application/json' -d '{"name":"lea","kind":"blank"}'
  curl -X PUT   .../readers/Pass%20Counter/card -H ... -d '{"card":"lea"}'
  curl -X POST  .../pad/keys -H ... -d '{"keys":"1234E"}'     E validate, B clear, C cancel
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    try:
        return _serve(load_settings(options.config))
    except (SettingsError, PcscdError, CardError, OSError, ValueError) as error:
        print(f"pass-simulator: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pass-simulator", description="Readers, cards and a PIN pad without hardware."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser(
        "serve",
        help="start the readers, the pad and the control API; run until SIGTERM or Ctrl-C",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    serve.add_argument("--config", type=Path, required=True, metavar="FILE", help="a TOML file")
    return parser


def _serve(settings: SimulatorSettings) -> int:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    with ExitStack() as stack:
        table = _lay_table(settings, stack)
        listener = stack.enter_context(_listen(settings.control_port))
        server = uvicorn.Server(
            uvicorn.Config(
                create_control(table),
                lifespan="off",
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=SHUTDOWN_SECONDS_MAX,
            )
        )
        _announce(settings, table, listener)
        server.run(sockets=[listener])
    return 0


def _leave(_number: int, _frame: FrameType | None) -> None:
    # Unwinding stops all that was started; a second signal must not interrupt it.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    raise SystemExit(0)


def _lay_table(settings: SimulatorSettings, stack: ExitStack) -> Tabletop:
    table = Tabletop(drawer=_open_drawer(settings, stack))
    names = [reader.name for reader in settings.readers]
    if names:
        daemon = stack.enter_context(PrivatePcscd(names, settings.run_dir / "pcscd"))
        table.pcscd_socket = daemon.socket_path
        for name, port in daemon.ports.items():
            stack.callback(table.add_reader(name, port).close)
    if settings.pad is not None:
        table.cable = stack.enter_context(_plug_pad(settings.pad, table.feed))
    return table


def _open_drawer(settings: SimulatorSettings, stack: ExitStack) -> Drawer:
    if settings.cards_dir is None:
        return Drawer()
    folder = stack.enter_context(CardFolder(settings.cards_dir))
    return Drawer(folder.hold())


def _plug_pad(pad: PadSettings, feed: Feed) -> PadCable:
    sealer = load_sealer(pad.key_file, pad.counting_in)
    return PadCable(HeardPad(sealer, feed), pad.link)


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((CONTROL_HOST, port))
    listener.listen(BACKLOG_MAX)
    return listener


def _announce(settings: SimulatorSettings, table: Tabletop, listener: socket.socket) -> None:
    ready = {
        "ready": True,
        "pcscd_socket": str(table.pcscd_socket) if table.pcscd_socket else None,
        "pad": str(settings.pad.link) if settings.pad else None,
        "control": f"http://{CONTROL_HOST}:{listener.getsockname()[1]}",
    }
    print(json.dumps(ready), flush=True)


if __name__ == "__main__":
    sys.exit(main())
