"""A vault in this very process, its keys in a file: for development, tests and small sites.

It is not a secure cryptographic device: keys and codes pass through this process's memory.
"""

import hmac
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self
from uuid import UUID, uuid4

from backend.vault import dukpt, pin_block
from backend.vault.card_dialogue import CardMasters, card_dialogue, retirement_dialogue
from backend.vault.dialogues import Dialogues
from backend.vault.key_block import initial_key_block
from backend.vault.key_file import KeyFileRules, OpenKeyFile, open_keys, write_keys
from backend.vault.keys import Bdk, VaultKeys, find_bdk, make_keys
from backend.vault.pin_reference import SALT_BYTES, reference_tag
from backend.vault.seal import seal, unseal
from backend.vault.signing import ListSigner
from backend.vault.values import (
    CODE_DIGITS,
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
from passcard.diversify import card_key_input, diversify
from passcard.errors import CardNotGenuine
from passcard.layout import Application
from passcard.secret import Secret

# A little longer than a challenge lives: the clock of the room that asked decides.
SEALED_SECONDS_MAX = 15


def _utc_now() -> datetime:
    return datetime.now(UTC)


class LocalVault:
    """The vault's Protocol, kept in process."""

    def __init__(
        self,
        keys: VaultKeys,
        *,
        now: Callable[[], datetime] = _utc_now,
        random: Callable[[int], bytes] = secrets.token_bytes,
        make_id: Callable[[], UUID] = uuid4,
    ) -> None:
        self._keys = keys
        self._now = now
        self._random = random
        self._signer = ListSigner(keys.list_signing)
        self._dialogues = Dialogues(now, make_id)

    @classmethod
    def create(
        cls,
        path: Path,
        random: Callable[[int], bytes] = secrets.token_bytes,
        *,
        now: Callable[[], datetime] = _utc_now,
    ) -> Self:
        """Make new keys, write them to a new file, and open the vault on it.

        Raises KeyFileRefused: an existing file is never overwritten.
        """
        write_keys(path, OpenKeyFile(make_keys(random)))
        return cls.load(path, now=now, random=random)

    @classmethod
    def load(
        cls,
        path: Path,
        rules: KeyFileRules | None = None,
        *,
        now: Callable[[], datetime] = _utc_now,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> Self:
        """Open the vault on its key file; raise KeyFileRefused, FileNotFoundError."""
        return cls(open_keys(path, rules).keys, now=now, random=random)

    def current_card_key_version(self) -> int:
        """Return the version of the card masters that new cards get."""
        return self._keys.card_version

    def current_pin_reference_version(self) -> int:
        """Return the version of the key that new PIN references are made with."""
        return self._keys.pin_reference_version

    def current_bdk_prefix(self, profile: PinProfile) -> bytes:
        """Return what the identifiers of new pads should begin with: the newest BDK's."""
        return self._bdks(profile)[-1].prefix

    def answer_card_challenge(
        self, uid: bytes, application: Application, encrypted_rnd_b: bytes, *, key_version: int = 1
    ) -> ChallengeAnswer:
        """Answer a card's challenge with a RndA of ours, which stays sealed with the version."""
        rnd_a = self._random(RND_LENGTH)
        key = self._card_key(uid, application, key_version)
        answer = answer_challenge(key, encrypted_rnd_b, rnd_a)
        sealed = seal(
            self._keys.sealing,
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
            self._keys.sealing,
            sealed_state,
            bound_to=_challenge_of(uid, application),
            now=self._now(),
        )
        if state is None:
            return False
        rnd_a, encrypted_rnd_b = state[:RND_LENGTH], state[RND_LENGTH:-1]
        key = self._card_key(uid, application, state[-1])
        try:
            verify_card_answer(key, rnd_a, encrypted_rnd_b, card_answer)
        except CardNotGenuine:
            return False
        return True

    def derive_access_key(self, uid: bytes, key_version: int = 1) -> bytes:
        """Return one card's own access key: the exception that offline gates need."""
        return self._card_key(uid, Application.ACCESS, key_version)

    def begin_personalisation(self, uid: bytes, *, to_version: int | None = None) -> DialogueStep:
        """Start personalising the card with this UID; raises TooManyDialogues."""
        wanted = self._card_masters(self._keys.card_version if to_version is None else to_version)
        others = tuple(one for one in self._all_card_masters() if one.version != wanted.version)
        return self._dialogues.begin(card_dialogue(uid, wanted, others, self._random))

    def begin_retirement(self, uid: bytes) -> DialogueStep:
        """Start taking everything of ours off the card with this UID; raises TooManyDialogues."""
        held = self._all_card_masters()
        return self._dialogues.begin(retirement_dialogue(uid, held, self._random))

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
        if subject.reference.key_version == self._keys.pin_reference_version:
            return None
        return self._judge(encrypted, subject, renew=True)[1]

    def initial_pad_key(self, initial_key_id: bytes, profile: PinProfile) -> Secret:
        """Return a pad's initial key, for injection."""
        bdk = find_bdk(self._bdks(profile), initial_key_id).key
        if profile is PinProfile.AES_DUKPT_FORMAT_4:
            return Secret(dukpt.aes_initial_key(bdk.reveal(), initial_key_id))
        return Secret(dukpt.tdes_initial_key(bdk.reveal(), initial_key_id))

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

    def _card_masters(self, version: int) -> CardMasters:
        return CardMasters(version, self._keys.master_keys(version))

    def _all_card_masters(self) -> tuple[CardMasters, ...]:
        return tuple(self._card_masters(1 + older) for older in range(self._keys.card_version))

    def _card_key(self, uid: bytes, application: Application, version: int) -> bytes:
        masters = self._keys.master_keys(version)
        benefits = application is Application.BENEFITS
        master = masters.benefits_authenticate if benefits else masters.access_authenticate
        return diversify(master.reveal(), card_key_input(uid, application.aid))

    def _judge(
        self, encrypted: EncryptedPinBlock, subject: PinSubject, *, renew: bool = False
    ) -> tuple[PinVerdict, PinReference | None]:
        """Open a block and compare; make a right code's reference anew if asked to."""
        try:
            digits = self._open_block(encrypted, subject.card_number)
        except (pin_block.PinBlockInvalid, dukpt.KeySerialNumberInvalid):
            return PinVerdict.BLOCK_INVALID, None
        try:
            # A pad may be set to take more digits than a code has: no code of ours is longer.
            if len(digits) != CODE_DIGITS:
                return PinVerdict.BLOCK_INVALID, None
            if not self._matches(subject.account_id, subject.reference, digits):
                return PinVerdict.WRONG, None
            generation = subject.reference.generation
            made = self._reference(subject.account_id, generation, digits) if renew else None
            return PinVerdict.RIGHT, made
        finally:
            wipe(digits)

    def _reference(self, account_id: UUID, generation: int, digits: bytearray) -> PinReference:
        salt = self._random(SALT_BYTES)
        key = self._keys.pin_references[-1]
        tag = reference_tag(key, account_id, generation, salt, digits)
        return PinReference(generation, self._keys.pin_reference_version, salt, tag)

    def _bdks(self, profile: PinProfile) -> tuple[Bdk, ...]:
        aes = profile is PinProfile.AES_DUKPT_FORMAT_4
        return self._keys.bdks_aes if aes else self._keys.bdks_tdes

    def _matches(self, account_id: UUID, reference: PinReference, digits: bytearray) -> bool:
        key = self._keys.pin_reference(reference.key_version)
        if key is None:
            return False
        generation, salt = reference.generation, reference.salt
        tag = reference_tag(key, account_id, generation, salt, digits)
        return hmac.compare_digest(tag, reference.tag)

    def _open_block(self, encrypted: EncryptedPinBlock, card_number: str) -> bytearray:
        if encrypted.profile is PinProfile.AES_DUKPT_FORMAT_4:
            serial = dukpt.KeySerialNumber.parse_aes(encrypted.key_serial_number)
            bdk = find_bdk(self._keys.bdks_aes, serial.initial_key_id).key
            key = dukpt.aes_pin_key(bdk.reveal(), serial)
            return pin_block.open_format_4(key, card_number, encrypted.block)
        serial = dukpt.KeySerialNumber.parse_tdes(encrypted.key_serial_number)
        bdk = find_bdk(self._keys.bdks_tdes, serial.initial_key_id).key
        key = dukpt.tdes_pin_key(bdk.reveal(), serial)
        return pin_block.open_format_0(key, card_number, encrypted.block)


def _challenge_of(uid: bytes, application: Application) -> bytes:
    return b"card-challenge/1:" + application.value.encode() + b":" + uid
