"""`pass-simulator serve`: readers, cards and a PIN pad without hardware, until told to stop.

Promise: one line of JSON is announced when everything is there; SIGTERM and Ctrl-C stop everything
that was started, and only that. Not done here: anything but starting and stopping.
"""

import json
import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

import uvicorn

from simulator.cards.drawer import Drawer
from simulator.cards.errors import CardError
from simulator.cards.folder import CardFolder
from simulator.control import create_control
from simulator.counter.page import add_counter_page
from simulator.namespaces import DaemonKind
from simulator.pad.cable import PadCable
from simulator.pad.keys import load_sealer
from simulator.pcscd import PcscdError, PrivatePcscd
from simulator.printer.printer import NetworkPrinter
from simulator.reader_plugs import ReaderPlugs
from simulator.settings import (
    CONTROL_HOST,
    PadSettings,
    SettingsError,
    SimulatorSettings,
    load_settings,
)
from simulator.tabletop import Tabletop
from simulator.turnstile.turnstile import SimulatedTurnstile, TurnstilePlan
from simulator.wire.feed import Feed
from simulator.wire.http_wire import HOST, HttpWire
from simulator.wire.pad_wire import HeardKeypad, HeardPad

SHUTDOWN_SECONDS_MAX = 1
BACKLOG_MAX = 64

Announce = Callable[[str], None]
_STOPS = (signal.SIGTERM, signal.SIGINT)


class CannotServe(Exception):
    """The simulator cannot start; the message says what to change."""


def serve(config: Path, announce: Announce, *, with_page: bool = False) -> None:
    """Start everything, announce it in one line of JSON, serve until stopped; or CannotServe.

    `with_page` puts the counter page at `/`.
    """
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    try:
        _serve(load_settings(config), announce, with_page=with_page)
    except (SettingsError, PcscdError, CardError, OSError, ValueError) as error:
        raise CannotServe(str(error)) from error


def _serve(settings: SimulatorSettings, announce: Announce, *, with_page: bool) -> None:
    with _leaving_when_told(), ExitStack() as stack:
        listener = stack.enter_context(_listen(settings.control_port))
        table = _lay_table(settings, stack)
        control = create_control(table, stopping=lambda: server.should_exit)
        if with_page:
            add_counter_page(control, table, settings.screens)
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


@contextmanager
def _leaving_when_told() -> Iterator[None]:
    """Unwind at the first signal to stop; whoever serves again, or does not, is told as before."""
    before = {number: signal.signal(number, _leave) for number in _STOPS}
    try:
        yield
    finally:
        for number, action in before.items():
            signal.signal(number, action)


def _leave(_number: int, _frame: FrameType | None) -> None:
    # Unwinding stops all that was started; a second signal must not interrupt it.
    for number in _STOPS:
        signal.signal(number, signal.SIG_IGN)
    raise SystemExit(0)


def _lay_table(settings: SimulatorSettings, stack: ExitStack) -> Tabletop:
    table = Tabletop(drawer=_open_drawer(settings, stack))
    names = [reader.name for reader in settings.readers]
    if names:
        kinds = tuple(DaemonKind) if settings.pcscd == "private" else (DaemonKind.MACHINE,)
        pcscd = PrivatePcscd(names, settings.run_dir / "pcscd", kinds=kinds)
        daemon = stack.enter_context(pcscd)
        table.pcscd_socket = daemon.socket_path
        table.plugs = stack.enter_context(ReaderPlugs(daemon, names))
        for name, port in daemon.ports.items():
            stack.callback(table.add_reader(name, port).close)
    if settings.pad is not None:
        table.cable = stack.enter_context(_plug_pad(settings.pad, table.feed))
    if settings.turnstile is not None:
        plan = TurnstilePlan(**settings.turnstile.model_dump())
        table.turnstile = stack.enter_context(SimulatedTurnstile(plan))
    for line in settings.lines:
        with _port_taken_says(line.port):
            wire = HttpWire(line.name, line.upstream, table.feed, port=line.port)
        table.lines[line.name] = stack.enter_context(wire)
    if settings.printer is not None:
        with _port_taken_says(settings.printer.port):
            printer = NetworkPrinter(table.feed, port=settings.printer.port)
        table.printer = stack.enter_context(printer)
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
        with _port_taken_says(port):
            listener.bind((CONTROL_HOST, port))
    except CannotServe:
        listener.close()
        raise
    listener.listen(BACKLOG_MAX)
    return listener


@contextmanager
def _port_taken_says(port: int) -> Iterator[None]:
    try:
        yield
    except OSError as cause:
        raise CannotServe(
            f"port {port} is not free ({cause.strerror}): stop the program that has it, perhaps "
            "another simulator, or choose another port in the configuration."
        ) from cause


def _ready(
    settings: SimulatorSettings, table: Tabletop, listener: socket.socket
) -> dict[str, object]:
    control = f"http://{CONTROL_HOST}:{listener.getsockname()[1]}"
    ready: dict[str, object] = {
        "ready": True,
        "pcscd_socket": str(table.pcscd_socket) if table.pcscd_socket else None,
        "pad": str(settings.pad.link) if settings.pad else None,
        "control": control,
    }
    if settings.turnstile is not None:
        ready["turnstile"] = str(settings.turnstile.link)
    if table.lines:
        ready["lines"] = {name: f"http://{HOST}:{one.port}" for name, one in table.lines.items()}
    if table.printer is not None:
        ready["printer"] = f"{HOST}:{table.printer.port}"
    return ready
