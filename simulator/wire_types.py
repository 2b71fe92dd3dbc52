"""Switches and whole numbers as the HTTP takes them, and nothing that may only pass for one.

`"4"`, `0` for no and `true` for 1 are refused: who sends one means something else.
"""

from typing import Annotated, Final

from pydantic import BeforeValidator, Field, Strict


def _whole(value: object) -> object:
    # 4.0 is a whole number of JSON's, and some programs write it so.
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


#: Put it last, after `Field(strict=True, …)`: limits before it stay in the description.
WHOLE: Final = BeforeValidator(_whole)
Flag = Annotated[bool, Strict()]
#: The two lines of a pad's display.
PadLines = Annotated[list[str], Field(min_length=2, max_length=2)]
