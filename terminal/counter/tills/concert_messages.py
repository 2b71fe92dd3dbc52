"""The fixed messages of Concert V2 E (26 characters) and E+ (34), and their answer. Pure.

```
 request   till 2 | amount 8 | answer field 1 | mode 1 | type 1 | currency 3 | private 10
           and in E+: delay 4 (A010 at the end, A011 at once) | authorisation 4 (B010, B011)
 answer    till 2 | result 1 | amount 8 | mode 1 | currency 3 | private 10 | 55 more if asked
```

What the 55 characters of the long answer hold is established by no public source: blanks are sent.
The private field is echoed and is no reference: tills fill it with constants.
"""

import re
from dataclasses import dataclass

from terminal.counter.tills.request import EURO
from terminal.counter.tills.wish import Action, Failure, Result, Wish, failed

PROTOCOL = "concert-v2"
CARD_MODE = "1"
DONE, NOT_DONE = "0", "7"
LONG_ANSWER_CHARACTERS = 55
_SHAPE = re.compile(
    r"(?P<till>[ -~]{2})(?P<amount>[0-9]{8})(?P<long>[01])(?P<mode>[ -~])(?P<type>[0-9A-Z])"
    r"(?P<currency>[0-9]{3})(?P<private>[ -~]{10})"
    r"(?:A(?P<delay>01[01])B(?P<authorisation>01[0-9]))?"
)


class BadMessage(Exception):
    """This is no message of Concert V2."""


@dataclass(frozen=True, slots=True)
class ConcertRequest:
    """A request as it was written. `at_once`: the till wants to be told that it has begun."""

    till: str
    amount: str
    long_answer: bool
    mode: str
    action: str
    currency: str
    private: str
    at_once: bool

    def wish(self, amount_cents_max: int) -> Wish | Result:
        """Return what is wished for, or the result that refuses it."""
        if self.currency != EURO:
            return failed(Failure.BAD_CURRENCY)
        if self.mode != CARD_MODE:
            return failed(Failure.BAD_SELECTION)
        if self.action not in {each.value for each in Action} - {Action.PROBE}:
            return failed(Failure.UNKNOWN_ACTION)
        cents = int(self.amount)
        if not cents and self.action != Action.DUPLICATE:
            return failed(Failure.BAD_FORMAT)
        if cents > amount_cents_max:
            return failed(Failure.REFUSED)
        return Wish(f"{PROTOCOL} {self.till}", Action(self.action), cents or None)


def parse_request(message: bytes) -> ConcertRequest:
    """Read a request; raises BadMessage."""
    found = _SHAPE.fullmatch(message.decode("ascii", "replace"))
    if found is None:
        raise BadMessage
    return ConcertRequest(
        till=found["till"],
        amount=found["amount"],
        long_answer=found["long"] == "1",
        mode=found["mode"],
        action=found["type"],
        currency=found["currency"],
        private=found["private"],
        at_once=found["delay"] == "011",
    )


def answer_to(request: ConcertRequest, result: Result) -> bytes:
    """Return the answer: a request that was only accepted reads as done, as the till asked for."""
    amount = request.amount
    if result.amount_cents is not None:
        amount = f"{result.amount_cents:08d}"
    said = (
        request.till
        + (NOT_DONE if result.failure is not None else DONE)
        + amount
        + request.mode
        + request.currency
        + request.private
        + (" " * LONG_ANSWER_CHARACTERS if request.long_answer else "")
    )
    return said.encode("ascii")
