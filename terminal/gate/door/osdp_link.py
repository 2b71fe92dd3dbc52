"""A head on an OSDP line, as a few verbs (IEC 60839-11-5). The one file that knows libosdp.

Promise: nothing is said to a head, and nothing believed, outside a secure channel under this site's
own key; the key everybody knows serves only in `install`, once, to give the head that key. What the
head's inputs report between two looks is counted, not lost. Not here: when to open.

libosdp waits 300 s after a head that went wrong; a link is made anew instead (`claim` again). The
package `osdp` of the same module name is another one and may not be installed beside it.
"""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import osdp

from passcard.secret import Secret
from terminal.errors import DoorRefused, DoorSilent, DoorUnplugged, PadError
from terminal.pin.serial_link import LineSettings, SerialLink

CLAIM_SECONDS_MAX: Final = 6.0
INSTALL_SECONDS_MAX: Final = 15.0
ORDER_SECONDS_MAX: Final = 1.0
SILENCE_SECONDS_MAX: Final = 2.0
"""A head answers every poll within 0.2 s: after this long without a byte it is gone."""
_POLL_SECONDS: Final = 0.02

Order = dict[str, Any]


class _Channel(osdp.Channel):  # type: ignore[misc]  # the library has no types
    """The library's view of the line. It is called from C: it may not raise."""

    def __init__(self, link: SerialLink, now: Callable[[], float]) -> None:
        super().__init__()
        self._link = link
        self._now = now
        self.gone: PadError | None = None
        self.heard_at = now()

    def read(self, max_bytes: int) -> bytes:
        """Return what has arrived, at once."""
        del max_bytes  # the library asks for more than a line holds
        if self.gone is None:
            try:
                received = self._link.read(0)
            except PadError as error:
                self.gone = error
            else:
                if received:
                    self.heard_at = self._now()
                return received
        return b""

    def write(self, buf: bytes) -> int:
        """Hand bytes to the line."""
        if self.gone is None:
            try:
                self._link.write(bytes(buf))
            except PadError as error:
                self.gone = error
        return len(buf)

    def flush(self) -> None:
        """Nothing is kept back."""


class OsdpLink:
    """One head. Construct it to open the line; `close` it, whatever happened."""

    def __init__(
        self,
        device: str,
        line: str,
        address: int,
        key: Secret,
        *,
        install: bool = False,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        try:
            self._link = SerialLink(device, LineSettings.parse(line))
        except PadError as cause:
            raise DoorUnplugged(str(cause)) from cause
        self._device, self._address, self._now = device, address, now
        self._channel = _Channel(self._link, now)
        self._lock = threading.Lock()
        self._inputs: tuple[bool, ...] = ()
        self._turned: dict[tuple[int, bool], int] = {}
        self._asked = False
        self._done: queue.SimpleQueue[tuple[int, int]] = queue.SimpleQueue()
        flag = osdp.LibFlag.InstallMode if install else osdp.LibFlag.EnforceSecure
        info = osdp.PDInfo(address, self._channel, scbk=key.reveal(), flags=[flag])
        self._panel = osdp.ControlPanel(
            [info],
            log_level=osdp.LogLevel.Critical,
            event_handler=self._hear,
            command_completion_handler=self._finish,
        )
        self._panel.start()

    def wait_until_secure(self, seconds_max: float) -> None:
        """Return once the secure channel stands; raises DoorSilent or DoorUnplugged."""
        end = self._now() + seconds_max
        while not self._is_secure():
            if self._channel.gone is not None or self._now() > end:
                self._raise_what_is_wrong()
            time.sleep(_POLL_SECONDS)  # the library tells nobody

    def check(self) -> None:
        """Raise DoorUnplugged or DoorSilent if the head cannot be relied on at this moment."""
        silent = self._now() - self._channel.heard_at > SILENCE_SECONDS_MAX
        if self._channel.gone is not None or silent or not self._is_secure():
            self._raise_what_is_wrong()

    def _is_secure(self) -> bool:
        return bool(
            self._panel.is_online(self._address) and self._panel.is_sc_active(self._address)
        )

    def _raise_what_is_wrong(self) -> None:
        if self._channel.gone is not None:
            raise DoorUnplugged(str(self._channel.gone)) from self._channel.gone
        raise DoorSilent(
            f"no secure channel with the head on {self._device}: it is away, or has another key"
        )

    def count_inputs(self) -> int:
        """Return how many inputs the head says that it has."""
        _, count = self._panel.check_capability(
            self._address, osdp.Capability.ContactStatusMonitoring
        )
        return int(count)

    def inputs(self) -> tuple[tuple[bool, ...], Mapping[tuple[int, bool], int]]:
        """Return the inputs as last reported, and how often each became on, and off."""
        with self._lock:
            return self._inputs, dict(self._turned)

    def order(self, command: Order) -> None:
        """Give an order and wait until the head has obeyed; raises DoorError."""
        self.check()
        with contextlib.suppress(queue.Empty):
            while True:
                self._done.get_nowait()
        self._submit(command)
        end = self._now() + ORDER_SECONDS_MAX
        while (left := end - self._now()) > 0:
            with contextlib.suppress(queue.Empty):
                kind, status = self._done.get(timeout=left)
                if kind == command["command"]:
                    if status == osdp.CompletionStatus.Ok:
                        return
                    raise DoorRefused(f"the head on {self._device} did not obey")
        raise DoorSilent(f"the head on {self._device} did not obey in time")

    def _submit(self, command: Order) -> None:
        if not self._panel.submit_command(self._address, command):
            raise DoorRefused(f"the head on {self._device} takes no such order")

    def output(self, number: int, control_code: int, tenths: int = 0) -> None:
        """Set an output by its control code (OSDP 2.2, table 15) and wait until it is done."""
        self.order(
            {
                "command": osdp.Command.Output,
                "output_no": number,
                "control_code": control_code,
                "timer_count": tenths,
            }
        )

    def light(self, reader: int, colour: str, tenths: int | None = None) -> None:
        """Light the head: for a time, or until told otherwise. Waits for nobody."""
        temporary = tenths is not None
        self._submit(
            {
                "command": osdp.Command.LED,
                "reader": reader,
                "led_number": 0,
                "control_code": 2 if temporary else 1,
                "on_count": 1,
                "off_count": 0,
                "on_color": getattr(osdp.CommandLEDColor, colour),
                "off_color": osdp.CommandLEDColor.Black,
                "timer_count": tenths or 0,
                "temporary": temporary,
            }
        )

    def sound(self, reader: int, *, on: int, off: int, times: int) -> None:
        """Sound the head's buzzer; lengths in tenths of a second. Waits for nobody."""
        self._submit(
            {
                "command": osdp.Command.Buzzer,
                "reader": reader,
                "control_code": 2,
                "on_count": on,
                "off_count": off,
                "rep_count": times,
            }
        )

    def ask_inputs(self) -> None:
        """Ask how the inputs stand; a head that cannot say is DoorRefused, and hangs up."""
        with self._lock:
            self._asked = True  # how they stand is no turn
        self.order({"command": osdp.Command.Status, "type": osdp.StatusReportType.Input})

    def close(self) -> None:
        """End the library's thread and let go of the line; never raises."""
        self._panel.teardown()
        self._link.close()

    # From the library's thread, which may not see an exception:

    def _hear(self, _panel_index: int, event: Mapping[str, Any]) -> int:
        if event.get("event") == osdp.Event.Status and event.get("type") == _INPUT_REPORT:
            report = tuple(bool(each) for each in bytes(event["report"]))
            with self._lock:
                for place, active in enumerate(report):
                    # A head that tells nothing but changes has changed when it first speaks.
                    is_news = place >= len(self._inputs) or self._inputs[place] is not active
                    if is_news and not self._asked:
                        self._turned[place, active] = self._turned.get((place, active), 0) + 1
                self._inputs, self._asked = report, False
        return 0

    def _finish(self, _address: int, command: Mapping[str, Any], status: int) -> None:
        self._done.put((int(command["command"]), status))


_INPUT_REPORT: Final = osdp.StatusReportType.Input
