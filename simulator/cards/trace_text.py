"""A trace's text, as a card reads it: the card's half of `pass-terminal trace`.

    pass-trace 1
    card: 04 3A 91 0C 55 12 80
    atr: 3B 81 80 01 80 80
         0 > 90 60 00 00 00                       # what follows a # is for people
         4 < 04 01 01 12 00 1A 05 91 AF
        12 > 90 AF 00 00 20 {32:9f31c0aa} 00      # 32 masked bytes: any will do
        30 < gone                                 # the card left; `silent`: it said nothing

Promise: a text of one card is read, or refused with the number of its line (`TraceRefused`).
Written apart from the terminal's reader of the same text, which this program does not know.
"""

import hashlib
import re
from dataclasses import dataclass
from enum import Enum

from simulator.cards.errors import TraceRefused

FIRST_LINE = "pass-trace 1"
TEXT_CHARACTERS_MAX = 80 * 1024  # in JSON at most six bytes each: a card's file holds it
EXCHANGES_MAX = 10_000
COMMAND_BYTES_MAX, ANSWER_BYTES_MAX = 261, 258
UID_LENGTHS, ATR_LENGTHS = (4, 7, 10), range(2, 34)
NO_UID = "-"
_MASK = re.compile(r"\{([1-9][0-9]{0,2}):([0-9a-f]{8})\}")
_WIRE = re.compile(r"(?:[0-9]{1,9} +)?([<>]) +(.+)")
_VALUE = re.compile(r"([a-z]+): *(.*)")
_HEADERS = frozenset({"reader", "recorded", "by", "note", "at"})

Pattern = tuple[int | None, ...]
"""A byte each; None: any byte."""


class End(Enum):
    """How a card answers nothing."""

    GONE = "gone"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A command as it was, and what came back; the command's line."""

    line: int
    command: Pattern
    answer: bytes | End
    text: str


@dataclass(frozen=True, slots=True)
class RecordedCard:
    """One card of a trace."""

    uid: bytes
    atr: bytes
    exchanges: tuple[Recorded, ...]


def read_recorded_card(text: str) -> RecordedCard:
    """Read the one card of a trace; raise TraceRefused."""
    if len(text) > TEXT_CHARACTERS_MAX:
        raise TraceRefused(f"The trace is longer than {TEXT_CHARACTERS_MAX} characters.")
    lines = [(at, line.partition("#")[0].strip()) for at, line in enumerate(text.split("\n"), 1)]
    said = [(at, line) for at, line in lines if line]
    if not said or said[0][1] != FIRST_LINE:
        raise TraceRefused(f"Line 1: a trace begins with “{FIRST_LINE}”.")
    reading = _Reading()
    for at, line in said[1:]:
        reading.take(at, line)
    return reading.card()


class _Reading:
    def __init__(self) -> None:
        self._uid: bytes | None = None
        self._atr: bytes | None = None
        self._asked: tuple[int, Pattern, str] | None = None
        self._exchanges: list[Recorded] = []

    def take(self, at: int, line: str) -> None:
        if wired := _WIRE.fullmatch(line):
            self._take_wire(at, wired[1], wired[2])
        elif valued := _VALUE.fullmatch(line):
            self._take_value(at, valued[1], valued[2])
        else:
            raise _refused(at, "neither “key: value” nor bytes after > or <")

    def card(self) -> RecordedCard:
        if self._uid is None or self._atr is None:
            raise TraceRefused("The trace needs a card with its UID and its ATR.")
        if self._asked is not None:
            raise _refused(self._asked[0], "this command has no answer")
        return RecordedCard(self._uid, self._atr, tuple(self._exchanges))

    def _take_value(self, at: int, key: str, value: str) -> None:
        if key == "card":
            if self._uid is not None:
                raise _refused(
                    at, "a second card: cut one out with `pass-terminal trace mask --tap N`"
                )
            if value == NO_UID:
                raise _refused(at, "the reader gave no UID; write one here, as `04 11 22 33`")
            self._uid = _plain(at, value)
            if len(self._uid) not in UID_LENGTHS:
                raise _refused(at, "a UID has 4, 7 or 10 bytes")
        elif key == "atr" and self._uid is not None and self._atr is None:
            self._atr = _plain(at, value)
            if len(self._atr) not in ATR_LENGTHS:
                raise _refused(at, "an ATR has 2 to 33 bytes")
        elif key not in _HEADERS:
            raise _refused(at, f"“{key}” is not expected here")

    def _take_wire(self, at: int, arrow: str, body: str) -> None:
        if self._atr is None:
            raise _refused(at, "the card's ATR comes first")
        if arrow == ">":
            if self._asked is not None or len(self._exchanges) >= EXCHANGES_MAX:
                raise _refused(at, "an answer is expected, or there are too many commands")
            if self._exchanges and isinstance(self._exchanges[-1].answer, End):
                raise _refused(at, "the card has given its last answer")
            self._asked = at, _pattern(at, body, COMMAND_BYTES_MAX), body
            return
        if self._asked is None:
            raise _refused(at, "an answer to no command")
        line, command, text = self._asked
        self._exchanges.append(Recorded(line, command, _answer(at, body), text))
        self._asked = None


def _answer(at: int, body: str) -> bytes | End:
    if body in {each.value for each in End}:
        return End(body)
    answer = bytearray()
    for word in body.split():
        if masked := _MASK.fullmatch(word):
            # As the terminal's player makes them: bytes of no meaning, the same for the same tag.
            answer += hashlib.shake_256(masked[2].encode()).digest(int(masked[1]))
        else:
            answer += _hex(at, word)
    if not 1 <= len(answer) <= ANSWER_BYTES_MAX:
        raise _refused(at, f"an answer has 1 to {ANSWER_BYTES_MAX} bytes")
    return bytes(answer)


def _pattern(at: int, body: str, bytes_max: int) -> Pattern:
    pattern: list[int | None] = []
    for word in body.split():
        if masked := _MASK.fullmatch(word):
            pattern += [None] * int(masked[1])
        elif set(word) == {"?"} and len(word) % 2 == 0:
            pattern += [None] * (len(word) // 2)
        else:
            pattern += _hex(at, word)
    if not 1 <= len(pattern) <= bytes_max:
        raise _refused(at, f"1 to {bytes_max} bytes stand here")
    return tuple(pattern)


def _plain(at: int, value: str) -> bytes:
    return b"".join(_hex(at, word) for word in value.split())


def _hex(at: int, word: str) -> bytes:
    if not re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", word):
        raise _refused(at, "these are no bytes in hex")
    return bytes.fromhex(word)


def _refused(line: int, what: str) -> TraceRefused:
    return TraceRefused(f"Line {line}: {what}.")
