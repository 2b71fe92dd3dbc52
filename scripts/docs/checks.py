"""Looks at a built site as a browser would: where links lead, what is loaded, which language.

Promise: `look_at_site` names everything that is wrong, or says nothing. It reads files alone. The
generator checks links within each site; here both are one, with what was written out in HTML.
"""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from scripts.docs.sources import ENGLISH, FRENCH, DocumentError

#: What a page loads without being asked, by element and attribute.
LOADED = {
    ("script", "src"),
    ("img", "src"),
    ("iframe", "src"),
    ("source", "src"),
    ("video", "src"),
    ("object", "data"),
    ("form", "action"),
}
#: `rel` of a link element that only names something.
NAMED_ONLY = {"canonical", "prev", "next", "alternate", "license"}


@dataclass(slots=True)
class Seen:
    """What one page has: anchors, links within the site, what it loads, its language."""

    language: str | None = None
    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen = Seen()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.seen.language = known.get("lang")
        self.seen.anchors |= {known[name] for name in ("id", "name") if name in known}
        self.seen.loads += [known[name] for of, name in LOADED if of == tag and name in known]
        if tag == "link" and not NAMED_ONLY & set(known.get("rel", "").split()):
            self.seen.loads.append(known.get("href", ""))
        if tag == "a" and "href" in known:
            self.seen.links.append(known["href"])


def read_page(path: Path) -> Seen:
    """Return what a page has."""
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader.seen


def look_at_site(site: Path) -> int:
    """Return the number of pages; raise DocumentError with all that is wrong."""
    pages = {
        path.relative_to(site).as_posix(): read_page(path) for path in sorted(site.rglob("*.html"))
    }
    wrong = [
        f"{name}: {what}"
        for name, seen in pages.items()
        for what in _wrong(site, name, seen, pages)
    ]
    if wrong:
        raise DocumentError("\n".join(wrong))
    return len(pages)


def _wrong(site: Path, name: str, seen: Seen, pages: dict[str, Seen]) -> Iterator[str]:
    language = FRENCH if name.startswith(f"{FRENCH}/") else ENGLISH
    if seen.language != language:
        yield f"its language is {seen.language}, not {language}"
    for loaded in seen.loads:
        if urlsplit(loaded).scheme or loaded.startswith("//"):
            yield f"it loads {loaded}"
        elif name != _lost(language) and _target(name, loaded) is None:
            yield f"it loads {loaded}, which leaves the site"
        elif name != _lost(language) and not (site / str(_target(name, loaded))).exists():
            yield f"it loads {loaded}, which is not there"
    if name == _lost(language):
        return  # served at any address: its own links are absolute
    for link in seen.links:
        yield from _wrong_link(name, link, pages, site)


def _lost(language: str) -> str:
    return "404.html" if language == ENGLISH else f"{FRENCH}/404.html"


def _wrong_link(name: str, link: str, pages: dict[str, Seen], site: Path) -> Iterator[str]:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return
    target = name if not parts.path else _target(name, link)
    if target in pages:
        if parts.fragment and unquote(parts.fragment) not in pages[target].anchors:
            yield f"a link leads to {link}: that page has no such heading"
    elif target is None or not (site / target).is_file():
        yield f"a link leads to {link}: there is no such page"


def _target(name: str, address: str) -> str | None:
    """Return the file that an address of a page leads to; None outside the site."""
    path = unquote(urlsplit(address).path)
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
    return None if joined.startswith(("..", "/")) else joined
