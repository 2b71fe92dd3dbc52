"""What a daemon's own HTTP says when it refuses: a problem (RFC 9457), as the backend says it.

Promise: programs act on `code`; `detail` and `message` are the sentence for people; `type` names a
page of this same server that says what the code means. Not here: which status, and the words.
"""

from collections.abc import Mapping
from html import escape
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.routing import Match

PROBLEM_JSON = "application/problem+json"
PROBLEMS_PATH = "/problems"
PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "The body of every refusal (RFC 9457); act on `code`, show `message`.",
    "required": ["type", "title", "status", "detail", "code", "message"],
    "properties": {
        "type": {"type": "string", "description": "a page here that says what the code means"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "stable, for programs"},
        "message": {"type": "string", "description": "one sentence for people"},
    },
}
EVENT_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}
}
"""What a route that never ends answers with, for its description."""
METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
RETRY_SECONDS = 2
"""After this long the same request may succeed, where the daemon could not do it now."""
_HEADERS = {
    401: {"WWW-Authenticate": "Bearer"},
    429: {"Retry-After": str(RETRY_SECONDS)},
    503: {"Retry-After": str(RETRY_SECONDS)},
}


def problem(status: int, code: str, message: str) -> JSONResponse:
    """Return the answer for a refusal."""
    body: dict[str, object] = {
        "type": f"{PROBLEMS_PATH}/{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "detail": message,
        "code": code,
        "message": message,
    }
    return JSONResponse(body, status, _HEADERS.get(status), PROBLEM_JSON)


def add_problem_pages(app: FastAPI, sentences: Mapping[str, str]) -> None:
    """Add the page that `type` names: all codes and what each says (a code it lacks: the list)."""
    rows = "".join(
        f'<tr id="{escape(code)}"><th scope="row"><code>{escape(code)}</code></th>'
        f"<td>{escape(words)}</td></tr>"
        for code, words in sorted(sentences.items())
    )
    html = (
        '<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Refus</title></head>'
        f"<body><main><h1>Refus</h1><table>{rows}</table></main></body></html>"
    )

    @app.get(f"{PROBLEMS_PATH}/{{code}}", response_class=HTMLResponse, include_in_schema=False)
    def problem_page(code: str) -> HTMLResponse:  # noqa: ARG001 -- the whole list is one page
        return HTMLResponse(html)


def allowed_methods(request: Request) -> str:
    """Name the methods of an address, whose routes know their own alone (RFC 9110 §15.5.6)."""
    routes = request.app.router.routes
    allowed = (
        method
        for method in METHODS
        if any(one.matches({**request.scope, "method": method})[0] is Match.FULL for one in routes)
    )
    return ", ".join(allowed)


def describe_problems(app: FastAPI, *, with_token: bool = False) -> None:
    """Let the application's description (OpenAPI) say what its refusals are.

    `with_token`: whoever changes something must bring one, and whoever only looks need not.
    """
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            api = _finish(plain())
            app.openapi_schema = _ask_for_token(api) if with_token else api
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _finish(api: dict[str, Any]) -> dict[str, Any]:
    schemas = api.setdefault("components", {}).setdefault("schemas", {})
    # FastAPI's own form of a refusal repeats what was sent: it is never sent.
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


def _ask_for_token(api: dict[str, Any]) -> dict[str, Any]:
    about = "The 64 characters of the file `till-token` in the counter's `state_dir`."
    scheme = {"type": "http", "scheme": "bearer", "description": about}
    api["components"].setdefault("securitySchemes", {})["TillToken"] = scheme
    for path in api["paths"].values():
        for method, operation in path.items():
            if method != "get":
                refused = operation["responses"]["default"]
                operation["security"] = [{"TillToken": []}]
                operation["responses"]["401"] = refused | {"description": "No token, or not it"}
    return api
