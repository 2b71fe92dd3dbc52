"""A real browser for a test, where one is installed: the system's Chromium, headless and alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
#: As a browser in France asks for pages.
LANGUAGE = "--accept-lang=fr-FR,fr"
FLAGS = ("--no-sandbox", "--headless=new", "--disable-background-networking", LANGUAGE)


@contextmanager
def open_chromium(*flags: str) -> Iterator[Browser]:
    """Start a browser of the test's own, with more flags where it needs some; or skip the test."""
    if not Path(CHROMIUM).exists():
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        args = [*FLAGS, *flags]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=args)
        yield browser
        browser.close()


def is_well(page: Page) -> None:
    """Nothing that axe finds, and nothing wider than the screen."""
    found = Axe().run(page).response["violations"]
    assert [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
