"""The till's HTTP for who looks: the pages, the state as it changes, health, figures."""

from itertools import chain

from fastapi import FastAPI, Response
from fastapi.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    StreamingResponse,
)

from terminal.counter.api_shapes import (
    CurrentShape,
    HealthShape,
    SaleShape,
    SalesShape,
    sale_shape,
)
from terminal.counter.days import start_of_day
from terminal.counter.errands.errand import Errand
from terminal.counter.errands.routes import errand_shape
from terminal.counter.events import event_stream
from terminal.counter.figures import counter_figures
from terminal.counter.front import News
from terminal.counter.journal import SALES_LISTED_MAX
from terminal.counter.page import PageState, render_till
from terminal.counter.practice.practice import PracticeView
from terminal.counter.practice.routes import practice_shape, practised_today
from terminal.counter.speech import Speech
from terminal.counter.spoken import Spoken
from terminal.counter.till import Till
from terminal.counter.view import SaleView
from terminal.loopback import page_headers
from terminal.metrics import CONTENT_TYPE, exposition
from terminal.problems import EVENT_STREAM


def add_watching(app: FastAPI, till: Till) -> None:
    """Add the routes."""
    _add_till_page(app, till)

    @app.get("/state")
    def state(speech: Spoken) -> CurrentShape:
        return current_shape(till, speech)

    @app.get("/health")
    def health(speech: Spoken) -> HealthShape:
        found = till.health()
        ahead = till.clock_ahead() if found.clock_words else None
        said = found.clock_words if ahead is None else speech.clock(ahead)
        words = {
            f"{part}_words": speech.devices.get(getattr(found, f"{part}_reason"), "")
            for part in ("backend", "reader", "pad")
        }
        words["clock_words"] = said
        return found.model_copy(update={"code_entry": till.place.code_entry, **words})

    @app.get("/healthz")
    def healthz() -> JSONResponse:
        able = till.health().journal == "ok"
        return JSONResponse({"status": "ok" if able else "unable"}, 200 if able else 503)

    @app.get("/metrics", response_class=PlainTextResponse)
    def metrics() -> Response:
        start = start_of_day(till.now())
        figures = counter_figures(
            till.health(),
            till.journal.count_by_state_since(start),
            till.journal.total_since(start)[1],
            till.clock_ahead(),
        )
        return Response(exposition(figures), media_type=CONTENT_TYPE)


def _add_till_page(app: FastAPI, till: Till) -> None:
    @app.get("/events", responses=EVENT_STREAM, response_class=StreamingResponse)
    def events(speech: Spoken) -> StreamingResponse:
        stream = event_stream(till.news, lambda news: _shown(till, news, speech), till.stopping)
        first = next(stream)  # too many listeners: refused while there still is a status to say so
        return StreamingResponse(
            chain([first], stream),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store"},
        )

    @app.get("/", response_class=HTMLResponse)
    def page(speech: Spoken) -> HTMLResponse:
        front = till.front
        today = practised_today(front, speech) if front.training else todays_sales(till, speech)
        html = render_till(
            till.place,
            speech,
            PageState(
                current=current_shape(till, speech),
                today=today,
                can_print=till.receipts is not None and till.receipts.can_print,
                sound_percent=till.sound_percent,
                training=front.training,
                setting=front.setting,
            ),
        )
        return HTMLResponse(html, headers=page_headers(till.framed_by))


def todays_sales(
    till: Till, speech: Speech, limit: int = SALES_LISTED_MAX, before: str | None = None
) -> SalesShape:
    """Return today's sales and their totals; with `before`, the page after that sale."""
    listed = till.journal.list_since(start_of_day(till.now()), limit + 1, before)
    start = start_of_day(till.now())
    count, total = till.journal.total_since(start)
    current = till.front.current()
    active = current.record.sale_id if current is not None and current.active else None
    returned = 0 if till.returns is None else till.returns.book.returned_since(start)
    return SalesShape(
        sales=[
            sale_shape(SaleView(record, active=record.sale_id == active), speech)
            for record in listed[:limit]
        ],
        next_cursor=listed[limit - 1].sale_id if len(listed) > limit else None,
        approved_count=count,
        approved_cents=total,
        returned_cents=returned,
    )


def current_shape(till: Till, speech: Speech) -> CurrentShape:
    """Return the till as it stands."""
    view = till.front.current()
    return _current(till, speech, None if view is None else sale_shape(view, speech))


def _shown(till: Till, news: News, speech: Speech) -> CurrentShape:
    """Return the news itself: by now the till may be further on. None is news about the list."""
    if isinstance(news, SaleView):
        return _current(till, speech, sale_shape(news, speech))
    shape = current_shape(till, speech)
    if isinstance(news, PracticeView):
        return shape.model_copy(update={"practice": practice_shape(news, speech)})
    if isinstance(news, Errand):
        return shape.model_copy(update={"errand": errand_shape(news, speech)})
    return shape


def _current(till: Till, speech: Speech, sale: SaleShape | None) -> CurrentShape:
    front = till.front
    errand = front.errand()
    practised = front.practice.current() if front.training else None
    return CurrentShape(
        state=sale.state if sale is not None and sale.active else "amount",
        sale=sale,
        code_entry=till.place.code_entry,
        training=front.training,
        practice=None if practised is None else practice_shape(practised, speech),
        errand=None if errand is None else errand_shape(errand, speech),
    )
