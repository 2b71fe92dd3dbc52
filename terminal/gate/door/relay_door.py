"""A door on a serial relay board.

Promise: the relay is dropped when the door is claimed and when it is let go. A board with a timer,
wired to be locked, drops it by itself; for every other a second process does it when this one is
dead or hangs (`relay_guard.py`). A pulse of the rotation sensor counts if it lasts longer than one
look (PULSE_SECONDS_MIN).
Not here: the boards' words (`boards.py`).

Wired "secure", the relay is pulled to open: without current the door is locked. Wired "safe", it is
held to lock: whatever dies, the door is free.
"""

import contextlib
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from terminal.door_settings import RelayDoorSettings
from terminal.errors import (
    DoorError,
    DoorRefused,
    DoorSilent,
    DoorUnplugged,
    PadError,
    PadSilent,
)
from terminal.gate.door.boards import DIALECTS, Answer, Garbled, Refused, Request
from terminal.gate.door.port import DoorState, Signal
from terminal.gate.door.relay_guard import RelayGuard
from terminal.pin.serial_link import LineSettings, SerialLink

ANSWER_SECONDS_MAX: Final = 0.5
TRIES_MAX: Final = 2
PULSE_SECONDS_MIN: Final = 0.1
"""A rotation sensor must be active for at least this long; turnstiles give 0.1 to 0.5 s."""


class RelayDoor:
    """One relay of one board, and the inputs beside it."""

    def __init__(
        self, settings: RelayDoorSettings, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._dialect = DIALECTS[settings.dialect]
        self._pulled_opens = settings.failing == "secure"
        self._now = now
        self._link: SerialLink | None = None
        self._guard: RelayGuard | None = None
        self._rotations = 0
        self._rotating = False

    def claim(self) -> None:
        """Open the line and lock the door."""
        self._drop_link()
        try:
            self._link = SerialLink(self._settings.device, LineSettings.parse(self._settings.line))
        except PadError as cause:
            raise DoorUnplugged(str(cause)) from cause
        self._rotations = 0
        try:
            if not self._drops_by_itself:
                self._guard = RelayGuard(guard_arguments(self._settings))
            self.close()
            # A sensor that is active already is no passage.
            self._rotating = self._look().rotating
        except DoorError:
            self._drop_link()
            raise

    def open(self, seconds: int) -> None:
        """Release the door, for a time of the board's own where it has one."""
        settings = self._settings
        address, relay = settings.board_address, settings.relay
        if self._dialect.hold is not None:
            self._ask(self._dialect.hold(address, relay, self._pulled_opens, 10 * seconds))
        else:
            self._ask(self._dialect.switch(address, relay, self._pulled_opens))

    def hold_open(self) -> None:
        """Release the door until it is closed, a board's timer or not."""
        self._switch(self._pulled_opens)

    def close(self) -> None:
        """Lock the door."""
        self._switch(not self._pulled_opens)

    @property
    def _drops_by_itself(self) -> bool:
        """Tell whether nothing of ours has to drop the relay once we are gone."""
        return self._dialect.hold is not None and self._pulled_opens

    def state(self) -> DoorState:
        """Look at the inputs, and count a pulse that began."""
        if self._guard is not None and not self._guard.pulse():
            # It has dropped the relay, or is gone: whatever we believed of the door is not so.
            raise DoorUnplugged("the door's guard had to let go, or ended")
        seen = self._look()
        self._rotations += seen.rotating and not self._rotating
        self._rotating = seen.rotating
        return replace(seen, rotations=self._rotations)

    def signal(self, signal: Signal) -> None:
        """Show nothing: a board has no head."""

    def let_go(self) -> None:
        """Drop the relay, and the line: locked or free, as it is wired."""
        with contextlib.suppress(DoorError):
            self._switch(False)
        self._drop_link()

    def _drop_link(self) -> None:
        if self._guard is not None:
            self._guard.stop()
            self._guard = None
        if self._link is not None:
            self._link.close()
            self._link = None

    def _switch(self, on: bool) -> None:
        self._ask(self._dialect.switch(self._settings.board_address, self._settings.relay, on))

    def _look(self) -> DoorState:
        """Return what the inputs say at this moment; a board counts no rotations."""
        settings = self._settings
        if not settings.inputs or self._dialect.look is None:
            self._hear_the_line_go()
            return DoorState()
        requests = self._dialect.look(settings.board_address, settings.inputs)
        seen = [each for request in requests for each in self._ask(request)]
        by_input = dict(zip(settings.inputs, seen, strict=True))
        return DoorState(
            rotating=settings.is_active(settings.rotation_input, by_input),
            stands_open=settings.is_active(settings.contact_input, by_input),
            emergency=settings.is_active(settings.emergency_input, by_input),
        )

    def _hear_the_line_go(self) -> None:
        try:
            self._claimed().read(0)
        except PadError as cause:
            raise DoorUnplugged(str(cause)) from cause

    def _claimed(self) -> SerialLink:
        if self._link is None:
            raise DoorUnplugged("the door is not claimed")
        return self._link

    def _ask(self, request: Request) -> Answer:
        """Send a request until it is answered; every request may be repeated without harm."""
        for _ in range(TRIES_MAX):
            with contextlib.suppress(Garbled):
                answer = self._ask_once(request)
                if answer is not None:
                    return answer
        raise DoorSilent(f"the board on {self._settings.device} does not answer")

    def _ask_once(self, request: Request) -> Answer | None:
        link, received = self._claimed(), b""
        end = self._now() + ANSWER_SECONDS_MAX
        try:
            link.read(0)  # what is left of an answer nobody waited for
            link.write(request.frame)
            while (answer := request.read(received)) is None:
                left = end - self._now()
                if left <= 0:
                    return None
                received += link.read(left)
        except PadSilent as cause:
            raise DoorSilent(str(cause)) from cause
        except PadError as cause:
            raise DoorUnplugged(str(cause)) from cause
        except Refused as cause:
            raise DoorRefused(f"the board on {self._settings.device} refused: {cause}") from cause
        return answer


def guard_arguments(settings: RelayDoorSettings) -> list[str]:
    """Return what a guard is told of a door: device, line, dialect, relay, address."""
    known = (settings.device, settings.line, settings.dialect)
    return [*known, str(settings.relay), str(settings.board_address)]
