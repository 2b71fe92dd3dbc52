"""The hands of the simulator, over HTTP: lay a card on a reader, press a key, pull a plug.

Promise: loopback only; every error is a problem (RFC 9457) with a `code`; no answer, error or log
ever repeats a key that was pressed or shows a key of a card.
Not done here: cards (`cards/`, `chip/`), readers (`tabletop.py`, `vpcd.py`), the pad (`pad/`).
"""

import logging
from collections.abc import Callable
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated

from fastapi import FastAPI, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from simulator.cards.drawer import DrawerCard
from simulator.cards.faults import CardFaults, Tear
from simulator.cards.record import CardChange, NewCard
from simulator.cards.view import CardView, view_of
from simulator.device_routes import PlugState, ReaderView, add_device_routes, reader_view
from simulator.pad.cable import PadCable, Unplugged
from simulator.pad.faults import Fault, Faults
from simulator.pad.pad import KEYS
from simulator.problems import add_problem_page, allowed_methods, describe_problems, problem
from simulator.refusals import KeyUnknown, PadUnplugged, Refusal
from simulator.tabletop import Tabletop
from simulator.turnstile.routes import add_turnstile_routes
from simulator.wire.feed import event_stream
from simulator.wire_types import WHOLE, Flag, PadLines

LOG = logging.getLogger(__name__)
KEYS_MAX = 40

# What is not here is a conflict: with how things lie, or with what a card may be.
_STATUS_BY_CODE = {
    "card_unknown": HTTPStatus.NOT_FOUND,
    "reader_unknown": HTTPStatus.NOT_FOUND,
    "pad_absent": HTTPStatus.NOT_FOUND,
    "turnstile_absent": HTTPStatus.NOT_FOUND,
    "line_unknown": HTTPStatus.NOT_FOUND,
    "printer_absent": HTTPStatus.NOT_FOUND,
    "key_unknown": HTTPStatus.UNPROCESSABLE_ENTITY,
    "reader_unreachable": HTTPStatus.SERVICE_UNAVAILABLE,
    "too_many_listeners": HTTPStatus.SERVICE_UNAVAILABLE,
    "cards_dir_unusable": HTTPStatus.SERVICE_UNAVAILABLE,
}


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


Name = Annotated[str, Field(min_length=1, max_length=60)]
Count = Annotated[int, Field(ge=0, le=1000, strict=True), WHOLE]
# A browser that lost the stream says where it was (WHATWG HTML §9.2.4), and that wins.
After = Annotated[int | None, Query(ge=0)]
LastEventId = Annotated[int | None, Header(ge=0)]


class EventStream(StreamingResponse):
    """Server-sent events."""

    media_type = "text/event-stream"


class LaidCard(_Body):
    """Which card to lay, and a tear for this tap alone."""

    card: Name
    tear: Tear | None = None


class PressedKeys(_Body):
    """Keys to press, one after the other."""

    keys: Annotated[
        str,
        Field(
            min_length=1,
            max_length=KEYS_MAX,
            repr=False,
            json_schema_extra={"pattern": f"^[{KEYS}]+$"},
        ),
    ]


class PadState(_Body):
    """What somebody in front of the pad sees."""

    lines: PadLines
    entering: bool
    entry_count: int
    plugged: bool


class WantedFaults(_Body):
    """What is to go wrong on the pad's line: a count is spent by use, a switch stays."""

    spoiled_check_bytes: Count = 0
    naks: Count = 0
    lost_acks: Count = 0
    repeated_answers: Count = 0
    late_acks: Count = 0
    unasked_goodbyes: Count = 0
    bounced_keys: Count = 0
    stray_bytes: Count = 0
    silent: Flag = False
    wrong_speed: Flag = False


def create_control(table: Tabletop, *, stopping: Callable[[], bool] = lambda: False) -> FastAPI:
    """Return the HTTP application over this table; `stopping` ends the open event streams."""
    app = FastAPI(title="Pass simulator", docs_url=None, redoc_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    _answer_errors(app)
    add_problem_page(app)
    describe_problems(app)
    _add_general_routes(app, table)
    _add_event_route(app, table, stopping)
    _add_card_routes(app, table)
    _add_reader_routes(app, table)
    _add_pad_routes(app, table)
    add_device_routes(app, table)
    add_turnstile_routes(app, table)
    return app


def _answer_errors(app: FastAPI) -> None:
    def refusal(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Refusal)
        status = _STATUS_BY_CODE.get(error.code, HTTPStatus.CONFLICT)
        return problem(status, error.code, str(error))

    def malformed(_request: Request, _error_found: Exception) -> JSONResponse:
        # The library's own answer would repeat what was sent, and that may be a code.
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return problem(status, "malformed_request", "The request does not have the right shape.")

    def plain(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        status = HTTPStatus(error.status_code)
        answer = problem(status, status.name.lower(), status.phrase)
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            answer.headers["Allow"] = allowed_methods(request)
        return answer

    def unexpected(_request: Request, error: Exception) -> JSONResponse:
        # The type alone: the text of an unforeseen error may quote a key that was pressed.
        LOG.error("unexpected error: %s", type(error).__name__)
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        return problem(status, "internal_error", "Something went wrong: the log has its name.")

    app.add_exception_handler(Refusal, refusal)
    app.add_exception_handler(Exception, unexpected)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(HTTPException, plain)


def _add_general_routes(app: FastAPI, table: Tabletop) -> None:
    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/pcscd")
    def pcscd() -> dict[str, str | None]:
        return {"socket_path": str(table.pcscd_socket) if table.pcscd_socket else None}


def _add_event_route(app: FastAPI, table: Tabletop, stopping: Callable[[], bool]) -> None:
    @app.get("/events", response_class=EventStream)
    async def events(after: After = None, last_event_id: LastEventId = None) -> EventStream:
        since = after if last_event_id is None else last_event_id
        stream = event_stream(table.feed, table.feed.listen(since), stopping=stopping)
        return EventStream(stream, headers={"Cache-Control": "no-store"})


def _add_card_routes(app: FastAPI, table: Tabletop) -> None:
    def view(one: DrawerCard) -> CardView:
        return view_of(one, table.reader_of(one))

    @app.get("/cards")
    def cards() -> list[CardView]:
        return [view(one) for one in table.drawer.cards()]

    @app.post("/cards", status_code=HTTPStatus.CREATED)
    def add_card(wanted: NewCard) -> CardView:
        return view(table.drawer.add(wanted))

    @app.get("/cards/{name}")
    def card(name: str) -> CardView:
        return view(table.drawer.card(name))

    @app.patch("/cards/{name}")
    def change_card(name: str, change: CardChange) -> CardView:
        return view(table.drawer.change(name, change))

    @app.put("/cards/{name}/faults")
    def change_faults(name: str, faults: CardFaults) -> CardView:
        return view(table.drawer.change(name, CardChange(faults=faults)))

    @app.delete("/cards/{name}", status_code=HTTPStatus.NO_CONTENT)
    def delete_card(name: str) -> Response:
        table.throw_away(name)
        return Response(status_code=HTTPStatus.NO_CONTENT)


def _add_reader_routes(app: FastAPI, table: Tabletop) -> None:
    def view(name: str) -> ReaderView:
        return reader_view(table, name)

    @app.get("/readers")
    def readers() -> list[ReaderView]:
        return [view(name) for name in table.slots]

    @app.put("/readers/{name}/card")
    def lay_card(name: str, wanted: LaidCard) -> ReaderView:
        table.lay(name, wanted.card, wanted.tear)
        return view(name)

    @app.delete("/readers/{name}/card")
    def take_card(name: str) -> ReaderView:
        table.slot(name).remove()
        return view(name)


def _add_pad_routes(app: FastAPI, table: Tabletop) -> None:
    def state() -> PadState:
        seen = table.plugged_cable().view()
        return PadState(**asdict(seen) | {"lines": list(seen.lines)})

    @app.get("/pad")
    def pad() -> PadState:
        return state()

    @app.post("/pad/keys")
    def press(pressed: PressedKeys) -> PadState:
        _press(table.plugged_cable(), pressed.keys)
        return state()

    @app.put("/pad/plug")
    def plug(wanted: PlugState) -> PadState:
        table.plug(wanted.plugged)
        return state()

    @app.put("/pad/faults")
    def faults(wanted: WantedFaults) -> PadState:
        table.plugged_cable().set_faults(_faults(wanted))
        return state()


def _press(cable: PadCable, keys: str) -> None:
    if not set(keys) <= set(KEYS):
        raise KeyUnknown
    try:
        cable.press(keys)
    except Unplugged as cause:
        raise PadUnplugged from cause


def _faults(wanted: WantedFaults) -> Faults:
    left = {
        Fault.SPOIL_CHECK_BYTE: wanted.spoiled_check_bytes,
        Fault.NAK: wanted.naks,
        Fault.LOSE_ACK: wanted.lost_acks,
        Fault.REPEAT_ANSWER: wanted.repeated_answers,
        Fault.LATE_ACK: wanted.late_acks,
        Fault.UNASKED_GOODBYE: wanted.unasked_goodbyes,
        Fault.BOUNCE_KEY: wanted.bounced_keys,
        Fault.STRAY_BYTE: wanted.stray_bytes,
    }
    return Faults(left, silent=wanted.silent, wrong_speed=wanted.wrong_speed)
