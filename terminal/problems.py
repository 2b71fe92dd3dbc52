"""What a daemon's own HTTP says when it refuses: a problem (RFC 9457), as the backend says it.

Promise: programs act on `code`; `detail` and `message` are the sentence for people; `type` names a
page of this same server that says what the code means. Not here: which status, and the words.
"""

from collections.abc import Mapping
from html import escape

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse

PROBLEM_JSON = "application/problem+json"
PROBLEMS_PATH = "/problems"
RETRY_SECONDS = 2
"""After this long the same request may succeed, where the daemon could not do it now."""


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
    headers = {"Retry-After": str(RETRY_SECONDS)} if status in {429, 503} else None
    return JSONResponse(body, status, headers, PROBLEM_JSON)


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
