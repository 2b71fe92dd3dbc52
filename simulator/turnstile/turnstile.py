"""A turnstile with its cable: hands for the arm, and a line that a gate opens as a serial port.

Promise: every call is safe from any thread; pulling the cable looks to the gate as it does with a
real one, and drops the relay; `stop` leaves nothing behind.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from simulator.pty_line import Listener, PtyLine
from simulator.turnstile.arm import Arm, ArmFaults, ArmView, Wiring
from simulator.turnstile.boards import Board, make_board

if TYPE_CHECKING:
    from simulator.turnstile.osdp_head import OsdpHead

TURN_SECONDS_MAX = 1.0
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
        self._line: PtyLine | None = None
        self._board: Board | None = None
        self._head: OsdpHead | None = None
        self._listener = Listener("turnstile", self._watch, self._take_turn)

    def __enter__(self) -> Self:
        self.plug()
        self._listener.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Unplug, and end the thread."""
        self._listener.end()
        self.unplug()
        self._listener.close()

    def plug(self) -> None:
        """Put the cable in; nothing if it is in."""
        with self._lock:
            if self._line is not None:
                return
            self._line = PtyLine(self.plan.link)
            if self.plan.kind == OSDP:
                self._head = self._power_head(self._line)
            else:
                self._board = make_board(self.plan.kind, self._arm, self.plan.address)
        self._listener.wake()

    def _power_head(self, line: PtyLine) -> "OsdpHead":
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
        self._listener.wake()

    def push(self, *, force: bool = False) -> bool:
        """Try to go through; return whether that was possible."""
        with self._lock:
            return self._arm.push(self._now(), force=force)

    def swing(self, *, stands_open: bool, force: bool = False) -> bool:
        """Open or close the door; return whether that was possible."""
        with self._lock:
            return self._arm.swing(self._now(), stands_open=stands_open, force=force)

    def set_panel(self, *, closed: bool) -> None:
        """Close or open the contact of the fire panel."""
        with self._lock:
            self._arm.panel = closed

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

    def _watch(self) -> tuple[PtyLine | None, float]:
        """Hear the line of a board; a head has threads of its own."""
        with self._lock:
            return (self._line if self._board is not None else None), TURN_SECONDS_MAX

    def _take_turn(self, line: PtyLine | None) -> None:
        with self._lock:
            if line is None or line is not self._line or self._board is None:
                return
            received = line.read()
            if received and not self._arm.faults.silent:
                said = self._board.receive_data(received, self._now())
                if said:
                    line.write(said)
