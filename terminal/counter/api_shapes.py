"""The JSON of the till's HTTP: what comes in, bounded; what goes out, typed.

Amounts are whole cents; times are UTC; `headline` and `message` are for people, other texts are
stable codes.
"""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from terminal.counter.errands.states import ErrandKind, ErrandState
from terminal.counter.record import AMOUNT_CENTS_MAX
from terminal.counter.speech import FRENCH, Speech
from terminal.counter.states import State
from terminal.counter.view import SaleView
from terminal.counter.whole import WHOLE
from terminal.pin.pad import CodeEntry

BenefitCode = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z0-9_-]+$")]
Condition = Literal["ok", "unavailable"]


class _Incoming(BaseModel):
    """A request: nothing unknown in it, and no text taken for a number."""

    model_config = ConfigDict(extra="forbid", strict=True)


class SaleWish(_Incoming):
    """A sale to begin; with an id of the caller's own it begins once, however often asked for."""

    sale_id: Annotated[UUID, Field(strict=False)] | None = None
    amount_cents: Annotated[int, Field(ge=1, le=AMOUNT_CENTS_MAX, strict=True), WHOLE]
    benefit: BenefitCode | None = None


class BenefitChoice(_Incoming):
    """One of the benefits on offer."""

    benefit: BenefitCode


class ChoiceShape(BaseModel):
    """Another benefit that would pay this much of a declined amount."""

    benefit: str
    label: str
    accepts_cents: int


class StartedShape(BaseModel):
    """A sale that has begun."""

    sale_id: str


class BenefitShape(BaseModel):
    """A benefit on offer."""

    benefit: str
    label: str


class SaleShape(BaseModel):
    """A sale as it stands; `active` while it is being run."""

    sale_id: str
    state: State
    active: bool
    headline: str
    message: str
    reason: str | None
    amount_cents: int
    benefit: str | None
    benefit_label: str | None
    benefits: list[BenefitShape]
    choices: list[ChoiceShape]
    payment_id: str | None
    tries_left: int | None
    authorisation_number: str | None
    remaining_cents: int | None
    money_moved: bool | None
    started_at: AwareDatetime
    updated_at: AwareDatetime


class SalesShape(BaseModel):
    """Today's sales, newest first, what was approved today and what went back today.

    Ask for those before with `cursor` = `next_cursor`, null at the end.
    """

    sales: list[SaleShape]
    next_cursor: str | None = None
    approved_count: int
    approved_cents: int
    returned_cents: int = 0


class CardPaymentShape(BaseModel):
    """A payment that may be given back: by a receipt's number, or found with the card."""

    authorisation_number: str
    day: date
    at: AwareDatetime
    amount_cents: int
    left_cents: int
    benefit_label: str
    masked_card_number: str


class ErrandShape(BaseModel):
    """What a card is presented for besides a sale; balances are never here."""

    errand_id: str
    kind: ErrandKind
    state: ErrandState
    active: bool
    headline: str
    message: str
    reason: str | None
    tries_left: int | None
    payments: list[CardPaymentShape]


class CurrentShape(BaseModel):
    """The till: the state of the sale in progress, or `amount`; and that sale or the last one.

    `code_entry` says who encrypts the codes typed here: a secure pad, or this terminal. While
    `training`, nothing is sold: `practice` is what is only practised, and never in `sale`.
    """

    state: str
    sale: SaleShape | None
    code_entry: CodeEntry = CodeEntry.SECURE
    training: bool = False
    practice: SaleShape | None = None
    errand: ErrandShape | None = None


class HealthShape(BaseModel):
    """What the counter stands on. A reason is a code, words are for people; both may be empty."""

    reader: Condition
    pad: Condition
    backend: Condition
    journal: Condition
    open_reversals: int
    code_entry: CodeEntry = CodeEntry.SECURE
    clock_words: str = ""
    backend_reason: str = ""
    reader_reason: str = ""
    pad_reason: str = ""
    backend_words: str = ""
    reader_words: str = ""
    pad_words: str = ""


def sale_shape(view: SaleView, speech: Speech = FRENCH) -> SaleShape:
    """Return the JSON of a sale."""
    record = view.record
    return SaleShape(
        sale_id=record.sale_id,
        state=record.state,
        active=view.active,
        headline=view.headline_in(speech),
        message=view.message_in(speech),
        reason=view.reason,
        amount_cents=record.amount_cents,
        benefit=record.benefit,
        benefit_label=record.benefit_label,
        benefits=[BenefitShape(benefit=each.benefit, label=each.label) for each in view.offered],
        choices=[
            ChoiceShape(benefit=each.benefit, label=each.label, accepts_cents=each.accepts_cents)
            for each in view.choices
        ],
        payment_id=record.payment_id,
        tries_left=record.tries_left,
        authorisation_number=record.authorisation_number,
        remaining_cents=record.remaining_cents,
        money_moved=record.money_moved,
        started_at=record.started_at,
        updated_at=record.updated_at,
    )
