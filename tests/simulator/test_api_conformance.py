"""The simulator's HTTP is what its own description says: Schemathesis finds nothing wrong.

Everything lies on the table, so that what is asked is there; a small server stands for the daemon
and powers the card that is laid.
"""

import contextlib
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import strategies as st

from simulator.cards.record import CardKind, NewCard
from simulator.control import create_control
from simulator.pad.cable import PadCable
from simulator.pad.keys import AesCodeSealer, MemoryCounter, PadKey
from simulator.pad.pad import SimulatedPad
from simulator.printer.printer import NetworkPrinter
from simulator.tabletop import Tabletop
from simulator.turnstile.turnstile import SimulatedTurnstile, TurnstilePlan
from simulator.vpcd import CONTROL_ATR, CONTROL_ON, VirtualCardSlot
from simulator.wire.http_wire import HttpWire
from tests.conformance import PHASES, Asking, ask

HOST = {"Host": "127.0.0.1"}
NOBODY = ("127.0.0.1", 1)
TRACE = """pass-trace 1
card: 04 3A 91 0C 55 12 80
atr: 3B 81 80 01 80 80
     0 > 90 60 00 00 00
     4 < 91 AF
"""


class _Daemon(socketserver.BaseRequestHandler):
    """Powers a card that came, as pcscd's driver does, and waits until it has left."""

    def handle(self) -> None:
        for said in (CONTROL_ON, CONTROL_ATR):
            self.request.sendall(len(said).to_bytes(2, "big") + said)
        while self.request.recv(64):
            pass


class _Daemons(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False


@pytest.fixture(scope="module", autouse=True)
def formats() -> None:
    """Tell the generator how texts of our own formats are made."""
    names = st.from_regex(r"[a-zé0-9]([a-z _.'-]{0,58}[a-z])?", fullmatch=True)
    schemathesis.openapi.format("card-name", names)
    schemathesis.openapi.format("pass-trace", st.just(TRACE))


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Tabletop]:
    pad = SimulatedPad(AesCodeSealer(PadKey(bytes(16)), bytes(8), MemoryCounter()))
    with contextlib.ExitStack() as stack:
        daemon = stack.enter_context(_Daemons(("127.0.0.1", 0), _Daemon))
        stack.callback(daemon.shutdown)
        threading.Thread(target=daemon.serve_forever, args=(0.01,), daemon=True).start()
        port = daemon.server_address[1]
        table = Tabletop(cable=stack.enter_context(PadCable(pad, tmp_path / "pad")))
        for name in ("counter", "gate"):
            table.slots[name] = VirtualCardSlot(port, name=name, empty_seconds_min=0)
            stack.callback(table.slots[name].close)
        table.printer = stack.enter_context(NetworkPrinter(table.feed))
        table.lines["Caisse"] = stack.enter_context(HttpWire("Caisse", NOBODY, table.feed))
        plan = TurnstilePlan(link=tmp_path / "turnstile")
        table.turnstile = stack.enter_context(SimulatedTurnstile(plan))
        for name, kind in (("lea", CardKind.BLANK), ("bank", CardKind.BANK)):
            table.drawer.add(NewCard(name=name, kind=kind))
        yield table


def operations() -> list[dict[str, Any]]:
    # What lies there, where a made up name would only ever be answered with 404.
    there = [
        ({"include-path": "/readers/{name}/card"}, "gate"),
        ({"include-path": "/readers/{name}/plug"}, "counter"),
        ({"include-path": "/cards/{name}"}, "lea"),
        ({"include-path": "/cards/{name}/faults"}, "bank"),
        ({"include-path": "/lines/{name}/faults"}, "Caisse"),
    ]
    return [
        # A stream of events does not end.
        {"include-path": "/events", "enabled": False},
        *({**which, "parameters": {"path.name": name}} for which, name in there),
    ]


def test_all_that_is_described_is_so(table: Tabletop) -> None:
    # Each operation once: what else may be sent, and what may not, is for the slow run.
    asking = Asking(seed=1, examples=1, phases=["fuzzing"], headers=HOST, operations=operations())
    asked = ask(create_control(table), asking)
    assert not asked.wrong, asked.words()
    assert asked.calls > 25


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", [2, 3])
def test_everything(table: Tabletop, seed: int) -> None:
    alone = [phase for phase in PHASES if phase != "stateful"]
    asking = Asking(seed=seed, examples=60, phases=alone, headers=HOST, operations=operations())
    asked = ask(create_control(table), asking)
    assert not asked.wrong, asked.words()
    assert asked.calls > 1500


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", [2, 3])
def test_what_one_answer_leads_to(table: Tabletop, seed: int) -> None:
    # Here names are those of cards that were made: what comes of one is asked of it.
    asking = Asking(
        seed=seed, examples=60, phases=["stateful"], headers=HOST, operations=operations()[:1]
    )
    asked = ask(create_control(table), asking)
    assert not asked.wrong, asked.words()
    assert asked.calls > 100
