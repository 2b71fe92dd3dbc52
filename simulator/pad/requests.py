"""The packets a pad obeys, read from their text.

Promise: every text becomes one of the values below; a request for a code that the pad must refuse
becomes `WrongRequest` with the maker's code (UIC PP791 manual p. 206).
Not done here: obeying.
"""

import re
from dataclasses import dataclass, field

from simulator.pad.frames import CLEAR_SCREEN, FIELD_SEPARATOR

ACCOUNT_DIGITS_MIN, ACCOUNT_DIGITS_MAX = 8, 19
CODE_DIGITS_MIN, CODE_DIGITS_MAX = 4, 12
TIMEOUT_UNIT_SECONDS = 30
TIMEOUT_UNITS_DEFAULT = 9

_Z62_REST = re.compile(
    r"(?P<least>\d\d)(?P<most>\d\d)[YN](?P<line1>[^\x1c]{1,16})\x1c(?P<line2>[^\x1c]{1,16})"
    r"\x1c(?P<working>[^\x1c]{1,16})(?:\x1c(?P<timeout>.*))?",
    re.ASCII,
)
_Z63_REST = re.compile(r"DUKPT ENCRYPTION(?P<least>\d\d)(?P<most>\d\d)[YN].", re.ASCII)


@dataclass(frozen=True, slots=True)
class ShowText:
    """Lines for the display; None leaves a line as it is."""

    line1: str | None
    line2: str | None


@dataclass(frozen=True, slots=True)
class EntryRequest:
    """A request for a code. `answer_head` goes before the key serial number."""

    account: str = field(repr=False)
    digits_min: int
    digits_max: int
    lines: ShowText
    working_text: str
    seconds_max: int
    answer_head: str


@dataclass(frozen=True, slots=True)
class WrongRequest:
    """A request for a code that is refused with `71` and this character."""

    code: str


@dataclass(frozen=True, slots=True)
class Reset:
    """`72`: end what you are doing."""


@dataclass(frozen=True, slots=True)
class ConnectionTest:
    """`11`: say ACK, then EOT."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Anything else is ignored (UIC PP791 p. 27)."""


Request = ShowText | EntryRequest | WrongRequest | Reset | ConnectionTest | Unknown


def read_request(text: str) -> Request:
    """Return what this packet asks for."""
    if (fixed := _FIXED.get(text)) is not None:
        return fixed
    match text[:2], text[:4]:
        case "Z2", _:
            return _one_line(text[2:])
        case "Z3", _:
            return _several_lines(text[2:])
        case _, "Z62.":
            return _entry(text[4:], _Z62_REST, "710")
        case _, "Z63.":
            return _entry(text[4:], _Z63_REST, "73.00000")
    return Unknown()


_FIXED: dict[str, Request] = {"72": Reset(), "11": ConnectionTest()}


def _one_line(text: str) -> ShowText:
    cleared = text.startswith(CLEAR_SCREEN)
    return ShowText(text.removeprefix(CLEAR_SCREEN), "" if cleared else None)


def _several_lines(text: str) -> ShowText | Unknown:
    """Read `[count](<SUB>)[prompt1]<FS>[prompt2…]`; two lines are all this display has."""
    if not text[:1].isdigit():
        return Unknown()
    cleared = text[1:2] == CLEAR_SCREEN
    prompts = text[1:].removeprefix(CLEAR_SCREEN).split(FIELD_SEPARATOR)
    second = prompts[1] if len(prompts) > 1 else None
    return ShowText(prompts[0], "" if cleared and second is None else second)


def _entry(text: str, rest: re.Pattern[str], answer_head: str) -> EntryRequest | WrongRequest:
    account, _, following = text.partition(FIELD_SEPARATOR)
    if fault := _account_fault(account):
        return WrongRequest(fault)
    if (match := rest.fullmatch(following)) is None:
        return WrongRequest("8")
    fields = match.groupdict()
    units = fields.get("timeout") or str(TIMEOUT_UNITS_DEFAULT)
    if units not in "123456789" or len(units) != 1:
        return WrongRequest("6")
    least, most = int(fields["least"]), int(fields["most"])
    if not CODE_DIGITS_MIN <= least <= most <= CODE_DIGITS_MAX:
        return WrongRequest("8")
    return EntryRequest(
        account=account,
        digits_min=least,
        digits_max=most,
        lines=ShowText(fields.get("line1"), fields.get("line2")),
        working_text=fields.get("working", ""),
        seconds_max=int(units) * TIMEOUT_UNIT_SECONDS,
        answer_head=answer_head,
    )


def _account_fault(account: str) -> str | None:
    if not account:
        return "0"
    if not (account.isascii() and account.isdigit()):
        return "4"
    if len(account) < ACCOUNT_DIGITS_MIN:
        return "2"
    return "3" if len(account) > ACCOUNT_DIGITS_MAX else None
