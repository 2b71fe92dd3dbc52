"""What every vault does, wherever its keys lie: challenges, dialogues, codes, signatures.

Promise: a code is in the clear inside one call, and its buffer is wiped at the end; it is compared
in constant time; a challenge's secret leaves sealed. Not here: keys.
"""

import hmac
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from backend.vault import event_secret
from backend.vault.card_dialogue import card_dialogue, retirement_dialogue
from backend.vault.check_values import CheckValue
from backend.vault.code_tally import open_tally, seal_tally
from backend.vault.dialogues import Dialogues
from backend.vault.dukpt import KeySerialNumberInvalid
from backend.vault.key_block import initial_key_block
from backend.vault.key_store import KeyStore
from backend.vault.pin_block import PinBlockInvalid
from backend.vault.pin_reference import SALT_BYTES, reference_message
from backend.vault.seal import seal, unseal
from backend.vault.second_factor import factor_message, factor_secret, matching_step
from backend.vault.signing import ListSigner
from backend.vault.values import (
    ChallengeAnswer,
    DialogueStep,
    EncryptedPinBlock,
    PinProfile,
    PinReference,
    PinSubject,
    PinVerdict,
    SecretCode,
    wipe,
)
from passcard.authenticate import RND_LENGTH, answer_challenge, verify_card_answer
from passcard.errors import CardNotGenuine
from passcard.layout import Application
from passcard.secret import Secret

# A little longer than a challenge lives: the clock of the room that asked decides.
SEALED_SECONDS_MAX = 15


def utc_now() -> datetime:
    """Return the present moment, aware."""
    return datetime.now(UTC)


class StoreVault:
    """The vault's Protocol over a key store."""

    def __init__(
        self,
        store: KeyStore,
        *,
        now: Callable[[], datetime] = utc_now,
        random: Callable[[int], bytes] = secrets.token_bytes,
        make_id: Callable[[], UUID] = uuid4,
    ) -> None:
        self._store = store
        self._now = now
        self._random = random
        self._signer = ListSigner(store.sign, store.public_key())
        self._dialogues = Dialogues(now, make_id)

    def current_card_key_version(self) -> int:
        """Return the version of the card masters that new cards get."""
        return self._store.card_version

    def current_pin_reference_version(self) -> int:
        """Return the version of the key that new PIN references are made with."""
        return self._store.pin_reference_version

    def held_keys(self) -> tuple[CheckValue, ...]:
        """Return the name, version and check value of every key held."""
        return self._store.held_keys()

    def current_bdk_prefix(self, profile: PinProfile) -> bytes:
        """Return what the identifiers of new pads should begin with: the newest BDK's."""
        return self._store.bdk_prefix(profile)

    def answer_card_challenge(
        self, uid: bytes, application: Application, encrypted_rnd_b: bytes, *, key_version: int = 1
    ) -> ChallengeAnswer:
        """Answer a card's challenge with a RndA of ours, which stays sealed with the version."""
        rnd_a = self._random(RND_LENGTH)
        key = self._store.card_key(uid, application, key_version)
        answer = answer_challenge(key, encrypted_rnd_b, rnd_a)
        sealed = seal(
            self._store.sealing_key(),
            rnd_a + encrypted_rnd_b + bytes((key_version,)),
            bound_to=_challenge_of(uid, application),
            expires_at=self._now() + timedelta(seconds=SEALED_SECONDS_MAX),
            random=self._random,
        )
        return ChallengeAnswer(answer, sealed)

    def verify_card_answer(
        self, uid: bytes, application: Application, sealed_state: bytes, card_answer: bytes
    ) -> bool:
        """Say whether the card holds its key; False as well when the state is stale or foreign."""
        state = unseal(
            self._store.sealing_key(),
            sealed_state,
            bound_to=_challenge_of(uid, application),
            now=self._now(),
        )
        if state is None:
            return False
        rnd_a, encrypted_rnd_b = state[:RND_LENGTH], state[RND_LENGTH:-1]
        key = self._store.card_key(uid, application, state[-1])
        try:
            verify_card_answer(key, rnd_a, encrypted_rnd_b, card_answer)
        except CardNotGenuine:
            return False
        return True

    def derive_access_key(self, uid: bytes, key_version: int = 1) -> bytes:
        """Return one card's own access key: the exception that offline gates need."""
        return self._store.card_key(uid, Application.ACCESS, key_version)

    def derive_access_keys(self, uids: Sequence[bytes], key_version: int = 1) -> list[bytes]:
        """Return many cards' own access keys, in their order."""
        return [self.derive_access_key(uid, key_version) for uid in uids]

    def begin_personalisation(self, uid: bytes, *, to_version: int | None = None) -> DialogueStep:
        """Start personalising the card with this UID; raises TooManyDialogues."""
        version = self._store.card_version if to_version is None else to_version
        return self._dialogues.begin(card_dialogue(uid, self._store, version, self._random))

    def begin_retirement(self, uid: bytes) -> DialogueStep:
        """Start taking everything of ours off the card with this UID; raises TooManyDialogues."""
        return self._dialogues.begin(retirement_dialogue(uid, self._store, self._random))

    def continue_personalisation(self, dialogue_id: UUID, response: bytes) -> DialogueStep:
        """Give the card's response; raises DialogueUnknown, PersonalisationFailed."""
        return self._dialogues.answer(dialogue_id, response)

    def make_pin_reference(
        self, account_id: UUID, generation: int, code: SecretCode
    ) -> PinReference:
        """Return what may be stored of a code, with a fresh salt."""
        return self._reference(account_id, generation, code.reveal())

    def matches_reference(
        self, account_id: UUID, reference: PinReference, code: SecretCode
    ) -> bool:
        """Say whether a code is the one a reference was made of."""
        return self._matches(account_id, reference, code.reveal())

    def verify_pin(self, encrypted: EncryptedPinBlock, subject: PinSubject) -> PinVerdict:
        """Open a PIN block and compare; the clear code lives in this call alone."""
        return self._judge(encrypted, subject)[0]

    def renew_pin_reference(
        self, encrypted: EncryptedPinBlock, subject: PinSubject
    ) -> PinReference | None:
        """Return the reference of a right code anew, under the current key; None if needless."""
        if subject.reference.key_version == self._store.pin_reference_version:
            return None
        return self._judge(encrypted, subject, renew=True)[1]

    def count_code(self, group_id: UUID, sealed: bytes | None, code: SecretCode) -> bytes:
        """Count a code that was chosen in a group; return the tally, sealed anew."""
        tally = open_tally(sealed, group_id, self._tag)
        tally.add(code.reveal())
        version = self._store.pin_reference_version
        return seal_tally(tally, group_id, version, self._tag, self._random)

    def is_shared_code(self, group_id: UUID, sealed: bytes, code: SecretCode) -> bool:
        """Say whether a code is one that many of a group chose."""
        return open_tally(sealed, group_id, self._tag).is_shared(code.reveal())

    def count_shared_codes(self, group_id: UUID, sealed: bytes) -> int:
        """Return how many codes were chosen by many of a group."""
        return open_tally(sealed, group_id, self._tag).shared()

    def second_factor_secret(self, person_id: UUID, generation: int, *, key_version: int) -> Secret:
        """Return the secret of a person's second factor, derived for them."""
        tag = self._tag(key_version, factor_message(person_id, generation))
        if tag is None:
            raise ValueError("no such version of the key")
        return Secret(factor_secret(tag))

    def verify_second_factor(
        self, person_id: UUID, generation: int, typed: str, *, key_version: int
    ) -> int | None:
        """Return the time step whose one-time password was typed, or None."""
        tag = self._tag(key_version, factor_message(person_id, generation))
        if tag is None:
            return None
        return matching_step(factor_secret(tag), typed.encode(), self._now())

    def event_secret(self, endpoint_id: UUID, generation: int, *, key_version: int) -> Secret:
        """Return the secret that a partner's endpoint is signed for."""
        tag = self._tag(key_version, event_secret.event_message(endpoint_id, generation))
        if tag is None:
            raise ValueError("no such version of the key")
        return Secret(event_secret.event_secret(tag))

    def sign_event(
        self, endpoint_id: UUID, generation: int, signed: bytes, *, key_version: int
    ) -> bytes:
        """Return the signature of what is sent to an endpoint."""
        secret = self.event_secret(endpoint_id, generation, key_version=key_version)
        return event_secret.event_signature(secret.reveal(), signed)

    def initial_pad_key(self, initial_key_id: bytes, profile: PinProfile) -> Secret:
        """Return a pad's initial key, for injection."""
        return self._store.initial_pad_key(initial_key_id, profile)

    def pad_key_block(
        self, initial_key_id: bytes, profile: PinProfile, protection_key: Secret
    ) -> str:
        """Return a pad's initial key as a TR-31 block, for a key injection facility."""
        initial_key = self.initial_pad_key(initial_key_id, profile)
        return initial_key_block(protection_key, initial_key, initial_key_id, self._random)

    def sign(self, payload: bytes) -> str:
        """Return `payload` as a compact JWS under the list-signing key."""
        return self._signer.sign(payload)

    def public_signing_key(self) -> dict[str, str]:
        """Return the public half of the list-signing key as a JWK."""
        return self._signer.public_jwk()

    def _judge(
        self, encrypted: EncryptedPinBlock, subject: PinSubject, *, renew: bool = False
    ) -> tuple[PinVerdict, PinReference | None]:
        """Open a block and compare; make a right code's reference anew if asked to."""
        try:
            digits = self._store.open_block(encrypted, subject.card_number)
        except (PinBlockInvalid, KeySerialNumberInvalid):
            return PinVerdict.BLOCK_INVALID, None
        try:
            # A pad may be set to take more digits than a code has: no code of ours is longer.
            if not subject.digits_min <= len(digits) <= subject.digits_max:
                return PinVerdict.BLOCK_INVALID, None
            if not self._matches(subject.account_id, subject.reference, digits):
                return PinVerdict.WRONG, None
            generation = subject.reference.generation
            made = self._reference(subject.account_id, generation, digits) if renew else None
            return PinVerdict.RIGHT, made
        finally:
            wipe(digits)

    def _reference(self, account_id: UUID, generation: int, digits: bytearray) -> PinReference:
        version, salt = self._store.pin_reference_version, self._random(SALT_BYTES)
        tag = self._tag(version, reference_message(account_id, generation, salt, digits))
        assert tag is not None
        return PinReference(generation, version, salt, tag)

    def _matches(self, account_id: UUID, reference: PinReference, digits: bytearray) -> bool:
        message = reference_message(account_id, reference.generation, reference.salt, digits)
        tag = self._tag(reference.key_version, message)
        return tag is not None and hmac.compare_digest(tag, reference.tag)

    def _tag(self, version: int, message: bytearray) -> bytes | None:
        try:
            return self._store.pin_tag(version, message)
        finally:
            wipe(message)


def _challenge_of(uid: bytes, application: Application) -> bytes:
    return b"card-challenge/1:" + application.value.encode() + b":" + uid
