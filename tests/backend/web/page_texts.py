"""What a page says to whoever reads it, or has it read: for the tests of languages."""

import re
from html.parser import HTMLParser
from string import Formatter

#: Letters and marks that English has not.
ACCENTS = re.compile(r"[àâçéèêëîïôùûœ«»]", re.IGNORECASE)


class Texts(HTMLParser):
    """What a page says: its text, and what a screen reader is told."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self._quiet = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._quiet = tag in {"code", "style"} or given.get("lang") == "fr"
        self.said += [given.get(name) or "" for name in ("aria-label", "placeholder", "title")]

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - as the parser calls it
        self._quiet = False

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.said.append(data)


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}
