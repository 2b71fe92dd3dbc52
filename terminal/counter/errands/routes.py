"""The till's HTTP for errands and for finding what to give back.

Promise: balances leave by POST only, which another site's page cannot send and a program needs the
token for, and only while they are shown.
"""

from datetime import date
from typing import Annotated

from fastapi import FastAPI, Query
from pydantic import BaseModel, ConfigDict, Field

from terminal.api_returns import FoundPayment
from terminal.counter.api_shapes import (
    CardPaymentShape,
    ErrandShape,
    SaleShape,
    sale_shape,
)
from terminal.counter.counter import SaleRefused
from terminal.counter.days import day_of
from terminal.counter.errands.errand import Errand
from terminal.counter.errands.states import ErrandKind, ErrandState
from terminal.counter.front import Front
from terminal.counter.reasons import Reason
from terminal.counter.receipts.bar_code import read_bar_code
from terminal.counter.speech import Language, Speech
from terminal.counter.spoken import Spoken
from terminal.counter.till import Till
from terminal.counter.view import SaleView
from terminal.errors import BackendRefused


class ErrandWish(BaseModel):
    """What a card is presented for."""

    model_config = ConfigDict(extra="forbid")

    kind: ErrandKind


class BalanceShape(BaseModel):
    """What a benefit has left to spend here."""

    label: str
    available_cents: int


class BalancesShape(BaseModel):
    """For their holder's eyes, now."""

    balances: list[BalanceShape]


class ReceiptNames(BaseModel):
    """What names a receipt: the digits under its bars, or its number and its day."""

    model_config = ConfigDict(extra="forbid")

    scan: Annotated[str, Field(max_length=64)] | None = None
    authorisation_number: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{6}$")] | None = None
    day: date | None = None
    language: Language = Language.FRENCH


class FoundShape(BaseModel):
    """What a receipt names: a sale of this till, or a payment of the outlet's other tills."""

    sale: SaleShape | None = None
    payment: CardPaymentShape | None = None


def add_errands(app: FastAPI, till: Till) -> None:
    """Add the routes."""

    @app.post("/errands", status_code=201)
    def start_errand(wish: ErrandWish, speech: Spoken) -> ErrandShape:
        return errand_shape(till.front.start_errand(wish.kind), speech)

    @app.post("/errands/current/cancel", status_code=202)
    def cancel_errand(speech: Spoken) -> ErrandShape:
        return errand_shape(till.front.cancel_errand(), speech)

    @app.post("/errands/current/balances")
    def read_balances() -> BalancesShape:
        return balances_shape(till.front)

    @app.get("/receipts")
    def find_receipt(names: Annotated[ReceiptNames, Query()], speech: Spoken) -> FoundShape:
        return _find(till, *_named(names), speech)


def shown_balances(front: Front) -> Errand:
    """Return the errand whose balances are shown now; raises SaleRefused."""
    errand = front.errand()
    if errand is None or errand.state is not ErrandState.SHOWN:
        raise SaleRefused("nothing_to_show")
    return errand


def balances_shape(front: Front) -> BalancesShape:
    """Return what is shown now; raises SaleRefused."""
    return BalancesShape(
        balances=[
            BalanceShape(label=each.label, available_cents=each.available_cents)
            for each in shown_balances(front).balances
        ]
    )


def errand_shape(errand: Errand, speech: Speech) -> ErrandShape:
    """Return the JSON of an errand, without its balances."""
    return ErrandShape(
        errand_id=str(errand.errand_id),
        kind=errand.kind,
        state=errand.state,
        active=errand.active,
        headline=speech.errands[f"{errand.kind} {errand.state}"],
        message=errand_message(errand, speech),
        reason=errand.reason,
        tries_left=errand.tries_left,
        payments=[_payment_shape(each) for each in errand.payments],
    )


def errand_message(errand: Errand, speech: Speech) -> str:
    """Return the one sentence for an errand as it stands."""
    if errand.state is ErrandState.CODE and errand.tries_left is not None:
        return speech.tries_left(errand.tries_left)
    if errand.state is ErrandState.CARD and errand.reason == Reason.CARD_REMOVED:
        return speech.card_again
    if errand.state is ErrandState.DONE and errand.kind is ErrandKind.PAYMENTS:
        return "" if errand.payments else speech.no_card_payments
    if errand.state in {ErrandState.DECLINED, ErrandState.FAILED}:
        return _said(errand, speech) or speech.reasons.get(
            errand.reason or "", speech.errand_refused
        )
    return ""


def _said(errand: Errand, speech: Speech) -> str | None:
    """Return the backend's own sentence in this language, if it gave one."""
    refusal, french = errand.refusal, speech.language is Language.FRENCH
    if refusal is None:
        return None
    if isinstance(refusal, BackendRefused):
        return refusal.message_fr if french else None
    return (refusal.message if french else refusal.message_en) or None


def _named(names: ReceiptNames) -> tuple[str, date]:
    if names.scan is not None:
        read = read_bar_code(names.scan)
        if read is None:
            raise SaleRefused("scan_unknown")
        return read
    if names.authorisation_number is None or names.day is None:
        raise SaleRefused("scan_unknown")
    return names.authorisation_number.upper(), names.day


def _find(till: Till, number: str, day: date, speech: Speech) -> FoundShape:
    record = till.journal.find_paid(number, day)
    if record is not None:
        return FoundShape(sale=sale_shape(SaleView(record), speech))
    if till.returns is None:
        raise SaleRefused("sale_not_found")
    return FoundShape(payment=_payment_shape(till.returns.desk.look_up(number, day)))


def _payment_shape(found: FoundPayment) -> CardPaymentShape:
    receipt = found.receipt
    return CardPaymentShape(
        authorisation_number=receipt.authorisation_number,
        day=day_of(receipt.recorded_at),
        at=receipt.recorded_at,
        amount_cents=receipt.amount_cents,
        left_cents=found.left_cents,
        benefit_label=receipt.benefit_label,
        masked_card_number=receipt.card_number_masked,
    )
