"""An OSDP head on a line: the other end of a secure channel. The one file that knows libosdp here.

Promise: it obeys outputs, lights and sounds, and reports its inputs when they change, in order. It
is `libosdp`'s own peripheral device, as a maker would build it. A head without a key is as
delivered: it takes the key it is given.

It cannot answer osdp_ISTAT (the binding gives no way to), and says NAK, as some heads do.
"""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import osdp

from simulator.pty_line import PtyLine
from simulator.turnstile.arm import Arm

INPUTS, OUTPUTS = 3, 2
LOOK_SECONDS = 0.02
_COLOURS = ("black", "red", "green", "amber", "blue", "magenta", "cyan", "white")
_OFF, _ON, _ON_FOR, _OFF_FOR = 1, 2, 5, 6


class _Channel(osdp.Channel):  # type: ignore[misc]  # the library has no types
    def __init__(self, line: PtyLine) -> None:
        super().__init__()
        self._line = line

    def read(self, max_bytes: int) -> bytes:
        del max_bytes
        return self._line.read()

    def write(self, buf: bytes) -> int:
        return self._line.write(bytes(buf))

    def flush(self) -> None:
        """Nothing is kept back."""


class OsdpHead:
    """One head with power; `stop` takes the power away."""

    def __init__(
        self,
        arm: Arm,
        line: PtyLine,
        address: int,
        key_file: Path,
        *,
        now: Callable[[], float],
        lock: threading.Lock,
    ) -> None:
        self._arm, self._now, self._lock, self._key_file = arm, now, lock, key_file
        self.light: str | None = None
        self.beeps = 0
        key = bytes.fromhex(key_file.read_text()) if key_file.exists() else None
        flag = osdp.LibFlag.InstallMode if key is None else osdp.LibFlag.EnforceSecure
        capability = osdp.Capability
        self._device = osdp.PeripheralDevice(
            osdp.PDInfo(address, _Channel(line), scbk=key, flags=[flag]),
            osdp.PDCapabilities(
                [
                    (capability.OutputControl, 1, OUTPUTS),
                    (capability.LEDControl, 1, 1),
                    (capability.AudibleControl, 1, 1),
                    (capability.ContactStatusMonitoring, 1, INPUTS),
                ]
            ),
            log_level=osdp.LogLevel.Critical,
            command_handler=self._obey,
        )
        self._reported = arm.inputs(now())
        self._stopping = threading.Event()
        self._device.start()
        self._thread = threading.Thread(target=self._report_changes, name="osdp-head", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Lose power; must not be called with the lock held."""
        self._stopping.set()
        self._thread.join()
        self._device.teardown()

    def _report_changes(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            with self._lock:
                inputs = self._arm.inputs(self._now())
            if inputs != self._reported and not self._arm.faults.silent:
                self._reported = inputs
                self._device.submit_event(
                    {
                        "event": osdp.Event.Status,
                        "type": osdp.StatusReportType.Input,
                        "report": bytes(inputs),
                        "nr_entries": len(inputs),
                    }
                )

    def _obey(self, command: Mapping[str, Any]) -> tuple[int, dict[str, Any] | None]:
        kind = command["command"]
        with self._lock:
            if kind == osdp.Command.Output and command["output_no"] == 0:
                self._set_output(command["control_code"], command.get("timer_count", 0) / 10)
            elif kind == osdp.Command.LED:
                self.light = _COLOURS[command["on_color"]]
            elif kind == osdp.Command.Buzzer:
                self.beeps += command["rep_count"]
            elif kind == osdp.Command.Keyset:
                self._key_file.touch(mode=0o600)
                self._key_file.write_text(bytes(command["data"]).hex())
        return 0, None

    def _set_output(self, control_code: int, seconds: float) -> None:
        if control_code in (_OFF, _ON):
            self._arm.set_relay(control_code == _ON)
        elif control_code in (_ON_FOR, _OFF_FOR):
            self._arm.hold_relay(control_code == _ON_FOR, seconds, self._now())
