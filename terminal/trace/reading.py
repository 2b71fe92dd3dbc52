"""The text of a trace, read.

Promise: any text gives a `Trace`, or `TraceBroken` with the number of the line where it stops being
one; no more is read than the limits of `text.py` allow. What it means is told there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from passcard.redact import Mask, Piece
from terminal.trace.errors import TraceBroken, TraceUnusable
from terminal.trace.text import (
    ANSWER_BYTES_MAX,
    ATR_BYTES_MAX,
    ATR_BYTES_MIN,
    COMMAND_BYTES_MAX,
    EXCHANGES_MAX,
    FIRST_LINE,
    HEADERS,
    LINE_CHARACTERS_MAX,
    NO_UID,
    TAPS_MAX,
    TEXT_BYTES_MAX,
    UID_LENGTHS,
    VALUE_CHARACTERS_MAX,
    Exchange,
    NoAnswer,
    Tap,
    Trace,
)

_KEY_LINE = re.compile(r"([a-z]+): *(.*)")
_WIRE_LINE = re.compile(r"(?:([0-9]{1,9}) +)?([<>])(?: +(.*))?")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_MASK = re.compile(r"\{([1-9][0-9]{0,2}):([0-9a-f]{8})\}")
_ANY = re.compile(r"(?:\?\?)+")


def load_trace(path: Path) -> Trace:
    """Read a file; TraceUnusable, TraceBroken."""
    return parse_trace(load_text(path))


def load_text(path: Path) -> str:
    """Return the text of a file of at most TEXT_BYTES_MAX; TraceUnusable."""
    try:
        with path.open("rb") as file:
            content = file.read(TEXT_BYTES_MAX + 1)
    except OSError as cause:
        raise TraceUnusable(f"{path}: {cause.strerror}") from cause
    if len(content) > TEXT_BYTES_MAX:
        raise TraceUnusable(f"{path}: longer than {TEXT_BYTES_MAX} bytes")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as cause:
        line = content[: cause.start].count(b"\n") + 1
        raise TraceBroken(line, "not UTF-8 text") from None


def parse_trace(text: str) -> Trace:
    """Read a text; TraceBroken."""
    lines = _lines(text)
    number, first = next(lines, (1, ""))
    if first != FIRST_LINE:
        raise TraceBroken(number, f"a trace begins with “{FIRST_LINE}”")
    draft = _Draft()
    for number, line in lines:
        _take(draft, number, line)
    draft.end_tap()
    return Trace(tuple(draft.taps), **draft.head)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Give each line that says something, without comment, and its number."""
    for number, whole in enumerate(text.split("\n"), 1):
        if len(whole) > LINE_CHARACTERS_MAX:
            raise TraceBroken(number, f"longer than {LINE_CHARACTERS_MAX} characters")
        line = whole.partition("#")[0].strip()
        if line:
            yield number, line


@dataclass(slots=True)
class _Draft:
    """What was read so far."""

    head: dict[str, str] = field(default_factory=dict)
    taps: list[Tap] = field(default_factory=list)
    tap: Tap | None = None
    exchanges: list[Exchange] = field(default_factory=list)
    asked: Exchange | None = None
    count: int = 0

    def end_tap(self) -> None:
        if self.asked is not None:
            raise TraceBroken(self.asked.line, "this command has no answer: “< gone”, perhaps")
        if self.tap is not None:
            if not self.tap.atr:
                raise TraceBroken(self.tap.line, "this card has no atr")
            self.taps.append(replace(self.tap, exchanges=tuple(self.exchanges)))
        self.tap, self.exchanges = None, []


def _take(draft: _Draft, number: int, line: str) -> None:
    if wired := _WIRE_LINE.fullmatch(line):
        at, arrow, body = wired.groups()
        elapsed = None if at is None else int(at)
        if arrow == ">":
            _take_command(draft, number, body or "", elapsed)
        else:
            _take_answer(draft, number, body or "", elapsed)
    elif keyed := _KEY_LINE.fullmatch(line):
        _take_value(draft, number, *keyed.groups())
    else:
        raise TraceBroken(number, "neither “key: value” nor a line with > or <")


def _take_value(draft: _Draft, number: int, key: str, value: str) -> None:
    if len(value) > VALUE_CHARACTERS_MAX:
        raise TraceBroken(number, f"a value has at most {VALUE_CHARACTERS_MAX} characters")
    if key == "card":
        draft.end_tap()
        if len(draft.taps) >= TAPS_MAX:
            raise TraceBroken(number, f"more than {TAPS_MAX} cards")
        draft.tap = Tap(_uid(number, value), b"", (), line=number)
        return
    if draft.tap is None:
        if key not in HEADERS or key in draft.head:
            raise TraceBroken(number, f"“{key}” does not stand before a card, or not twice")
        draft.head[key] = value
        return
    if draft.exchanges or draft.asked is not None:
        raise TraceBroken(number, f"“{key}” stands before a card's first command")
    if key == "atr" and not draft.tap.atr:
        draft.tap = replace(draft.tap, atr=_atr(number, value))
    elif key == "at" and not draft.tap.at:
        draft.tap = replace(draft.tap, at=value)
    else:
        raise TraceBroken(number, f"“{key}” is not said of a card, or not twice")


def _uid(number: int, value: str) -> bytes | None:
    if value == NO_UID:
        return None
    uid = _plain(number, value)
    if len(uid) not in UID_LENGTHS:
        raise TraceBroken(number, "a UID has 4, 7 or 10 bytes")
    return uid


def _atr(number: int, value: str) -> bytes:
    atr = _plain(number, value)
    if not ATR_BYTES_MIN <= len(atr) <= ATR_BYTES_MAX:
        raise TraceBroken(number, f"an ATR has {ATR_BYTES_MIN} to {ATR_BYTES_MAX} bytes")
    return atr


def _plain(number: int, value: str) -> bytes:
    pieces = _pieces(number, value, ATR_BYTES_MAX)
    if not all(isinstance(each, bytes) for each in pieces):
        raise TraceBroken(number, "nothing is masked here")
    return b"".join(each for each in pieces if isinstance(each, bytes))


def _take_command(draft: _Draft, number: int, body: str, at: int | None) -> None:
    if draft.tap is None:
        raise TraceBroken(number, "a command before any card")
    if draft.asked is not None:
        raise TraceBroken(draft.asked.line, "this command has no answer: “< gone”, perhaps")
    if draft.exchanges and isinstance(draft.exchanges[-1].answer, NoAnswer):
        raise TraceBroken(number, "a command after the card's last answer")
    draft.count += 1
    if draft.count > EXCHANGES_MAX:
        raise TraceBroken(number, f"more than {EXCHANGES_MAX} commands")
    command = _pieces(number, body, COMMAND_BYTES_MAX)
    draft.asked = Exchange(command, NoAnswer.GONE, asked_at=at, line=number)


def _take_answer(draft: _Draft, number: int, body: str, at: int | None) -> None:
    if draft.asked is None:
        raise TraceBroken(number, "an answer to no command")
    answer: tuple[Piece, ...] | NoAnswer
    if body in {each.value for each in NoAnswer}:
        answer = NoAnswer(body)
    else:
        answer = _pieces(number, body, ANSWER_BYTES_MAX)
        if any(isinstance(each, Mask) and not each.tag for each in answer):
            raise TraceBroken(number, "?? stands in commands; an answer's unknown bytes are masks")
    draft.exchanges.append(replace(draft.asked, answer=answer, answered_at=at))
    draft.asked = None


def _pieces(number: int, body: str, bytes_max: int) -> tuple[Piece, ...]:
    """Read bytes; neighbours of a kind become one piece."""
    pieces = list[Piece]()
    for word in body.split():
        piece = _piece(number, word)
        before = pieces[-1] if pieces else None
        if isinstance(piece, bytes) and isinstance(before, bytes):
            pieces[-1] = before + piece
        elif isinstance(piece, Mask) and isinstance(before, Mask) and not piece.tag + before.tag:
            pieces[-1] = Mask(before.length + piece.length)
        else:
            pieces.append(piece)
    length = sum(each.length if isinstance(each, Mask) else len(each) for each in pieces)
    if not 1 <= length <= bytes_max:
        raise TraceBroken(number, f"1 to {bytes_max} bytes stand here")
    return tuple(pieces)


def _piece(number: int, word: str) -> Piece:
    if _HEX.fullmatch(word):
        return bytes.fromhex(word)
    if masked := _MASK.fullmatch(word):
        return Mask(int(masked[1]), masked[2])
    if _ANY.fullmatch(word):
        return Mask(len(word) // 2)
    raise TraceBroken(number, "neither hex bytes, nor ??, nor {n:tag}")
