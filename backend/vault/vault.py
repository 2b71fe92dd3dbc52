"""What the vault can be asked, whichever way it keeps its keys.

The rest of the backend sees this Protocol only. Keys never cross it, with four exceptions that the
product needs and names: a card's own access key, for the gates of its establishment, a PIN pad's
initial key, for injection, the secret of a person's second factor, for that person alone, and the
secret that a partner's events are signed with, for that partner. The vault knows no room and no
database.
"""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from backend.vault.check_values import CheckValue
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


class Vault(Protocol):
    """The keys' only door."""

    def current_card_key_version(self) -> int:
        """Return the version of the card masters that new cards get; the first is 1."""
        ...

    def current_pin_reference_version(self) -> int:
        """Return the version of the key that new PIN references are made with."""
        ...

    def held_keys(self) -> tuple[CheckValue, ...]:
        """Return the name, version and check value of every key held; never a key.

        A check value that the vault cannot compute is empty.
        """
        ...

    def current_bdk_prefix(self, profile: PinProfile) -> bytes:
        """Return what the identifiers of new pads should begin with: which BDK (may be empty)."""
        ...

    def answer_card_challenge(
        self, uid: bytes, application: Application, encrypted_rnd_b: bytes, *, key_version: int = 1
    ) -> ChallengeAnswer:
        """Answer a card's challenge (16 bytes) as the card with this UID (7 bytes) expects.

        `key_version` is that of the masters the card was made under; it stays in the sealed state.
        Raises CardKeyVersionUnknown.
        """
        ...

    def verify_card_answer(
        self, uid: bytes, application: Application, sealed_state: bytes, card_answer: bytes
    ) -> bool:
        """Say whether the card's 32 bytes prove it holds its key; False too when it is too late."""
        ...

    def derive_access_key(self, uid: bytes, key_version: int = 1) -> bytes:
        """Return the access authentication key (16 bytes) of one card, for its own gates.

        Raises CardKeyVersionUnknown.
        """
        ...

    def derive_access_keys(self, uids: Sequence[bytes], key_version: int = 1) -> list[bytes]:
        """Return the access keys of many cards of one version, in their order.

        Raises CardKeyVersionUnknown.
        """
        ...

    def begin_personalisation(self, uid: bytes, *, to_version: int | None = None) -> DialogueStep:
        """Start giving the card with this UID the keys of `to_version` (None: the current).

        It may be a blank, or hold the keys of any version. The first command always exists.
        Raises TooManyDialogues, CardKeyVersionUnknown.
        """
        ...

    def begin_retirement(self, uid: bytes) -> DialogueStep:
        """Start taking everything of ours off the card with this UID, whatever its version.

        It goes on with `continue_personalisation`. Raises TooManyDialogues.
        """
        ...

    def continue_personalisation(self, dialogue_id: UUID, response: bytes) -> DialogueStep:
        """Give the card's response; raises DialogueUnknown, PersonalisationFailed."""
        ...

    def make_pin_reference(
        self, account_id: UUID, generation: int, code: SecretCode
    ) -> PinReference:
        """Return what may be stored of a code, with a fresh salt."""
        ...

    def matches_reference(
        self, account_id: UUID, reference: PinReference, code: SecretCode
    ) -> bool:
        """Say whether a code being set is the one already stored (for refusing its reuse)."""
        ...

    def verify_pin(self, encrypted: EncryptedPinBlock, subject: PinSubject) -> PinVerdict:
        """Open a PIN block and compare what is in it with the reference."""
        ...

    def renew_pin_reference(
        self, encrypted: EncryptedPinBlock, subject: PinSubject
    ) -> PinReference | None:
        """Return the reference of a right code anew, under the current key; same generation.

        None when it is current already, or the code is not right. Ask only after `verify_pin`
        said RIGHT: it tells as much.
        """
        ...

    def count_code(self, group_id: UUID, sealed: bytes | None, code: SecretCode) -> bytes:
        """Count a code that was chosen in a group, and return the group's tally, sealed anew.

        `sealed` is the tally this returned before, None for the first. Whose choice it was is not
        told to the vault; what was chosen is not told by the tally.
        """
        ...

    def is_shared_code(self, group_id: UUID, sealed: bytes, code: SecretCode) -> bool:
        """Say whether a code is one that many of a group chose."""
        ...

    def count_shared_codes(self, group_id: UUID, sealed: bytes) -> int:
        """Return how many codes were chosen by many of a group: a figure, never which."""
        ...

    def second_factor_secret(self, person_id: UUID, generation: int, *, key_version: int) -> Secret:
        """Return the secret (20 bytes) of a person's second factor, to be shown to them once.

        It is derived, not stored, from the PIN reference key of `key_version`; another generation
        has another secret. Raises ValueError for a version that is not held.
        """
        ...

    def verify_second_factor(
        self, person_id: UUID, generation: int, typed: str, *, key_version: int
    ) -> int | None:
        """Return the time step (30 s, RFC 6238) whose one-time password was typed, or None.

        That a step serves once is the caller's to see to.
        """
        ...

    def event_secret(self, endpoint_id: UUID, generation: int, *, key_version: int) -> Secret:
        """Return the secret (32 bytes) that a partner's endpoint is signed for, to be shown once.

        It is derived as a second factor's is. Raises ValueError for a version that is not held.
        """
        ...

    def sign_event(
        self, endpoint_id: UUID, generation: int, signed: bytes, *, key_version: int
    ) -> bytes:
        """Return the signature (HMAC-SHA-256) of what is sent to an endpoint; as `event_secret`."""
        ...

    def initial_pad_key(self, initial_key_id: bytes, profile: PinProfile) -> Secret:
        """Return a pad's initial key, for injection: identifier of 8 bytes (TDES: KSN of 10)."""
        ...

    def pad_key_block(
        self, initial_key_id: bytes, profile: PinProfile, protection_key: Secret
    ) -> str:
        """Return the same key as a TR-31 version D block under `protection_key` (16, 24, 32).

        Raises KeySerialNumberInvalid, ValueError.
        """
        ...

    def sign(self, payload: bytes) -> str:
        """Return `payload` as a compact JWS (EdDSA) under the list-signing key."""
        ...

    def public_signing_key(self) -> dict[str, str]:
        """Return the public half of the list-signing key as a JWK (RFC 8037): kty crv x kid."""
        ...
