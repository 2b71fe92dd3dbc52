"""Rendering an operator's page: the same frame, words and amounts everywhere."""

from datetime import date, datetime
from uuid import UUID

from fastapi.responses import HTMLResponse

from backend.accounts.signin.tokens import form_token
from backend.operators.entering import Acting
from backend.payments.words import euros
from backend.services import Services
from backend.web import operator_words as words
from backend.web.moments import moment
from backend.web.pages import Problem, form
from passcard.layout import mask_card_number, parse_card_number

CENTS_DIGITS_MAX = 7


def render(
    services: Services,
    token: str,
    acting: Acting,
    template: str,
    *,
    problem: Problem | None = None,
    **values: object,
) -> HTMLResponse:
    """Render one of the operator's templates."""

    def at(when: datetime | None) -> str:
        return "—" if when is None else moment(when, services)

    return form(
        f"operator_{template}.html",
        problem,
        acting=acting,
        form_token=form_token(token),
        at=at,
        day=_day,
        euros=_euros,
        masked=_masked,
        told=words.told,
        words=words,
        now=services.now(),
        **values,
    )


def cents_of(typed: str) -> int:
    """Read an amount as people here write it; 0 where it is none."""
    text = "".join(typed.split()).removesuffix("€").replace(".", ",")
    whole, _, part = text.partition(",")
    if not whole.isdecimal() or len(part) > 2 or (part and not part.isdecimal()):
        return 0
    if not text.isascii() or len(whole) > CENTS_DIGITS_MAX:
        return 0
    return int(whole) * 100 + int(part.ljust(2, "0") if part else 0)


def date_of(typed: str) -> date | None:
    """Read a day as a browser sends it (2026-09-01); None where it is none."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def id_of(typed: str) -> UUID | None:
    """Read an id; None where it is none."""
    try:
        return UUID(typed)
    except ValueError:
        return None


def _day(when: date | None) -> str:
    return "—" if when is None else f"{when:%d/%m/%Y}"


def _euros(cents: int | None) -> str:
    return "—" if cents is None else euros(cents)


def _masked(number: str) -> str:
    return mask_card_number(parse_card_number(number))
