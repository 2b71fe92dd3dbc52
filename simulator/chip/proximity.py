"""The proximity check (F0, F2, FD): the reader times answers, the MAC proves whose they were.

[?] From the public MIFARE Plus exchange; here the key is the EV2 session's, as the virtual card's
own keys are not built. While a check runs every other command is answered 0B.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from simulator.chip.crypto import cmac, truncate_odd
from simulator.chip.messaging_ev2 import MAC_LENGTH, Ev2Session
from simulator.chip.state import ChipState
from simulator.chip.status import Status, require

PREPARE, CHECK, VERIFY = 0xF0, 0xF2, 0xFD
RANDOM_LENGTH = 8
# No PPS1 follows; the published answer time, in microseconds.
OPTION_AND_TIME = bytes.fromhex("00 0320")


@dataclass(slots=True)
class ProximityCheck:
    """A check under way: what is left of the card's random number, and what the MAC covers."""

    left: bytes = field(repr=False)
    exchanged: bytes = b""


def _session(state: ChipState) -> Ev2Session:
    require(isinstance(state.session, Ev2Session), Status.AUTHENTICATION_ERROR)
    assert isinstance(state.session, Ev2Session)
    return state.session


def _running(state: ChipState) -> ProximityCheck:
    check = state.proximity
    require(isinstance(check, ProximityCheck), Status.PERMISSION_DENIED)
    assert isinstance(check, ProximityCheck)
    return check


def prepare(state: ChipState, body: bytes) -> bytes:
    """PreparePC: draw the card's random number; tell how fast it will answer."""
    require(not body, Status.LENGTH_ERROR)
    _session(state)
    state.proximity = ProximityCheck(state.random(RANDOM_LENGTH))
    return OPTION_AND_TIME


def check_part(state: ChipState, body: bytes) -> bytes:
    """ProximityCheck: length, so many bytes of the reader's random number; as many come back."""
    running = _running(state)
    require(len(body) >= 2 and len(body) == 1 + body[0], Status.LENGTH_ERROR)
    require(body[0] <= len(running.left), Status.PARAMETER_ERROR)
    part, running.left = running.left[: body[0]], running.left[body[0] :]
    running.exchanged += part + body[1:]
    return part


def verify(state: ChipState, body: bytes) -> bytes:
    """VerifyPC: MAC over all that was exchanged; the answer's MAC covers it too."""
    running, session = _running(state), _session(state)
    require(len(body) == MAC_LENGTH, Status.LENGTH_ERROR)
    require(not running.left, Status.PARAMETER_ERROR)
    covered = OPTION_AND_TIME + running.exchanged
    expected = truncate_odd(cmac(session.mac, bytes((VERIFY,)) + covered))
    require(body == expected, Status.INTEGRITY_ERROR)
    state.proximity = None
    return truncate_odd(cmac(session.mac, bytes((Status.PROXIMITY_CHECK_OK,)) + covered))


PROXIMITY_COMMANDS: dict[int, Callable[[ChipState, bytes], bytes]] = {
    PREPARE: prepare,
    CHECK: check_part,
    VERIFY: verify,
}
