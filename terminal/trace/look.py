"""A harmless conversation with any card: what it is, what is on it. It changes and proves nothing.

Promise: only commands that read what anybody may read, at most COMMANDS_MAX of them; a card that is
no DESFire is asked one thing. Applications that are not ours are listed and left alone.
"""

from collections.abc import Callable

from passcard.apdu import Response, StatusWord, parse_response, wrap
from passcard.errors import UnexpectedAnswer
from passcard.layout import ACCESS_AID, BENEFITS_AID

COMMANDS_MAX = 20
_PARTS_MAX = 4
_CARD = bytes(3)
_SELECT, _VERSION, _APPLICATIONS, _MORE = 0x5A, 0x60, 0x6A, 0xAF
_KEY_SETTINGS, _KEY_VERSION = 0x45, 0x64
_KEYS_OF_OURS = (0, 1)


def look_at(transmit: Callable[[bytes], bytes]) -> None:
    """Ask a card what it is; raises what `transmit` raises."""
    _, version = _ask(transmit, _VERSION)
    if version is None or not version.status.is_desfire:
        return
    listed, _ = _ask(transmit, _APPLICATIONS)
    for aid in (BENEFITS_AID, ACCESS_AID):
        if aid in {listed[at : at + 3] for at in range(0, len(listed), 3)}:
            _ask(transmit, _SELECT, aid)
            _ask(transmit, _KEY_SETTINGS)
            for key in _KEYS_OF_OURS:
                _ask(transmit, _KEY_VERSION, bytes((key,)))
    _ask(transmit, _SELECT, _CARD)


def _ask(
    transmit: Callable[[bytes], bytes], ins: int, body: bytes = b""
) -> tuple[bytes, Response | None]:
    """Return everything a command brings, and its last answer; None for one that is none."""
    found = b""
    for part in range(_PARTS_MAX):
        command = wrap(_MORE) if part else wrap(ins, body)
        try:
            answer = parse_response(transmit(command))
        except UnexpectedAnswer:
            return found, None
        found += answer.data
        if answer.status is not StatusWord.ADDITIONAL_FRAME:
            return found, answer
    return found, None
