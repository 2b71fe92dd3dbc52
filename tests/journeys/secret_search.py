"""Look for secrets where none may be: what each looks like in any clothes, and how to find it.

A `Needle` is one secret with everything it may look like. Short ones (a code) are
looked for between characters that are neither letters nor digits; long ones anywhere, whatever the
case of their hex. Found is said by kind and place, never by value.
"""

import base64
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

# A UUID has groups of four hex digits, which may be a code by chance.
UUID = re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# A time has a fraction of six digits, which may be one too.
FRACTION = re.compile(rb"(?<=:[0-9]{2})\.[0-9]{6}(?![0-9])")
# Database files are mostly empty; nothing hides in nothing.
NOTHING = re.compile(rb"\0{64,}")
PAN_DIGITS_IN_FIELD = 12


@dataclass(frozen=True, slots=True)
class Needle:
    """One secret: its kind, which of that kind, and what finds it.

    `forms` are long, lower case; `patterns` find a short one anywhere, `in_text` where there is
    nothing but text: among any bytes they would occur by chance.
    """

    kind: str
    name: str
    forms: frozenset[bytes] = field(default=frozenset(), repr=False)
    patterns: tuple[re.Pattern[bytes], ...] = field(default=(), repr=False)
    in_text: tuple[re.Pattern[bytes], ...] = field(default=(), repr=False)

    def is_in(self, content: bytes, lowered: bytes) -> bool:
        """Say whether it is there, in any clothes."""
        patterns = self.patterns if b"\0" in content else self.patterns + self.in_text
        return any(form in lowered for form in self.forms) or any(
            pattern.search(content) for pattern in patterns
        )


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """A secret in a place where it may not be."""

    kind: str
    name: str
    place: str


def code_needle(name: str, code: str) -> Needle:
    """Return what finds a code: alone, with its keys, apart, as bytes' numbers, encoded."""
    raw = code.encode()
    apart = rb"[^0-9A-Za-z]{1,4}".join(re.escape(bytes((byte,))) for byte in raw)
    as_numbers = rb"[^0-9A-Za-z]{1,4}".join(str(byte).encode() for byte in raw)
    written = (
        raw + rb"[EBC]?",
        rb"(?:0x)?" + raw.hex().encode(),
        base64.b64encode(raw).rstrip(b"="),
        re.escape(base64.b64encode(raw + b"E")[:6]) + rb"[0-9A-Za-z+/]{0,2}",
    )
    return Needle(
        "code",
        name,
        forms=frozenset({code.encode("utf-16-le")}),
        patterns=tuple(_standing_alone(each) for each in written),
        in_text=(_standing_alone(apart), _standing_alone(as_numbers)),
    )


def _standing_alone(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?<![0-9A-Za-z+/])" + pattern + rb"(?![0-9A-Za-z+/])")


def clear_block_needle(name: str, code: str, account: str) -> Needle:
    """Return what finds the clear PIN fields and blocks of formats 4, 0, 1 and 3."""
    pan = bytes.fromhex(account[:-1][-PAN_DIGITS_IN_FIELD:].rjust(16, "0"))
    four = bytes.fromhex(f"4{len(code):X}{code}".ljust(16, "A"))
    zero = bytes.fromhex(f"0{len(code):X}{code}".ljust(16, "F"))
    mixed = bytes(a ^ b for a, b in zip(zero, pan, strict=True))
    found = (form for one in (four, zero, mixed) for form in forms(one))
    return Needle("clear PIN block", name, frozenset(found))


def forms(raw: bytes) -> Iterator[bytes]:
    """Give bytes as they are, in hex, as Python shows them, and in base64; all in lower case."""
    yield from (form.lower() for form in _forms(raw))


def _forms(raw: bytes) -> Iterator[bytes]:
    yield raw
    yield from (raw.hex(separator).encode() for separator in (" ", ":"))
    yield raw.hex().encode()
    yield repr(raw)[2:-1].encode()
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + raw)
        # Wherever they begin in a group: only the characters that these bytes alone decide.
        sure = encoded[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
        yield sure
        yield sure.replace(b"+", b"-").replace(b"/", b"_")


def key_needle(kind: str, name: str, raw: bytes) -> Needle:
    """Return what finds a key or a block."""
    return Needle(kind, name, frozenset(forms(raw)))


def text_needle(kind: str, name: str, text: str) -> Needle:
    """Return what finds a token."""
    return Needle(kind, name, frozenset(forms(text.encode())))


def name_needle(name: str) -> Needle:
    """Return what finds a name: as it is, and as JSON writes it. No base64: it is too short."""
    written = json.dumps(name).strip('"')
    forms = (name.encode(), name.encode("utf-16-le"), written.encode())
    return Needle("name", name, frozenset(form.lower() for form in forms))


def search(needles: Iterable[Needle], place: str, content: bytes) -> set[Found]:
    """Return which secrets are in this content."""
    cleaned = FRACTION.sub(b"", UUID.sub(b"<uuid>", content))
    lowered = content.lower()
    return {Found(one.kind, one.name, place) for one in needles if one.is_in(cleaned, lowered)}


def search_files(needles: Iterable[Needle], folder: Path) -> set[Found]:
    """Look through every file below a folder."""
    held = list(needles)
    found: set[Found] = set()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            content = NOTHING.sub(b"\0" * 64, path.read_bytes())
            found |= search(held, str(path.relative_to(folder)), content)
    return found


def search_sqlite(needles: Iterable[Needle], file: Path) -> set[Found]:
    """Look through every cell of every table: a raw file has no character between two of them."""
    held = list(needles)
    found: set[Found] = set()
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (table,) in tables.fetchall():
            rows = connection.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in rows.description]
            columns = zip(*rows, strict=True)
            for name, cells in zip(names, columns, strict=False):
                place = f"{file.name}:{table}.{name}"
                for kind in (bytes, str):
                    column = (cell_bytes(cell) for cell in cells if isinstance(cell, kind))
                    found |= search(held, place, b"\n\n".join(column))
    finally:
        connection.close()
    return found


def cell_bytes(cell: object) -> bytes:
    """Return a database cell as bytes to be looked through; a number is no text."""
    if isinstance(cell, bytes | memoryview):
        return bytes(cell)
    return b"" if cell is None or isinstance(cell, int | float) else str(cell).encode()
