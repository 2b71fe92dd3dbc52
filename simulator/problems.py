"""What the simulator's HTTP says when it refuses: a problem (RFC 9457), and the page it names.

Promise: programs act on `code`; no key that was pressed is ever repeated. Not here: the status.
"""

from collections.abc import Iterator
from html import escape
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse

from simulator.refusals import Refusal

PROBLEM_JSON = "application/problem+json"
PROBLEMS_PATH = "/problems"


def problem(status: HTTPStatus, code: str, message: str) -> JSONResponse:
    """Return the answer for a refusal."""
    body: dict[str, object] = {
        "type": f"{PROBLEMS_PATH}/{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status.value,
        "detail": message,
        "code": code,
        "message": message,
        "details": {},
    }
    return JSONResponse(body, status_code=status, media_type=PROBLEM_JSON)


def add_problem_page(app: FastAPI) -> None:
    """Add the page that `type` names: every code, and what it says."""

    @app.get(f"{PROBLEMS_PATH}/{{code}}", response_class=HTMLResponse, include_in_schema=False)
    def problem_page(code: str) -> HTMLResponse:  # noqa: ARG001 -- the whole list is one page
        rows = "".join(
            f"<tr id={escape(one.code)!r}><th><code>{escape(one.code)}</code></th>"
            f"<td>{escape(one.message)}</td></tr>"
            for one in sorted(set(_leaves(Refusal)), key=lambda one: one.code)
        )
        head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Refusals</title>'
        return HTMLResponse(f"{head}<h1>Refusals</h1><table>{rows}</table></html>")


def _leaves(branch: type[Refusal]) -> Iterator[type[Refusal]]:
    yield branch
    for one in branch.__subclasses__():
        yield from _leaves(one)
