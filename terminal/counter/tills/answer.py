"""The answer of Caisse-AP over IP: what the till sent, echoed, and how it ended.

Promise: at most as many bytes as a till reads at once, whatever was asked; a ticket goes in only
when it was wanted, money moved, and it fits. What was not understood is not echoed. Pure.
"""

import base64
import html
from collections.abc import Callable, Mapping

from terminal.counter.tills.fields import encode, encode_field
from terminal.counter.tills.request import ANY_APPLICATION, TicketWish, is_well_formed
from terminal.counter.tills.wish import Result

DONE, NOT_DONE, TAKEN_INTO_ACCOUNT = "10", "01", "11"
OLDEST_VERSION = "0300"
CONTACTLESS = "2"
CARD_NUMBER_IS_MASKED = "1"
TICKET_COLUMNS = 24
TICKET_CHARACTERS_MAX = 900
_FIELD_CHARACTERS_MAX = 999
_ECHOED = ("CZ", "CJ", "CA", "CB", "CD", "CE", "CF")

TicketText = Callable[[int], bytes]
"""Gives the customer's ticket in Latin-1 for a number of columns."""


def answer_bytes(
    fields: Mapping[str, str],
    result: Result,
    ticket: tuple[TicketWish, TicketText] | None = None,
    bytes_max: int = 1024,
) -> bytes:
    """Return the whole answer to the request that held these fields."""
    answer = {tag: fields[tag] for tag in _ECHOED if is_well_formed(tag, fields.get(tag))}
    answer = {"CZ": OLDEST_VERSION, **answer}
    if result.amount_cents is not None and int(answer.get("CB", "0")) != result.amount_cents:
        answer["CB"] = f"{result.amount_cents:02d}"  # what was really moved
    raw = encode(answer | _ending(result))
    assert len(raw) <= bytes_max, "the echo and the ending always fit"
    if ticket is not None and result.done and result.sale is not None:
        attached = _ticket_field(*ticket)
        if attached is not None and len(raw) + len(attached) <= bytes_max:
            raw += attached
    return raw


def _ending(result: Result) -> dict[str, str]:
    if result.accepted:
        return {"AE": TAKEN_INTO_ACCOUNT}
    if result.failure is not None:
        return {"AE": NOT_DONE, "AF": result.failure.value}
    if result.sale is None:
        return {"AE": DONE}
    # 000: the codes of the other applications belong to their schemes.
    ending = {"AE": DONE, "CC": ANY_APPLICATION, "CI": CONTACTLESS}
    if result.authorisation_number:
        ending["AC"] = result.authorisation_number
    if result.sale.masked_card_number:
        masked = result.sale.masked_card_number.replace(" ", "").replace("•", "*")
        ending |= {"AA": masked, "AL": CARD_NUMBER_IS_MASKED}
    return ending


def _ticket_field(wish: TicketWish, text: TicketText) -> bytes | None:
    """Return the field ZT, which holds two fields of its own; None if the ticket is too long."""
    plain = text(TICKET_COLUMNS)
    body = f"<pre>{html.escape(plain.decode('latin-1'))}</pre>".encode("latin-1")
    encoded = base64.b64encode(body if wish.html else plain).decode("ascii")
    if len(encoded) > TICKET_CHARACTERS_MAX:
        return None
    # Whatever copy was wished for, this is the customer's.
    inner = encode_field("CK", f"10{int(wish.html)}") + encode_field("AK", encoded)
    if len(inner) > _FIELD_CHARACTERS_MAX:
        return None
    return encode_field("ZT", inner).encode("ascii")
