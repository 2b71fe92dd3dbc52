"""One request of Caisse-AP over IP, checked: from fields to a wish, or to the code that refuses it.

The bounds of each tag are those of the public descriptions of the protocol (the official text is
for members of the Association du Paiement). A tag that is not known is let through: a later version
may bring it. Pure.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from terminal.counter.tills.fields import FieldReader
from terminal.counter.tills.wish import Action, Failure, Wish

PROTOCOL = "caisse-ap"
EURO = "978"
ANY_APPLICATION = "000"
ALWAYS_NEEDED = frozenset({"CZ", "CJ", "CA", "CD"})
NEEDED_WITH_MONEY = ALWAYS_NEEDED | {"CB", "CE"}
_WITHOUT_MONEY = frozenset({"3", "I", "B", "P"})

_FORMATS = {
    "CZ": r"[0-9]{4}",  # version of the protocol
    "CJ": r"[ -~]{12}",  # identifier given to the till's maker
    "CA": r"[ -~]{1,2}",  # number of the till; one maker sends a single character
    "CB": r"[0-9]{1,12}",  # amount in cents; one till sends a single digit
    "CD": r"[0-9A-Z]",
    "CE": r"[0-9]{3}",  # currency, ISO 4217
    "CC": r"[0-9A-Z]{3}",  # application wished for
    "BA": r"[01]",  # 1: answer now
    "BB": r"[01]",  # 1: on line; ours always are
    "BF": r"[01]",  # 1: part of the amount would do; ours is all or nothing
    "BH": r"[ -~]{1,20}",  # telephone for the ticket: not used
    "BI": r"[ -~]{1,256}",  # e-mail for the ticket: not used
    "CF": r"[ -~]{1,99}",  # the till's own id of the transaction
    "CK": r"[01][012][01]",  # ticket: wanted; customer, merchant, both; Latin-1, HTML
}


class Refused(Exception):
    """This request is answered with a failure and nothing is begun."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Request:
    """A request that may be carried out."""

    wish: Wish
    answer_now: bool
    ticket: "TicketWish | None"


@dataclass(frozen=True, slots=True)
class TicketWish:
    """The ticket a till wants in the answer: its own `code`, and whether as HTML."""

    code: str
    html: bool


def needed_tags(fields: Mapping[str, str]) -> frozenset[str]:
    """Return the tags without which this request is not whole."""
    return ALWAYS_NEEDED if fields.get("CD") in _WITHOUT_MONEY else NEEDED_WITH_MONEY


def is_well_formed(tag: str, value: str | None) -> bool:
    """Return whether this value may stand behind this tag, which must be one we know."""
    return value is not None and re.fullmatch(_FORMATS[tag], value) is not None


def understand(reader: FieldReader, amount_cents_max: int) -> Request:
    """Return the request that was read; raises Refused also for what is cut or no message."""
    if reader.fault is not None or not reader.between_fields:
        raise Refused(Failure.BAD_FORMAT)
    return read_request(reader.fields, amount_cents_max)


def read_request(fields: Mapping[str, str], amount_cents_max: int) -> Request:
    """Return the request; raises Refused with the code to answer."""
    _check_formats(fields)
    try:
        action = Action(fields["CD"])
    except ValueError:
        raise Refused(Failure.UNKNOWN_ACTION) from None
    if fields.get("CE", EURO) != EURO:
        raise Refused(Failure.BAD_CURRENCY)
    if fields.get("CC", ANY_APPLICATION) != ANY_APPLICATION:
        raise Refused(Failure.BAD_SELECTION)
    wish = Wish(
        till=f"{PROTOCOL} {fields['CJ']} {fields['CA']}",
        action=action,
        amount_cents=_amount(fields, amount_cents_max),
        reference=fields.get("CF"),
    )
    return Request(wish, fields.get("BA") == "1", _ticket(fields))


def _check_formats(fields: Mapping[str, str]) -> None:
    if not needed_tags(fields) <= fields.keys():
        raise Refused(Failure.BAD_FORMAT)
    if not all(is_well_formed(tag, fields[tag]) for tag in _FORMATS.keys() & fields.keys()):
        raise Refused(Failure.BAD_FORMAT)


def _amount(fields: Mapping[str, str], cents_max: int) -> int | None:
    if "CB" not in fields:
        return None
    cents = int(fields["CB"])
    if cents == 0:
        raise Refused(Failure.BAD_FORMAT)
    if cents > cents_max:
        raise Refused(Failure.REFUSED)
    return cents


def _ticket(fields: Mapping[str, str]) -> TicketWish | None:
    code = fields.get("CK", "000")
    return TicketWish(code, html=code[2] == "1") if code[0] == "1" else None
