"""A trace, and its text.

    pass-trace 1
    reader: Pass Counter 00 00
    recorded: 2026-11-22T04:31:07Z
    by: pass-terminal 0.1.0

    card: 04 3A 91 0C 55 12 80
    atr: 3B 81 80 01 80 80
         0 > 90 60 00 00 00                       # GetVersion
         4 < 04 01 01 12 00 1A 05 91 AF           # ADDITIONAL_FRAME (91AF)
        12 > 90 AF 00 00 20 {32:9f31c0aa} 00
        30 < gone

Bytes are hex; `{n:tag}` stands for n masked bytes, `??` (in a command) for any byte, `gone` and
`silent` for no answer; the number before an arrow is milliseconds since the card came; `#` begins a
comment. Promise: what `write_trace` writes, `reading.py` reads back the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from passcard.redact import Mask, Piece
from passcard.trace import Teller, status_of

FIRST_LINE = "pass-trace 1"
TEXT_BYTES_MAX = 1024 * 1024
LINE_CHARACTERS_MAX = 2048
TAPS_MAX = 2_000
EXCHANGES_MAX = 10_000
COMMAND_BYTES_MAX, ANSWER_BYTES_MAX = 261, 258
UID_LENGTHS = frozenset({4, 7, 10})
ATR_BYTES_MIN, ATR_BYTES_MAX = 2, 33
VALUE_CHARACTERS_MAX = 200
NO_UID = "-"
_COMMENT_COLUMN = 48
HEADERS = ("reader", "recorded", "by", "note")


class NoAnswer(Enum):
    """How a card answered nothing."""

    GONE = "gone"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A command and what came back; `line` is where the command stands, 0 where nowhere yet."""

    command: tuple[Piece, ...]
    answer: tuple[Piece, ...] | NoAnswer
    asked_at: int | None = None
    answered_at: int | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Tap:
    """One stay of a card on the reader; `uid` is None where the reader gave none."""

    uid: bytes | None
    atr: bytes
    exchanges: tuple[Exchange, ...]
    at: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Trace:
    """What a file holds."""

    taps: tuple[Tap, ...]
    reader: str = ""
    recorded: str = ""
    by: str = ""
    note: str = ""


def write_trace(trace: Trace) -> str:
    """Return the text of a trace, with each command in words."""
    return write_head(trace) + "".join(write_tap(tap) for tap in trace.taps)


def write_head(trace: Trace) -> str:
    """Return the lines before the first card."""
    named = ((key, getattr(trace, key)) for key in HEADERS)
    lines = [FIRST_LINE, *(f"{key}: {_one_line(value)}" for key, value in named if value)]
    return "\n".join(lines) + "\n"


def write_tap(tap: Tap) -> str:
    """Return the lines of one tap, an empty one before."""
    uid = NO_UID if tap.uid is None else tap.uid.hex(" ").upper()
    lines = ["", f"card: {uid}", f"atr: {tap.atr.hex(' ').upper()}"]
    lines += [f"at: {_one_line(tap.at)}"] if tap.at else []
    teller = Teller()
    for each in tap.exchanges:
        lines.append(_line(each.asked_at, ">", write_pieces(each.command), _said(teller, each)))
        answer, words = _answered(each.answer)
        lines.append(_line(each.answered_at, "<", answer, words))
    return "\n".join(lines) + "\n"


def _said(teller: Teller, exchange: Exchange) -> str:
    name, fields = teller.tell(_outline(exchange.command))
    return ", ".join((name, *fields))


def _answered(answer: tuple[Piece, ...] | NoAnswer) -> tuple[str, str]:
    if isinstance(answer, NoAnswer):
        return answer.value, "no answer"
    ends_open = bool(answer) and isinstance(answer[-1], bytes) and len(answer[-1]) > 1
    return write_pieces(answer), status_of(_outline(answer)) if ends_open else ""


def _outline(pieces: Iterable[Piece]) -> bytes:
    """Return the bytes with zeros where masks are: enough for a name and a status."""
    shown = [bytes(each.length) if isinstance(each, Mask) else each for each in pieces]
    return b"".join(shown)


def write_pieces(pieces: Iterable[Piece]) -> str:
    """Return the words of a line that stand for these bytes."""
    return " ".join(
        each.hex(" ").upper()
        if isinstance(each, bytes)
        else (f"{{{each.length}:{each.tag}}}" if each.tag else " ".join(["??"] * each.length))
        for each in pieces
    )


def _line(at: int | None, arrow: str, body: str, words: str) -> str:
    said = f"{'' if at is None else at:>6} {arrow} {body}"
    return f"{said:<{_COMMENT_COLUMN}}  # {words}" if words else said


def _one_line(value: str) -> str:
    """Return a value as one line that has no comment in it."""
    shown = "".join(sign if sign.isprintable() and sign != "#" else " " for sign in value)
    return " ".join(shown.split())[:VALUE_CHARACTERS_MAX]
