"""The till's HTTP, for this machine only: sell, cancel, choose, list, follow, practise.

Promise: an answer is a typed value or a problem (RFC 9457) with a `code` and a sentence in French,
or in the language that `?language=` asks for; what was sent is never echoed. Only this machine is
served, and who may change anything is `callers.py`. `front.py` decides, not this.
"""

import logging
from contextlib import suppress
from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from pydantic import Field
from starlette.exceptions import HTTPException

from terminal.counter import words
from terminal.counter.api_shapes import (
    BenefitChoice,
    SaleShape,
    SalesShape,
    SaleWish,
    StartedShape,
    sale_shape,
)
from terminal.counter.broker import TooManyListeners
from terminal.counter.callers import only_from_here
from terminal.counter.counter import SaleRefused
from terminal.counter.customer import add_customers_side
from terminal.counter.days import STATIC
from terminal.counter.errands.routes import add_errands, shown_balances
from terminal.counter.journal import SALES_LISTED_MAX
from terminal.counter.practice.routes import add_practice
from terminal.counter.receipts.office import HeldBalances, Practised
from terminal.counter.receipts.receipt import ReturnedMoney
from terminal.counter.receipts.routes import Proofs, add_receipts
from terminal.counter.record import SaleRecord
from terminal.counter.returns.routes import ReturnsHost, add_returns
from terminal.counter.spoken import Spoken, speech_for
from terminal.counter.till import Till
from terminal.counter.view import SaleView
from terminal.counter.watching import add_watching, todays_sales
from terminal.errors import JournalError
from terminal.loopback import SHARED_STATIC
from terminal.problems import add_problem_pages, allowed_methods, describe_problems, problem

_log = logging.getLogger(__name__)

STATUS_BY_CODE = {
    "sale_in_progress": 409,
    "no_sale_in_progress": 409,
    "sale_already_settled": 409,
    "benefit_not_offered": 409,
    "too_many_open_reversals": 503,
    "journal_unavailable": 503,
    "stopping": 503,
    "sale_not_found": 404,
    "idempotency_conflict": 409,
    "cursor_invalid": 404,
    "return_not_found": 404,
    "too_many_listeners": 503,
    "origin_refused": 403,
    "token_refused": 401,
    "training": 409,
    "not_training": 409,
    "training_not_allowed": 409,
    "training_is_set": 409,
    "practice_return_refused": 409,
    "errand_in_progress": 409,
    "no_errand_in_progress": 409,
    "nothing_to_show": 404,
    "scan_unknown": 404,
}
CODE_BY_STATUS = {404: "not_found", 405: "method_not_allowed"}
SaleId = Annotated[str, Field(min_length=1, max_length=64)]
Cursor = Annotated[
    str,
    Field(
        description="`next_cursor` of the page before", json_schema_extra={"format": "sales-cursor"}
    ),
]


def create_app(till: Till) -> FastAPI:
    """Return the till's application."""
    app = FastAPI(title="Pass counter", docs_url=None, redoc_url=None, openapi_url="/openapi.json")
    app.state.language = till.language
    _add_refusals(app)
    add_problem_pages(app, words.API_SENTENCES)
    describe_problems(app, with_token=till.token is not None)
    _add_sales(app, till)
    add_watching(app, till)
    add_practice(app, till)
    add_errands(app, till)
    add_customers_side(app, till)
    if till.returns is not None:
        add_returns(
            app,
            ReturnsHost(
                till.returns.desk,
                till.returns.book,
                lambda sale_id: _find_sale(till, sale_id).record,
                lambda: _refuse_in_training(till),
            ),
        )
    if till.receipts is not None:
        add_receipts(app, till.receipts, _proofs(till))
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.mount("/shared", StaticFiles(directory=SHARED_STATIC), name="shared")
    # Whoever is not let in is told so in French: their request is not read.
    app.middleware("http")(only_from_here(till.token, _turned_away))
    return app


def _add_sales(app: FastAPI, till: Till) -> None:
    @app.post("/sales", status_code=201)
    def start_sale(wish: SaleWish) -> StartedShape:
        known = None if wish.sale_id is None else till.front.find(str(wish.sale_id))
        if known is not None:
            _refuse_another(known.record, wish)
            return StartedShape(sale_id=known.record.sale_id)
        view = till.front.start_sale(wish.amount_cents, wish.benefit, sale_id=wish.sale_id)
        return StartedShape(sale_id=view.record.sale_id)

    @app.post("/sales/current/cancel", status_code=202)
    def cancel_sale(speech: Spoken) -> SaleShape:
        return sale_shape(till.front.cancel(), speech)

    @app.post("/sales/current/benefit", status_code=202)
    def choose_benefit(choice: BenefitChoice, speech: Spoken) -> SaleShape:
        return sale_shape(till.front.choose_benefit(choice.benefit), speech)

    @app.get("/sales")
    def list_sales(
        speech: Spoken,
        limit: Annotated[int, Query(ge=1, le=SALES_LISTED_MAX)] = SALES_LISTED_MAX,
        cursor: Cursor | None = None,
    ) -> SalesShape:
        if cursor is not None and till.front.find(cursor) is None:
            raise SaleRefused("cursor_invalid")
        return todays_sales(till, speech, limit, cursor)

    @app.get("/sales/{sale_id}")
    def find_sale(sale_id: SaleId, speech: Spoken) -> SaleShape:
        return sale_shape(_find_sale(till, sale_id), speech)


def _refuse_another(record: SaleRecord, wish: SaleWish) -> None:
    """Let the same sale be asked for again, and no other under its id."""
    if record.amount_cents != wish.amount_cents or wish.benefit not in {None, record.benefit}:
        raise SaleRefused("idempotency_conflict")


def _proofs(till: Till) -> Proofs:
    def practised(sale_id: str) -> Practised:
        return Practised(till.front.practice.find(sale_id).played.record)

    def balances() -> HeldBalances:
        errand = shown_balances(till.front)
        training = till.front.training
        return HeldBalances(errand.errand_id, till.now(), errand.balances, training)

    def sale(sale_id: str) -> SaleRecord:
        return _find_sale(till, sale_id).record

    return Proofs(sale, lambda return_id: _find_return(till, return_id), practised, balances)


def _find_sale(till: Till, sale_id: str) -> SaleView:
    view = till.front.find(sale_id)
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
    view = None if found.sale_id is None else till.front.find(found.sale_id)
    return ReturnedMoney(found, None if view is None else view.record)


def _refuse_in_training(till: Till) -> None:
    if till.front.training:
        raise SaleRefused("training")


def _turned_away(code: str) -> JSONResponse:
    return problem(STATUS_BY_CODE[code], code, words.API_SENTENCES[code])


def _refusal(request: Request, code: str, status: int | None = None) -> JSONResponse:
    return problem(status or STATUS_BY_CODE[code], code, speech_for(request).api[code])


def _add_refusals(app: FastAPI) -> None:
    """Choose the HTTP status of each refusal, here only."""

    @app.exception_handler(SaleRefused)
    def refused(request: Request, error: SaleRefused) -> JSONResponse:
        return _refusal(request, error.code)

    @app.exception_handler(JournalError)
    def unwritten(request: Request, error: JournalError) -> JSONResponse:
        _log.error("the journal does not serve: %s", error.fault)
        return _refusal(request, "journal_unavailable")

    @app.exception_handler(TooManyListeners)
    def crowded(request: Request, _: TooManyListeners) -> JSONResponse:
        return _refusal(request, "too_many_listeners")

    @app.exception_handler(RequestValidationError)
    def malformed(request: Request, _: RequestValidationError) -> JSONResponse:
        return _refusal(request, "malformed_request", 422)

    @app.exception_handler(HTTPException)
    def unrouted(request: Request, error: HTTPException) -> JSONResponse:
        code = CODE_BY_STATUS.get(error.status_code, "malformed_request")
        answer = _refusal(request, code, error.status_code)
        if error.status_code == 405:
            answer.headers["Allow"] = allowed_methods(request)
        return answer

    @app.exception_handler(Exception)
    def unexpected(request: Request, error: Exception) -> JSONResponse:
        # The type alone: the text of an unforeseen error may quote what was typed.
        _log.error("unexpected error: %s", type(error).__name__)
        return _refusal(request, "internal_error", 500)
