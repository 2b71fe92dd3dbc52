"""The till's HTTP doors to receipts: read one, print one.

Promise: the remaining balance is in it only if the request says that the holder asked. A printer
that does not print changes nothing else, and the answer says in French what to do.
"""

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field

from terminal.counter import words
from terminal.counter.receipts.office import ReceiptOffice
from terminal.counter.receipts.receipt import NoReceipt, receipt_number
from terminal.counter.record import SaleRecord
from terminal.errors import PrinterAbsent, PrinterError, PrinterOutOfPaper

SaleId = Annotated[str, Field(min_length=1, max_length=64)]
FindSale = Callable[[str], SaleRecord]
"""Returns a sale, or raises what the application answers for one that does not exist."""


class PrintWish(BaseModel):
    """A receipt to print."""

    model_config = ConfigDict(extra="forbid", strict=True)

    with_balance: bool = False


class PrintedShape(BaseModel):
    """A receipt that is on paper."""

    duplicate: bool


def add_receipts(app: FastAPI, office: ReceiptOffice, find_sale: FindSale) -> None:
    """Give the application the doors to receipts, and their refusals."""

    @app.get("/sales/{sale_id}/receipt")
    def read_receipt(
        sale_id: SaleId,
        kind: Annotated[Literal["text", "pdf"], Query(alias="format")] = "text",
        with_balance: bool = False,
    ) -> Response:
        sale = find_sale(sale_id)
        headers = {"Cache-Control": "no-store"}
        if kind == "text":
            text = office.text(sale, with_balance=with_balance)
            return PlainTextResponse(text, headers=headers)
        name = f"recu-{receipt_number(sale.sale_id).replace(' ', '-')}.pdf"
        headers["Content-Disposition"] = f'inline; filename="{name}"'
        pdf = office.pdf(sale, with_balance=with_balance)
        return Response(pdf, media_type="application/pdf", headers=headers)

    @app.post("/sales/{sale_id}/receipt/print")
    def print_receipt(sale_id: SaleId, wish: PrintWish | None = None) -> PrintedShape:
        with_balance = wish is not None and wish.with_balance
        return PrintedShape(
            duplicate=office.put_on_paper(find_sale(sale_id), with_balance=with_balance)
        )

    @app.exception_handler(NoReceipt)
    def too_early(_: Request, __: NoReceipt) -> JSONResponse:
        return _refusal(409, "sale_not_finished")

    @app.exception_handler(PrinterError)
    def not_printed(_: Request, error: PrinterError) -> JSONResponse:
        return _refusal(503, code_of(error, can_print=office.can_print))


def code_of(error: PrinterError, *, can_print: bool) -> str:
    """Return the stable code for what the printer did not do."""
    if not can_print:
        return "no_printer"
    if isinstance(error, PrinterOutOfPaper):
        return "printer_out_of_paper"
    return "printer_absent" if isinstance(error, PrinterAbsent) else "printer_silent"


def _refusal(status: int, code: str) -> JSONResponse:
    return JSONResponse({"code": code, "message": words.API_SENTENCES[code]}, status_code=status)
