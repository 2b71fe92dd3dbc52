"""Authentication in ISO 7816-4's words: GET CHALLENGE, EXTERNAL, then INTERNAL AUTHENTICATE.

As Proxmark3 speaks it to cards, and NXP's reader library names its steps: the reader proves the
key over the card's number, the card over the reader's; each message is a CBC of its own from a
zero vector. The session is that of AuthenticateISO or AuthenticateAES. The status words are ours
to choose: no source tells them.
"""

from dataclasses import dataclass, field

from simulator.chip.authentication import require_ev1_enabled
from simulator.chip.iso_words import (
    CONDITIONS_NOT_SATISFIED,
    LE_MAX,
    OK,
    REFERENCE_NOT_FOUND,
    SECURITY_NOT_SATISFIED,
    WRONG_LENGTH,
    WRONG_PARAMETERS,
    IsoCommand,
    require_iso,
)
from simulator.chip.keys import Key, KeyKind
from simulator.chip.messaging_ev1 import Ev1Session, session_cipher
from simulator.chip.state import ChipState

_CHALLENGE_LENGTHS = frozenset({8, 16})
_IN_APPLICATION, _KEY_BITS = 0x80, 0x1F
# P1 names the algorithm; 00 leaves it to the key.
_ALGORITHMS = {0x02: KeyKind.TWO_KEY_DES, 0x04: KeyKind.THREE_KEY_DES, 0x09: KeyKind.AES}


@dataclass(frozen=True, slots=True)
class Challenge:
    """The card's first random number is out."""

    number: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReaderProved:
    """The reader has proved the key that P1 and P2 name."""

    reference: tuple[int, int]
    key: Key = field(repr=False)
    rnd_a: bytes = field(repr=False)


def get_challenge(state: ChipState, command: IsoCommand) -> bytes:
    """GET CHALLENGE: Le random bytes, as many as the key's numbers have."""
    state.handshake = None
    require_iso(command.p1 == command.p2 == 0, WRONG_PARAMETERS)
    require_iso(not command.data and command.le in _CHALLENGE_LENGTHS, WRONG_LENGTH)
    challenge = Challenge(state.random(command.le or 0))
    state.handshake = challenge
    return challenge.number + OK


def external_authenticate(state: ChipState, command: IsoCommand) -> bytes:
    """EXTERNAL AUTHENTICATE: E(K, RndA, the challenge)."""
    challenge, state.handshake = state.handshake, None
    require_ev1_enabled(state)
    key = _key(state, command)
    require_iso(isinstance(challenge, Challenge), CONDITIONS_NOT_SATISFIED)
    assert isinstance(challenge, Challenge)
    length = key.kind.challenge_length
    require_iso(len(challenge.number) == length, CONDITIONS_NOT_SATISFIED)
    require_iso(len(command.data) == 2 * length, WRONG_LENGTH)
    plain = key.cipher().decrypt(command.data)
    require_iso(plain[length:] == challenge.number, SECURITY_NOT_SATISFIED)
    state.handshake = ReaderProved((command.p1, command.p2), key, plain[:length])
    return OK


def internal_authenticate(state: ChipState, command: IsoCommand) -> bytes:
    """Answer INTERNAL AUTHENTICATE: a number of the reader's, E(K, RndB, that number) back."""
    proved, state.handshake = state.handshake, None
    require_iso(isinstance(proved, ReaderProved), CONDITIONS_NOT_SATISFIED)
    assert isinstance(proved, ReaderProved)
    require_iso((command.p1, command.p2) == proved.reference, WRONG_PARAMETERS)
    length = proved.key.kind.challenge_length
    require_iso(len(command.data) == length, WRONG_LENGTH)
    require_iso(command.le in {LE_MAX, 2 * length}, WRONG_LENGTH)
    rnd_b = state.random(length)
    session = session_cipher(proved.key, proved.rnd_a, rnd_b)
    state.session = Ev1Session(command.p2 & _KEY_BITS, session, session.zero_iv())
    return proved.key.cipher().encrypt(rnd_b + command.data) + OK


def _key(state: ChipState, command: IsoCommand) -> Key:
    """Return the key that P2 refers to, of the kind that P1 says."""
    number = command.p2 & _KEY_BITS
    known = command.p2 & ~(_IN_APPLICATION | _KEY_BITS) == 0
    here = bool(command.p2 & _IN_APPLICATION) != state.at_picc_level
    require_iso(known and here, WRONG_PARAMETERS)
    require_iso(number < len(state.application.keys), REFERENCE_NOT_FOUND)
    key = state.application.keys[number]
    named = _ALGORITHMS.get(command.p1)
    require_iso(command.p1 == 0 or named is key.kind, WRONG_PARAMETERS)
    return key
