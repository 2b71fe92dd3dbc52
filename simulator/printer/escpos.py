"""ESC/POS as a printer hears it: bytes in, cut anywhere; rows of paper, cuts and answers out.

Promise: text is read in the code page that was chosen; a command that is not known is skipped by
its published length, or by its name alone; nothing raises, and what waits is bounded.
Anchored to Epson's command reference (ESC @, t, !, E, a, d; GS !, V; DLE EOT).
Not here: the port (`printer.py`), graphics and bar codes, which are skipped and not drawn.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

ROW_CHARACTERS_MAX = 256
WAITING_BYTES_MAX = 64 * 1024
FEED_ROWS_MAX = 255

LF, CR, DLE, ESC, FS, GS = 0x0A, 0x0D, 0x10, 0x1B, 0x1C, 0x1D
EOT = 0x04
# ESC t n: the pages that Epson's reference gives these numbers, as Python names them.
CODE_PAGES = {0: "cp437", 2: "cp850", 3: "cp860", 4: "cp863", 5: "cp865", 16: "cp1252", 19: "cp858"}
# How many bytes follow a two-byte command. What is not here takes one.
_AFTER_ESC = {0x40: 0, 0x32: 0, 0x3C: 0, 0x69: 0, 0x6D: 0, 0x24: 2, 0x5C: 2, 0x44: 0, 0x57: 8}
_AFTER_FS = {0x26: 0, 0x2E: 0, 0x53: 2}
_AFTER_GS = {0x42: 1, 0x4C: 2, 0x50: 2, 0x57: 2, 0x5C: 2}
_CUT_WITH_FEED = frozenset({65, 66, 97, 98, 103, 104})
_DOUBLE_HEIGHT, _EMPHASISED, _DOUBLE_WIDTH = 0x10, 0x08, 0x20


class Sign(Enum):
    """What is no row: a cut, and the questions a printer answers at once."""

    CUT = auto()
    ASKED_STATUS = auto()
    ASKED_OFFLINE = auto()
    ASKED_ERROR = auto()
    ASKED_PAPER = auto()


@dataclass(frozen=True, slots=True)
class Row:
    """One row of paper."""

    text: str
    bold: bool = False
    tall: bool = False
    wide: bool = False


@dataclass(slots=True)
class _Style:
    bold: bool = False
    tall: bool = False
    wide: bool = False
    page: str = "cp437"


_QUESTIONS = {
    1: Sign.ASKED_STATUS,
    2: Sign.ASKED_OFFLINE,
    3: Sign.ASKED_ERROR,
    4: Sign.ASKED_PAPER,
}
Heard = Row | Sign


@dataclass(slots=True)
class EscPosReader:
    """Reads what is sent to one printer. `hear` gives what it means, in order."""

    _waiting: bytearray = field(default_factory=bytearray)
    _row: bytearray = field(default_factory=bytearray)
    _style: _Style = field(default_factory=_Style)

    def hear(self, received: bytes) -> list[Heard]:
        """Take bytes; return the rows, cuts and questions that are whole now."""
        self._waiting += received
        found: list[Heard] = []
        place = 0
        while place < len(self._waiting):
            taken, heard = self._next(place)
            if taken == 0:
                break
            place += taken
            found += heard
        del self._waiting[:place]
        del self._waiting[WAITING_BYTES_MAX:]
        return found

    def _next(self, place: int) -> tuple[int, list[Heard]]:
        """Read one thing; 0 taken when it is not whole yet."""
        first = self._waiting[place]
        command = _COMMANDS.get(first)
        if command is not None:
            left = bytes(self._waiting[place : place + WAITING_BYTES_MAX])
            return command(self, left)
        if first == LF:
            return 1, [self._take_row()]
        if first >= 0x20 and len(self._row) < ROW_CHARACTERS_MAX:
            self._row.append(first)
        return 1, []

    def _take_row(self) -> Row:
        style, text = self._style, self._row.decode(self._style.page, errors="replace")
        self._row.clear()
        return Row(text.rstrip(), style.bold, style.tall, style.wide)

    def _real_time(self, left: bytes) -> tuple[int, list[Heard]]:
        if len(left) < 3:
            return 0, []
        question = _QUESTIONS.get(left[2]) if left[1] == EOT else None
        return 3, [] if question is None else [question]

    def _escape(self, left: bytes) -> tuple[int, list[Heard]]:
        if len(left) < 2:
            return 0, []
        name = left[1]
        if name == 0x2A:  # ESC *: a bit image, m nL nH and its columns
            return _sized(left, 5, lambda head: (head[3] + 256 * head[4]) * _image_bytes(head[2]))
        if name == 0x44:  # ESC D: tab stops up to a zero
            end = left.find(0, 2)
            return (0, []) if end < 0 else (end + 1, [])
        length = 2 + _AFTER_ESC.get(name, 1)
        if len(left) < length:
            return 0, []
        return length, self._obey_escape(name, left[2] if length > 2 else 0)

    def _obey_escape(self, name: int, value: int) -> list[Heard]:
        match name:
            case 0x40:
                self._style = _Style()
                self._row.clear()
            case 0x74:
                self._style.page = CODE_PAGES.get(value, "cp437")
            case 0x45:
                self._style.bold = bool(value & 1)
            case 0x21:
                self._style.bold = bool(value & _EMPHASISED)
                self._style.tall = bool(value & _DOUBLE_HEIGHT)
                self._style.wide = bool(value & _DOUBLE_WIDTH)
            case 0x64 | 0x4A:
                rows = value if name == 0x64 else value // 30
                first: list[Heard] = [self._take_row()] if self._row else []
                return first + [Row("")] * min(rows, FEED_ROWS_MAX)
            case 0x69 | 0x6D:
                return [Sign.CUT]
            case _:
                pass
        return []

    def _group(self, left: bytes) -> tuple[int, list[Heard]]:
        if len(left) < 3:
            return 0, []
        name, value = left[1], left[2]
        if name == 0x56:
            length = 4 if value in _CUT_WITH_FEED else 3
            return (length, [Sign.CUT]) if len(left) >= length else (0, [])
        if name == 0x21:
            self._style.tall, self._style.wide = bool(value & 0x0F), bool(value & 0xF0)
            return 3, []
        return _skip_group(name, left)

    def _kanji(self, left: bytes) -> tuple[int, list[Heard]]:
        length = 2 + _AFTER_FS.get(left[1], 1) if len(left) > 1 else 2
        return (length, []) if len(left) >= length else (0, [])


def _skip_group(name: int, left: bytes) -> tuple[int, list[Heard]]:
    """Skip a command of GS that draws, or does nothing that can be seen."""
    if name == 0x28:  # GS (: a function, its length in pL pH
        return _sized(left, 5, lambda head: head[3] + 256 * head[4])
    if name == 0x76:  # GS v 0: a raster image, columns in bytes and rows
        return _sized(left, 8, lambda head: _pair(head, 4) * _pair(head, 6))
    if name == 0x6B and left[2] <= 6:  # GS k: a bar code, ended by a zero
        end = left.find(0, 3)
        return (0, []) if end < 0 else (end + 1, [])
    if name == 0x6B:  # or with its length
        return _sized(left, 4, lambda head: head[3])
    length = 2 + _AFTER_GS.get(name, 1)
    return (length, []) if len(left) >= length else (0, [])


def _pair(head: bytes, place: int) -> int:
    return head[place] + 256 * head[place + 1]


def _image_bytes(mode: int) -> int:
    return 3 if mode in {32, 33} else 1


def _sized(left: bytes, head: int, size: Callable[[bytes], int]) -> tuple[int, list[Heard]]:
    """Skip a command whose length is in its head."""
    if len(left) < head:
        return 0, []
    length = head + size(left)
    if length >= WAITING_BYTES_MAX:
        return head, []  # more than is ever kept: its head is skipped, its picture is noise
    return (length, []) if len(left) >= length else (0, [])


_COMMANDS = {
    DLE: EscPosReader._real_time,  # noqa: SLF001 -- the class's own table
    ESC: EscPosReader._escape,  # noqa: SLF001 -- idem
    FS: EscPosReader._kanji,  # noqa: SLF001 -- idem
    GS: EscPosReader._group,  # noqa: SLF001 -- idem
}
