"""A trace played to a program, in strict order: for tests.

    player = TracePlayer(load_trace(Path("incident.trace")))
    sell_with(reader=player, …)
    player.finish()

Promise: each command must be the trace's next, byte for byte but for what is masked there; anything
else is `TraceDiverged` with the line, at once and again in `finish`, so that a program that hides
errors cannot hide this one. The player stands where a `PcscReader` does. A masked answer has bytes
of no meaning: a played card proves no key. Not here: playing to other people's programs, which the
simulator does (`pass-simulator card new NAME --kind trace`).
"""

from collections.abc import Iterable
from typing import Self

from passcard.redact import Mask, Piece, expand
from terminal.errors import CardRemoved, CardSilent
from terminal.trace.errors import TraceDiverged
from terminal.trace.text import Exchange, NoAnswer, Tap, Trace, write_pieces

GET_UID = bytes.fromhex("FFCA000000")


def fits(pieces: Iterable[Piece], raw: bytes) -> bool:
    """Say whether these bytes are what the pieces say."""
    at = 0
    for piece in pieces:
        length = piece.length if isinstance(piece, Mask) else len(piece)
        if isinstance(piece, bytes) and raw[at : at + length] != piece:
            return False
        at += length
    return at == len(raw)


class TracePlayer:
    """A reader on which the cards of a trace come, one after the other."""

    def __init__(self, trace: Trace) -> None:
        self.name = trace.reader or "a trace"
        self._taps = list(trace.taps)
        self._current: PlayedConnection | None = None
        self._divergences = list[TraceDiverged]()

    def wait_for_card(self, seconds_max: float) -> "PlayedConnection | None":  # noqa: ARG002 -- a reader's shape
        """Return the next card at once; None when all have been."""
        self.close()
        if not self._taps:
            return None
        self._current = PlayedConnection(self._taps.pop(0), self.name, self._divergences)
        return self._current

    def close(self) -> None:
        """Let the card go."""
        current, self._current = self._current, None
        if current is not None:
            current.disconnect()

    def finish(self) -> None:
        """Raise TraceDiverged for the first difference, if only in what was left out."""
        self.close()
        if not self._divergences and self._taps:
            raise TraceDiverged(self._taps[0].line, "nobody waited for this card")
        for divergence in self._divergences:
            raise divergence


class PlayedConnection:
    """One card of a trace, as a `CardConnection`."""

    def __init__(self, tap: Tap, reader: str, divergences: list[TraceDiverged]) -> None:
        self.atr = tap.atr
        self._uid = tap.uid
        self._reader = reader
        self._left = list(tap.exchanges)
        self._end = tap.exchanges[-1].line if tap.exchanges else tap.line
        self._divergences = divergences
        self._is_over = False

    def uid(self) -> bytes:
        """Return the recorded UID; CardSilent where there was none."""
        if self._uid is None:
            raise CardSilent("the reader gave no UID for this card", reader=self._reader)
        return self._uid

    def transmit(self, command: bytes) -> bytes:
        """Return the recorded answer; TraceDiverged, CardRemoved or CardSilent."""
        if self._is_over:
            raise CardRemoved("the card was let go", reader=self._reader)
        expected = self._next(command)
        if isinstance(expected.answer, NoAnswer):
            self._is_over = True
            gone = expected.answer is NoAnswer.GONE
            kind = CardRemoved if gone else CardSilent
            raise kind(f"as recorded in line {expected.line}", reader=self._reader)
        return expand(expected.answer)

    def wait_for_removal(self, seconds_max: float) -> bool:  # noqa: ARG002 -- a reader's shape
        """Say that the card has left."""
        return True

    def disconnect(self) -> None:
        """Let the card go; what the trace still has was left out."""
        if not self._is_over and self._left and not self._divergences:
            at = self._left[0]
            self._note(at.line, f"the program stopped; next would be > {write_pieces(at.command)}")
        self._is_over = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.disconnect()

    def _next(self, command: bytes) -> Exchange:
        while self._left and command != GET_UID and fits(self._left[0].command, GET_UID):
            self._left.pop(0)  # a log of PC/SC: our reader has asked that already
        if not self._left:
            raise self._note(self._end, "the trace ends here; the program asked more")
        expected = self._left.pop(0)
        if not fits(expected.command, command):
            outline = write_pieces(
                (command[:5], Mask(len(command) - 5)) if command[5:] else (command,)
            )
            raise self._note(
                expected.line, f"expected > {write_pieces(expected.command)}, not > {outline}"
            )
        return expected

    def _note(self, line: int, what: str) -> TraceDiverged:
        divergence = TraceDiverged(line, what)
        self._divergences.append(divergence)
        self._is_over = True
        return divergence
