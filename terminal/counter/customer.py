"""The customer's side: a second screen that says what is theirs to do, and nothing of anybody else.

Promise: a sale that has ended is gone from it after a moment, also for a screen opened then;
balances and what remains come only to who asks, by POST, which another site's page cannot send.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain
from typing import Final

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, StreamingResponse
from pydantic import BaseModel

from terminal.counter.api_shapes import BenefitChoice, BenefitShape
from terminal.counter.counter import SaleRefused
from terminal.counter.errands.errand import Errand
from terminal.counter.errands.routes import BalancesShape, balances_shape
from terminal.counter.errands.states import ErrandKind, ErrandState
from terminal.counter.events import event_stream
from terminal.counter.front import Front, has_just_ended
from terminal.counter.limits import DEFAULT_LIMITS
from terminal.counter.page import render_customers_side
from terminal.counter.speech import Language, Speech
from terminal.counter.spoken import Spoken
from terminal.counter.states import State
from terminal.counter.till import Till
from terminal.counter.view import SaleView
from terminal.errors import BackendRefused
from terminal.loopback import page_headers
from terminal.problems import EVENT_STREAM


class Mood(StrEnum):
    """The colour, the shape and the sound."""

    IDLE = "idle"
    READY = "ready"
    WAIT = "wait"
    GOOD = "good"
    STOP = "stop"


class CustomerShape(BaseModel):
    """What the customer sees now; `gone_after_seconds`: then it is the next one's turn."""

    screen: str
    mood: Mood
    headline: str
    message: str = ""
    amount_cents: int | None = None
    benefits: list[BenefitShape] = []
    training: bool = False
    can_cancel: bool = False
    can_ask_remaining: bool = False
    has_balances: bool = False
    gone_after_seconds: float | None = None


class RemainingShape(BaseModel):
    """What is left of the benefit that has just paid."""

    label: str
    remaining_cents: int


_SALE_SCREENS: Final[dict[State, tuple[str, Mood]]] = {
    State.AMOUNT: ("idle", Mood.IDLE),
    State.CARD: ("card", Mood.READY),
    State.PROOF: ("proof", Mood.READY),
    State.BENEFIT: ("benefit", Mood.WAIT),
    State.CODE: ("code", Mood.WAIT),
    State.AUTHORISING: ("checking", Mood.READY),
    State.REVERSING: ("undoing", Mood.WAIT),
    State.APPROVED: ("approved", Mood.GOOD),
    State.DECLINED: ("declined", Mood.STOP),
    State.CANCELLED: ("cancelled", Mood.WAIT),
    State.FAILED: ("failed", Mood.STOP),
    State.REVERSED: ("cancelled", Mood.WAIT),
}
_ERRAND_SCREENS: Final[dict[ErrandState, tuple[str, Mood]]] = {
    ErrandState.CARD: ("card", Mood.READY),
    ErrandState.PROOF: ("proof", Mood.READY),
    ErrandState.CODE: ("code", Mood.WAIT),
    ErrandState.ASKING: ("checking", Mood.READY),
    ErrandState.SHOWN: ("balances", Mood.READY),
    ErrandState.DONE: ("idle", Mood.IDLE),
    ErrandState.DECLINED: ("errand_declined", Mood.STOP),
    ErrandState.CANCELLED: ("errand_ended", Mood.WAIT),
    ErrandState.FAILED: ("errand_ended", Mood.STOP),
}
_MAY_LEAVE: Final = frozenset({State.CODE, State.AUTHORISING, State.APPROVED})


def add_customers_side(app: FastAPI, till: Till) -> None:
    """Add the routes."""
    _add_wishes(app, till)

    @app.get("/client", response_class=HTMLResponse)
    def page(speech: Spoken) -> HTMLResponse:
        shape = customer_shape(till, speech)
        html = render_customers_side(till.place, speech, shape.headline)
        return HTMLResponse(html, headers=page_headers(till.framed_by))

    @app.get("/client/state")
    def state(speech: Spoken) -> CustomerShape:
        return customer_shape(till, speech)

    @app.get("/client/events", responses=EVENT_STREAM, response_class=StreamingResponse)
    def events(speech: Spoken) -> StreamingResponse:
        stream = event_stream(till.news, lambda _: customer_shape(till, speech), till.stopping)
        first = next(stream)  # too many listeners: refused while there still is a status to say so
        return StreamingResponse(
            chain([first], stream),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store"},
        )


def _add_wishes(app: FastAPI, till: Till) -> None:
    @app.post("/client/cancel", status_code=202)
    def cancel(speech: Spoken) -> CustomerShape:
        till.front.cancel_as_holder()
        return customer_shape(till, speech)

    @app.post("/client/benefit", status_code=202)
    def choose(choice: BenefitChoice, speech: Spoken) -> CustomerShape:
        front = till.front
        if front.training:
            front.practice.choose_benefit(choice.benefit)
        else:
            front.choose_benefit(choice.benefit)
        return customer_shape(till, speech)

    @app.post("/client/balances")
    def balances() -> BalancesShape:
        return balances_shape(till.front)

    @app.post("/client/remaining")
    def remaining() -> RemainingShape:
        view = _sale_to_show(till.front, till.now())
        if view is None or view.record.remaining_cents is None:
            raise SaleRefused("nothing_to_show")
        record = view.record
        return RemainingShape(
            label=record.benefit_label or "", remaining_cents=view.record.remaining_cents
        )


def customer_shape(till: Till, speech: Speech) -> CustomerShape:
    """Return what the customer sees now."""
    front, now = till.front, till.now()
    errand, view = front.errand(), _sale_to_show(front, now)
    if errand is not None and (errand.active or (view is None and _is_fresh(errand, now))):
        shape = _errand_screen(errand, speech)
    elif view is not None:
        shape = _sale_screen(view, speech)
    else:
        shape = CustomerShape(screen="idle", mood=Mood.IDLE, headline=speech.customer["idle"])
    return shape.model_copy(update={"training": front.training})


def _sale_to_show(front: Front, now: datetime) -> SaleView | None:
    """Return the sale in progress, or the one that has just ended."""
    if front.training:
        practised = front.practice.current()
        view = None if practised is None else practised.played
    else:
        view = front.current()
    if view is None or not (view.active or has_just_ended(now - view.record.updated_at)):
        return None
    return view


def _is_fresh(errand: Errand, now: datetime) -> bool:
    # It lasts a minute or two, and is seldom looked at after its end: its beginning is enough.
    return errand.state is not ErrandState.DONE and now - errand.started_at < timedelta(minutes=2)


def _sale_screen(view: SaleView, speech: Speech) -> CustomerShape:
    record = view.record
    screen, mood = _SALE_SCREENS[record.state]
    if not view.active and record.state is State.REVERSING:
        screen = "cancelled"
    headline = speech.customer[screen]
    if record.state is State.CODE and record.tries_left is not None:
        headline = speech.customer["code_again"]
    return CustomerShape(
        screen=screen,
        mood=mood,
        headline=headline,
        message=_message(view, speech),
        amount_cents=record.amount_cents,
        benefits=[BenefitShape(benefit=one.benefit, label=one.label) for one in view.offered],
        can_cancel=view.active and not record.finished and record.state is not State.REVERSING,
        can_ask_remaining=record.remaining_cents is not None and record.state is State.APPROVED,
        gone_after_seconds=DEFAULT_LIMITS.customer_sees_seconds if _has_ended(view) else None,
    )


def _has_ended(view: SaleView) -> bool:
    return view.record.finished or not view.active


def _message(view: SaleView, speech: Speech) -> str:
    state = view.record.state
    if state in _MAY_LEAVE:
        return speech.customer_leaves_card
    if state is State.DECLINED or (state is State.FAILED and view.refusal is not None):
        return view.message_in(speech)
    if state is State.CARD and view.record.reason is not None:
        return speech.card_again
    return speech.customer_nothing_debited if _has_ended(view) else ""


def _errand_screen(errand: Errand, speech: Speech) -> CustomerShape:
    screen, mood = _ERRAND_SCREENS[errand.state]
    wrong = errand.state is ErrandState.CODE and errand.tries_left is not None
    said = errand.refusal
    message = ""
    if said is not None and not isinstance(said, BackendRefused):
        message = said.message if speech.language is Language.FRENCH else said.message_en
    return CustomerShape(
        screen=screen,
        mood=mood,
        headline=speech.customer["code_again" if wrong else screen],
        message=message,
        can_cancel=errand.active,
        has_balances=errand.kind is ErrandKind.BALANCES and errand.state is ErrandState.SHOWN,
        gone_after_seconds=None if errand.active else DEFAULT_LIMITS.customer_sees_seconds,
    )
