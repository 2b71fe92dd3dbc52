"""A paper roll: reads the bytes of a ticket printer as one would, for tests and for the eye.

It knows the commands that our tickets use and stops at any other, so that nothing unnoticed goes to
a printer.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

CODE_PAGES = {0: "cp437", 16: "cp1252"}


@dataclass
class Row:
    text: str
    bold: bool
    tall: bool


@dataclass
class Roll:
    """What came out of the printer."""

    rows: list[Row] = field(default_factory=list)
    cut: bool = False
    reset: bool = False
    statuses_asked: int = 0
    bars: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(row.text.rstrip() for row in self.rows).strip("\n") + "\n"


class _Head:
    """The printer's head: what it has been told, and the row it is on."""

    def __init__(self) -> None:
        self.roll = Roll()
        self._page, self._text = "cp437", ""
        self._bold = self._tall = self._centred = False
        self.bar_dots: list[int] = []
        # What a command begins with, how many bytes follow, what it does with the first of them.
        self._commands: dict[bytes, tuple[int, Callable[[int], None]]] = {
            b"\x1b@": (0, self._reset),
            b"\x1bt": (1, self._choose_page),
            b"\x1b!": (1, self._choose_size),
            b"\x1bE": (1, self._choose_weight),
            b"\x1ba": (1, self._place),
            b"\x1bd": (1, self._feed),
            b"\x1dV": (1, self._cut),
            b"\x10\x04": (1, self._ask_status),
            b"\x1dh": (1, self._size_bars),
            b"\x1dw": (1, self._size_bars),
            b"\x1dH": (1, self._size_bars),
        }

    def take(self, raw: bytes) -> int:
        """Carry out what these bytes begin with; return how many that took."""
        if raw[0] >= 0x20:
            assert not self._centred, "rows are already placed"
            self._text += raw[:1].decode(self._page)
            return 1
        if raw[:1] == b"\n":
            self.roll.rows.append(Row(self._text, self._bold, self._tall))
            self._text = ""
            return 1
        if raw[:3] == b"\x1dk\x49":
            return self._draw_bars(raw)
        if raw[:2] not in self._commands:
            raise ValueError(f"a printer would not know {raw[:4]!r}")
        follow, act = self._commands[raw[:2]]
        act(raw[2] if follow else 0)
        return 2 + follow

    def _reset(self, _: int) -> None:
        self.roll.reset = True

    def _choose_page(self, page: int) -> None:
        self._page = CODE_PAGES[page]

    def _choose_size(self, bits: int) -> None:
        self._tall = bool(bits & 0x10)

    def _choose_weight(self, on: int) -> None:
        self._bold = bool(on)

    def _place(self, where: int) -> None:
        assert not self._text, "a row is ended before the next is placed"
        self._centred = where == 1

    def _size_bars(self, dots: int) -> None:
        self.bar_dots.append(dots)

    def _draw_bars(self, raw: bytes) -> int:
        """Read Code 128 as GS k takes it: set C, two digits a byte; nothing beside it."""
        assert self._centred and self.bar_dots[-1] == 0  # noqa: PT018 -- placed, no words of its own
        end = 4 + raw[3]
        assert raw[4:6] == b"{C"
        self.roll.bars.append("".join(f"{pair:02d}" for pair in raw[6:end]))
        return end

    def _feed(self, count: int) -> None:
        self.roll.rows += [Row("", bold=False, tall=False)] * count

    def _cut(self, _: int) -> None:
        assert not self._text, "a row is ended before the cut"
        self.roll.cut = True

    def _ask_status(self, _: int) -> None:
        self.roll.statuses_asked += 1


def print_on_roll(raw: bytes) -> Roll:
    """Return what a printer does with these bytes; raise ValueError for a command it lacks."""
    head, at = _Head(), 0
    while at < len(raw):
        at += head.take(raw[at:])
    return head.roll
