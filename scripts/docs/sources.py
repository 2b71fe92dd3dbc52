"""Which documents make the two sites, and how a link between them is written.

Promise: a document is written once, for whoever reads it in the tree; here its links are turned
into those of the site. A link that leads to nothing is an error, whatever it leads to: a page, a
heading, a picture, the other site. Not here: building (`site.py`), pages made from code.
"""

import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENGLISH, FRENCH = "en", "fr"
#: A link or picture of Markdown; addresses of the web and bare fragments are left as they are.
_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?://|mailto:|#)([^)\s#]*)(#[^)\s]*)?\)")
_FENCE = re.compile(r"^(```|~~~)", re.MULTILINE)


class DocumentError(Exception):
    """The documents do not fit together; the message says where and how."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its place on its site, and the document of the tree it comes from, if any."""

    language: str
    path: str
    text: str
    source: str | None = None

    @property
    def title(self) -> str:
        """Return its first heading."""
        found = re.search(r"^# (.+)$", self.text, re.MULTILINE)
        return found[1].strip() if found else self.path


def tree_pages(root: Path = ROOT) -> list[Page]:
    """Return the pages that are documents of the tree."""
    wanted = {"ARCHITECTURE.md": "architecture.md", "CHANGELOG.md": "changelog.md"}
    wanted |= {"docs/site/index.en.md": "index.md", "docs/site/index.fr.md": "index.md"}
    for folder in ("", "decisions/", "wire/"):
        for path in sorted((root / "docs" / folder).glob("*.md")):
            wanted[f"docs/{folder}{path.name}"] = f"{folder}{path.name}"
    return [
        Page(_language(source), place, (root / source).read_text(encoding="utf-8"), source)
        for source, place in wanted.items()
    ]


def _language(source: str) -> str:
    name = posixpath.basename(source)
    return FRENCH if name.startswith("guide-") or name.endswith(".fr.md") else ENGLISH


def with_site_links(pages: list[Page], elsewhere: Mapping[str, str]) -> list[Page]:
    """Return the pages with the links of their site; raise DocumentError for the others.

    `elsewhere` names what has a page of another source: the folder `examples` is one page.
    """
    known = {page.source or f"docs/{page.path}": page for page in pages}
    known |= {
        source: page
        for source, place in elsewhere.items()
        for page in pages
        if (page.language, page.path) == (ENGLISH, place)
    }
    return [
        Page(
            page.language, page.path, _outside_fences(page.text, _writer(page, known)), page.source
        )
        for page in pages
    ]


def _writer(page: Page, known: Mapping[str, Page]) -> Callable[["re.Match[str]"], str]:
    def written(match: "re.Match[str]") -> str:
        picture, words, target, fragment = match[1], match[2], match[3], match[4] or ""
        if page.source is None:
            return match[0]
        source = posixpath.normpath(posixpath.join(posixpath.dirname(page.source), target))
        if source in known:
            return _link_to(page, known[source], words, fragment)
        if source.startswith("docs/images/"):
            place = posixpath.relpath(source.removeprefix("docs/"), posixpath.dirname(page.path))
            return f"{picture}[{words}]({place})"
        if (ROOT / source).exists():
            # In the tree, and not on the site: its name says where.
            return words if "`" in words else f"{words} (`{source}`)"
        raise DocumentError(f"{page.source}: a link leads to {source}, which is nowhere")

    return written


def _link_to(page: Page, other: Page, words: str, fragment: str) -> str:
    folder = posixpath.dirname(page.path)
    if other.language == page.language:
        return f"[{words}]({posixpath.relpath(other.path, folder)}{fragment})"
    up = "../" if page.language == FRENCH else f"{FRENCH}/"
    place = posixpath.relpath(other.path, folder or ".")
    steps = "../" * folder.count("/") + ("../" if folder else "")
    at = place.removeprefix(steps)
    address = f"{steps}{up}{at.removesuffix('.md')}.html{fragment}"
    # Written out: the generator looks for pages of its own site only.
    return f'<a href="{address}" hreflang="{other.language}">{words}</a>'


def _outside_fences(text: str, written: Callable[["re.Match[str]"], str]) -> str:
    """Rewrite links in everything but code."""
    lines, inside = [], False
    for line in text.splitlines():
        if _FENCE.match(line):
            inside = not inside
        lines.append(line if inside else _LINK.sub(written, line))
    return "\n".join(lines) + "\n"
