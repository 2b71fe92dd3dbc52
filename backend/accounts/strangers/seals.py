"""A seal on what a page was given and brings back: for one door, until a moment, and ours.

Pure. Not here: the keys, and that a thing serves once.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

#: How long somebody may take to fill in a form.
GOOD_FOR: Final = timedelta(hours=1)
SALT_BYTES: Final = 16
#: Until 2286: a moment that is further away is none.
SECONDS_DIGITS_MAX: Final = 10
_SEPARATOR: Final = "."


class Door(StrEnum):
    """What a stranger asks for: what was made for one serves for no other."""

    SIGN_UP = "sign_up"
    ANOTHER_LINK = "another_link"
    PASSWORD = "password"  # noqa: S105
    IDENTIFIER = "identifier"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Sealed:
    """What came back, unread: nothing of it is to be believed before the seal is looked at."""

    until: datetime
    salt: str
    told: str
    seal: str

    @property
    def key_day(self) -> date:
        """Whose day's key it was sealed with."""
        return (self.until - GOOD_FOR).date()


def seal(
    key: bytes, door: Door, now: datetime, salt: str, *, told: str = "", hidden: str = ""
) -> str:
    """Return what a page carries: when it ends, its salt, what it tells, and the seal.

    What is hidden is sealed and not told, and takes the place of what is. No dot is in any.
    """
    until = int((now + GOOD_FOR).timestamp())
    sealed = mark(key, door, until, salt, hidden or told)
    return _SEPARATOR.join((str(until), salt, told, sealed))


def read(text: str) -> Sealed | None:
    """Take apart what a page brought back; None where it is nothing of ours."""
    parts = text.split(_SEPARATOR)
    if len(parts) != 4 or not (parts[0].isascii() and parts[0].isdecimal()):
        return None
    ends = datetime.fromtimestamp(int(parts[0][:SECONDS_DIGITS_MAX]), UTC)
    return Sealed(ends, parts[1], parts[2], parts[3])


def is_ours(key: bytes, door: Door, brought: Sealed, hidden: str, now: datetime) -> bool:
    """Say whether a seal is right for this door and its time is not over.

    `hidden` is what was sealed without being told; empty where all of it was.
    """
    until = int(brought.until.timestamp())
    right = mark(key, door, until, brought.salt, hidden or brought.told)
    same = hmac.compare_digest(right.encode(), brought.seal.encode())
    return same and now < brought.until


def mark(key: bytes, door: Door, until: int, salt: str, sealed: str) -> str:
    """Return the seal itself (64 hexadecimal digits)."""
    text = "\0".join((door.value, str(until), salt, sealed))
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
