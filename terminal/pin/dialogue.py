"""What a sale asks of any pad, over the UnifiedPOS life cycle: one transaction per code.

Promise: the transaction of a code ends, NORMAL when a block came, ABNORMAL otherwise, and a pad
that may only show its fixed prompts is given the one that says the same, or is left as it is.
Not done here: what to say (`terminal/counter/pad_text.py`), any wire.
"""

import contextlib
from collections.abc import Callable

from terminal.errors import PadError
from terminal.pin.pad import (
    Completion,
    Display,
    EftContext,
    PinEntry,
    PinEntryStatus,
    PinPad,
    PinPrompt,
)
from terminal.pin.prompts import prompt_for


class PadDialogue:
    """A pad as `terminal.counter.ports.PinPad` wants it."""

    def __init__(self, pad: PinPad) -> None:
        self._pad = pad

    def claim(self) -> None:
        """Take the pad for one sale."""
        self._pad.claim()

    def release(self) -> None:
        """Give the pad back; never raises."""
        self._pad.release()

    def enter_pin(
        self, prompt: PinPrompt, seconds_max: float, cancelled: Callable[[], bool]
    ) -> PinEntry:
        """Ask for the code, until typed, given up, out of time or `cancelled()`."""
        completion = Completion.ABNORMAL
        self._pad.begin(EftContext(prompt))
        try:
            entry = self._pad.enter_pin(seconds_max, cancelled)
            if entry.status is PinEntryStatus.SUCCESS:
                completion = Completion.NORMAL
        finally:
            # How the code ended counts; a pad that is gone has ended its transaction itself.
            with contextlib.suppress(PadError):
                self._pad.end(completion)
        return entry

    def show(self, line1: str, line2: str = "") -> None:
        """Write two lines, or the nearest fixed prompt, or nothing."""
        if self._pad.caps.display is Display.UNRESTRICTED:
            self._pad.show(line1, line2)
        elif (code := prompt_for(line1, line2)) is not None:
            self._pad.prompt(code)
