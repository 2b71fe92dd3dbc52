"""The gate's HTTP, for this machine only: look, follow, and the screen. It changes nothing.

Promise: every route is a GET; another Host is refused, so that no web page elsewhere can read names
through a name of its own that points here (DNS rebinding). No UID and no key is in any answer.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    Response,
    StreamingResponse,
)
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from terminal.errors import JournalError
from terminal.gate.door.event_book import EventBook
from terminal.gate.events import StateStream
from terminal.gate.figures import gate_figures
from terminal.gate.passages import PassageJournal
from terminal.gate.photos import PhotoShelf
from terminal.gate.state import StateBoard
from terminal.gate.view import door_event_json, passage_json, state_json
from terminal.loopback import SHARED_STATIC, page_headers
from terminal.metrics import CONTENT_TYPE, exposition
from terminal.problems import (
    EVENT_STREAM,
    add_problem_pages,
    allowed_methods,
    describe_problems,
    problem,
)

LOG = logging.getLogger(__name__)

PASSAGES_SHOWN: Final = 10
LOCAL_HOSTS: Final = ["127.0.0.1", "localhost"]
SENTENCES: Final = {
    "not_found": "Il n’y a rien à cette adresse.",
    "method_not_allowed": "Cette adresse ne fait pas cela.",
    "malformed_request": "La demande n’est pas valable.",
    "too_many_listeners": "Trop d’écrans sont ouverts.",
    "photo_not_found": "Pas de photo.",
    "journal_unavailable": "Le journal des passages ne peut pas être lu.",
}
JPEG: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}
}
CODE_BY_STATUS: Final = {404: "not_found", 405: "method_not_allowed"}
_FOLDER: Final = Path(__file__).parent
_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(_FOLDER / "templates"), autoescape=True, undefined=StrictUndefined
)


@dataclass(frozen=True, slots=True)
class Screen:
    """What the routes stand on."""

    board: StateBoard
    journal: PassageJournal
    stream: StateStream
    now: Callable[[], datetime]
    gate_name: str
    framed_by: tuple[str, ...] = ()
    photos: PhotoShelf | None = None


def create_app(screen: Screen) -> FastAPI:
    """Return the gate's application."""
    app = FastAPI(title="Pass gate", docs_url=None, redoc_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=LOCAL_HOSTS, www_redirect=False)
    app.mount("/static", StaticFiles(directory=_FOLDER / "static"), name="static")
    app.mount("/shared", StaticFiles(directory=SHARED_STATIC), name="shared")
    app.add_exception_handler(JournalError, _journal_unavailable)
    app.add_exception_handler(HTTPException, _unrouted)
    app.add_exception_handler(RequestValidationError, _malformed)
    add_problem_pages(app, SENTENCES)
    describe_problems(app)
    _add_looking(app, screen)
    _add_door(app, screen)
    _add_screen(app, screen)
    return app


def _add_looking(app: FastAPI, screen: Screen) -> None:
    @app.get("/state")
    def state() -> dict[str, object]:
        return state_json(screen.board.current, screen.now())

    @app.get("/passages")
    def passages() -> dict[str, object]:
        held = screen.board.current.access_list

        def name_of(card_id: str) -> str | None:
            return None if held is None else held.name_of(card_id)

        last = screen.journal.list_last(PASSAGES_SHOWN)
        aside = screen.journal.list_quarantined(PASSAGES_SHOWN)
        return {
            "passages": [passage_json(each, name_of) for each in last],
            "quarantined": [passage_json(each, name_of) for each in aside],
        }

    @app.get("/health")
    def health() -> dict[str, object]:
        current = screen.board.current
        ready = current.reader_ready and current.journal_ready and current.access_list is not None
        return {
            "status": "ok" if ready else "degraded",
            "reader_ready": current.reader_ready,
            "journal_ready": current.journal_ready,
            "has_list": current.access_list is not None,
            "online": current.online,
            "door": None if current.door is None else current.door.phase,
        }

    @app.get("/healthz")
    def healthz() -> JSONResponse:
        able = screen.board.current.journal_ready
        return JSONResponse({"status": "ok" if able else "unable"}, 200 if able else 503)

    @app.get("/metrics", response_class=PlainTextResponse)
    def metrics() -> Response:
        figures = gate_figures(screen.board.current, screen.now())
        return Response(exposition(figures), media_type=CONTENT_TYPE)


def _add_door(app: FastAPI, screen: Screen) -> None:
    @app.get("/door")
    def door() -> dict[str, object]:
        held = screen.board.current.access_list

        def name_of(card_id: str) -> str | None:
            return None if held is None else held.name_of(card_id)

        state = state_json(screen.board.current, screen.now())
        events = EventBook(screen.journal.file).list_events()
        return {
            "door": state["door"],
            "events": [door_event_json(event, name_of) for event in events],
        }


def _add_screen(app: FastAPI, screen: Screen) -> None:
    @app.get("/events", responses=EVENT_STREAM, response_class=StreamingResponse)
    async def events() -> Response:
        if not screen.stream.has_room:
            return _refusal(503, "too_many_listeners")
        return StreamingResponse(
            screen.stream.text(),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store"},
        )

    @app.get("/photo/{sha256}", responses=JPEG, response_class=Response)
    def photo(sha256: str) -> Response:
        return photo_answer(screen.photos, sha256)

    @app.get("/", response_class=HTMLResponse)
    def page() -> HTMLResponse:
        state = state_json(screen.board.current, screen.now())
        html = _TEMPLATES.get_template("gate.html").render(state=state, gate_name=screen.gate_name)
        return HTMLResponse(html, headers=page_headers(screen.framed_by))


def photo_answer(shelf: PhotoShelf | None, sha256: str) -> Response:
    """Return a photo that may be shown and is here, or say that there is none."""
    image = None if shelf is None else shelf.find(sha256)
    if image is None:
        return _refusal(404, "photo_not_found")
    return Response(image, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


def _refusal(status: int, code: str) -> JSONResponse:
    return problem(status, code, SENTENCES[code])


def _unrouted(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException), "registered for it"
    answer = _refusal(error.status_code, CODE_BY_STATUS.get(error.status_code, "malformed_request"))
    if error.status_code == 405:
        answer.headers["Allow"] = allowed_methods(request)
    return answer


def _malformed(_request: Request, _error: Exception) -> Response:
    return _refusal(422, "malformed_request")


def _journal_unavailable(_request: Request, error: Exception) -> Response:
    LOG.error("the journal cannot be read: %s", error)
    return _refusal(503, "journal_unavailable")
