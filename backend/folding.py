"""A name as it is looked for: no capitals, no accents, no hyphens.

Promise: `fold` and the database's own `fold_name` say the same of every letter of Europe's Latin
alphabets; SQLite is given this very function, PostgreSQL has one made of the tables below. Pure.
"""

import unicodedata
from typing import Final

#: Letters that fold to two.
PAIRS: Final = {"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss"}
#: What stands between the words of a name.
BETWEEN: Final = "-'\u2019."
_STROKES: Final = {"ø": "o", "Ø": "o", "đ": "d", "Đ": "d", "ł": "l", "Ł": "l", "\u0131": "i"}
#: Latin-1 Supplement and Latin Extended-A.
_LATIN: Final = range(0xC0, 0x180)


def _single_letters() -> dict[str, str]:
    found = dict(_STROKES)
    for code in _LATIN:
        base = unicodedata.normalize("NFKD", chr(code))[0].lower()
        if base.isascii() and base.isalpha() and base != chr(code) and chr(code) not in PAIRS:
            found[chr(code)] = base
    return found | dict.fromkeys(BETWEEN, " ")


#: Each letter that folds to one.
SINGLE: Final = _single_letters()
_TABLE: Final = str.maketrans({**SINGLE, **PAIRS})


def fold_name(text: str) -> str:
    """Fold each letter of a name, as the database does; spaces stay as many as they are."""
    return text.translate(_TABLE).lower()


def fold(text: str) -> str:
    """Fold what somebody typed: composed first, and one space between words."""
    return " ".join(fold_name(unicodedata.normalize("NFC", text)).split())
