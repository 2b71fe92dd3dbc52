"""A whole number as JSON may write it: 12.0 is one, "12" and true are none."""

from typing import Final

from pydantic import BeforeValidator


def _whole(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


WHOLE: Final = BeforeValidator(_whole)
"""Put it last in an `Annotated`: limits before it stay in the description."""
