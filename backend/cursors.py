"""Where a page of a list ended, as text that means nothing to whoever keeps it.

Promise: what we gave is read back; anything else, another list's cursor too, is refused with a code
and never guessed at. A cursor is no secret and gives no right: each page is looked up with the
caller's own rights. Lists are read by key, not by offset: none is told twice or left out because
others were added.
"""

import base64
import binascii
import hashlib
from datetime import datetime
from typing import Any, Final

from pydantic import Field

from backend.errors import NotFoundError

CHECK_BYTES: Final = 6


def cursor_field(of: str) -> Any:
    """Return how the cursor of the list named `of` is described: text of a format of its own."""
    return Field(
        description="from the answer before, as it came",
        json_schema_extra={"format": f"{of}-cursor"},
    )


class CursorInvalid(NotFoundError):
    """Not a cursor that this list gave: there is no such place in it."""

    code = "cursor_invalid"
    message = "This is not a cursor that this list gave; begin again without one."


def write_cursor(of: str, position: str) -> str:
    """Return the cursor of a position in the list named `of`."""
    text = position.encode()
    return base64.urlsafe_b64encode(_check(of, text) + text).rstrip(b"=").decode()


def read_cursor(of: str, cursor: str) -> str:
    """Return the position that a cursor of this list stands for; raise CursorInvalid."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        position = raw[CHECK_BYTES:].decode()
    except (binascii.Error, ValueError):
        raise CursorInvalid from None
    # Compared as text: each cursor has one spelling (RFC 4648 §3.5).
    if write_cursor(of, position) != cursor:
        raise CursorInvalid
    return position


def read_moment(position: str) -> datetime:
    """Return the moment in a position; raise CursorInvalid."""
    try:
        return datetime.fromisoformat(position)
    except ValueError:
        raise CursorInvalid from None


def _check(of: str, position: bytes) -> bytes:
    return hashlib.blake2b(of.encode() + b"\0" + position, digest_size=CHECK_BYTES).digest()
