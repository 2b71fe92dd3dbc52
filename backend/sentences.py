"""What a refusal says to people: French first, English after it, and two lines for a PIN pad.

The three say the same: what happened, and what would work next. Not here: any of the words.
"""

import unicodedata
from dataclasses import dataclass
from typing import Final

PAD_COLUMNS: Final = 16

PadLines = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence in two languages, and its short form of two lines of 16 characters."""

    fr: str
    en: str
    pad: PadLines


def pad_text(text: str, columns: int = PAD_COLUMNS) -> str:
    """Write a text as a pad can show it: capitals without accents, cut to `columns`."""
    plain = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "OE"))
    ascii_only = plain.encode("ascii", "ignore").decode().upper()
    return " ".join(ascii_only.split())[:columns].rstrip()
