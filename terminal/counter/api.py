"""The till's HTTP, for this machine only: sell, cancel, choose, list, follow.

Promise: an answer is a typed value or `{"code", "message"}` with a French sentence; what was sent
is never echoed. Only this machine is served, and who may change anything is `callers.py`.
`counter.py` decides, not this.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import chain
from pathlib import Path
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from pydantic import Field
from starlette.exceptions import HTTPException

from terminal.counter import words
from terminal.counter.api_shapes import (
    BenefitChoice,
    CurrentShape,
    HealthShape,
    SaleShape,
    SalesShape,
    SaleWish,
    StartedShape,
    sale_shape,
)
from terminal.counter.broker import Broker, TooManyListeners
from terminal.counter.callers import only_from_here
from terminal.counter.counter import Counter, SaleRefused
from terminal.counter.events import event_stream
from terminal.counter.figures import counter_figures
from terminal.counter.journal import SALES_LISTED_MAX, SaleJournal
from terminal.counter.page import Place, render_till
from terminal.counter.receipts.office import ReceiptOffice
from terminal.counter.receipts.receipt import ReturnedMoney
from terminal.counter.receipts.routes import add_receipts
from terminal.counter.returns.book import ReturnBook
from terminal.counter.returns.desk import ReturnDesk
from terminal.counter.returns.routes import add_returns
from terminal.counter.view import SaleView
from terminal.errors import JournalError
from terminal.loopback import SHARED_STATIC, page_headers
from terminal.metrics import CONTENT_TYPE, exposition

_log = logging.getLogger(__name__)

STATIC = Path(__file__).parent / "static"
PARIS = ZoneInfo("Europe/Paris")
_STATUS_BY_CODE = {
    "sale_in_progress": 409,
    "no_sale_in_progress": 409,
    "sale_already_settled": 409,
    "benefit_not_offered": 409,
    "too_many_open_reversals": 503,
    "journal_unavailable": 503,
    "stopping": 503,
    "sale_not_found": 404,
    "return_not_found": 404,
    "too_many_listeners": 503,
    "origin_refused": 403,
    "token_refused": 401,
}
SaleId = Annotated[str, Field(min_length=1, max_length=64)]


@dataclass(frozen=True, slots=True)
class Returns:
    """Money that goes back, and the book it is in."""

    desk: ReturnDesk
    book: ReturnBook


@dataclass(frozen=True, slots=True)
class Till:
    """What the routes stand on. `stopping` ends the open event streams."""

    counter: Counter
    journal: SaleJournal
    news: Broker[SaleView | None]
    place: Place
    health: Callable[[], HealthShape]
    clock_ahead: Callable[[], timedelta | None]
    now: Callable[[], datetime]
    stopping: Callable[[], bool]
    receipts: ReceiptOffice | None = None
    returns: Returns | None = None
    token: str | None = None  # None: any program of this machine may sell
    framed_by: tuple[str, ...] = ()  # pages of this machine that may show the till page


def create_app(till: Till) -> FastAPI:
    """Return the till's application."""
    app = FastAPI(title="Pass counter", docs_url=None, redoc_url=None, openapi_url="/openapi.json")
    _add_refusals(app)
    _add_sales(app, till)
    _add_watching(app, till)
    if till.returns is not None:
        add_returns(
            app,
            till.returns.desk,
            till.returns.book,
            lambda sale_id: _find_sale(till, sale_id).record,
        )
    if till.receipts is not None:
        add_receipts(
            app,
            till.receipts,
            lambda sale_id: _find_sale(till, sale_id).record,
            lambda return_id: _find_return(till, return_id),
        )
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.mount("/shared", StaticFiles(directory=SHARED_STATIC), name="shared")
    app.middleware("http")(only_from_here(till.token, _refusal))
    return app


def _add_sales(app: FastAPI, till: Till) -> None:
    @app.post("/sales", status_code=201)
    def start_sale(wish: SaleWish) -> StartedShape:
        view = till.counter.start_sale(wish.amount_cents, wish.benefit)
        return StartedShape(sale_id=view.record.sale_id)

    @app.post("/sales/current/cancel", status_code=202)
    def cancel_sale() -> SaleShape:
        return sale_shape(till.counter.cancel())

    @app.post("/sales/current/benefit", status_code=202)
    def choose_benefit(choice: BenefitChoice) -> SaleShape:
        return sale_shape(till.counter.choose_benefit(choice.benefit))

    @app.get("/sales")
    def list_sales() -> SalesShape:
        return _todays_sales(till)

    @app.get("/sales/{sale_id}")
    def find_sale(sale_id: SaleId) -> SaleShape:
        return sale_shape(_find_sale(till, sale_id))


def _add_watching(app: FastAPI, till: Till) -> None:
    @app.get("/state")
    def state() -> CurrentShape:
        return _current(till)

    @app.get("/health")
    def health() -> HealthShape:
        return till.health().model_copy(update={"code_entry": till.place.code_entry})

    @app.get("/healthz")
    def healthz() -> JSONResponse:
        able = till.health().journal == "ok"
        return JSONResponse({"status": "ok" if able else "unable"}, 200 if able else 503)

    @app.get("/metrics")
    def metrics() -> Response:
        start = start_of_day(till.now())
        figures = counter_figures(
            till.health(),
            till.journal.count_by_state_since(start),
            till.journal.total_since(start)[1],
            till.clock_ahead(),
        )
        return Response(exposition(figures), media_type=CONTENT_TYPE)

    @app.get("/events")
    def events() -> StreamingResponse:
        stream = event_stream(till.news, lambda: _current(till), till.stopping)
        first = next(stream)  # too many listeners: refused while there still is a status to say so
        return StreamingResponse(
            chain([first], stream),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store"},
        )

    @app.get("/", response_class=HTMLResponse)
    def page() -> HTMLResponse:
        return HTMLResponse(
            render_till(till.place, _current(till), _todays_sales(till)),
            headers=page_headers(till.framed_by),
        )


def start_of_day(now: datetime) -> datetime:
    """Return the midnight in Paris that began the day of `now`, in UTC."""
    today = now.astimezone(PARIS).date()
    return datetime.combine(today, time.min, PARIS).astimezone(UTC)


def _find_sale(till: Till, sale_id: str) -> SaleView:
    view = till.counter.find(sale_id)
    if view is None:
        raise SaleRefused("sale_not_found")
    return view


def _find_return(till: Till, return_id: str) -> ReturnedMoney:
    found = None
    if till.returns is not None:
        with suppress(ValueError):  # no id at all
            found = till.returns.book.find(UUID(return_id))
    if found is None:
        raise SaleRefused("return_not_found")
    view = None if found.sale_id is None else till.counter.find(found.sale_id)
    return ReturnedMoney(found, None if view is None else view.record)


def _todays_sales(till: Till) -> SalesShape:
    start = start_of_day(till.now())
    count, total = till.journal.total_since(start)
    current = till.counter.current()
    active = current.record.sale_id if current is not None and current.active else None
    returned = 0 if till.returns is None else till.returns.book.returned_since(start)
    return SalesShape(
        sales=[
            sale_shape(SaleView(record, active=record.sale_id == active))
            for record in till.journal.list_since(start, SALES_LISTED_MAX)
        ],
        approved_count=count,
        approved_cents=total,
        returned_cents=returned,
    )


def _current(till: Till) -> CurrentShape:
    view = till.counter.current()
    shape = None if view is None else sale_shape(view)
    busy = view is not None and view.active
    return CurrentShape(
        state=shape.state if shape and busy else "amount",
        sale=shape,
        code_entry=till.place.code_entry,
    )


def _refusal(code: str, status: int | None = None) -> JSONResponse:
    body = {"code": code, "message": words.API_SENTENCES[code]}
    return JSONResponse(body, status_code=status or _STATUS_BY_CODE[code])


def _add_refusals(app: FastAPI) -> None:
    """Choose the HTTP status of each refusal, here only."""

    @app.exception_handler(SaleRefused)
    def refused(_: Request, error: SaleRefused) -> JSONResponse:
        return _refusal(error.code)

    @app.exception_handler(JournalError)
    def unwritten(_: Request, error: JournalError) -> JSONResponse:
        _log.error("the journal does not serve: %s", error.fault)
        return _refusal("journal_unavailable")

    @app.exception_handler(TooManyListeners)
    def crowded(_: Request, __: TooManyListeners) -> JSONResponse:
        return _refusal("too_many_listeners")

    @app.exception_handler(RequestValidationError)
    def malformed(_: Request, __: RequestValidationError) -> JSONResponse:
        return _refusal("malformed_request", 422)

    @app.exception_handler(HTTPException)
    def unrouted(_: Request, error: HTTPException) -> JSONResponse:
        code = "not_found" if error.status_code == 404 else "malformed_request"
        return _refusal(code, error.status_code)
