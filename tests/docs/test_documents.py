"""What the documents show is so: every block of Python is run, every configuration is read."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLE = DOCS.parent / "examples" / "test_a_sale.py"


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """Give the page and the text of every block of a language."""
    for page in sorted(DOCS.rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        for block in re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
            yield page.relative_to(DOCS).as_posix(), block


@pytest.mark.parametrize(("page", "code"), list(blocks("python")), ids=lambda text: text[:20])
def test_the_python_of_a_page_runs(page: str, code: str) -> None:
    exec(compile(code, page, "exec"), {"__name__": "shown"})


@pytest.mark.parametrize(("page", "code"), list(blocks("toml")), ids=lambda text: text[:20])
def test_the_configuration_of_a_page_is_toml(page: str, code: str) -> None:
    assert tomllib.loads(code), page


def test_a_fence_says_what_is_in_it() -> None:
    """What a test runs is told from what it cannot by the fence's language, never by chance."""
    known = {"python", "sh", "toml", "text", "console", "http", "json", ""}
    for page in sorted(DOCS.rglob("*.md")):
        fences = re.findall(r"^```(.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(fences) <= known, page
        assert len(fences) % 2 == 0, page


def test_the_plugins_page_shows_the_example_as_it_is() -> None:
    shown = next(code for page, code in blocks("python") if page == "pytest.md")
    assert shown.strip() in EXAMPLE.read_text(encoding="utf-8")
