"""A receipt as lines of text of one width, for a screen, a ticket in an answer, or a printer. Pure.

Words too long for the width go on to the next line; nothing is cut off.
"""

import textwrap
import unicodedata
from collections.abc import Iterable

from terminal.counter.receipts.receipt import Line, Receipt, Style, receipt_lines

SCREEN_COLUMNS = 42
COLUMNS_MIN = 20

_LATIN_1 = str.maketrans(
    {
        "\N{EURO SIGN}": "EUR",
        "\N{BULLET}": "*",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{EM DASH}": "-",
        "\N{EN DASH}": "-",
        "\N{NARROW NO-BREAK SPACE}": " ",
        "\N{NO-BREAK SPACE}": " ",
        "\N{HORIZONTAL ELLIPSIS}": "...",
        "\N{LATIN SMALL LIGATURE OE}": "oe",
        "\N{LATIN CAPITAL LIGATURE OE}": "OE",
    }
)


def receipt_text(receipt: Receipt, columns: int = SCREEN_COLUMNS) -> str:
    """Return the receipt, each line at most `columns` characters, without spaces at its end."""
    return _text(receipt_lines(receipt), columns)


def receipt_latin_1(receipt: Receipt, columns: int) -> bytes:
    """Return the receipt in ISO 8859-1, with the signs it lacks spelled out (`EUR`, `*`)."""
    lines = (
        Line(_spelled(line.words), _spelled(line.value), line.style)
        for line in receipt_lines(receipt)
    )
    return _text(lines, columns).encode("latin-1", "replace")


def _text(lines: Iterable[Line], columns: int) -> str:
    rows = (row for line in lines for row in rows_of(line, columns))
    return "\n".join(row.rstrip() for row in rows) + "\n"


def _spelled(words: str) -> str:
    return unicodedata.normalize("NFC", words.translate(_LATIN_1))


def rows_of(line: Line, columns: int) -> list[str]:
    """Return one line of a receipt as rows of this width."""
    assert columns >= COLUMNS_MIN, "nothing fits"
    if line.value:
        return _pair(line.words, line.value, columns)
    rows = textwrap.wrap(line.words, columns) or [""]
    if line.style in {Style.TITLE, Style.CENTRED, Style.BAR_CODE}:
        return [row.center(columns) for row in rows]
    return rows


def _pair(words: str, value: str, columns: int) -> list[str]:
    gap = columns - len(words) - len(value)
    if gap >= 1:
        return [words + " " * gap + value]
    # Spaces that do not break would let a number of a card stick out of a narrow roll.
    return [words, *(row.rjust(columns) for row in textwrap.wrap(value, columns))]
