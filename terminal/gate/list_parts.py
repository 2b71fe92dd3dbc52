"""A list's JSON taken apart, so that its cards are checked some at a time.

Promise: what comes out is what was in, the cards in their order; text that is no JSON object with
one array of cards raises ValueError. A list of a whole region fits into a small machine: never are
all cards there as checked objects at once. Not here: what a card must say (list_body.py).
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeVar

CARDS_AT_ONCE: Final = 1000
BYTES_AT_ONCE: Final = 128 * 1024
"""Fewer cards than that: one has more than 130 bytes."""
_CARDS: Final = "cards"
_SPACE: Final = b" \t\n\r"
_BLANK: Final = re.compile(r"[ \t\n\r]*")
_DECODER: Final = json.JSONDecoder()
#: Where a backend's next card begins. In a text there would be a backslash before the quote, and
#: behind one that ends so comes no name.
_NEXT_CARD: Final = b'},{"uid":'
_T = TypeVar("_T")


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


def read_cards(cards: bytes | bytearray, read: Callable[[bytes], list[_T]]) -> Iterator[list[_T]]:
    """Give what `read` makes of an array of cards, some at a time; raise ValueError.

    Cut where the next card seems to begin: if both pieces are arrays, the whole was that array. A
    piece that is none was cut in the middle of something; then each card is walked over.
    """
    text = cards if cards[:1] == b"[" and cards[-1:] == b"]" else cards.strip(_SPACE)
    if len(text) < len(b"[]") or text[:1] != b"[" or text[-1:] != b"]":
        raise ValueError("no array")
    at, end = 1, len(text) - 1
    while (cut := text.find(_NEXT_CARD, at + BYTES_AT_ONCE, end)) >= 0:
        try:
            found = read(b"[" + text[at : cut + 1] + b"]")
        except ValueError:
            break
        yield found
        at = cut + 2
    if end - at <= 2 * BYTES_AT_ONCE:
        yield read(b"[" + text[at:end] + b"]")
        return
    for chunk in take_apart(b'{"cards":[' + text[at:end] + b"]}").chunks():
        yield read(chunk)


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
