"""Words for a display of two lines of sixteen characters without accents.

Promise: whatever comes in, what goes out is 1 to 16 upper-case characters every pad can draw.
Not done here: choosing the words (see the screens of the till).
"""

import unicodedata

LINE_CHARACTERS_MAX = 16

# By name, because several of these look alike on a screen.
_SPELLED_OUT = str.maketrans(
    {
        "\N{EURO SIGN}": "EUR",
        "\N{LATIN SMALL LIGATURE OE}": "oe",
        "\N{LATIN CAPITAL LIGATURE OE}": "OE",
        "\N{LATIN SMALL LETTER AE}": "ae",
        "\N{LATIN CAPITAL LETTER AE}": "AE",
        "\N{LATIN SMALL LETTER O WITH STROKE}": "o",
        "\N{LATIN CAPITAL LETTER O WITH STROKE}": "O",
        "\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}": '"',
        "\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}": '"',
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{EN DASH}": "-",
        "\N{EM DASH}": "-",
        "\N{MIDDLE DOT}": "-",
        "\N{BULLET}": "*",
    }
)


def display_line(words: str) -> str:
    """Return the words as the pad can show them: no accents, upper case, cut at 16 characters.

    An empty line becomes one space, because a prompt must have a character (UIC PP791 p. 249).
    """
    spelled = unicodedata.normalize("NFKD", words.translate(_SPELLED_OUT))
    letters = (letter for letter in spelled if not unicodedata.combining(letter))
    line = "".join(map(_drawable, letters)).upper().strip()
    return line[:LINE_CHARACTERS_MAX].rstrip() or " "


def _drawable(letter: str) -> str:
    if letter.isspace() or not letter.isprintable():
        return " "
    return letter if letter.isascii() else "?"
