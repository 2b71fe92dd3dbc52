"""The documentation site: built whole, links that lead somewhere, nothing of anybody else's."""

import functools
import http.server
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Route, expect

from scripts.docs.api_reference import METHODS, anchor, api_pages, slug
from scripts.docs.checks import look_at_site, read_page
from scripts.docs.refusal_pages import codes
from scripts.docs.site import build_folder, build_site
from scripts.docs.sources import ENGLISH, FRENCH, DocumentError, Page, tree_pages, with_site_links
from tests.chromium import open_chromium

pytestmark = [pytest.mark.xdist_group("documentation_site"), pytest.mark.timeout(120)]

ROOT = Path(__file__).parents[2]
SEEN_MILLISECONDS_MAX = 15_000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site") / "site"
    build_site(out)
    return out


def test_it_is_whole_and_every_link_leads_somewhere(site: Path) -> None:
    assert look_at_site(site) > 50
    assert read_page(site / "fr" / "guide-cantine.html").language == FRENCH
    assert read_page(site / "first-tap.html").language == ENGLISH


def test_every_operation_and_every_schema_has_its_place(site: Path) -> None:
    contract = json.loads((ROOT / "docs/api/openapi.json").read_text())
    anchors = set().union(*(read_page(path).anchors for path in (site / "api").glob("*.html")))
    operations = [
        anchor(method, path)
        for path, operations in contract["paths"].items()
        for method in METHODS
        if method in operations
    ]
    assert len(set(operations)) == len(operations) > 0
    assert set(operations) <= anchors
    assert {slug(name) for name in contract["components"]["schemas"]} <= anchors


def test_every_code_that_a_refusal_can_have_is_explained(site: Path) -> None:
    anchors = read_page(site / "api" / "refusals.html").anchors
    assert set(codes()) <= anchors
    # A code that a source names where a refusal is made is one of the page's.
    sources = [path.read_text() for path in (ROOT / "backend").rglob("errors.py")]
    named = {
        code for text in sources for code in re.findall(r'^    code = "(\w+)"', text, re.MULTILINE)
    }
    assert named <= set(codes())
    assert codes()["payment_not_found"].status == 404


def test_a_schema_with_a_word_that_no_page_shows_ends_the_build() -> None:
    operation = {"summary": "x", "responses": {}, "tags": ["t"]}
    contract = {
        "info": {},
        "paths": {"/x": {"get": operation}},
        "components": {"schemas": {"X": {"type": "string", "newWord": 1}}},
    }
    with pytest.raises(DocumentError, match="newWord"):
        api_pages(contract, [])


def test_a_link_of_a_document_that_leads_nowhere_ends_the_build() -> None:
    wrong = Page(ENGLISH, "x.md", "[gone](gone.md)", "docs/x.md")
    with pytest.raises(DocumentError, match=r"docs/x\.md: a link leads to docs/gone\.md"):
        with_site_links([wrong], {})
    inside = Page(ENGLISH, "x.md", "```\n[gone](gone.md)\n```\n", "docs/x.md")
    assert with_site_links([inside], {}) == [inside]


def test_a_link_across_the_languages_is_written_out() -> None:
    guide = Page(FRENCH, "guide-x.md", "[why](decisions/1.md#a)", "docs/guide-x.md")
    decision = Page(ENGLISH, "decisions/1.md", "[guide](../guide-x.md)", "docs/decisions/1.md")
    texts = [page.text.strip() for page in with_site_links([guide, decision], {})]
    assert texts == [
        '<a href="../decisions/1.html#a" hreflang="en">why</a>',
        '<a href="../fr/guide-x.html" hreflang="fr">guide</a>',
    ]


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ('<a href="gone.html">x</a>', "there is no such page"),
        ('<a href="index.html#gone">x</a>', "has no such heading"),
        ('<script src="https://cdn.example/x.js"></script>', "it loads https://cdn.example/x.js"),
        ('<link rel="stylesheet" href="//fonts.example/x">', "it loads //fonts.example/x"),
        ('<img src="../outside.png">', "leaves the site"),
        ('<img src="gone.png">', "is not there"),
    ],
)
def test_what_is_wrong_with_a_built_page_is_named(tmp_path: Path, body: str, wrong: str) -> None:
    (tmp_path / "index.html").write_text(f'<html lang="en">{body}')
    with pytest.raises(DocumentError, match=re.escape(wrong)):
        look_at_site(tmp_path)


def test_a_page_says_its_language(tmp_path: Path) -> None:
    (tmp_path / "fr").mkdir()
    (tmp_path / "fr" / "index.html").write_text('<html lang="en">')
    with pytest.raises(DocumentError, match="its language is en, not fr"):
        look_at_site(tmp_path)


def test_a_warning_of_the_generator_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    page = tmp_path / "docs" / "index.md"
    (tmp_path / "mkdocs.yml").write_text(
        "site_name: x\nvalidation: {invalid_links: true, invalid_link_anchors: true}\n"
    )
    page.write_text("# One\n\n[nowhere](#no-such-heading)\n\n[nowhere](gone.md)\n")
    with pytest.raises(DocumentError) as refused:
        build_folder(tmp_path)
    assert "index.md:3" in str(refused.value)
    assert "index.md:5" in str(refused.value)


def test_no_document_is_left_out() -> None:
    written = {page.source for page in tree_pages()}
    for path in (ROOT / "docs").rglob("*.md"):
        assert path.relative_to(ROOT).as_posix() in written, path


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_words: object) -> None: ...

    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_chromium() as browser:
        yield browser


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_a_browser_reads_it_asks_nobody_else_and_axe_is_content(
    browser: Browser, address: str, scheme: str
) -> None:
    context = browser.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    elsewhere: list[str] = []

    def only_here(route: Route) -> None:
        if route.request.url.startswith((address, "data:", "blob:")):
            route.continue_()
        else:
            elsewhere.append(route.request.url)
            route.abort()

    context.route("**/*", only_here)
    page = context.new_page()
    page.set_default_timeout(SEEN_MILLISECONDS_MAX)
    names = ("index.html", "api/codes.html", "fr/guide-cantine.html", "wire/card.html")
    for name in names if scheme == "light" else names[:1]:
        page.goto(f"{address}/{name}")
        found = Axe().run(page).response["violations"]
        assert [f"{name} {one['id']}: {one['nodes'][0]['html']}" for one in found] == []
    if scheme == "light":
        page.keyboard.press("Control+k")
        page.keyboard.type("torn")
        expect(page.locator("a[href*='simulator.html']").first).to_be_visible(
            timeout=SEEN_MILLISECONDS_MAX
        )
    assert elsewhere == []
    context.close()
