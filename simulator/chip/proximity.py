"""The proximity check (F0, F2, FD): the reader times answers, the MAC proves whose they were.

Measured on an EV3: the answer to PreparePC, 0B at the level of the card, 90 in place of 00, and
that every other command is answered 0B until the check ends or the field drops.
The key is, by NXP's reader library (phalVca), that of the session's MACs in an AES session, EV1's
or EV2's; without one VCProximityKey, key 21 of the level of the card, or nobody's as long as that
was not set: then no proof can be right, as on the EV3 that was measured.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from simulator.chip.crypto import AES_BLOCK, BlockCipher, cmac, truncate_odd
from simulator.chip.messaging_ev1 import Ev1Session
from simulator.chip.messaging_ev2 import MAC_LENGTH, Ev2Session
from simulator.chip.state import ChipState
from simulator.chip.status import Status, require

PREPARE, CHECK, VERIFY = 0xF0, 0xF2, 0xFD
RANDOM_LENGTH = 8
# Option (bit 0: a PPS1 follows), published answer time, PPS1.
OPTION_TIME_PPS = bytes.fromhex("01 0320 0A")


@dataclass(slots=True)
class ProximityCheck:
    """A check under way: its key, what is left of the card's number, what the MAC covers."""

    cipher: BlockCipher = field(repr=False)
    left: bytes = field(repr=False)
    exchanged: bytes = b""


def _running(state: ChipState) -> ProximityCheck:
    check = state.proximity
    require(isinstance(check, ProximityCheck), Status.PERMISSION_DENIED)
    assert isinstance(check, ProximityCheck)
    return check


def prepare(state: ChipState, body: bytes) -> bytes:
    """PreparePC: draw the card's random number; tell how fast it will answer."""
    require(not state.at_picc_level, Status.PROXIMITY_CHECK_BUSY)
    require(not body, Status.LENGTH_ERROR)
    state.proximity = ProximityCheck(_cipher(state), state.random(RANDOM_LENGTH))
    return OPTION_TIME_PPS


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
    running = _running(state)
    require(len(body) == MAC_LENGTH, Status.LENGTH_ERROR)
    require(not running.left, Status.PARAMETER_ERROR)
    covered = OPTION_TIME_PPS + running.exchanged
    require(body == _mac(state, VERIFY, covered), Status.INTEGRITY_ERROR)
    proof = _mac(state, Status.PROXIMITY_CHECK_OK, covered)
    state.proximity = None
    return proof


def _mac(state: ChipState, first: int, covered: bytes) -> bytes:
    return truncate_odd(cmac(_running(state).cipher, bytes((first,)) + covered))


def _cipher(state: ChipState) -> BlockCipher:
    match state.session:
        case Ev2Session(mac=cipher):
            return cipher
        case Ev1Session(cipher=cipher) if cipher.block == AES_BLOCK:
            return cipher
    key = state.configuration.proximity_key
    return key.cipher() if key else BlockCipher(state.random(AES_BLOCK), AES_BLOCK)


PROXIMITY_COMMANDS: dict[int, Callable[[ChipState, bytes], bytes]] = {
    PREPARE: prepare,
    CHECK: check_part,
    VERIFY: verify,
}
