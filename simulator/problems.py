"""What the simulator's HTTP says when it refuses: a problem (RFC 9457), and the page it names.

Promise: programs act on `code`; no key that was pressed is ever repeated. Not here: the status.
"""

from collections.abc import Iterator
from html import escape
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.routing import Match

from simulator.refusals import Refusal

PROBLEM_JSON = "application/problem+json"
PROBLEMS_PATH = "/problems"
METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
_TEXT = {"type": "string"}
PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "The body of every refusal (RFC 9457); act on `code`.",
    "required": ["type", "title", "status", "detail", "code", "message", "details"],
    "properties": {
        **dict.fromkeys(("type", "title", "detail", "code", "message"), _TEXT),
        "status": {"type": "integer"},
        "details": {"type": "object"},
    },
}


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


def allowed_methods(request: Request) -> str:
    """Name the methods of an address, whose routes know their own alone (RFC 9110 §15.5.6)."""
    routes = request.app.router.routes
    allowed = (
        method
        for method in METHODS
        if any(one.matches({**request.scope, "method": method})[0] is Match.FULL for one in routes)
    )
    return ", ".join(allowed)


def describe_problems(app: FastAPI) -> None:
    """Let the application's description (OpenAPI) say what its refusals are."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _finish(plain())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _finish(api: dict[str, Any]) -> dict[str, Any]:
    schemas = api.setdefault("components", {}).setdefault("schemas", {})
    # FastAPI's own form of a refusal repeats what was sent, and that may be a code.
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = PROBLEM_SCHEMA
    content = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path in api["paths"].values():
        for operation in path.values():
            responses = operation["responses"]
            if "422" in responses:
                responses["422"] = {"description": "Not of this form", "content": content}
            responses["default"] = {"description": "Any other refusal", "content": content}
    return api
