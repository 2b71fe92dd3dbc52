"""The ticket that goes into an answer: the receipt of what was done, as narrow text. Pure."""

from dataclasses import replace
from functools import partial

from terminal.counter.receipts.receipt import Receipt, ReceiptKind, ReceiptPlace, receipt_of
from terminal.counter.receipts.text import receipt_latin_1
from terminal.counter.tills.answer import TicketText
from terminal.counter.tills.wish import Action, Result

_KINDS = {Action.REFUND: ReceiptKind.REFUND, Action.CANCEL: ReceiptKind.VOID}


def ticket_of(place: ReceiptPlace, result: Result) -> TicketText:
    """Return what gives the text, for a result that is done."""
    return partial(receipt_latin_1, _receipt(place, result))


def _receipt(place: ReceiptPlace, result: Result) -> Receipt:
    assert result.sale is not None, "only what was done has a ticket"
    receipt = receipt_of(result.sale, place)
    if result.action not in _KINDS:
        return receipt
    assert result.amount_cents is not None, "money went back"
    return replace(
        receipt,
        kind=_KINDS[result.action],
        at=result.at or receipt.at,
        amount_cents=result.amount_cents,
        authorisation_number=result.authorisation_number,
        payment_number=receipt.authorisation_number,
    )
