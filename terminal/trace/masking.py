"""A log or a trace from the field, made fit to be given away: UIDs re-keyed, secrets masked.

Promise: what comes out holds nothing that `passcard.redact` masks, no time of day, and no serial
number of a reader; each call uses a key of its own that is forgotten, so that two traces of one
card cannot be told to be of one card. It takes a trace of ours, masked or not; the log of
`pcscd --apdu`; or any text with a line for each command (`>`, `>>`, `=>`, `->`) and answer (`<` …).
Lines that are neither are left out. Not here: files.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from passcard.redact import Mask, Piece, Redactor, TapRedactor, expand
from terminal.trace.errors import TraceUnusable
from terminal.trace.reading import parse_trace
from terminal.trace.text import (
    ANSWER_BYTES_MAX,
    ATR_BYTES_MAX,
    ATR_BYTES_MIN,
    COMMAND_BYTES_MAX,
    EXCHANGES_MAX,
    LINE_CHARACTERS_MAX,
    TAPS_MAX,
    UID_LENGTHS,
    Exchange,
    NoAnswer,
    Tap,
    Trace,
)

ANY_ATR = bytes.fromhex("3B80800101")  # PC/SC part 3: a contactless card that says nothing more
ATR_UNKNOWN = "the log has no ATR: that of any contactless card stands here"
_OURS = "pass-trace"
_DAY_LENGTH = len("2026-11-22")
_HEX = r"((?:[0-9A-Fa-f]{2}[ :]?)+)"
_PCSCD_COMMAND = re.compile(rf"\bAPDU: {_HEX}\s*$")
_PCSCD_ANSWER = re.compile(rf"\bSW: {_HEX}\s*$")
_PCSCD_ATR = re.compile(rf"\bATR: {_HEX}\s*$")
_PCSCD_TIME = re.compile(r"\s*([0-9]{8}) ")
_ARROW = re.compile(rf"[^<>]*?(>>|[=-]>|>|<<|<[=-]|<)\s*{_HEX}\s*$")
_GET_UID_BEGINS = b"\xff\xca\x00\x00"
_SERIAL = re.compile(r"[\[(][^\])]*[0-9A-Fa-f]{6}[^\])]*[\])]")


def masked(trace: Trace, key: bytes) -> Trace:
    """Return a trace to give away; `key`: fresh random bytes, then forgotten."""
    redactor = Redactor(key)
    return replace(
        trace,
        taps=tuple(_masked_tap(tap, redactor) for tap in trace.taps),
        reader=without_serial(trace.reader),
        recorded=trace.recorded[:_DAY_LENGTH],
    )


def without_serial(reader: str) -> str:
    """Return a reader's name without what tells it from others of its model."""
    return " ".join(_SERIAL.sub("", reader).split())


def _masked_tap(tap: Tap, redactor: Redactor) -> Tap:
    of_tap = TapRedactor(redactor, tap.uid)
    exchanges = list[Exchange]()
    for each in tap.exchanges:
        command = of_tap.command(expand(each.command), _hidden(each.command))
        answer: tuple[Piece, ...] | NoAnswer = (
            each.answer
            if isinstance(each.answer, NoAnswer)
            else of_tap.answer(expand(each.answer), _hidden(each.answer))
        )
        exchanges.append(replace(each, command=command, answer=answer))
    uid = None if tap.uid is None else redactor.rekeyed(tap.uid)
    return replace(tap, uid=uid, at="", exchanges=tuple(exchanges))


def _hidden(pieces: Iterable[Piece]) -> frozenset[int]:
    """Return the positions that are masked already."""
    found, at = set[int](), 0
    for piece in pieces:
        length = piece.length if isinstance(piece, Mask) else len(piece)
        if isinstance(piece, Mask):
            found.update(range(at, at + length))
        at += length
    return frozenset(found)


def chosen_tap(trace: Trace, number: int) -> Trace:
    """Return the trace of one of its cards alone, from 1, or from -1 for the last."""
    if not 1 <= abs(number) <= len(trace.taps):
        raise TraceUnusable(f"there are {len(trace.taps)} cards in it")
    return replace(trace, taps=(trace.taps[number - 1 if number > 0 else number],))


def read_log(text: str) -> Trace:
    """Read a trace, or whatever else logs APDUs; TraceBroken, TraceUnusable."""
    if text.lstrip().startswith(_OURS):
        return parse_trace(text)
    log = _Log()
    for line in text.splitlines():
        if len(line) <= LINE_CHARACTERS_MAX:
            log.hear(line)
    return log.ended()


@dataclass(slots=True)
class _Log:
    """What was heard so far of a log that is not ours."""

    taps: list[Tap] = field(default_factory=list)
    atr: bytes = b""
    uid: bytes | None = None
    exchanges: list[Exchange] = field(default_factory=list)
    asked: bytes | None = None
    asked_at: int | None = None
    microseconds: int | None = None
    count: int = 0

    def hear(self, line: str) -> None:
        if passed := _PCSCD_TIME.match(line):
            self.microseconds = (self.microseconds or 0) + int(passed[1])
        if found := _PCSCD_ATR.search(line):
            self._begin(_bytes(found[1]))
        elif found := _PCSCD_COMMAND.search(line):
            self._ask(_bytes(found[1]))
        elif found := _PCSCD_ANSWER.search(line):
            self._answer(_bytes(found[1]))
        elif found := _ARROW.match(line):
            take = self._ask if ">" in found[1] else self._answer
            take(_bytes(found[2]))

    def ended(self) -> Trace:
        self._end_tap()
        if not self.taps:
            raise TraceUnusable("no command to a card was found in it")
        unknown = any(tap.atr == ANY_ATR for tap in self.taps)
        return Trace(tuple(self.taps), note=ATR_UNKNOWN if unknown else "")

    def _begin(self, atr: bytes) -> None:
        self._end_tap()
        self.atr = atr if ATR_BYTES_MIN <= len(atr) <= ATR_BYTES_MAX else b""
        self.microseconds = None if self.microseconds is None else 0

    def _end_tap(self) -> None:
        self._end_unanswered()
        if self.exchanges or self.uid is not None:
            if len(self.taps) >= TAPS_MAX:
                raise TraceUnusable(f"more than {TAPS_MAX} cards: cut it first")
            self.taps.append(Tap(self.uid, self.atr or ANY_ATR, tuple(self.exchanges)))
        self.uid, self.exchanges = None, []

    def _ask(self, command: bytes) -> None:
        self._end_unanswered()
        if self.exchanges and isinstance(self.exchanges[-1].answer, NoAnswer):
            self._end_tap()
        self.count += 1
        if self.count > EXCHANGES_MAX or len(command) > COMMAND_BYTES_MAX:
            raise TraceUnusable(
                f"more than {EXCHANGES_MAX} commands, or one of more than {COMMAND_BYTES_MAX} bytes"
            )
        self.asked, self.asked_at = command, self._milliseconds()

    def _answer(self, answer: bytes) -> None:
        asked, self.asked = self.asked, None
        if asked is None:
            return
        if len(answer) > ANSWER_BYTES_MAX:
            raise TraceUnusable(f"an answer of more than {ANSWER_BYTES_MAX} bytes")
        if asked.startswith(_GET_UID_BEGINS):
            self._learn(answer)
            return
        self.exchanges.append(Exchange((asked,), (answer,), self.asked_at, self._milliseconds()))

    def _learn(self, answer: bytes) -> None:
        """Take the UID that the reader says: it is the card's, not a part of the conversation."""
        uid, status = answer[:-2], answer[-2:]
        if status != b"\x90\x00" or len(uid) not in UID_LENGTHS or uid == self.uid:
            return
        if self.uid is not None:
            self._end_tap()
        self.uid = uid

    def _end_unanswered(self) -> None:
        asked, self.asked = self.asked, None
        if asked is not None and not asked.startswith(_GET_UID_BEGINS):
            self.exchanges.append(Exchange((asked,), NoAnswer.GONE, self.asked_at))

    def _milliseconds(self) -> int | None:
        return None if self.microseconds is None else self.microseconds // 1000


def _bytes(found: str) -> bytes:
    return bytes.fromhex(found.replace(":", " "))
