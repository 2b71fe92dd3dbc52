"""Reading a message that came back: for which of our mails, and whether for good. Pure.

    To: retours+<token>@…        the token of one sending, which only its recipient's server saw
    multipart/report, of which the part message/delivery-status says, for each recipient:
    Action: failed               Status: 5.1.1                       (RFC 3464 §2.3.3, §2.3.4)

Promise: whatever the bytes, an answer and no error, within bounded work; without a token there is
none. Not here: whose token it is, and what follows.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from typing import Final

#: Of 16 random bytes, in base 32 without its padding: case may be lost on the way.
TOKEN_CHARACTERS: Final = 26
MESSAGE_BYTES_MAX: Final = 1024 * 1024
PARTS_MAX: Final = 50
FIELDS_MAX: Final = 200
#: Where servers write whom a message was for; the envelope's own may be given besides.
_FOR: Final = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")
_TOKEN: Final = re.compile(rf"\+([a-z2-7]{{{TOKEN_CHARACTERS}}})@", re.IGNORECASE)
# RFC 3463 §2: class, subject, detail.
_STATUS: Final = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?!\d)")
_FAILED: Final = "failed"
#: RFC 3463 §3: refused for what the letter or its sender is (system, protocol, content, policy),
#: which says nothing about the address.
_NOT_OF_THE_ADDRESS: Final = frozenset({"3", "5", "6", "7"})


@dataclass(frozen=True, slots=True)
class Returned:
    """A mail that came back: the token of its sending, and the status that was given."""

    token: str = field(repr=False)
    status: str

    @property
    def for_good(self) -> bool:
        """Whether trying again would change nothing."""
        return self.status.startswith("5")


def read_report(raw: bytes, envelope_to: str = "") -> Returned | None:
    """Read a message that was sent to our return address; None where it reports no failure."""
    try:
        message = BytesParser(policy=compat32).parsebytes(raw[:MESSAGE_BYTES_MAX])
        token = _token_of(message, envelope_to)
        status = None if token is None else _status_of(message)
    except (MessageError, LookupError, ValueError, TypeError, AttributeError, RecursionError):
        # What the library stumbles over is no report of a mail server's.
        return None
    return None if token is None or status is None else Returned(token, status)


def concerns_address(status: str) -> bool:
    """Say whether a status for good says that the address itself takes no mail."""
    known = _STATUS.match(status)
    return known is not None and known[1] == "5" and known[2] not in _NOT_OF_THE_ADDRESS


def read_status(text: str) -> str | None:
    """Return the first enhanced status code in a text, as it is kept: nine characters at most."""
    known = _STATUS.search(text)
    return None if known is None else known[0]


def _token_of(message: Message, envelope_to: str) -> str | None:
    named = [envelope_to, *(str(one) for name in _FOR for one in message.get_all(name, []))]
    for text in named[:FIELDS_MAX]:
        found = _TOKEN.search(text)
        if found is not None:
            return found[1].lower()
    return None


def _status_of(message: Message) -> str | None:
    """Return the gravest status of those that failed; None where nothing did."""
    statuses = [status for one in _recipients(message) if (status := _failure(one)) is not None]
    return max(statuses, default=None, key=lambda status: status[0])


def _recipients(message: Message) -> Iterator[Message]:
    """Give the groups of fields of each delivery report; the first of a report is its server's."""
    for number, part in enumerate(message.walk()):
        if number >= PARTS_MAX:
            return
        groups = part.get_payload()
        if part.get_content_type() == "message/delivery-status" and isinstance(groups, list):
            yield from (one for one in groups[:PARTS_MAX] if isinstance(one, Message))


def _failure(fields: Message) -> str | None:
    action = str(fields.get("Action", "")).split("(")[0].strip().lower()
    return read_status(str(fields.get("Status", ""))) if action == _FAILED else None
