"""Packets of the pad's line, in words, without what nobody may see.

Promise: no digit of a code, no encrypted block, no key serial number, and of a card's number the
last four digits; what the display shows is shown. Nothing raises.
"""

from simulator.pad.frames import Command, Heard, Signal, Unreadable
from simulator.pad.requests import (
    ConnectionTest,
    EntryRequest,
    Request,
    Reset,
    ShowText,
    WrongRequest,
    read_request,
)

ANSWER_TDES, ANSWER_AES, REFUSAL = "73.", "710", "71"
REFUSAL_LENGTH = 3
_SIGNALS = {
    Signal.ACK: "understood (ACK)",
    Signal.NAK: "say that again (NAK)",
    Signal.EOT: "over (EOT)",
}


def words_to_pad(heard: Heard) -> str:
    """Say what the terminal says."""
    if isinstance(heard, Command):
        return _request_words(read_request(heard.text))
    return _line_words(heard)


def words_from_pad(heard: Heard) -> str:
    """Say what the pad says."""
    if not isinstance(heard, Command):
        return _line_words(heard)
    if heard.text.startswith(REFUSAL) and len(heard.text) == REFUSAL_LENGTH:
        return f"refused with {heard.text[-1]}"
    if heard.text.startswith((ANSWER_TDES, ANSWER_AES)):
        return "a code was entered: encrypted block, hidden"
    return "something, hidden"


def _line_words(heard: Signal | Unreadable) -> str:
    return "unreadable" if isinstance(heard, Unreadable) else _SIGNALS[heard]


def _request_words(request: Request) -> str:
    match request:
        case ShowText(line1, line2):
            shown = " / ".join(f'"{line}"' for line in (line1, line2) if line is not None)
            return f"show {shown}"
        case EntryRequest():
            return (
                f"ask for a code of {request.digits_min} to {request.digits_max} digits "
                f"for card …{request.account[-4:]}, within {request.seconds_max} s"
            )
        case WrongRequest(code):
            return f"ask for a code, which the pad refuses with {code}"
        case Reset():
            return "end what you are doing"
        case ConnectionTest():
            return "are you there"
        case _:
            return "something that the pad ignores"
