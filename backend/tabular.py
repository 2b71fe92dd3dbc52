"""Tables of text as offices write them: whatever the encoding, a line of the file is a row.

A quotation mark left open spoils its own line and no other. Not here: what the columns mean.
"""

import codecs
import csv
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

LINE_BYTES_MAX: Final = 10_000
CHUNK_BYTES: Final = 1_000_000
#: Unassigned in ISO-8859-15 but letters and quotes in Windows' own code page.
_WINDOWS_BYTES: Final = re.compile(rb"[\x80-\x9f]")


#: What a spreadsheet takes for a formula when it begins a cell, full-width signs included.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class QuotationMarkOpen(Exception):
    """A line has a quotation mark that nothing closes."""


def encoding_of(path: Path) -> str | None:
    """Return a Python encoding of a text file; None: it is no text in bytes (UTF-16, binary).

    UTF-8 with or without its mark if it is nothing else, then what Windows or ISO-8859-15 write.
    """
    decoder, encoding = codecs.getincrementaldecoder("utf-8")(), "utf-8"
    with path.open("rb") as file:
        start = file.read(3)
        if b"\0" in start or start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return None
        file.seek(0)
        while chunk := file.read(CHUNK_BYTES):
            if encoding == "utf-8":
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    encoding = "iso8859-15"
                    file.seek(0)
                    continue
            elif _WINDOWS_BYTES.search(chunk):
                return "cp1252"
    if encoding == "utf-8":
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "iso8859-15"
        return "utf-8-sig" if start == codecs.BOM_UTF8 else "utf-8"
    return encoding


def raw_lines(file: BinaryIO) -> Iterator[bytes]:
    """Give a file's lines, each cut at the limit: what is beyond it is not read as a line."""
    while raw := file.readline(LINE_BYTES_MAX):
        part = raw
        while part and not part.endswith(b"\n") and len(part) == LINE_BYTES_MAX:
            part = file.readline(LINE_BYTES_MAX)
        yield raw


def split_cells(text: str, separator: str) -> list[str]:
    """Split one line; raise QuotationMarkOpen. A blank line has no cells."""
    try:
        return next(csv.reader([text], delimiter=separator, strict=True), [])
    except csv.Error:
        raise QuotationMarkOpen from None


def plain(text: str) -> str:
    """Return text without accents, capitals and spaces around."""
    letters = unicodedata.normalize("NFKD", text.strip().lower())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def safe_cell(text: str) -> str:
    """Return a cell on one line that no spreadsheet takes for a formula."""
    line = " ".join(text.splitlines())
    begins_so = text.startswith(_FORMULA) or line.lstrip(" \xa0").startswith(_FORMULA)
    return f"'{line}" if begins_so else line
