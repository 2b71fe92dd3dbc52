"""Takes a picture of a page and makes it small.

Promise: a picture is as large as its page was asked to be, of at most COLOURS colours, and written
whole or not at all. Not here: what is on it.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Cookie, Page

CHROMIUM = "/usr/bin/chromium"
FLAGS = ("--no-sandbox", "--headless=new", "--disable-background-networking", "--hide-scrollbars")
SEEN_MILLISECONDS_MAX = 60_000
COLOURS = 128
GAP = 16
PAPER = (255, 255, 255)

Size = tuple[int, int]


@dataclass(slots=True)
class Studio:
    """A browser, and a folder for pictures; `wanted` names the only ones to write, if any."""

    browser: Browser
    folder: Path
    wanted: frozenset[str] = frozenset()
    written: list[Path] = field(default_factory=list)
    taken: dict[str, Image.Image] = field(default_factory=dict)

    def open(self, url: str, size: Size, cookies: Sequence[Cookie] = ()) -> Page:
        """Open a page of this size."""
        viewport = {"width": size[0], "height": size[1]}
        context = self.browser.new_context(
            viewport=viewport,  # type: ignore[arg-type]
            locale="fr-FR",
            timezone_id="Europe/Paris",
            reduced_motion="reduce",
        )
        if cookies:
            context.add_cookies(list(cookies))  # type: ignore[arg-type]
        page = context.new_page()
        page.set_default_timeout(SEEN_MILLISECONDS_MAX)
        page.goto(url)
        return page

    def take(self, name: str, page: Page) -> None:
        """Take a picture of what the page shows."""
        page.evaluate("document.fonts.ready")
        shot = page.screenshot(animations="disabled", caret="hide")
        self._keep(name, Image.open(io.BytesIO(shot)).convert("RGB"))

    def side_by_side(self, name: str, height: int, *names: str) -> None:
        """Make one picture of others, each of this height."""
        parts = [
            one.resize((round(one.width * height / one.height), height), Image.Resampling.LANCZOS)
            for one in map(self.taken.__getitem__, names)
        ]
        width = sum(part.width for part in parts) + GAP * (len(parts) - 1)
        whole, left = Image.new("RGB", (width, height), PAPER), 0
        for part in parts:
            whole.paste(part, (left, 0))
            left += part.width + GAP
        self._keep(name, whole)

    def _keep(self, name: str, image: Image.Image) -> None:
        self.taken[name] = image
        if self.wanted and name not in self.wanted:
            return
        few = image.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        path = self.folder / f"{name}.png"
        draft = path.with_suffix(".draft")
        few.save(draft, format="PNG", optimize=True)
        draft.replace(path)
        self.written.append(path)
