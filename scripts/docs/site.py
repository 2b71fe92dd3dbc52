"""Assembles the two sites and has Zensical build them, with warnings as errors.

Promise: what is built stands alone (no request leaves the site, no server is needed to read it), is
made of the tree as it is, and is made whole or not at all. Not here: looking at what was built
(`checks.py`).
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from scripts.docs.api_reference import api_pages
from scripts.docs.refusal_pages import refusal_page
from scripts.docs.sources import (
    ENGLISH,
    FRENCH,
    ROOT,
    DocumentError,
    Page,
    tree_pages,
    with_site_links,
)

#: Where English pages go that name what is no page of its own.
ELSEWHERE = {
    "examples": "examples.md",
    "docs/decisions": "decisions/index.md",
    "docs/api/openapi.json": "api/index.md",
}
CONTRACT = Path("docs/api/openapi.json")
EXCHANGES = Path("docs/api/exchanges.json")
BUILD_SECONDS_MAX = 120.0
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def build_site(out: Path, root: Path = ROOT) -> list[Page]:
    """Build both sites into a new folder; return their pages. Raises DocumentError."""
    pages = with_site_links([*tree_pages(root), *_made_pages(root)], ELSEWHERE)
    shutil.rmtree(out, ignore_errors=True)
    for language in (ENGLISH, FRENCH):
        work = out.with_name(f"{out.name}-{language}")
        shutil.rmtree(work, ignore_errors=True)
        _lay_out(work, [page for page in pages if page.language == language], language, root)
        build_folder(work)
        target = out if language == ENGLISH else out / FRENCH
        shutil.copytree(work / "site", target, dirs_exist_ok=True)
        shutil.rmtree(work)
    return pages


def _made_pages(root: Path) -> list[Page]:
    contract = json.loads((root / CONTRACT).read_text(encoding="utf-8"))
    exchanges = json.loads((root / EXCHANGES).read_text(encoding="utf-8"))
    decisions = [page for page in tree_pages(root) if page.path.startswith("decisions/")]
    listed = "\n".join(f"- [{page.title}]({Path(page.path).name})" for page in decisions)
    index = "# Decision records\n\nWhy it is as it is, in the order in which it was decided.\n\n"
    examples = "\n".join(
        f"### {path.name}\n\n```python\n{path.read_text(encoding='utf-8')}```\n"
        for path in sorted((root / "examples").glob("*.py"))
    )
    heading = "# The three examples\n\nOur own tests run them from the built wheel.\n\n"
    return [
        *api_pages(contract, exchanges),
        refusal_page(),
        Page(ENGLISH, "decisions/index.md", f"{index}{listed}\n"),
        Page(ENGLISH, "examples.md", f"{heading}{examples}"),
    ]


def _lay_out(work: Path, pages: Sequence[Page], language: str, root: Path) -> None:
    for page in pages:
        place = work / "docs" / page.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(page.text, encoding="utf-8")
    shutil.copytree(root / "docs" / "images", work / "docs" / "images")
    shutil.copytree(root / "docs" / "site" / "assets", work / "docs" / "assets")
    shutil.copytree(root / "docs" / "site" / "overrides", work / "overrides")
    settings = yaml.safe_load(
        (root / "docs" / "site" / f"mkdocs.{language}.yml").read_text(encoding="utf-8")
    )
    settings["nav"] = _whole_nav(settings["nav"], pages)
    # JSON is YAML.
    (work / "mkdocs.yml").write_text(json.dumps(settings), encoding="utf-8")


def _whole_nav(nav: Sequence[Any], pages: Sequence[Page]) -> list[Any]:
    """Return the menu, `folder/*` replaced by what that folder has and no entry names."""
    named = set(_named(nav))
    titles = {page.path: page.title for page in pages}
    if missing := sorted(path for path in named - titles.keys() if not path.endswith("*")):
        raise DocumentError(f"the menu names what is no page: {', '.join(missing)}")

    def whole(entries: Sequence[Any]) -> list[Any]:
        found: list[Any] = []
        for entry in entries:
            if isinstance(entry, str) and entry.endswith("*"):
                folder = entry.removesuffix("*")
                found += [
                    {title: path}
                    for path, title in sorted(titles.items())
                    if path.startswith(folder) and path not in named
                ]
            elif isinstance(entry, dict):
                found += [
                    {title: whole(value) if isinstance(value, list) else value}
                    for title, value in entry.items()
                ]
            else:
                found.append({titles[entry]: entry})
        return found

    complete = whole(nav)
    if left := sorted(titles.keys() - set(_named(complete))):
        raise DocumentError(f"no menu leads to: {', '.join(left)}")
    return complete


def _named(nav: Any) -> list[str]:
    if isinstance(nav, str):
        return [nav]
    values = nav.values() if isinstance(nav, dict) else nav
    return [path for value in values for path in _named(value)]


def build_folder(work: Path) -> None:
    """Have a folder's site built; every warning is an error."""
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict", "--config-file", "mkdocs.yml"],
        cwd=work,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=BUILD_SECONDS_MAX,
        check=False,
    )
    said = _COLOURS.sub("", done.stdout.decode(errors="replace"))
    if done.returncode != 0 or "issue" in said.partition("No issues found")[0]:
        raise DocumentError(f"the site could not be built:\n{said.partition('Traceback')[0]}")
