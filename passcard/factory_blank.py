"""The one thing a factory blank understands: DES, and giving it up.

A new DESFire has a 2K3DES PICC key of zeros and refuses AuthenticateEV2First until that key is AES.
So: AuthenticateISO (1A) with the zero key, then one EV1 ChangeKey that makes the PICC key AES.

Promise: pinned to published EV1 transcripts. The zero key is public, so the new key is secret only
from those who cannot overhear the desk: personalise where nobody can. Not here: any other EV1 use.
"""

from passcard.apdu import StatusWord, parse_response, wrap
from passcard.crypto import (
    DES_BLOCK,
    crc32_jamcrc,
    des_cbc_decrypt,
    des_cbc_encrypt,
    rotate_left,
    same,
)
from passcard.dialogue import ADDITIONAL_FRAME, AES_PICC_KEY, CHANGE_KEY, Dialogue, ask
from passcard.errors import CardNotGenuine, CardRefused, UnexpectedAnswer
from passcard.layout import AES_KEY_LENGTH

AUTHENTICATE_ISO = 0x1A
PICC_MASTER_KEY = 0
RND_LENGTH = 8
FACTORY_PICC_KEY = bytes(16)
_ZERO_IV = bytes(DES_BLOCK)


def replace_factory_key(new_key: bytes, *, version: int, rnd_a: bytes) -> Dialogue[None]:
    """Turn the PICC key of a blank, PICC level selected, into AES `new_key`; the session is over.

    `rnd_a` is 8 fresh random bytes. Raises CardNotGenuine or CardRefused when this is no blank.
    """
    session_key = yield from authenticate_iso(FACTORY_PICC_KEY, rnd_a)
    header = bytes((PICC_MASTER_KEY | AES_PICC_KEY,))
    plain = change_key_plain(header, new_key, version=version)
    padded = plain + bytes(-len(plain) % DES_BLOCK)
    # Nothing was said in this session before, so its running IV is still zero.
    secret = des_cbc_encrypt(session_key, _ZERO_IV, padded)
    answer = yield from ask(CHANGE_KEY, header + secret)
    if answer.status is not StatusWord.OK:
        raise CardRefused(answer.status)


def authenticate_iso(key: bytes, rnd_a: bytes) -> Dialogue[bytes]:
    """AuthenticateISO on the PICC key with a DES (8 bytes) or 2K3DES (16) key: the session key."""
    challenge = yield from _step(wrap(AUTHENTICATE_ISO, bytes((PICC_MASTER_KEY,))), challenge=True)
    answer = answer_iso_challenge(key, challenge, rnd_a)
    proof = yield from _step(wrap(ADDITIONAL_FRAME, answer), challenge=False)
    rnd_b = des_cbc_decrypt(key, _ZERO_IV, challenge)
    # One CBC chain runs through the whole handshake.
    shown = des_cbc_decrypt(key, answer[-DES_BLOCK:], proof)
    if not same(shown, rotate_left(rnd_a)):
        raise CardNotGenuine
    return iso_session_key(key, rnd_a, rnd_b)


def answer_iso_challenge(key: bytes, encrypted_rnd_b: bytes, rnd_a: bytes) -> bytes:
    """Return E(K, RndA || rol(RndB)), 16 bytes, chained to the challenge."""
    if len(rnd_a) != RND_LENGTH:
        raise ValueError("a DES challenge has 8 bytes")
    rnd_b = des_cbc_decrypt(key, _ZERO_IV, encrypted_rnd_b)
    return des_cbc_encrypt(key, encrypted_rnd_b, rnd_a + rotate_left(rnd_b))


def iso_session_key(key: bytes, rnd_a: bytes, rnd_b: bytes) -> bytes:
    """Return the session key: 8 bytes for a DES key or equal halves, else 16."""
    first = rnd_a[:4] + rnd_b[:4]
    if key[:DES_BLOCK] == key[-DES_BLOCK:]:
        return first
    return first + rnd_a[4:] + rnd_b[4:]


def change_key_plain(header: bytes, new_key: bytes, *, version: int) -> bytes:
    """Return what EV1 encrypts to replace a session's own key by an AES one: key, version, CRC."""
    if len(new_key) != AES_KEY_LENGTH:
        raise ValueError("an AES key has 16 bytes")
    keyed = new_key + bytes((version,))
    return keyed + crc32_jamcrc(bytes((CHANGE_KEY,)) + header + keyed)


def _step(command: bytes, *, challenge: bool) -> Dialogue[bytes]:
    """Make one half of the handshake; both answers carry 8 bytes."""
    answer = parse_response((yield command))
    if answer.status is StatusWord.AUTHENTICATION_ERROR:
        raise CardNotGenuine(answer.status)
    expected = StatusWord.ADDITIONAL_FRAME if challenge else StatusWord.OK
    if answer.status not in {StatusWord.ADDITIONAL_FRAME, StatusWord.OK}:
        raise CardRefused(answer.status)
    if answer.status is not expected or len(answer.data) != DES_BLOCK:
        raise UnexpectedAnswer("8 bytes of a DES handshake", len(answer.data))
    return answer.data
