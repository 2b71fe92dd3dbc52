"""The till's HTTP for money that goes back. The desk decides, not this."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from terminal.counter.record import AMOUNT_CENTS_MAX, SaleRecord
from terminal.counter.returns.book import Kind, MoneyBack, ReturnBook, ReturnState
from terminal.counter.returns.desk import ReturnDesk, ReturnRefused
from terminal.counter.speech import Language, Speech
from terminal.counter.spoken import Spoken, speech_for
from terminal.counter.whole import WHOLE
from terminal.errors import BackendError
from terminal.problems import problem

AmountCents = Annotated[int, Field(ge=1, le=AMOUNT_CENTS_MAX, strict=True), WHOLE]
SaleId = Annotated[str, Field(min_length=1, max_length=64)]
_STATUS_OF_OURS = {"receipt_unknown": 404}


class _Incoming(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReturnWish(_Incoming):
    """How much of a sale goes back; with an id of the caller's own it goes back once."""

    amount_cents: AmountCents
    return_id: UUID | None = None


class ReceiptReturnWish(_Incoming):
    """What goes back of the payment that a receipt names: its number, and the day printed on it."""

    authorisation_number: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{6}$")]
    day: date
    amount_cents: AmountCents
    return_id: UUID | None = None


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


@dataclass(frozen=True, slots=True)
class ReturnsHost:
    """What the routes stand on; both functions raise, when there is no sale or none may be given.

    `refuse_in_training` is asked before money is given back, and not before looking.
    """

    desk: ReturnDesk
    book: ReturnBook
    find_sale: Callable[[str], SaleRecord]
    refuse_in_training: Callable[[], None]


def add_returns(app: FastAPI, host: ReturnsHost) -> None:
    """Add the routes."""

    @app.post("/sales/{sale_id}/returns", status_code=201)
    def give_back(sale_id: SaleId, wish: ReturnWish, speech: Spoken) -> ReturnShape:
        host.refuse_in_training()
        sale = host.find_sale(sale_id)
        given = _given_before(host, wish.return_id, sale.sale_id, wish.amount_cents)
        if given is None:
            given = host.desk.give_back(sale, wish.amount_cents, return_id=wish.return_id)
        return _shape(given, speech)

    @app.get("/sales/{sale_id}/returns")
    def list_returns(sale_id: SaleId, speech: Spoken) -> ReturnsShape:
        listed = host.book.list_of_sale(sale_id)
        return ReturnsShape(returns=[_shape(each, speech) for each in listed])

    @app.post("/returns", status_code=201)
    def give_back_by_receipt(wish: ReceiptReturnWish, speech: Spoken) -> ReturnShape:
        host.refuse_in_training()
        number = wish.authorisation_number.upper()
        given = _given_before(host, wish.return_id, None, wish.amount_cents)
        if given is None:
            given = host.desk.give_back_by_receipt(
                number, wish.day, wish.amount_cents, return_id=wish.return_id
            )
        return _shape(given, speech)

    @app.exception_handler(ReturnRefused)
    def refused(request: Request, error: ReturnRefused) -> JSONResponse:
        speech = speech_for(request)
        said = error.sentence if speech.language is Language.FRENCH else ""
        sentence = said or speech.returns.get(error.code, speech.return_refused)
        status = _STATUS_OF_OURS.get(error.code, 409)
        return problem(status, error.code, sentence)

    @app.exception_handler(BackendError)
    def away(request: Request, __: BackendError) -> JSONResponse:
        return problem(503, "backend_unavailable", speech_for(request).return_offline)


def _given_before(
    host: ReturnsHost, return_id: UUID | None, sale_id: str | None, amount_cents: int
) -> MoneyBack | None:
    return None if return_id is None else host.desk.given_before(return_id, sale_id, amount_cents)


def _shape(returned: MoneyBack, speech: Speech) -> ReturnShape:
    return ReturnShape(
        return_id=str(returned.return_id),
        sale_id=returned.sale_id,
        kind=returned.kind,
        state=returned.state,
        amount_cents=returned.amount_cents,
        authorisation_number=returned.authorisation_number,
        asked_at=returned.asked_at,
        message=speech.of_return(returned.state, returned.amount_cents),
    )
