"""Pads whose line is listened to: each packet, both ways, is published in words.

Promise: the pad behaves as it does unheard; what is published is redacted (`pad_words.py`).
"""

from simulator.pad.frames import LineReader
from simulator.pad.keypad import SimulatedKeypad
from simulator.pad.keys import CodeSealer
from simulator.pad.pad import SimulatedPad
from simulator.wire.feed import Feed, What, Wire, WireEvent
from simulator.wire.pad_words import words_from_pad, words_to_pad

PLACE = "pad"


class HeardPad(SimulatedPad):
    """A simulated pad that tells a feed what goes over its line."""

    def __init__(self, sealer: CodeSealer, feed: Feed) -> None:
        super().__init__(sealer)
        self._feed = feed
        self._to_pad, self._from_pad = LineReader(), LineReader()

    def receive_data(self, received: bytes, now: float) -> bytes:
        """Take bytes from the line, and tell of them."""
        for heard in self._to_pad.hear(received):
            self._tell(What.TO_PAD, words_to_pad(heard))
        return self._told(super().receive_data(received, now))

    def press(self, key: str, now: float) -> bytes:
        """Press a key; only what the pad then says is told, never the key."""
        return self._told(super().press(key, now))

    def advance(self, now: float) -> bytes:
        """Let time pass, and tell what the pad then says."""
        return self._told(super().advance(now))

    def unplug(self) -> None:
        """Lose power."""
        self._to_pad.forget()
        self._from_pad.forget()
        super().unplug()
        self._tell(What.CABLE, "the cable is out")

    def _told(self, said: bytes) -> bytes:
        for heard in self._from_pad.hear(said):
            self._tell(What.FROM_PAD, words_from_pad(heard))
        return said

    def _tell(self, what: What, words: str) -> None:
        self._feed.publish(WireEvent(Wire.PAD, PLACE, what, words))


class HeardKeypad(SimulatedKeypad):
    """A plain keypad that tells a feed that a key was pressed, never which."""

    def __init__(self, feed: Feed) -> None:
        super().__init__()
        self._feed = feed

    def press(self, key: str, now: float) -> bytes:
        """Press a key, and tell that one was."""
        said = super().press(key, now)
        self._feed.publish(WireEvent(Wire.PAD, PLACE, What.FROM_PAD, "a key, hidden"))
        return said

    def unplug(self) -> None:
        """Lose power."""
        self._feed.publish(WireEvent(Wire.PAD, PLACE, What.CABLE, "the cable is out"))
