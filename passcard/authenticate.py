"""AuthenticateEV2First in pieces, so that the key may be on another machine than the reader.

    reader side                              key side
    first_command          -> card
    read_encrypted_rnd_b   <- card   ---->   answer_challenge
    second_command         -> card   <----
    read_card_answer       <- card   ---->   verify_card_answer

Promise: a `SessionKeys` exists only if the card proved that it holds the key. Every comparison
takes constant time. Not here: who chooses RndA (a fresh random of 16 bytes for each attempt).
"""

from dataclasses import dataclass

from passcard.apdu import Response, StatusWord, parse_response, wrap
from passcard.crypto import aes_cbc_decrypt, aes_cbc_encrypt, aes_cmac, rotate_left, same
from passcard.errors import CardNotGenuine, CardRefused, UnexpectedAnswer
from passcard.layout import AES_KEY_LENGTH
from passcard.secret import Secret

AUTHENTICATE_EV2_FIRST = 0x71
ADDITIONAL_FRAME = 0xAF

RND_LENGTH = 16
ANSWER_LENGTH = 32
TI_LENGTH = 4
CAPABILITIES_LENGTH = 6
_ZERO_IV = bytes(16)
# Context labels of the two session keys: label, counter 0001, length 0080 bits (AN12343 §5.1).
_ENCRYPTION_LABEL = bytes.fromhex("A55A00010080")
_MAC_LABEL = bytes.fromhex("5AA500010080")


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """What a finished handshake leaves: two session keys and the transaction identifier."""

    enc: Secret
    mac: Secret
    ti: bytes


def first_command(key_number: int, *, capabilities: bytes = b"") -> bytes:
    """Return the APDU that asks the card for its challenge; `capabilities` is PCDcap2."""
    if len(capabilities) > CAPABILITIES_LENGTH:
        raise ValueError("PCDcap2 has at most 6 bytes")
    body = bytes((key_number, len(capabilities))) + capabilities
    return wrap(AUTHENTICATE_EV2_FIRST, body)


def read_encrypted_rnd_b(response: bytes) -> bytes:
    """Return E(K, RndB), 16 bytes, from the first answer; raise CardRefused, UnexpectedAnswer."""
    answer = parse_response(response)
    if answer.status is not StatusWord.ADDITIONAL_FRAME:
        raise _refusal(answer)
    if len(answer.data) != RND_LENGTH:
        raise UnexpectedAnswer("a challenge of 16 bytes", len(answer.data))
    return answer.data


def answer_challenge(key: bytes, encrypted_rnd_b: bytes, rnd_a: bytes) -> bytes:
    """Return E(K, RndA || rol(RndB)), 32 bytes: proof to the card, and our challenge to it."""
    _check_lengths(key, rnd_a, encrypted_rnd_b)
    rnd_b = aes_cbc_decrypt(key, _ZERO_IV, encrypted_rnd_b)
    return aes_cbc_encrypt(key, _ZERO_IV, rnd_a + rotate_left(rnd_b))


def second_command(answer: bytes) -> bytes:
    """Return the APDU that carries the 32 bytes of `answer_challenge` to the card."""
    if len(answer) != ANSWER_LENGTH:
        raise ValueError("the answer to a challenge has 32 bytes")
    return wrap(ADDITIONAL_FRAME, answer)


def read_card_answer(response: bytes) -> bytes:
    """Return the card's 32 bytes; raise CardNotGenuine when it says it does not know our key."""
    answer = parse_response(response)
    if answer.status is StatusWord.AUTHENTICATION_ERROR:
        raise CardNotGenuine(answer.status)
    if answer.status is not StatusWord.OK:
        raise _refusal(answer)
    if len(answer.data) != ANSWER_LENGTH:
        raise UnexpectedAnswer("a proof of 32 bytes", len(answer.data))
    return answer.data


def verify_card_answer(
    key: bytes,
    rnd_a: bytes,
    encrypted_rnd_b: bytes,
    card_answer: bytes,
    *,
    capabilities: bytes = b"",
) -> SessionKeys:
    """Return the session keys if the card holds the key; raise CardNotGenuine if it does not.

    `encrypted_rnd_b` is what `read_encrypted_rnd_b` returned; `capabilities` what was sent first.
    """
    _check_lengths(key, rnd_a, encrypted_rnd_b)
    ti = check_card_answer(key, rnd_a, card_answer, capabilities=capabilities)
    rnd_b = aes_cbc_decrypt(key, _ZERO_IV, encrypted_rnd_b)
    return derive_session_keys(key, rnd_a, rnd_b, ti=ti)


def check_card_answer(
    key: bytes, rnd_a: bytes, card_answer: bytes, *, capabilities: bytes = b""
) -> bytes:
    """Return the transaction identifier if the card holds the key; raise CardNotGenuine if not.

    Enough for who only wants to know: no session follows, so none has to be opened.
    """
    if len(card_answer) != ANSWER_LENGTH:
        raise CardNotGenuine
    # TI 4 || rol(RndA) 16 || PDcap2 6 || PCDcap2 6
    plain = aes_cbc_decrypt(key, _ZERO_IV, card_answer)
    proven = plain[TI_LENGTH : TI_LENGTH + RND_LENGTH] + plain[-CAPABILITIES_LENGTH:]
    expected = rotate_left(rnd_a) + capabilities.ljust(CAPABILITIES_LENGTH, b"\x00")
    if not same(proven, expected):
        raise CardNotGenuine
    return plain[:TI_LENGTH]


def derive_session_keys(key: bytes, rnd_a: bytes, rnd_b: bytes, *, ti: bytes) -> SessionKeys:
    """Derive SesAuthENC and SesAuthMAC from both randoms (AN12343 §5.1)."""
    mixed = bytes(a ^ b for a, b in zip(rnd_a[2:8], rnd_b[:6], strict=True))
    context = rnd_a[:2] + mixed + rnd_b[6:] + rnd_a[8:]
    return SessionKeys(
        enc=Secret(aes_cmac(key, _ENCRYPTION_LABEL + context)),
        mac=Secret(aes_cmac(key, _MAC_LABEL + context)),
        ti=ti,
    )


def _refusal(answer: Response) -> CardRefused | UnexpectedAnswer:
    """Return the error for a status that does not belong here."""
    if answer.status in {StatusWord.OK, StatusWord.ADDITIONAL_FRAME}:
        return UnexpectedAnswer("the other half of the handshake", len(answer.data))
    return CardRefused(answer.status)


def _check_lengths(key: bytes, rnd_a: bytes, encrypted_rnd_b: bytes) -> None:
    if len(key) != AES_KEY_LENGTH:
        raise ValueError("an AES key has 16 bytes")
    if len(rnd_a) != RND_LENGTH or len(encrypted_rnd_b) != RND_LENGTH:
        raise ValueError("a challenge has 16 bytes")
