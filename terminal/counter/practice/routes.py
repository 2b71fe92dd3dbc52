"""The till's HTTP for people who practise: doors of their own, so that none of them can sell."""

from typing import Annotated

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from terminal.counter.api_shapes import (
    BenefitChoice,
    SaleShape,
    SalesShape,
    SaleWish,
    StartedShape,
    sale_shape,
)
from terminal.counter.front import Front
from terminal.counter.practice.played import PlayedCard, PlayedCode
from terminal.counter.practice.practice import PracticeView
from terminal.counter.record import AMOUNT_CENTS_MAX
from terminal.counter.speech import Speech
from terminal.counter.spoken import Spoken
from terminal.counter.till import Till
from terminal.counter.whole import WHOLE

SaleId = Annotated[str, Field(min_length=1, max_length=64)]


class _Incoming(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TrainingWish(_Incoming):
    """Whether people practise from now on."""

    training: Annotated[bool, Field(strict=True)]


class CardWish(_Incoming):
    """A card to play."""

    card: PlayedCard


class CodeWish(_Incoming):
    """A code to play."""

    code: PlayedCode


class PlayedReturnWish(_Incoming):
    """A refund to play."""

    amount_cents: Annotated[int, Field(ge=1, le=AMOUNT_CENTS_MAX, strict=True), WHOLE]


class TrainingShape(BaseModel):
    """Whether people practise."""

    training: bool


class PracticeShape(SaleShape):
    """A sale that counts for nothing."""

    practised: bool = True
    returned_cents: int = 0


class PracticeSalesShape(SalesShape):
    """What was practised since practising began."""

    practised: bool = True


def add_practice(app: FastAPI, till: Till) -> None:
    """Add the routes."""
    _add_buttons(app, till)

    @app.put("/training")
    def turn_training(wish: TrainingWish) -> TrainingShape:
        if wish.training:
            till.front.begin_training()
        else:
            till.front.end_training()
        return TrainingShape(training=till.front.training)

    @app.post("/practice/sales", status_code=201)
    def start_practice(wish: SaleWish) -> StartedShape:
        view = till.front.start_practice_sale(wish.amount_cents, wish.benefit)
        return StartedShape(sale_id=view.played.record.sale_id)

    @app.get("/practice/sales")
    def list_practice(speech: Spoken) -> PracticeSalesShape:
        return practised_today(till.front, speech)

    @app.post("/practice/sales/current/cancel", status_code=202)
    def cancel_practice(speech: Spoken) -> PracticeShape:
        return practice_shape(till.front.practice.cancel(), speech)

    @app.post("/practice/sales/current/benefit", status_code=202)
    def choose_practice(choice: BenefitChoice, speech: Spoken) -> PracticeShape:
        return practice_shape(till.front.practice.choose_benefit(choice.benefit), speech)

    @app.post("/practice/sales/{sale_id}/returns", status_code=201)
    def give_back_practice(
        sale_id: SaleId, wish: PlayedReturnWish, speech: Spoken
    ) -> PracticeShape:
        view = till.front.practice.give_back(sale_id, wish.amount_cents)
        return practice_shape(view, speech)


def _add_buttons(app: FastAPI, till: Till) -> None:
    @app.post("/practice/card", status_code=202)
    def play_card(wish: CardWish) -> TrainingShape:
        till.front.practice.present_card(wish.card)
        return TrainingShape(training=True)

    @app.post("/practice/code", status_code=202)
    def play_code(wish: CodeWish) -> TrainingShape:
        till.front.practice.type_code(wish.code)
        return TrainingShape(training=True)


def practice_shape(view: PracticeView, speech: Speech) -> PracticeShape:
    """Return the JSON of what is practised."""
    shape = sale_shape(view.played, speech)
    return PracticeShape(**shape.model_dump(), returned_cents=view.returned_cents)


def practised_today(front: Front, speech: Speech) -> PracticeSalesShape:
    """Return what was practised, as today's list is shown."""
    views = front.practice.newest_first()
    paid = [view.played.record.amount_cents for view in views if view.approved]
    return PracticeSalesShape(
        sales=[practice_shape(view, speech) for view in views],
        approved_count=len(paid),
        approved_cents=sum(paid),
        returned_cents=sum(view.returned_cents for view in views),
    )
