"""The till's HTTP doors to receipts: read one, print one.

Promise: the remaining balance is in it only if the request says that the holder asked. A printer
that does not print changes nothing else, and the answer says in French what to do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field

from terminal.counter.receipts.office import HeldBalances, Practised, Proven, ReceiptOffice
from terminal.counter.receipts.receipt import NoReceipt, ReturnedMoney, receipt_number
from terminal.counter.record import SaleRecord
from terminal.counter.spoken import speech_for
from terminal.errors import PrinterAbsent, PrinterError, PrinterOutOfPaper
from terminal.problems import problem

Id = Annotated[str, Field(min_length=1, max_length=64)]
FindSale = Callable[[str], SaleRecord]
FindReturn = Callable[[str], ReturnedMoney]
"""Both raise what the application answers for one that does not exist."""


RECEIPT: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "text/plain": {"schema": {"type": "string"}},
            "application/pdf": {"schema": {"type": "string", "format": "binary"}},
        }
    }
}
"""A receipt as text or as PDF, for the description."""


class ReadWish(BaseModel):
    """How a receipt is read."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["text", "pdf"] = "text"
    language: Literal["fr", "en"] = "fr"  # of a refusal: receipts are in French
    with_balance: bool = False


class PrintWish(BaseModel):
    """A receipt to print."""

    model_config = ConfigDict(extra="forbid", strict=True)

    with_balance: bool = False


class PrintedShape(BaseModel):
    """A receipt that is on paper."""

    duplicate: bool


@dataclass(frozen=True, slots=True)
class Proofs:
    """Where what a receipt is about comes from; each raises when there is none."""

    sale: FindSale
    back: FindReturn
    practised: Callable[[str], Practised]
    balances: Callable[[], HeldBalances]


def add_receipts(app: FastAPI, office: ReceiptOffice, proofs: Proofs) -> None:
    """Give the application the doors to receipts, and their refusals."""
    _add_doors_of_sales(app, office, proofs)
    _add_other_doors(app, office, proofs)

    @app.exception_handler(NoReceipt)
    def too_early(request: Request, error: NoReceipt) -> JSONResponse:
        return _refusal(request, 409, error.code)

    @app.exception_handler(PrinterError)
    def not_printed(request: Request, error: PrinterError) -> JSONResponse:
        return _refusal(request, 503, code_of(error, can_print=office.can_print))


def _add_doors_of_sales(app: FastAPI, office: ReceiptOffice, proofs: Proofs) -> None:
    @app.get("/sales/{sale_id}/receipt", responses=RECEIPT, response_class=Response)
    def read_receipt(sale_id: Id, how: Annotated[ReadWish, Query()]) -> Response:
        sale = proofs.sale(sale_id)
        return _read(office, sale, receipt_number(sale.sale_id), how)

    @app.get("/returns/{return_id}/receipt", responses=RECEIPT, response_class=Response)
    def read_receipt_of_return(return_id: Id, how: Annotated[ReadWish, Query()]) -> Response:
        money = proofs.back(return_id)
        return _read(office, money, receipt_number(str(money.returned.return_id)), how)

    @app.post("/sales/{sale_id}/receipt/print")
    def print_receipt(sale_id: Id, wish: PrintWish | None = None) -> PrintedShape:
        with_balance = wish is not None and wish.with_balance
        sale = proofs.sale(sale_id)
        return PrintedShape(duplicate=office.put_on_paper(sale, with_balance=with_balance))

    @app.post("/returns/{return_id}/receipt/print")
    def print_receipt_of_return(return_id: Id) -> PrintedShape:
        return PrintedShape(duplicate=office.put_on_paper(proofs.back(return_id)))


def _add_other_doors(app: FastAPI, office: ReceiptOffice, proofs: Proofs) -> None:
    @app.get("/practice/sales/{sale_id}/receipt", responses=RECEIPT, response_class=Response)
    def read_receipt_of_practice(sale_id: Id, how: Annotated[ReadWish, Query()]) -> Response:
        return _read(office, proofs.practised(sale_id), "formation", how)

    @app.post("/practice/sales/{sale_id}/receipt/print")
    def print_receipt_of_practice(sale_id: Id) -> PrintedShape:
        return PrintedShape(duplicate=office.put_on_paper(proofs.practised(sale_id)))

    # Asked for with POST, though it changes nothing: looking is free, and balances are not.
    @app.post("/errands/current/receipt", responses=RECEIPT, response_class=Response)
    def read_balances() -> Response:
        return _read(office, proofs.balances(), "solde", ReadWish())

    @app.post("/errands/current/receipt/print")
    def print_balances() -> PrintedShape:
        return PrintedShape(duplicate=office.put_on_paper(proofs.balances()))


def _read(office: ReceiptOffice, proven: Proven, number: str, how: ReadWish) -> Response:
    headers = {"Cache-Control": "no-store"}
    if how.format == "text":
        text = office.text(proven, with_balance=how.with_balance)
        return PlainTextResponse(text, headers=headers)
    headers["Content-Disposition"] = f'inline; filename="recu-{number.replace(" ", "-")}.pdf"'
    pdf = office.pdf(proven, with_balance=how.with_balance)
    return Response(pdf, media_type="application/pdf", headers=headers)


def code_of(error: PrinterError, *, can_print: bool) -> str:
    """Return the stable code for what the printer did not do."""
    if not can_print:
        return "no_printer"
    if isinstance(error, PrinterOutOfPaper):
        return "printer_out_of_paper"
    return "printer_absent" if isinstance(error, PrinterAbsent) else "printer_silent"


def _refusal(request: Request, status: int, code: str) -> JSONResponse:
    return problem(status, code, speech_for(request).api[code])
