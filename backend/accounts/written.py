"""A mail that is written: paragraphs with their language, as plain text and as HTML.

Promise: whatever is in a paragraph is text and nothing else; only an address of our own pages
becomes a link, and nothing is fetched when the mail is read. Pure. Not here: the words.
"""

import re
from dataclasses import dataclass
from html import escape
from typing import Final, NamedTuple

_ADDRESS: Final = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:)]")
#: Dark on light whatever the mailbox thinks; readable without any picture.
_STYLE: Final = (
    "font-family:system-ui,sans-serif;font-size:17px;line-height:1.5;max-width:34em;"
    "margin:0 auto;padding:16px;color:#1a1a1a;background:#ffffff"
)


class Part(NamedTuple):
    """One paragraph; its lines end where the text says."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Written:
    """What a mail says."""

    subject: str
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """The mail as plain text."""
        return "\n\n".join(part.text for part in self.parts) + "\n"

    @property
    def html(self) -> str:
        """The mail as a page without anything to load."""
        main = self.parts[0].language
        paragraphs = "\n".join(_paragraph(part, main) for part in self.parts)
        title = escape(self.subject)
        return (
            f'<!doctype html>\n<html lang="{main}">\n<head><meta charset="utf-8">'
            f"<title>{title}</title></head>\n"
            f'<body style="{_STYLE}">\n{paragraphs}\n</body>\n</html>\n'
        )


def _paragraph(part: Part, main: str) -> str:
    marked = "" if part.language == main else f' lang="{escape(part.language)}"'
    lines = "<br>\n".join(_line(line) for line in part.text.splitlines())
    return f"<p{marked}>{lines}</p>"


def _line(line: str) -> str:
    made, end = "", 0
    for found in _ADDRESS.finditer(line):
        address = escape(found[0])
        made += escape(line[end : found.start()])
        made += f'<a href="{address}" style="color:#0b4f9e">{address}</a>'
        end = found.end()
    return made + escape(line[end:])
