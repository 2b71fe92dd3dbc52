"""`pass-simulator serve`: readers, cards and a PIN pad without hardware, until told to stop.

Promise: one line of JSON is announced when everything is there; SIGTERM and Ctrl-C stop everything
that was started, and only that. Not done here: anything but starting and stopping.
"""

import json
import logging
import signal
import socket
import sys
from collections.abc import Callable
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
from simulator.wire.pad_wire import HeardKeypad, HeardPad

SHUTDOWN_SECONDS_MAX = 1
BACKLOG_MAX = 64

Announce = Callable[[str], None]


class CannotServe(Exception):
    """The simulator cannot start; the message says what to change."""


def serve(config: Path, announce: Announce) -> None:
    """Start everything, announce it in one line of JSON, serve until stopped; or CannotServe."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    try:
        _serve(load_settings(config), announce)
    except (SettingsError, PcscdError, CardError, OSError, ValueError) as error:
        raise CannotServe(str(error)) from error


def _serve(settings: SimulatorSettings, announce: Announce) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    with ExitStack() as stack:
        table = _lay_table(settings, stack)
        listener = stack.enter_context(_listen(settings.control_port))
        control = create_control(table, stopping=lambda: server.should_exit)
        server = uvicorn.Server(
            uvicorn.Config(
                control,
                lifespan="off",
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=SHUTDOWN_SECONDS_MAX,
            )
        )
        announce(json.dumps(_ready(settings, table, listener)))
        server.run(sockets=[listener])


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
    if pad.key_file is None:
        return PadCable(HeardKeypad(feed), pad.link)
    sealer = load_sealer(pad.key_file, pad.counting_in)
    return PadCable(HeardPad(sealer, feed), pad.link)


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((CONTROL_HOST, port))
    except OSError as cause:
        listener.close()
        raise CannotServe(
            f"port {port} is not free ({cause.strerror}): stop the program that has it, perhaps "
            "another simulator, or choose another control_port."
        ) from cause
    listener.listen(BACKLOG_MAX)
    return listener


def _ready(
    settings: SimulatorSettings, table: Tabletop, listener: socket.socket
) -> dict[str, object]:
    return {
        "ready": True,
        "pcscd_socket": str(table.pcscd_socket) if table.pcscd_socket else None,
        "pad": str(settings.pad.link) if settings.pad else None,
        "control": f"http://{CONTROL_HOST}:{listener.getsockname()[1]}",
    }
