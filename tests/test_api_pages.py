"""What a program says of its own HTTP comes from that program: no page names another host.

FastAPI's own pages of an API load their scripts from elsewhere. The backend draws its own; the
terminals and the simulator describe themselves in JSON, and the documentation has the rest.
"""

import ast
import re
import warnings
from html.parser import HTMLParser
from pathlib import Path

from backend.app import build_app
from backend.web.api_page import operations_by_tag
from simulator.control import create_control
from simulator.tabletop import Tabletop

with warnings.catch_warnings():
    # Starlette would rather have httpx2; the project uses httpx.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

ROOT = Path(__file__).parent.parent
PROGRAMS = ("backend", "terminal", "simulator")
ASKED = ("/docs", "/docs/oauth2-redirect", "/redoc")
OWN = re.compile(r"^(/|#|data:)")


class _Links(HTMLParser):
    """Where a page leads, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.places: list[str] = []
        self.ids: list[str] = []
        self.scripts = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.places += [given[name] for name in ("href", "src", "action") if name in given]
        self.ids += [given["id"]] if "id" in given else []
        self.scripts += tag == "script"


def test_no_application_has_fastapis_own_pages() -> None:
    found = []
    for program in PROGRAMS:
        for path in sorted((ROOT / program).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            if "FastAPI(" not in text:
                continue
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "FastAPI":
                    given = {one.arg: ast.unparse(one.value) for one in node.keywords}
                    found.append((path.name, given.get("docs_url"), given.get("redoc_url")))
    assert len(found) >= 5, found
    assert {one[1:] for one in found} == {("None", "None")}, found


def test_what_a_simulator_says_when_asked_for_a_page() -> None:
    client = TestClient(create_control(Tabletop()), base_url="http://127.0.0.1")
    assert {client.get(path).status_code for path in ASKED} == {404}


def test_the_backend_draws_its_own_page_of_every_operation() -> None:
    app = build_app(None)
    client = TestClient(app)
    assert {client.get(path).status_code for path in ASKED[1:]} == {404}
    answer = client.get("/docs")
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    page = _Links(answer.text)
    assert page.scripts == 0
    assert [place for place in page.places if not OWN.match(place)] == []
    assert len(page.ids) == len(set(page.ids))
    within = {place[1:] for place in page.places if place.startswith("#")}
    assert within <= set(page.ids), within - set(page.ids)
    described = app.openapi()
    operations = [one for tag in operations_by_tag(described).values() for one in tag]
    assert len(operations) == sum(map(len, described["paths"].values()))
    for one in operations:
        assert f"{one.method} {one.path}" in answer.text
    assert within >= {one.anchor for one in operations}
    assert set(page.ids) >= {f"schema-{name}" for name in described["components"]["schemas"]}
    for path in {place for place in page.places if place.startswith("/")}:
        assert client.get(path).status_code == 200, path
