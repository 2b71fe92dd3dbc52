"""A door behind an OSDP head: its output is the strike, its inputs the sensors, and it shows.

Promise: the head drops the strike by its own timer; who it is, is proven by the key of this site.
Not here: the protocol (`osdp_link.py`), keys (`head_key.py`).

Wired "secure", the output is pulled to open; wired "safe", it is held to lock.
"""

import contextlib
from typing import Final

from terminal.door_settings import OsdpDoorSettings
from terminal.errors import DoorError, DoorRefused, DoorUnplugged
from terminal.gate.door.head_key import load_head_key
from terminal.gate.door.osdp_link import CLAIM_SECONDS_MAX, OsdpLink
from terminal.gate.door.port import DoorState, Signal

# Control codes of an output (OSDP 2.2, osdp_OUT).
OFF, ON, ON_FOR_A_TIME, OFF_FOR_A_TIME = 1, 2, 5, 6
ANSWER_TENTHS: Final = 12  # as long as the screen keeps an answer
READY_COLOUR: Final = "Blue"
# Colour, and the sound of the same tone on the screen: tenths on, off, and how often.
PATTERNS: Final = {
    Signal.GOOD: ("Green", (1, 1, 2)),
    Signal.WAIT: ("Amber", (1, 2, 2)),
    Signal.STOP: ("Red", (4, 1, 1)),
}


class OsdpDoor:
    """One head: an output, and inputs if the site wired them. SettingsError without its key."""

    def __init__(self, settings: OsdpDoorSettings) -> None:
        self._settings = settings
        self._key = load_head_key(settings.key_file)
        self._pulled_opens = settings.failing == "secure"
        self._link: OsdpLink | None = None
        self._says_inputs = True

    def claim(self) -> None:
        """Open the line, prove both ends, lock the door."""
        self._drop_link()
        settings = self._settings
        self._link = OsdpLink(settings.device, settings.line, settings.address, self._key)
        try:
            self._link.wait_until_secure(CLAIM_SECONDS_MAX)
            self._look_at_inputs(self._link)
            self.close()
            self._link.light(settings.reader, READY_COLOUR)
        except DoorError:
            self._drop_link()
            raise

    def _look_at_inputs(self, link: OsdpLink) -> None:
        wired = self._settings.inputs
        if not wired:
            return
        if link.count_inputs() <= max(wired):
            raise DoorRefused(f"the head has {link.count_inputs()} inputs, not {max(wired) + 1}")
        if self._says_inputs:
            try:
                link.ask_inputs()
            except DoorRefused:
                # It reports changes all the same. It hangs up now, and is not asked again.
                self._says_inputs = False
                raise

    def open(self, seconds: int) -> None:
        """Release the door for a time that the head keeps."""
        code = ON_FOR_A_TIME if self._pulled_opens else OFF_FOR_A_TIME
        self._claimed().output(self._settings.output, code, 10 * seconds)

    def hold_open(self) -> None:
        """Release the door until it is closed: the head's timer does not run."""
        self._claimed().output(self._settings.output, ON if self._pulled_opens else OFF)

    def close(self) -> None:
        """Lock the door, whatever time is left."""
        self._claimed().output(self._settings.output, OFF if self._pulled_opens else ON)

    def state(self) -> DoorState:
        """Return what the head has reported."""
        link, settings = self._claimed(), self._settings
        link.check()
        inputs, turned = link.inputs()

        said = dict(enumerate(inputs))
        rotation, active_is = settings.rotation_input, not settings.inputs_normally_closed
        return DoorState(
            rotations=0 if rotation is None else turned.get((rotation, active_is), 0),
            rotating=settings.is_active(rotation, said),
            stands_open=settings.is_active(settings.contact_input, said),
            emergency=settings.is_active(settings.emergency_input, said),
        )

    def signal(self, signal: Signal) -> None:
        """Light and sound the head as the screen does."""
        if signal is Signal.READY:
            return  # its lasting colour comes back by itself
        colour, (on, off, times) = PATTERNS[signal]
        link, reader = self._claimed(), self._settings.reader
        link.light(reader, colour, ANSWER_TENTHS)
        link.sound(reader, on=on, off=off, times=times)

    def let_go(self) -> None:
        """Drop the strike and the line: locked or free, as it is wired."""
        with contextlib.suppress(DoorError):
            self._claimed().output(self._settings.output, OFF)
        self._drop_link()

    def _drop_link(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None

    def _claimed(self) -> OsdpLink:
        if self._link is None:
            raise DoorUnplugged("the door is not claimed")
        return self._link
