"""A card that says again what a real one said, in the order of its trace.

Promise: the recorded UID and ATR; each command that is the next of the trace has the recorded
answer; any other command has 6F00, and so has everything after it until the card is powered or
reset, when the trace begins anew. What went wrong, and in which line, is in `remark`. It proves no
key: of masked answers only the length is the recorded one.
"""

from simulator.cards.trace_text import End, Pattern, Recorded, RecordedCard
from simulator.vpcd import CardMute

OTHER_THAN_RECORDED = b"\x6f\x00"
# The reader answers this by itself; in a log of PC/SC it stands all the same.
_GET_UID: Pattern = (0xFF, 0xCA, 0, 0, 0)


class PlayedBackCard:
    """A recorded card. Its `remark` is about the last answer."""

    def __init__(self, recorded: RecordedCard) -> None:
        self.uid = recorded.uid
        self.atr = recorded.atr
        self._exchanges = tuple(each for each in recorded.exchanges if each.command != _GET_UID)
        self._at = 0
        self._trouble: str | None = None

    def power_on(self) -> bytes:
        """Enter the field at the beginning of the trace; return the ATR."""
        self._at, self._trouble = 0, None
        return self.atr

    def power_off(self) -> None:
        """Leave the field."""

    def reset(self) -> bytes:
        """Begin the trace anew; return the ATR."""
        return self.power_on()

    def remark(self) -> str | None:
        """Say where the program left the trace, if it did."""
        return self._trouble

    def transmit(self, command: bytes) -> bytes:
        """Answer as recorded; 6F00 to what was not recorded here."""
        if self._trouble is not None:
            return OTHER_THAN_RECORDED
        if self._at == len(self._exchanges):
            self._trouble = "the trace ends before this"
            return OTHER_THAN_RECORDED
        recorded = self._exchanges[self._at]
        if not _fits(recorded, command):
            self._trouble = f"the trace has, in line {recorded.line}: > {recorded.text}"
            return OTHER_THAN_RECORDED
        if recorded.answer is End.SILENT:
            raise CardMute
        if recorded.answer is End.GONE:
            return b""
        self._at += 1
        assert isinstance(recorded.answer, bytes)
        return recorded.answer


def _fits(recorded: Recorded, command: bytes) -> bool:
    return len(recorded.command) == len(command) and all(
        wanted is None or wanted == given
        for wanted, given in zip(recorded.command, command, strict=True)
    )
