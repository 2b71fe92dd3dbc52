"""The vault in a process of its own, asked over a Unix socket: same Protocol, no key here.

Promise: one connection a question, every wait bounded; whatever goes wrong on the way is
VaultUnavailable, and what the vault refuses is the same error as in process. A question is never
sent twice: whoever asked decides whether it may be asked again.
"""

import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import Final, TypeVar
from uuid import UUID

from pydantic import ValidationError

from backend.errors import BackendError
from backend.vault import event_messages, factor_messages, messages, tally_messages
from backend.vault.check_values import CheckValue
from backend.vault.dukpt import KeySerialNumberInvalid
from backend.vault.errors import (
    CardKeyVersionUnknown,
    DialogueUnknown,
    PersonalisationFailed,
    TooManyDialogues,
    VaultUnavailable,
)
from backend.vault.framing import FrameRefused, receive_frame, send_frame
from backend.vault.message import Answer, ReferenceFields, Refusal
from backend.vault.messages import ANSWER, KEY_SERIAL_NUMBER_INVALID, MALFORMED
from backend.vault.values import (
    ChallengeAnswer,
    DialogueStep,
    EncryptedPinBlock,
    PinProfile,
    PinReference,
    PinSubject,
    PinVerdict,
    SecretCode,
)
from passcard.layout import Application
from passcard.secret import Secret

ANSWER_SECONDS_MAX = 5.0
#: Asked with every right code, and changed by a ceremony: what was heard is good for a minute.
VERSION_KEPT_SECONDS = 60.0

T = TypeVar("T")

REFUSALS: Final[dict[str, type[BackendError]]] = {
    error.code: error
    for error in (CardKeyVersionUnknown, DialogueUnknown, PersonalisationFailed, TooManyDialogues)
}


class RemoteVault:
    """The vault's Protocol, over its socket."""

    def __init__(
        self,
        path: Path,
        seconds_max: float = ANSWER_SECONDS_MAX,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._path = str(path)
        self._seconds_max = seconds_max
        self._clock = clock
        #: The version, and until when it need not be asked again (seconds of the clock).
        self._pin_reference_version = (0, 0.0)

    def current_card_key_version(self) -> int:
        """Return the version of the card masters that new cards get."""
        return _there(self._ask(messages.CurrentCardKeyVersion()).number)

    def current_pin_reference_version(self) -> int:
        """Return the version of the key that new PIN references are made with.

        As it was at most VERSION_KEPT_SECONDS ago: until then an older reference still serves.
        """
        version, kept_until = self._pin_reference_version
        if self._clock() >= kept_until:
            version = _there(self._ask(messages.CurrentPinReferenceVersion()).number)
            self._pin_reference_version = version, self._clock() + VERSION_KEPT_SECONDS
        return version

    def held_keys(self) -> tuple[CheckValue, ...]:
        """Return the name, version and check value of every key held."""
        return _there(self._ask(messages.HeldKeys()).check_values)

    def current_bdk_prefix(self, profile: PinProfile) -> bytes:
        """Return what the identifiers of new pads should begin with."""
        return _there(self._ask(messages.CurrentBdkPrefix(profile=profile)).first)

    def answer_card_challenge(
        self, uid: bytes, application: Application, encrypted_rnd_b: bytes, *, key_version: int = 1
    ) -> ChallengeAnswer:
        """Answer a card's challenge."""
        question = messages.AnswerCardChallenge(
            uid=uid,
            application=application,
            encrypted_rnd_b=encrypted_rnd_b,
            key_version=key_version,
        )
        answer = self._ask(question)
        return ChallengeAnswer(_there(answer.first), _there(answer.second))

    def verify_card_answer(
        self, uid: bytes, application: Application, sealed_state: bytes, card_answer: bytes
    ) -> bool:
        """Say whether the card holds its key."""
        question = messages.VerifyCardAnswer(
            uid=uid, application=application, sealed_state=sealed_state, card_answer=card_answer
        )
        return _there(self._ask(question).truth)

    def derive_access_key(self, uid: bytes, key_version: int = 1) -> bytes:
        """Return one card's own access key."""
        question = messages.DeriveAccessKey(uid=uid, key_version=key_version)
        return _there(self._ask(question).first)

    def derive_access_keys(self, uids: Sequence[bytes], key_version: int = 1) -> list[bytes]:
        """Return many cards' own access keys, in their order; as many as fit are asked at once."""
        keys = bytearray()
        for first in range(0, len(uids), messages.UIDS_MAX):
            some = b"".join(uids[first : first + messages.UIDS_MAX])
            question = messages.DeriveAccessKeys(uids=some, key_version=key_version)
            keys += _there(self._ask(question).first)
        size = messages.ACCESS_KEY_BYTES
        if len(keys) != size * len(uids):
            raise VaultUnavailable
        return [bytes(keys[at : at + size]) for at in range(0, len(keys), size)]

    def begin_personalisation(self, uid: bytes, *, to_version: int | None = None) -> DialogueStep:
        """Start personalising the card with this UID."""
        return self._step(messages.BeginPersonalisation(uid=uid, to_version=to_version))

    def begin_retirement(self, uid: bytes) -> DialogueStep:
        """Start taking everything of ours off the card with this UID."""
        return self._step(messages.BeginRetirement(uid=uid))

    def continue_personalisation(self, dialogue_id: UUID, response: bytes) -> DialogueStep:
        """Give the card's response."""
        question = messages.ContinuePersonalisation(dialogue_id=dialogue_id, response=response)
        return self._step(question)

    def make_pin_reference(
        self, account_id: UUID, generation: int, code: SecretCode
    ) -> PinReference:
        """Return what may be stored of a code."""
        question = messages.MakePinReference(
            account_id=account_id, generation=generation, code=bytes(code.reveal())
        )
        return _there(self._ask(question).reference).value()

    def matches_reference(
        self, account_id: UUID, reference: PinReference, code: SecretCode
    ) -> bool:
        """Say whether a code is the one a reference was made of."""
        question = messages.MatchesReference(
            account_id=account_id,
            reference=ReferenceFields.of(reference),
            code=bytes(code.reveal()),
        )
        return _there(self._ask(question).truth)

    def verify_pin(self, encrypted: EncryptedPinBlock, subject: PinSubject) -> PinVerdict:
        """Open a PIN block and compare."""
        question = messages.VerifyPin.of(encrypted, subject)
        return _there(self._ask(question).verdict)

    def renew_pin_reference(
        self, encrypted: EncryptedPinBlock, subject: PinSubject
    ) -> PinReference | None:
        """Return the reference under the current key, or None."""
        question = messages.RenewPinReference.of(encrypted, subject)
        renewed = self._ask(question).reference
        return None if renewed is None else renewed.value()

    def count_code(self, group_id: UUID, sealed: bytes | None, code: SecretCode) -> bytes:
        """Count a code that was chosen in a group."""
        question = tally_messages.CountCode(
            group_id=group_id, sealed=sealed, code=bytes(code.reveal())
        )
        return _there(self._ask(question).first)

    def is_shared_code(self, group_id: UUID, sealed: bytes, code: SecretCode) -> bool:
        """Say whether a code is one that many of a group chose."""
        question = tally_messages.IsSharedCode(
            group_id=group_id, sealed=sealed, code=bytes(code.reveal())
        )
        return _there(self._ask(question).truth)

    def count_shared_codes(self, group_id: UUID, sealed: bytes) -> int:
        """Return how many codes were chosen by many of a group."""
        question = tally_messages.CountSharedCodes(group_id=group_id, sealed=sealed)
        return _there(self._ask(question).number)

    def second_factor_secret(self, person_id: UUID, generation: int, *, key_version: int) -> Secret:
        """Return the secret of a person's second factor."""
        question = factor_messages.SecondFactorSecret(
            person_id=person_id, generation=generation, key_version=key_version
        )
        return Secret(_there(self._ask(question).first))

    def verify_second_factor(
        self, person_id: UUID, generation: int, typed: str, *, key_version: int
    ) -> int | None:
        """Return the time step whose one-time password was typed, or None."""
        question = factor_messages.VerifySecondFactor(
            person_id=person_id, generation=generation, key_version=key_version, typed=typed
        )
        return self._ask(question).number

    def event_secret(self, endpoint_id: UUID, generation: int, *, key_version: int) -> Secret:
        """Return the secret that a partner's endpoint is signed for."""
        question = event_messages.EventSecret(
            endpoint_id=endpoint_id, generation=generation, key_version=key_version
        )
        return Secret(_there(self._ask(question).first))

    def sign_event(
        self, endpoint_id: UUID, generation: int, signed: bytes, *, key_version: int
    ) -> bytes:
        """Return the signature of what is sent to an endpoint."""
        question = event_messages.SignEvent(
            endpoint_id=endpoint_id, generation=generation, key_version=key_version, signed=signed
        )
        return _there(self._ask(question).first)

    def initial_pad_key(self, initial_key_id: bytes, profile: PinProfile) -> Secret:
        """Return a pad's initial key."""
        question = messages.InitialPadKey(initial_key_id=initial_key_id, profile=profile)
        return Secret(_there(self._ask(question).first))

    def pad_key_block(
        self, initial_key_id: bytes, profile: PinProfile, protection_key: Secret
    ) -> str:
        """Return a pad's initial key as a key block."""
        question = messages.PadKeyBlock(
            initial_key_id=initial_key_id,
            profile=profile,
            protection_key=protection_key.reveal(),
        )
        return _there(self._ask(question).text)

    def sign(self, payload: bytes) -> str:
        """Return `payload` as a compact JWS."""
        return _there(self._ask(messages.Sign(payload=payload)).text)

    def public_signing_key(self) -> dict[str, str]:
        """Return the public half of the list-signing key as a JWK."""
        return _there(self._ask(messages.PublicSigningKey()).jwk)

    def _step(self, question: messages.Question) -> DialogueStep:
        answer = self._ask(question)
        return DialogueStep(_there(answer.dialogue_id), answer.first)

    def _ask(self, question: messages.Question) -> Answer:
        deadline = monotonic() + self._seconds_max
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(self._seconds_max)
                connection.connect(self._path)
                send_frame(connection, question.model_dump_json().encode(), deadline)
                answer = ANSWER.validate_json(receive_frame(connection, deadline))
        except (OSError, FrameRefused, ValidationError):
            # `from None`: a cause may hold what was asked.
            raise VaultUnavailable from None
        if isinstance(answer, Refusal):
            raise _error_of(answer)
        return answer


def _there(value: T | None) -> T:
    if value is None:
        raise VaultUnavailable
    return value


def _error_of(refusal: Refusal) -> Exception:
    known = REFUSALS.get(refusal.refused)
    if known is not None:
        return known(**refusal.details)
    if refusal.refused == KEY_SERIAL_NUMBER_INVALID:
        return KeySerialNumberInvalid("the vault does not take this serial number")
    if refusal.refused == MALFORMED:
        return ValueError("the vault does not take these values")
    return VaultUnavailable()
