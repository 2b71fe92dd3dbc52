"""The till's HTTP for money that goes back. The desk decides, not this."""

from collections.abc import Callable
from datetime import date
from typing import Annotated

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from terminal.counter import words
from terminal.counter.record import AMOUNT_CENTS_MAX, SaleRecord
from terminal.counter.returns.book import Kind, MoneyBack, ReturnBook, ReturnState
from terminal.counter.returns.desk import ReturnDesk, ReturnRefused
from terminal.errors import BackendError

AmountCents = Annotated[int, Field(ge=1, le=AMOUNT_CENTS_MAX)]
SaleId = Annotated[str, Field(min_length=1, max_length=64)]
_STATUS_OF_OURS = {"receipt_unknown": 404}


class _Incoming(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReturnWish(_Incoming):
    """How much of a sale goes back."""

    amount_cents: AmountCents


class ReceiptReturnWish(_Incoming):
    """What goes back of the payment that a receipt names: its number, and the day printed on it."""

    authorisation_number: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{6}$")]
    day: date
    amount_cents: AmountCents


class ReturnShape(BaseModel):
    """A return; `message` is French."""

    return_id: str
    sale_id: str | None
    kind: Kind
    state: ReturnState
    amount_cents: int
    authorisation_number: str | None
    asked_at: AwareDatetime
    message: str


class ReturnsShape(BaseModel):
    """The returns of a sale, oldest first."""

    returns: list[ReturnShape]


def add_returns(
    app: FastAPI, desk: ReturnDesk, book: ReturnBook, find_sale: Callable[[str], SaleRecord]
) -> None:
    """Add the routes; `find_sale` raises when there is none."""

    @app.post("/sales/{sale_id}/returns", status_code=201)
    def give_back(sale_id: SaleId, wish: ReturnWish) -> ReturnShape:
        return _shape(desk.give_back(find_sale(sale_id), wish.amount_cents))

    @app.get("/sales/{sale_id}/returns")
    def list_returns(sale_id: SaleId) -> ReturnsShape:
        return ReturnsShape(returns=[_shape(each) for each in book.list_of_sale(sale_id)])

    @app.post("/returns", status_code=201)
    def give_back_by_receipt(wish: ReceiptReturnWish) -> ReturnShape:
        number = wish.authorisation_number.upper()
        return _shape(desk.give_back_by_receipt(number, wish.day, wish.amount_cents))

    @app.exception_handler(ReturnRefused)
    def refused(_: Request, error: ReturnRefused) -> JSONResponse:
        sentence = error.sentence or words.RETURN_SENTENCES.get(
            error.code, words.RETURN_REFUSED_SENTENCE
        )
        status = _STATUS_OF_OURS.get(error.code, 409)
        return JSONResponse({"code": error.code, "message": sentence}, status)

    @app.exception_handler(BackendError)
    def away(_: Request, __: BackendError) -> JSONResponse:
        body = {"code": "backend_unavailable", "message": words.RETURN_OFFLINE_SENTENCE}
        return JSONResponse(body, 503)


def _shape(returned: MoneyBack) -> ReturnShape:
    return ReturnShape(
        return_id=str(returned.return_id),
        sale_id=returned.sale_id,
        kind=returned.kind,
        state=returned.state,
        amount_cents=returned.amount_cents,
        authorisation_number=returned.authorisation_number,
        asked_at=returned.asked_at,
        message=words.return_sentence(returned.state, returned.amount_cents),
    )
