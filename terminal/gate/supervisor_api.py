"""The supervisor's and the kitchen's pages of a gate, for paired tablets.

Promise: whoever is not paired sees the field for a pairing code and nothing else. An act needs a
paired supervisor, JSON with a header that no other site's form can send, and an Origin of ours; its
name is the pairing's, never the page's. A kitchen's tablet gets numbers. All of it works with the
network down: nothing here asks the backend.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, Form, Request
from fastapi.responses import (
    HTMLResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel, ConfigDict, Field
from starlette.middleware.trustedhost import TrustedHostMiddleware

from terminal.errors import JournalError
from terminal.gate.api import LOCAL_HOSTS, Screen, photo_answer
from terminal.gate.door.event_book import EventBook
from terminal.gate.events import StateStream
from terminal.gate.interventions import NOTE_CHARACTERS_MAX, Reason
from terminal.gate.kitchen import count_passed
from terminal.gate.photos import PhotoShelf
from terminal.gate.supervision import NotDone, Signed, Supervision
from terminal.gate.supervisor_view import (
    REFUSED_WORDS,
    event_json,
    found_json,
    kitchen_json,
    line_json,
    outcome_json,
    reasons_json,
    services_json,
)
from terminal.gate.supervisors import PAIRED_FOR, Role, Supervisor, SupervisorBook
from terminal.gate.view import state_json
from terminal.loopback import SHARED_STATIC, page_headers
from terminal.problems import problem

COOKIE: Final = "pass-supervisor"
LINES_SHOWN: Final = 20
EVENTS_SHOWN: Final = 10
_FOLDER: Final = Path(__file__).parent
_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(_FOLDER / "templates"), autoescape=True, undefined=StrictUndefined
)


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages stand on. `hosts` are the names by which tablets reach this gate."""

    screen: Screen
    supervision: Supervision
    book: SupervisorBook
    stream: StateStream
    photos: PhotoShelf
    hosts: tuple[str, ...] = ()
    is_secure: bool = False


class _NotPaired(Exception):
    """Nobody we know, or a kitchen where a supervisor is needed."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _SignedBody(_Body):
    reason: Reason
    note: str = Field(default="", max_length=NOTE_CHARACTERS_MAX)
    service: str | None = Field(default=None, max_length=40)


class _PassageBody(_SignedBody):
    passage_id: UUID


class _CardBody(_SignedBody):
    card_id: str = Field(max_length=36)


class _GuestsBody(_SignedBody):
    count: int = Field(ge=1, le=100)


class _CodeBody(_Body):
    code: str = Field(max_length=20)


class _ReleaseBody(_Body):
    open: bool


def create_desk_app(desk: Desk) -> FastAPI:
    """Return the application of the supervisor's pages."""
    app = FastAPI(title="Pass gate, supervisor", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(
        TrustedHostMiddleware, allowed_hosts=[*LOCAL_HOSTS, *desk.hosts], www_redirect=False
    )
    app.mount("/static", StaticFiles(directory=_FOLDER / "static"), name="static")
    app.mount("/shared", StaticFiles(directory=SHARED_STATIC), name="shared")
    app.add_exception_handler(JournalError, _unwritable)
    app.add_exception_handler(NotDone, _not_done)
    app.add_exception_handler(_NotPaired, _unpaired)
    app.include_router(_pairing(desk))
    app.include_router(_looking(desk))
    app.include_router(_acting(desk))
    app.include_router(_kitchen(desk))
    return app


def _who(desk: Desk) -> Callable[[Request], Supervisor]:
    def who(request: Request) -> Supervisor:
        found = desk.book.who(request.cookies.get(COOKIE))
        if found is None or found.role is not Role.SUPERVISOR:
            raise _NotPaired
        return found

    return who


def _pairing(desk: Desk) -> APIRouter:
    router = APIRouter()

    @router.get("/")
    def page(request: Request) -> Response:
        found = desk.book.who(request.cookies.get(COOKIE))
        if found is None:
            return _page("pairing.html", gate_name=desk.screen.gate_name, problem="")
        if found.role is Role.KITCHEN:
            return RedirectResponse("/cuisine", 303)
        state = state_json(desk.screen.board.current, desk.screen.now())
        return _page(
            "supervisor.html",
            gate_name=desk.screen.gate_name,
            state=state,
            supervisor=found.name,
            reasons=reasons_json(),
            has_exit=desk.supervision.has_exit,
        )

    @router.post("/appairage")
    def pair(code: Annotated[str, Form(max_length=20)] = "") -> Response:
        token = desk.book.pair(code)
        if token is None:
            problem = "Ce code n’est pas valable. Demandez-en un nouveau."
            return _page("pairing.html", 422, gate_name=desk.screen.gate_name, problem=problem)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(
            COOKIE,
            token,
            max_age=int(PAIRED_FOR.total_seconds()),
            httponly=True,
            samesite="strict",
            secure=desk.is_secure,
        )
        return answer

    @router.post("/fin")
    def end(request: Request) -> Response:
        found = desk.book.who(request.cookies.get(COOKIE))
        if found is not None:
            desk.book.end(found.supervisor_id)
        answer = RedirectResponse("/", 303)
        answer.delete_cookie(COOKIE)
        return answer

    return router


def _looking(desk: Desk) -> APIRouter:
    router = APIRouter(dependencies=[Depends(_who(desk))])
    screen = desk.screen

    @router.get("/events")
    def events() -> Response:
        if not desk.stream.has_room:
            return problem(503, "too_many_listeners", "Trop d’écrans sont ouverts.")
        return _stream(desk.stream.text())

    @router.get("/lignes")
    def lines() -> dict[str, object]:
        held = screen.board.current.access_list
        back, journal = screen.journal.is_taken_back, screen.journal
        book = EventBook(journal.file, names=journal.names)
        services = ([], None) if held is None else desk.supervision.services()
        return {
            "lines": [
                line_json(each, held, taken_back=back(each.passage_id))
                for each in screen.journal.list_last(LINES_SHOWN)
            ],
            "aside": [
                line_json(each, held, taken_back=False) | {"reason": each.reason}
                for each in screen.journal.list_quarantined(LINES_SHOWN)
            ],
            "events": [event_json(each, held) for each in book.list_events(EVENTS_SHOWN)],
            "services": services_json(*services),
        }

    @router.get("/recherche")
    def search(nom: str = "", service: str | None = None) -> dict[str, object]:
        found = desk.supervision.search(nom[:60], service)
        held = screen.board.current.access_list
        assert held is not None, "search asks for a list"
        return {"found": [found_json(each, held) for each in found]}

    @router.get("/photo/{sha256}")
    def photo(sha256: str) -> Response:
        return photo_answer(desk.photos, sha256)

    return router


def _acting(desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/actes", dependencies=[Depends(_own_page)])
    who = Depends(_who(desk))
    acts = desk.supervision

    @router.post("/laisser-passer")
    def let_pass(body: _PassageBody, by: Supervisor = who) -> dict[str, object]:
        return outcome_json([acts.let_pass(body.passage_id, body.service, _signed(body, by))])

    @router.post("/sans-carte")
    def without_card(body: _CardBody, by: Supervisor = who) -> dict[str, object]:
        done = acts.pass_without_card(body.card_id, body.service, _signed(body, by))
        return outcome_json([done])

    @router.post("/invites")
    def guests(body: _GuestsBody, by: Supervisor = who) -> dict[str, object]:
        return outcome_json(acts.pass_guests(body.count, body.service, _signed(body, by)))

    @router.post("/code")
    def code(body: _CodeBody, by: Supervisor = who) -> dict[str, object]:
        return outcome_json([acts.pass_by_code(body.code, by.name)])

    @router.post("/issue-de-secours")
    def release(body: _ReleaseBody, by: Supervisor = who) -> dict[str, object]:
        if body.open:
            acts.release_for_all(by.name)
            return {"done": True, "message": "Le passage est ouvert à tous, personne n’est débité."}
        acts.end_release(by.name)
        return {"done": True, "message": "L’issue de secours est refermée."}

    @router.post("/annuler")
    def cancel(body: _PassageBody, by: Supervisor = who) -> dict[str, object]:
        acts.take_back(body.passage_id, _signed(body, by))
        return {"done": True, "message": "Le passage est annulé, les deux lignes restent."}

    return router


def _kitchen(desk: Desk) -> APIRouter:
    router = APIRouter()
    screen = desk.screen

    def counts() -> dict[str, object]:
        now, held = screen.now(), screen.board.current.access_list
        state = state_json(screen.board.current, now)
        rows = (
            [] if held is None else kitchen_json(held, now, count_passed(screen.journal, held, now))
        )
        names = ("list_words", "list_stale", "online", "link_words", "siblings_words", "time")
        return {"services": rows} | {name: state[name] for name in names}

    def check(request: Request) -> None:
        if desk.book.who(request.cookies.get(COOKIE)) is None:
            raise _NotPaired

    @router.get("/cuisine", dependencies=[Depends(check)])
    def page() -> Response:
        return _page("kitchen.html", gate_name=screen.gate_name, counts=counts())

    @router.get("/cuisine/comptes", dependencies=[Depends(check)])
    def numbers() -> dict[str, object]:
        return counts()

    return router


def _own_page(request: Request) -> None:
    """Let only our own page act: another site's can set neither this header nor our Origin."""
    origin = request.headers.get("Origin")
    own = f"{request.url.scheme}://{request.url.netloc}"
    if request.headers.get("X-Pass-Page") != "1" or (origin is not None and origin != own):
        raise _NotPaired


def _signed(body: _SignedBody, by: Supervisor) -> Signed:
    return Signed(supervisor=by.name, reason=body.reason, note=body.note)


def _page(template: str, status: int = 200, **values: object) -> HTMLResponse:
    html = _TEMPLATES.get_template(template).render(values)
    return HTMLResponse(html, status, headers=page_headers())


def _stream(text: AsyncIterator[str]) -> StreamingResponse:
    headers = {"Cache-Control": "no-store"}
    return StreamingResponse(text, media_type="text/event-stream", headers=headers)


def _unpaired(_request: Request, _error: Exception) -> Response:
    message = "Cette tablette n’est pas appairée."
    return problem(403, "not_paired", message)


def _not_done(_request: Request, error: Exception) -> Response:
    assert isinstance(error, NotDone), "registered for it"
    return problem(409, error.why, REFUSED_WORDS[error.why])


def _unwritable(_request: Request, _error: Exception) -> Response:
    message = "Rien ne peut être noté : personne n’est passé."
    return problem(503, "journal_unavailable", message)
