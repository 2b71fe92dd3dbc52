"""What a receipt says, as a value and as lines; how they are drawn is for others.

Promise: the card's number is masked, the code is nowhere, the remaining balance is there only if
the holder asked, and a refusal names no benefit. A sale that is not at rest has no receipt. The
same receipt given again says « DUPLICATA ».

In France a card's ticket is given to who asks for it, and no longer printed each time (code de
l'environnement, art. L541-15-10, D541-370 to 372): nothing here prints by itself. Pure.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, auto
from uuid import UUID
from zoneinfo import ZoneInfo

from terminal.api_enquiries import Balance
from terminal.counter.amounts import euros
from terminal.counter.receipts.bar_code import bar_code_of
from terminal.counter.record import SaleRecord
from terminal.counter.returns.book import Kind, MoneyBack, ReturnState
from terminal.counter.speech import FRENCH
from terminal.counter.states import State

PARIS = ZoneInfo("Europe/Paris")
NUMBER_LENGTH = 8


class ReceiptKind(Enum):
    """What the paper proves; the values are its large words."""

    PAYMENT = "DÉBIT"
    REFUND = "REMBOURSEMENT"
    VOID = "ANNULATION"
    DECLINED = "PAIEMENT REFUSÉ"
    GIVEN_UP = "PAIEMENT ABANDONNÉ"
    BALANCES = "SOLDE"


_RETURN_KINDS = {Kind.REFUND: ReceiptKind.REFUND, Kind.VOID: ReceiptKind.VOID}
MONEY_MOVED = frozenset({ReceiptKind.PAYMENT, ReceiptKind.REFUND, ReceiptKind.VOID})


@dataclass(frozen=True, slots=True)
class ReceiptPlace:
    """Who gives it: the partner, the till, and lines of the partner's own (address, SIRET)."""

    partner_name: str
    terminal_name: str
    header: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """One receipt. `at` is aware; cents are never negative; `sentence` explains a refusal.

    `payment_number`: on what came back, the authorisation number of the payment. `bar_code`: the
    digits that a scanner reads (`bar_code.py`). `balances`: labels and cents, on request only.
    """

    kind: ReceiptKind
    place: ReceiptPlace
    number: str
    at: datetime
    amount_cents: int
    benefit_label: str | None = None
    masked_card_number: str | None = None
    authorisation_number: str | None = None
    payment_number: str | None = None
    remaining_cents: int | None = None
    sentence: str | None = None
    duplicate: bool = False
    training: bool = False
    bar_code: str | None = None
    balances: tuple[tuple[str, int], ...] = ()


class NoReceipt(Exception):
    """There is nothing to prove, yet: `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class ReturnedMoney:
    """Money that went back, and its sale where it was one of this till."""

    returned: MoneyBack
    sale: SaleRecord | None


class Style(Enum):
    """How much a line matters."""

    PLAIN = auto()
    TITLE = auto()  # centred, large
    STRONG = auto()  # the amount
    CENTRED = auto()
    BAR_CODE = auto()  # digits, below their bars (Code 128) where bars can be drawn


@dataclass(frozen=True, slots=True)
class Line:
    """One line: words, or words on the left and a value on the right. Empty: a gap."""

    words: str = ""
    value: str = ""
    style: Style = Style.PLAIN


GAP = Line()


def receipt_number(sale_id: str) -> str:
    """Return the sale's number to read out: the beginning of its id, like `8F3A 21C4`."""
    letters = sale_id.replace("-", "")[:NUMBER_LENGTH].upper()
    return f"{letters[: NUMBER_LENGTH // 2]} {letters[NUMBER_LENGTH // 2 :]}"


def receipt_of(
    record: SaleRecord,
    place: ReceiptPlace,
    *,
    with_balance: bool = False,
    duplicate: bool = False,
    training: bool = False,
) -> Receipt:
    """Return the receipt of a sale at rest; raises NoReceipt for any other.

    `training`: it was only practised, so it says that it is worth nothing and bears no bar code.
    """
    if not record.finished:
        raise NoReceipt("sale_not_finished")
    approved = record.state is State.APPROVED
    number = record.authorisation_number if approved and not training else None
    return Receipt(
        kind=_kind(record),
        place=place,
        number=receipt_number(record.sale_id),
        at=record.updated_at,
        amount_cents=record.amount_cents,
        benefit_label=record.benefit_label if approved else None,
        masked_card_number=record.masked_card_number,
        authorisation_number=number,
        remaining_cents=record.remaining_cents if approved and with_balance else None,
        sentence=None if approved else FRENCH.of_sale(record),
        duplicate=duplicate,
        training=training,
        bar_code=None if number is None else bar_code_of(number, _day_of(record.updated_at)),
    )


def receipt_of_balances(
    balances: tuple[Balance, ...],
    place: ReceiptPlace,
    errand_id: UUID,
    *,
    at: datetime,
    training: bool = False,
) -> Receipt:
    """Return the paper of an enquiry, for the holder who asked for it."""
    return Receipt(
        kind=ReceiptKind.BALANCES,
        place=place,
        number=receipt_number(str(errand_id)),
        at=at,
        amount_cents=0,
        training=training,
        balances=tuple((each.label, each.available_cents) for each in balances),
    )


def receipt_of_return(
    money: ReturnedMoney, place: ReceiptPlace, *, duplicate: bool = False
) -> Receipt:
    """Return the receipt of money that is back; raises NoReceipt while it is not.

    What was named by a receipt of another till has neither card nor benefit here.
    """
    returned, sale = money.returned, money.sale
    if returned.state is not ReturnState.DONE:
        raise NoReceipt("return_not_done")
    return Receipt(
        kind=_RETURN_KINDS[returned.kind],
        place=place,
        number=receipt_number(str(returned.return_id)),
        at=returned.asked_at,
        amount_cents=returned.amount_cents,
        benefit_label=None if sale is None else sale.benefit_label,
        masked_card_number=None if sale is None else sale.masked_card_number,
        authorisation_number=returned.authorisation_number,
        payment_number=None if sale is None else sale.authorisation_number,
        duplicate=duplicate,
    )


def _day_of(moment: datetime) -> date:
    return moment.astimezone(PARIS).date()


def _kind(record: SaleRecord) -> ReceiptKind:
    if record.state is State.APPROVED:
        return ReceiptKind.PAYMENT
    if record.state is State.DECLINED:
        return ReceiptKind.DECLINED
    return ReceiptKind.GIVEN_UP


def receipt_lines(receipt: Receipt) -> tuple[Line, ...]:
    """Return what is on the paper, from top to bottom."""
    return (
        *_head(receipt),
        GAP,
        *_facts(receipt),
        GAP,
        *_what_happened(receipt),
        GAP,
        *_foot(receipt),
    )


def _head(receipt: Receipt) -> tuple[Line, ...]:
    lines = [Line("CARTE PASS", style=Style.TITLE)]
    lines += [Line(receipt.place.partner_name, style=Style.CENTRED)]
    lines += [Line(each, style=Style.CENTRED) for each in receipt.place.header]
    if receipt.training:
        lines += [GAP, Line("FORMATION — SANS VALEUR", style=Style.CENTRED)]
    if receipt.duplicate:
        lines += [GAP, Line("DUPLICATA", style=Style.CENTRED)]
    return tuple(lines)


def _facts(receipt: Receipt) -> tuple[Line, ...]:
    local = receipt.at.astimezone(PARIS)
    found = (
        ("Le " + local.strftime("%d/%m/%Y"), "à " + local.strftime("%H:%M:%S")),
        ("Caisse", receipt.place.terminal_name),
        ("Carte", receipt.masked_card_number),
        ("Avantage", receipt.benefit_label),
        ("Vente n°" if receipt.kind is not ReceiptKind.BALANCES else "Demande n°", receipt.number),
        ("Autorisation n°", receipt.authorisation_number),
        ("Paiement d’origine n°", receipt.payment_number),
    )
    return tuple(Line(label, value) for label, value in found if value)


def _what_happened(receipt: Receipt) -> tuple[Line, ...]:
    lines = [Line(receipt.kind.value, style=Style.TITLE)]
    if receipt.kind is ReceiptKind.BALANCES:
        held = [Line(label, euros(cents)) for label, cents in receipt.balances]
        return (*lines, *(held or [Line("Aucun avantage utilisable ici.")]))
    if receipt.kind in MONEY_MOVED:
        lines += [Line("MONTANT", euros(receipt.amount_cents), Style.STRONG)]
    else:
        lines += [Line("Montant demandé", euros(receipt.amount_cents))]
    if receipt.sentence:
        lines += [GAP, Line(receipt.sentence)]
    if receipt.remaining_cents is not None:
        lines += [Line("Solde restant", euros(receipt.remaining_cents))]
    return tuple(lines)


def _foot(receipt: Receipt) -> tuple[Line, ...]:
    moved = receipt.kind in MONEY_MOVED
    proof = "TICKET CLIENT À CONSERVER" if moved else "RIEN N’EST DÉBITÉ"
    if receipt.training:
        proof = "FORMATION — SANS VALEUR"
    bars = (Line(receipt.bar_code, style=Style.BAR_CODE), GAP) if receipt.bar_code else ()
    return (
        *bars,
        Line(proof, style=Style.CENTRED),
        Line("Ce reçu n’est pas une facture.", style=Style.CENTRED),
        Line("Ne communiquez jamais votre code.", style=Style.CENTRED),
    )
