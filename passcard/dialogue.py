"""Talks with a card, as generators: yield a command APDU, receive its answer APDU.

Promise: no talk knows how bytes travel, so the same steps run beside a reader (`session`) or on a
backend whose bytes a desk carries (`personalise`). A `Channel` exists only after the card proved
its key; whatever interrupts a command (an error, a lost card, a closed generator) ends it.
Not here: which talk a Pass card needs.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from passcard.apdu import Response, StatusWord, parse_response, wrap
from passcard.authenticate import (
    answer_challenge,
    first_command,
    read_card_answer,
    read_encrypted_rnd_b,
    second_command,
    verify_card_answer,
)
from passcard.crypto import crc32_jamcrc
from passcard.errors import CardRefused, UnexpectedAnswer
from passcard.layout import AES_KEY_LENGTH, AID_LENGTH, PICC_AID, UID_LENGTH
from passcard.secure_messaging import CommunicationMode, SecureMessaging

_Result = TypeVar("_Result")
#: Yields commands, is sent answers, returns what was learnt.
Dialogue: TypeAlias = Generator[bytes, bytes, _Result]

SELECT_APPLICATION = 0x5A
GET_VERSION = 0x60
ADDITIONAL_FRAME = 0xAF
GET_CARD_UID = 0x51
GET_KEY_SETTINGS = 0x45
CHANGE_KEY_SETTINGS = 0x54
GET_KEY_VERSION = 0x64
CHANGE_KEY = 0xC4
CREATE_APPLICATION = 0xCA
DELETE_APPLICATION = 0xDA
GET_APPLICATION_IDS = 0x6A
# The variants of EV2, whose parts are not the native frames of 59 bytes.
READ_DATA, WRITE_DATA = 0xAD, 0x8D
COMMIT_TRANSACTION = 0xC7

# GetVersion has 3 parts, 28 applications of an EV1 fit in 2; a card that never ends is no card.
FRAMES_MAX = 16
#: Bits 7-6 of a PICC key's number say what type the new key has; 10 is AES.
AES_PICC_KEY = 0x80
_VERSION_LENGTH = 28
#: Data of one command: encrypted and under a MAC it still fits an APDU of 255 bytes both ways.
DATA_PART_MAX = 224
#: Offsets and lengths have three bytes.
DATA_END_MAX = 0xFFFFFF

_MAC, _FULL = CommunicationMode.MAC, CommunicationMode.FULL


@dataclass(frozen=True, slots=True)
class Version:
    """What GetVersion tells: the chip's kind, and its UID unless random ID hides it as zeros."""

    hardware: bytes
    software: bytes
    uid: bytes

    @property
    def is_desfire(self) -> bool:
        """True for a DESFire, in whatever silicon (01, 81, 91, A1), not for a Light or an NTAG."""
        return self.hardware[1] & 0x0F == 0x01

    @property
    def generation(self) -> int:
        """Return the major version of the chip's software: 1 for EV1, 2 for EV2, 3 for EV3."""
        return self.software[3]


def ask(ins: int, sent: bytes = b"") -> Dialogue[Response]:
    """Send one command and join the parts of its answer; the status is the last part's."""
    joined = b""
    answer = parse_response((yield wrap(ins, sent)))
    for _ in range(FRAMES_MAX):
        joined += answer.data
        if answer.status is not StatusWord.ADDITIONAL_FRAME:
            return Response(joined, answer.status)
        answer = parse_response((yield wrap(ADDITIONAL_FRAME)))
    raise UnexpectedAnswer(f"at most {FRAMES_MAX} frames", len(joined))


def select_application(aid: bytes) -> Dialogue[None]:
    """Select `aid` (3 bytes, wire order); any session is over. Raises CardRefused."""
    _check_aid(aid)
    answer = yield from _ask_plain(SELECT_APPLICATION, aid)
    _check_length(answer, 0, "a bare status")


def get_version() -> Dialogue[Version]:
    """Read what chip this is, outside any session. Raises CardRefused when it will not say."""
    answer = yield from _ask_plain(GET_VERSION)
    _check_length(answer, _VERSION_LENGTH, "a version of 28 bytes")
    return Version(hardware=answer[:7], software=answer[7:14], uid=answer[14:21])


def get_key_version(key_number: int) -> Dialogue[int]:
    """Read a key's version byte outside any session: a hint, since nothing proves it.

    Raises CardRefused.
    """
    answer = yield from _ask_plain(GET_KEY_VERSION, bytes((key_number,)))
    return _check_length(answer, 1, "one version byte")[0]


def challenge_card(key_number: int, key: bytes, rnd_a: bytes) -> Dialogue[tuple[bytes, bytes]]:
    """Carry both commands of AuthenticateEV2First; return E(RndB), 16 bytes, and the card's answer.

    The answer, 32 bytes, is not looked at yet. Raises CardRefused when the card will not even try.
    """
    challenge = read_encrypted_rnd_b((yield first_command(key_number)))
    answer = answer_challenge(key, challenge, rnd_a)
    return challenge, read_card_answer((yield second_command(answer)))


def open_channel(aid: bytes, *, key_number: int, key: bytes, rnd_a: bytes) -> "Dialogue[Channel]":
    """AuthenticateEV2First on the selected application `aid`.

    Raises CardNotGenuine when the card does not hold `key`, CardRefused when it will not even try.
    """
    challenge, proof = yield from challenge_card(key_number, key, rnd_a)
    keys = verify_card_answer(key, rnd_a, challenge, proof)
    return Channel(SecureMessaging(keys), aid=aid, key_number=key_number)


class Channel:
    """An authenticated session with the selected application; `open_channel` makes it."""

    def __init__(self, messaging: SecureMessaging, *, aid: bytes, key_number: int) -> None:
        self._messaging = messaging
        self._at_picc_level = aid == PICC_AID
        self._key_number = key_number

    @property
    def ended(self) -> bool:
        """True once the session is over and every command raises SessionEnded."""
        return self._messaging.ended

    def get_card_uid(self) -> Dialogue[bytes]:
        """Return the chip's true UID, 7 bytes, whatever the anticollision said."""
        uid = yield from self._ask(GET_CARD_UID, answer_mode=_FULL)
        return _check_length(uid, UID_LENGTH, "a UID of 7 bytes")

    def get_key_version(self, key_number: int) -> Dialogue[int]:
        """Return the version byte stored with a key: 0 from the factory."""
        version = yield from self._ask(GET_KEY_VERSION, bytes((key_number,)))
        return _check_length(version, 1, "one version byte")[0]

    def get_key_settings(self) -> Dialogue[tuple[int, int]]:
        """Return KS1 (what the master key may do) and KS2 (key type and number)."""
        settings = yield from self._ask(GET_KEY_SETTINGS)
        return _check_length(settings, 2, "two settings bytes")[0], settings[1]

    def change_key_settings(self, settings: int) -> Dialogue[None]:
        """Set KS1. Clearing bit 0 or bit 3 cannot be undone."""
        yield from self._ask(CHANGE_KEY_SETTINGS, secret=bytes((settings,)))

    def get_application_ids(self) -> Dialogue[tuple[bytes, ...]]:
        """Return every application's AID, 3 bytes each; at PICC level only."""
        joined = yield from self._ask(GET_APPLICATION_IDS)
        if len(joined) % AID_LENGTH:
            raise UnexpectedAnswer("AIDs of 3 bytes", len(joined))
        return tuple(joined[at : at + AID_LENGTH] for at in range(0, len(joined), AID_LENGTH))

    def create_application(self, aid: bytes, *, settings: int, key_kinds: int) -> Dialogue[None]:
        """Create `aid` with KS1 `settings` and KS2 `key_kinds`; its keys are the factory's."""
        _check_aid(aid)
        yield from self._ask(CREATE_APPLICATION, aid + bytes((settings, key_kinds)))

    def delete_application(self, aid: bytes) -> Dialogue[None]:
        """Delete `aid`, its keys and files; at PICC level only. Its memory is not given back."""
        _check_aid(aid)
        yield from self._ask(DELETE_APPLICATION, aid)

    def read_data(
        self, file_number: int, *, length: int, offset: int = 0, mode: CommunicationMode
    ) -> Dialogue[bytes]:
        """Return bytes of a data file whose communication mode is `mode`.

        Plain is also the mode of a file that anybody may read, whatever its own.
        """
        _check_span(file_number, offset, length)
        joined = b""
        while len(joined) < length:
            part = min(length - len(joined), DATA_PART_MAX)
            header = _span(file_number, offset + len(joined), part)
            answer = yield from self._carry(
                READ_DATA, header, mode=_command_mode(mode), answer_mode=mode
            )
            joined += self._whole(answer, part)
        return joined

    def write_data(
        self, file_number: int, written: bytes, *, offset: int = 0, mode: CommunicationMode
    ) -> Dialogue[None]:
        """Write into a data file whose communication mode is `mode`.

        More than `DATA_PART_MAX` bytes are several commands: a standard file whose card leaves in
        between keeps a part of them. A backup file has them all after `commit_transaction`.
        """
        _check_span(file_number, offset, len(written))
        for at in range(0, len(written), DATA_PART_MAX):
            part = written[at : at + DATA_PART_MAX]
            header = _span(file_number, offset + at, len(part))
            answer = yield from self._carry(
                WRITE_DATA, header, part, mode=mode, answer_mode=_command_mode(mode)
            )
            self._whole(answer, 0)

    def commit_transaction(self) -> Dialogue[None]:
        """Let all that was written into backup files since the last commit take effect at once."""
        self._whole((yield from self._ask(COMMIT_TRANSACTION)), 0)

    def change_own_key(self, new_key: bytes, *, version: int) -> Dialogue[None]:
        """Replace the key this session was opened with; the session is then over."""
        _check_aes_key(new_key)
        number = self._key_number | (AES_PICC_KEY if self._at_picc_level else 0)
        header, secret = bytes((number,)), new_key + bytes((version,))
        try:
            body = self._messaging.protect_command(CHANGE_KEY, header, secret, mode=_FULL)
            answer = yield from ask(CHANGE_KEY, body)
        finally:
            self._messaging.end()
        # A bare 91 00: the session that would MAC it is gone. Authenticating again is the proof.
        if answer.status is not StatusWord.OK:
            raise CardRefused(answer.status)

    def change_other_key(
        self, key_number: int, new_key: bytes, *, old_key: bytes, version: int
    ) -> Dialogue[None]:
        """Replace another key of this application; a wrong `old_key` is refused with 1E."""
        if key_number == self._key_number:
            raise ValueError("this is the session's own key")
        _check_aes_key(new_key)
        _check_aes_key(old_key)
        mixed = bytes(new ^ old for new, old in zip(new_key, old_key, strict=True))
        secret = mixed + bytes((version,)) + crc32_jamcrc(new_key)
        yield from self._ask(CHANGE_KEY, bytes((key_number,)), secret=secret)

    def _ask(
        self,
        ins: int,
        header: bytes = b"",
        *,
        secret: bytes = b"",
        answer_mode: CommunicationMode = _MAC,
    ) -> Dialogue[bytes]:
        """Send one protected command; `secret` travels encrypted. Returns the plain answer."""
        mode = _FULL if secret else _MAC
        return self._carry(ins, header, secret, mode=mode, answer_mode=answer_mode)

    def _carry(
        self,
        ins: int,
        header: bytes,
        data: bytes = b"",
        *,
        mode: CommunicationMode,
        answer_mode: CommunicationMode,
    ) -> Dialogue[bytes]:
        """Send one command in `mode`; return the plain answer, which travels in `answer_mode`."""
        try:
            body = self._messaging.protect_command(ins, header, data, mode=mode)
            answer = yield from ask(ins, body)
            return self._messaging.open_answer(answer, mode=answer_mode)
        except BaseException:  # a lost card, a closed generator: nobody knows what the card did
            self._messaging.end()
            raise

    def _whole(self, answer: bytes, length: int) -> bytes:
        """Return an answer of the length asked for; another one ends the session."""
        if len(answer) != length:
            self._messaging.end()
            raise UnexpectedAnswer(f"{length} bytes of data", len(answer))
        return answer


def _ask_plain(ins: int, sent: bytes = b"") -> Dialogue[bytes]:
    """Send one command outside any session."""
    answer = yield from ask(ins, sent)
    if answer.status is not StatusWord.OK:
        raise CardRefused(answer.status)
    return answer.data


def _check_length(answer: bytes, length: int, expected: str) -> bytes:
    if len(answer) != length:
        raise UnexpectedAnswer(expected, len(answer))
    return answer


def _command_mode(mode: CommunicationMode) -> CommunicationMode:
    """Return how that part of an exchange travels which has nothing to encrypt."""
    return CommunicationMode.PLAIN if mode is CommunicationMode.PLAIN else _MAC


def _span(file_number: int, offset: int, length: int) -> bytes:
    return bytes((file_number,)) + offset.to_bytes(3, "little") + length.to_bytes(3, "little")


def _check_span(file_number: int, offset: int, length: int) -> None:
    if not 0 <= file_number <= 0xFF:
        raise ValueError("a file's number is one byte")
    if length < 1 or offset < 0 or offset + length > DATA_END_MAX:
        raise ValueError("some bytes, within the 3 bytes that an offset has")


def _check_aid(aid: bytes) -> None:
    if len(aid) != AID_LENGTH:
        raise ValueError("an AID has 3 bytes")


def _check_aes_key(key: bytes) -> None:
    if len(key) != AES_KEY_LENGTH:
        raise ValueError("an AES key has 16 bytes")
