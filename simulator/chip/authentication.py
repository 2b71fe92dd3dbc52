"""Three-pass mutual authentication: legacy (0A), ISO (1A), AES (AA), EV2 (71 first, 77 non-first).

Each has two steps: `begin_…` returns the challenge to send and what is pending, `finish` takes the
reader's answer and opens the session.
"""

from collections.abc import Callable
from dataclasses import dataclass

from simulator.chip.configuration import EV1_DISABLED, LEGACY_DISABLED
from simulator.chip.crypto import rotate_left
from simulator.chip.keys import Key, KeyKind
from simulator.chip.messaging_ev1 import Ev1Session, session_cipher
from simulator.chip.messaging_ev2 import TRANSACTION_ID_LENGTH, Ev2Session, session_ciphers
from simulator.chip.messaging_legacy import LegacySession, encipher_sent
from simulator.chip.state import ChipState
from simulator.chip.status import Status, require

CAPABILITIES_LENGTH = 6
AES_KINDS = frozenset({KeyKind.AES})
DES_KINDS = frozenset({KeyKind.TWO_KEY_DES, KeyKind.THREE_KEY_DES})
LEGACY_KINDS = frozenset({KeyKind.TWO_KEY_DES})
# NT4H2421Gx (NTAG 424 DNA) table 27: a messaging that the configuration does not allow is 9D.
MESSAGING_DISABLED = Status.PERMISSION_DENIED
# Whether AuthenticateEV2First aborts a transaction; other authentications do not. Chosen.
EV2_FIRST_ABORTS_TRANSACTION = True


@dataclass(frozen=True, slots=True)
class Pending:
    """An authentication between its two steps."""

    key: Key
    number: int
    rnd_b: bytes
    challenge: bytes
    finish: Callable[[ChipState, "Pending", bytes], bytes]
    reader_capabilities: bytes = b""
    continued: Ev2Session | None = None


def begin_aes(state: ChipState, body: bytes) -> Pending:
    """AuthenticateAES: KeyNo."""
    require_ev1_enabled(state)
    return _begin(state, _only_key_number(body), kinds=AES_KINDS, finish=_finish_ev1)


def begin_iso(state: ChipState, body: bytes) -> Pending:
    """AuthenticateISO: KeyNo."""
    require_ev1_enabled(state)
    return _begin(state, _only_key_number(body), kinds=DES_KINDS, finish=_finish_ev1)


def begin_legacy(state: ChipState, body: bytes) -> Pending:
    """Authenticate (0A): KeyNo."""
    _require_enabled(state, LEGACY_DISABLED)
    return _begin(state, _only_key_number(body), kinds=LEGACY_KINDS, finish=_finish_legacy)


def begin_ev2_first(state: ChipState, body: bytes) -> Pending:
    """AuthenticateEV2First: KeyNo, LenCap, PCDcap2 (0 to 6 bytes)."""
    require(len(body) >= 2, Status.LENGTH_ERROR)
    number, length, capabilities = body[0], body[1], body[2:]
    require(len(capabilities) == length <= CAPABILITIES_LENGTH, Status.LENGTH_ERROR)
    padded = capabilities.ljust(CAPABILITIES_LENGTH, b"\x00")
    if EV2_FIRST_ABORTS_TRANSACTION:
        state.end_session()
    return _begin(
        state, number, kinds=AES_KINDS, finish=_finish_ev2_first, reader_capabilities=padded
    )


def begin_ev2_non_first(state: ChipState, body: bytes) -> Pending:
    """AuthenticateEV2NonFirst: KeyNo; the running session's TI and counter go on."""
    number = _only_key_number(body)
    session = state.session
    require(isinstance(session, Ev2Session), Status.AUTHENTICATION_ERROR)
    assert isinstance(session, Ev2Session)
    return _begin(state, number, kinds=AES_KINDS, finish=_finish_ev2_non_first, continued=session)


def require_ev1_enabled(state: ChipState) -> None:
    """Refuse when EV1 messaging was switched off."""
    _require_enabled(state, EV1_DISABLED)


def _require_enabled(state: ChipState, flag: int) -> None:
    require(not state.configuration.secure_messaging & flag, MESSAGING_DISABLED)


def _only_key_number(body: bytes) -> int:
    require(len(body) == 1, Status.LENGTH_ERROR)
    return body[0]


def _begin(
    state: ChipState,
    number: int,
    *,
    kinds: frozenset[KeyKind],
    finish: Callable[[ChipState, Pending, bytes], bytes],
    reader_capabilities: bytes = b"",
    continued: Ev2Session | None = None,
) -> Pending:
    key = state.key(number)
    require(key.kind in kinds, Status.AUTHENTICATION_ERROR)
    state.session = None
    rnd_b = state.random(key.kind.challenge_length)
    challenge = key.cipher().encrypt(rnd_b)
    return Pending(key, number, rnd_b, challenge, finish, reader_capabilities, continued)


def _open_reader_answer(pending: Pending, body: bytes, iv: bytes | None) -> bytes:
    """Return RndA if the reader knew RndB, hence the key."""
    length = pending.key.kind.challenge_length
    require(len(body) == 2 * length, Status.LENGTH_ERROR)
    plain = pending.key.cipher().decrypt(body, iv)
    require(plain[length:] == rotate_left(pending.rnd_b), Status.AUTHENTICATION_ERROR)
    return plain[:length]


def _finish_ev1(state: ChipState, pending: Pending, body: bytes) -> bytes:
    """Answer E(rol RndA). One CBC chain runs through the whole handshake.

    A reader that starts part 2 with a zero IV damages RndA alone and sees it in our answer [HW].
    """
    cipher = pending.key.cipher()
    rnd_a = _open_reader_answer(pending, body, pending.challenge[-cipher.block :])
    session = session_cipher(pending.key, rnd_a, pending.rnd_b)
    state.session = Ev1Session(pending.number, session, session.zero_iv())
    return cipher.encrypt(rotate_left(rnd_a), body[-cipher.block :])


def _finish_legacy(state: ChipState, pending: Pending, body: bytes) -> bytes:
    """Answer E(rol RndA); the chip enciphers both ways, the reader deciphers."""
    length = pending.key.kind.challenge_length
    require(len(body) == 2 * length, Status.LENGTH_ERROR)
    cipher = pending.key.cipher()
    plain = encipher_sent(cipher, body)
    rnd_a = plain[:length]
    require(plain[length:] == rotate_left(pending.rnd_b), Status.AUTHENTICATION_ERROR)
    session = session_cipher(pending.key, rnd_a, pending.rnd_b)
    state.session = LegacySession(pending.number, session)
    return cipher.encrypt(rotate_left(rnd_a))


def _finish_ev2_first(state: ChipState, pending: Pending, body: bytes) -> bytes:
    """Answer E(TI, rol RndA, PDcap2, PCDcap2); every message has a zero IV."""
    rnd_a = _open_reader_answer(pending, body, None)
    transaction_id = state.random(TRANSACTION_ID_LENGTH)
    enc, mac = session_ciphers(pending.key, rnd_a, pending.rnd_b)
    state.session = Ev2Session(pending.number, enc, mac, transaction_id)
    capabilities = state.configuration.capabilities + pending.reader_capabilities
    return pending.key.cipher().encrypt(transaction_id + rotate_left(rnd_a) + capabilities)


def _finish_ev2_non_first(state: ChipState, pending: Pending, body: bytes) -> bytes:
    """Answer E(rol RndA) and go on with new keys."""
    rnd_a = _open_reader_answer(pending, body, None)
    enc, mac = session_ciphers(pending.key, rnd_a, pending.rnd_b)
    before = pending.continued
    assert before is not None
    state.session = Ev2Session(pending.number, enc, mac, before.transaction_id, before.counter)
    return pending.key.cipher().encrypt(rotate_left(rnd_a))
