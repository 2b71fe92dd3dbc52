"""A turnstile with its cable: hands for the arm, and a line that a gate opens as a serial port.

Promise: every call is safe from any thread; pulling the cable looks to the gate as it does with a
real one, and drops the relay; `stop` leaves nothing behind.
"""

import os
import select
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from simulator.turnstile.arm import Arm, ArmFaults, ArmView, Wiring
from simulator.turnstile.boards import Board, make_board
from simulator.turnstile.line import Line

if TYPE_CHECKING:
    from simulator.turnstile.osdp_head import OsdpHead

TURN_SECONDS_MAX = 1.0
STOP_SECONDS_MAX = 2.0
OSDP = "osdp"

Kind = Literal["lcus", "numato", "modbus-rtu", "osdp"]


@dataclass(frozen=True, slots=True)
class TurnstilePlan:
    """What stands there: a relay board or a head, how it is wired, and where its line is."""

    link: Path
    kind: Kind = "numato"
    wiring: Wiring = "secure"
    address: int = 1
    key_file: Path | None = None
    normally_closed: bool = False


class SimulatedTurnstile:
    """`with SimulatedTurnstile(plan):` plugs it in; leaving takes it away."""

    def __init__(self, plan: TurnstilePlan, *, now: Callable[[], float] = time.monotonic) -> None:
        self.plan = plan
        self._now = now
        self._arm = Arm(plan.wiring, normally_closed=plan.normally_closed)
        self._lock = threading.Lock()
        self._line: Line | None = None
        self._board: Board | None = None
        self._head: OsdpHead | None = None
        self._stopping = threading.Event()
        self._wake_end, self._wake_start = os.pipe()
        self._thread = threading.Thread(target=self._live, name="turnstile", daemon=True)

    def __enter__(self) -> Self:
        self.plug()
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Unplug, and end the thread."""
        self._stopping.set()
        self._wake()
        if self._thread.ident is not None:
            self._thread.join(STOP_SECONDS_MAX)
        self.unplug()
        os.close(self._wake_end)
        os.close(self._wake_start)

    def plug(self) -> None:
        """Put the cable in; nothing if it is in."""
        with self._lock:
            if self._line is not None:
                return
            self._line = Line(self.plan.link)
            if self.plan.kind == OSDP:
                self._head = self._power_head(self._line)
            else:
                self._board = make_board(self.plan.kind, self._arm, self.plan.address)
        self._wake()

    def _power_head(self, line: Line) -> "OsdpHead":
        # libosdp is loaded only where a head is.
        from simulator.turnstile.osdp_head import OsdpHead  # noqa: PLC0415 -- see above

        assert self.plan.key_file is not None, "a head keeps its key in a file"
        address, key_file = self.plan.address, self.plan.key_file
        return OsdpHead(self._arm, line, address, key_file, now=self._now, lock=self._lock)

    def unplug(self) -> None:
        """Pull the cable: the line dies, the relay drops."""
        with self._lock:
            head, self._head = self._head, None
        if head is not None:
            head.stop()
        with self._lock:
            line, self._line, self._board = self._line, None, None
            if line is not None:
                line.close()
                self._arm.lose_power()
        self._wake()

    def push(self, *, force: bool = False) -> bool:
        """Try to go through; return whether that was possible."""
        with self._lock:
            return self._arm.push(self._now(), force=force)

    def swing(self, *, stands_open: bool, force: bool = False) -> bool:
        """Open or close the door; return whether that was possible."""
        with self._lock:
            return self._arm.swing(self._now(), stands_open=stands_open, force=force)

    def set_faults(self, faults: ArmFaults) -> None:
        """Choose what is broken from now on."""
        with self._lock:
            self._arm.faults = faults

    @property
    def faults(self) -> ArmFaults:
        """Return what is broken."""
        return self._arm.faults

    def view(self) -> ArmView:
        """Look at it."""
        with self._lock:
            head = self._head
            seen = self._arm.view(self._now(), plugged=self._line is not None)
            return seen if head is None else replace(seen, light=head.light, beeps=head.beeps)

    def _wake(self) -> None:
        os.write(self._wake_start, b"!")

    def _live(self) -> None:
        """Hear the line of a board; a head has threads of its own."""
        while not self._stopping.is_set():
            with self._lock:
                line = self._line if self._board is not None else None
            watched = [self._wake_end] if line is None else [self._wake_end, line.near]
            # A line closed in the meantime is an error here, and gone at the next turn.
            try:
                ready, _, _ = select.select(watched, [], [], TURN_SECONDS_MAX)
            except (OSError, ValueError):
                continue
            if self._wake_end in ready:
                os.read(self._wake_end, 4096)
            self._take_turn(line)

    def _take_turn(self, line: Line | None) -> None:
        with self._lock:
            if line is None or line is not self._line or self._board is None:
                return
            received = line.read()
            if received and not self._arm.faults.silent:
                said = self._board.receive_data(received, self._now())
                if said:
                    line.write(said)
