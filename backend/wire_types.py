"""Days, moments and whole numbers as the API takes them, and nothing that may only pass for one.

Days and moments are text of one form (RFC 3339): a number would be read as seconds since 1970, and
no one who sends one means that.
"""

import re
from datetime import date
from typing import Annotated, Final

from pydantic import AwareDatetime, BeforeValidator, Field

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})", re.ASCII | re.IGNORECASE
)


def _day(value: object) -> object:
    return _text(value, _DAY, "a day is written 2026-11-21")


def _moment(value: object) -> object:
    return _text(value, _MOMENT, "a moment is written 2026-11-21T11:04:00Z")


def _text(value: object, form: re.Pattern[str], words: str) -> str:
    if not isinstance(value, str) or form.fullmatch(value) is None:
        raise ValueError(words)
    return value


Day = Annotated[date, BeforeValidator(_day)]
Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]


def _whole(value: object) -> object:
    # 4.0 is a whole number of JSON's, and some programs write it so; "4" and true are none.
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


#: Put it last, after `Field(strict=True, …)`: limits before it stay in the description.
WHOLE: Final = BeforeValidator(_whole)

#: What every reader of JSON takes exactly (RFC 8259 §6).
BIGGEST_INTEGER: Final = 2**53 - 1

GateSequence = Annotated[
    int,
    Field(ge=1, le=BIGGEST_INTEGER, strict=True, description="the gate's own count, from 1"),
    WHOLE,
]
Count = Annotated[int, Field(ge=0, le=BIGGEST_INTEGER, strict=True), WHOLE]
