"""A list's JSON taken apart, so that its cards are checked some at a time.

Promise: what comes out is what was in, the cards in their order; text that is no JSON object with
one array of cards raises ValueError. A list of a whole region fits into a small machine: never are
all cards there as checked objects at once. Not here: what a card must say (list_body.py).
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

CARDS_AT_ONCE: Final = 1000
_CARDS: Final = "cards"
_BLANK: Final = re.compile(r"[ \t\n\r]*")
_DECODER: Final = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Parts:
    """A payload without its cards (an empty array in their place), and where some are at a time."""

    place: bytes = field(repr=False)
    _payload: bytes = field(repr=False)
    _spans: tuple[tuple[int, int], ...] = field(repr=False)

    def chunks(self) -> Iterator[bytes]:
        """Give JSON arrays of at most CARDS_AT_ONCE cards."""
        for begin, end in self._spans:
            yield b"[" + self._payload[begin:end] + b"]"


def take_apart(payload: bytes) -> Parts:
    """Find the cards of a list; raise ValueError."""
    # Byte for byte: outside of strings JSON is ASCII, and what is inside is not looked at.
    text = payload.decode("latin-1")
    at = _expect(text, _skip(text, 0), "{")
    found: tuple[int, int] | None = None
    spans: list[tuple[int, int]] = []
    while True:
        key, at = _value(text, _skip(text, at))
        at = _skip(text, _expect(text, _skip(text, at), ":"))
        if key == _CARDS:
            if found is not None:
                raise ValueError("cards twice")
            begin = _expect(text, at, "[")
            at = _end_of_array(text, begin, spans)
            found = (begin, at)
        else:
            at = _end_of_value(text, at)
        at = _skip(text, at)
        if text[at : at + 1] != ",":
            break
        at += 1
    if found is None or text[at : at + 1] != "}" or _skip(text, at + 1) != len(text):
        raise ValueError("no list")
    begin, end = found
    return Parts(payload[:begin] + b"]" + payload[end:], payload, tuple(spans))


def _end_of_array(text: str, at: int, spans: list[tuple[int, int]]) -> int:
    """Walk over an array, note where each CARDS_AT_ONCE of its values are, return its end."""
    at = first = _skip(text, at)
    if text[at : at + 1] == "]":
        return at + 1
    count = 0
    while True:
        end = _end_of_value(text, at)
        count += 1
        at = _skip(text, end)
        sign = text[at : at + 1]
        if count == CARDS_AT_ONCE or sign == "]":
            spans.append((first, end))
        if sign == "]":
            return at + 1
        at = _skip(text, _expect(text, at, ","))
        if count == CARDS_AT_ONCE:
            count, first = 0, at


def _skip(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return at if blank is None else blank.end()


def _expect(text: str, at: int, sign: str) -> int:
    if text[at : at + 1] != sign:
        raise ValueError("no JSON")
    return at + 1


def _value(text: str, at: int) -> tuple[object, int]:
    try:
        value, end = _DECODER.raw_decode(text, at)
    except RecursionError:
        raise ValueError("too deep") from None
    return value, end


def _end_of_value(text: str, at: int) -> int:
    return _value(text, at)[1]
