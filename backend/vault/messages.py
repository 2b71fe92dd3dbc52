"""What the backend asks the vault's process, and what it is answered: one class each.

Promise: typed and bounded both ways; bytes travel as hexadecimal; nothing here prints its content,
and what does not fit is refused without being quoted. Not here: the socket.
"""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, TypeAdapter, field_validator

from backend.vault.event_messages import EventSecret, SignEvent
from backend.vault.factor_messages import SecondFactorSecret, VerifySecondFactor
from backend.vault.message import Answer, Message, ReferenceFields, Refusal, Short
from backend.vault.tally_messages import CountCode, CountSharedCodes, IsSharedCode
from backend.vault.values import (
    EncryptedPinBlock,
    PinProfile,
    PinSubject,
    SecretCode,
)
from backend.vault.vault import Vault
from passcard.layout import Application
from passcard.secret import Secret

#: Refusals that are no error of a room: both are ValueError on the asking side.
KEY_SERIAL_NUMBER_INVALID = "key_serial_number_invalid"
MALFORMED = "malformed"
#: Something unforeseen: the vault's log names its type.
VAULT_ERROR = "vault_error"

UID_BYTES = 7
ACCESS_KEY_BYTES = 16
#: How many cards' access keys are asked for at once.
UIDS_MAX = 1000
Uid = Annotated[bytes, Field(min_length=UID_BYTES, max_length=UID_BYTES)]


class CurrentCardKeyVersion(Message):
    """Which version of the card masters is current."""

    ask: Literal["current_card_key_version"] = "current_card_key_version"

    def perform(self, vault: Vault) -> Answer:
        """Ask it."""
        return Answer(number=vault.current_card_key_version())


class CurrentPinReferenceVersion(Message):
    """Which version of the PIN reference key is current."""

    ask: Literal["current_pin_reference_version"] = "current_pin_reference_version"

    def perform(self, vault: Vault) -> Answer:
        """Ask it."""
        return Answer(number=vault.current_pin_reference_version())


class HeldKeys(Message):
    """Which keys there are: names, versions and check values."""

    ask: Literal["held_keys"] = "held_keys"

    def perform(self, vault: Vault) -> Answer:
        """Ask it."""
        return Answer(check_values=vault.held_keys())


class CurrentBdkPrefix(Message):
    """Which identifiers new pads should have."""

    ask: Literal["current_bdk_prefix"] = "current_bdk_prefix"
    profile: PinProfile

    def perform(self, vault: Vault) -> Answer:
        """Ask it."""
        return Answer(first=vault.current_bdk_prefix(self.profile))


class AnswerCardChallenge(Message):
    """Answer a card's challenge."""

    ask: Literal["answer_card_challenge"] = "answer_card_challenge"
    uid: Uid
    application: Application
    encrypted_rnd_b: Short
    key_version: int

    def perform(self, vault: Vault) -> Answer:
        """Ask it."""
        answered = vault.answer_card_challenge(
            self.uid, self.application, self.encrypted_rnd_b, key_version=self.key_version
        )
        return Answer(first=answered.answer, second=answered.sealed_state)


class VerifyCardAnswer(Message):
    """Check a card's reply."""

    ask: Literal["verify_card_answer"] = "verify_card_answer"
    uid: Uid
    application: Application
    sealed_state: Short
    card_answer: Short

    def perform(self, vault: Vault) -> Answer:
        """Ask it."""
        genuine = vault.verify_card_answer(
            self.uid, self.application, self.sealed_state, self.card_answer
        )
        return Answer(truth=genuine)


class DeriveAccessKey(Message):
    """Derive one card's access key."""

    ask: Literal["derive_access_key"] = "derive_access_key"
    uid: Uid
    key_version: int

    def perform(self, vault: Vault) -> Answer:
        """Ask it."""
        return Answer(first=vault.derive_access_key(self.uid, self.key_version))


class DeriveAccessKeys(Message):
    """Derive many cards' access keys: their UIDs one after the other, and so the keys."""

    ask: Literal["derive_access_keys"] = "derive_access_keys"
    uids: Annotated[bytes, Field(max_length=UIDS_MAX * UID_BYTES)]
    key_version: int

    @field_validator("uids")
    @classmethod
    def _whole(cls, uids: bytes) -> bytes:
        if len(uids) % UID_BYTES:
            raise ValueError("a UID is cut")
        return uids

    def perform(self, vault: Vault) -> Answer:
        """Ask it."""
        uids = [self.uids[at : at + UID_BYTES] for at in range(0, len(self.uids), UID_BYTES)]
        return Answer(first=b"".join(vault.derive_access_keys(uids, self.key_version)))


class BeginPersonalisation(Message):
    """Start personalising a card."""

    ask: Literal["begin_personalisation"] = "begin_personalisation"
    uid: Uid
    to_version: int | None

    def perform(self, vault: Vault) -> Answer:
        """Ask it."""
        step = vault.begin_personalisation(self.uid, to_version=self.to_version)
        return Answer(dialogue_id=step.dialogue_id, first=step.command)


class BeginRetirement(Message):
    """Start retiring a card."""

    ask: Literal["begin_retirement"] = "begin_retirement"
    uid: Uid

    def perform(self, vault: Vault) -> Answer:
        """Ask it."""
        step = vault.begin_retirement(self.uid)
        return Answer(dialogue_id=step.dialogue_id, first=step.command)


class ContinuePersonalisation(Message):
    """Give a dialogue the card's response."""

    ask: Literal["continue_personalisation"] = "continue_personalisation"
    dialogue_id: UUID
    response: Short

    def perform(self, vault: Vault) -> Answer:
        """Ask it."""
        step = vault.continue_personalisation(self.dialogue_id, self.response)
        return Answer(dialogue_id=step.dialogue_id, first=step.command)


class MakePinReference(Message):
    """Make the reference of a code."""

    ask: Literal["make_pin_reference"] = "make_pin_reference"
    account_id: UUID
    generation: int
    code: Short

    def perform(self, vault: Vault) -> Answer:
        """Ask it; the code is wiped after."""
        code = SecretCode(self.code)
        try:
            made = vault.make_pin_reference(self.account_id, self.generation, code)
        finally:
            code.wipe()
        return Answer(reference=ReferenceFields.of(made))


class MatchesReference(Message):
    """Compare a code being set with a reference."""

    ask: Literal["matches_reference"] = "matches_reference"
    account_id: UUID
    reference: ReferenceFields
    code: Short

    def perform(self, vault: Vault) -> Answer:
        """Ask it; the code is wiped after."""
        code = SecretCode(self.code)
        try:
            same = vault.matches_reference(self.account_id, self.reference.value(), code)
        finally:
            code.wipe()
        return Answer(truth=same)


class PinQuestion(Message):
    """A PIN block and whose code it should hold."""

    profile: PinProfile
    key_serial_number: Short
    block: Short
    account_id: UUID
    card_number: Annotated[str, Field(max_length=32)]
    reference: ReferenceFields
    digits_min: int
    digits_max: int

    @classmethod
    def of(cls, encrypted: EncryptedPinBlock, subject: PinSubject) -> Self:
        """Write the question for the wire."""
        return cls(
            profile=encrypted.profile,
            key_serial_number=encrypted.key_serial_number,
            block=encrypted.block,
            account_id=subject.account_id,
            card_number=subject.card_number,
            reference=ReferenceFields.of(subject.reference),
            digits_min=subject.digits_min,
            digits_max=subject.digits_max,
        )

    def encrypted(self) -> EncryptedPinBlock:
        """Return the block as a value."""
        return EncryptedPinBlock(self.profile, self.key_serial_number, self.block)

    def subject(self) -> PinSubject:
        """Return whose code it is compared with."""
        reference = self.reference.value()
        lengths = self.digits_min, self.digits_max
        return PinSubject(self.account_id, self.card_number, reference, *lengths)


class VerifyPin(PinQuestion):
    """Compare the code in a PIN block with its reference."""

    ask: Literal["verify_pin"] = "verify_pin"

    def perform(self, vault: Vault) -> Answer:
        """Ask it."""
        return Answer(verdict=vault.verify_pin(self.encrypted(), self.subject()))


class RenewPinReference(PinQuestion):
    """Make the reference of a right code anew under the current key."""

    ask: Literal["renew_pin_reference"] = "renew_pin_reference"

    def perform(self, vault: Vault) -> Answer:
        """Ask it."""
        renewed = vault.renew_pin_reference(self.encrypted(), self.subject())
        return Answer(reference=None if renewed is None else ReferenceFields.of(renewed))


class InitialPadKey(Message):
    """A pad's initial key."""

    ask: Literal["initial_pad_key"] = "initial_pad_key"
    initial_key_id: Short
    profile: PinProfile

    def perform(self, vault: Vault) -> Answer:
        """Ask it."""
        return Answer(first=vault.initial_pad_key(self.initial_key_id, self.profile).reveal())


class PadKeyBlock(Message):
    """A pad's initial key as a key block."""

    ask: Literal["pad_key_block"] = "pad_key_block"
    initial_key_id: Short
    profile: PinProfile
    protection_key: Short

    def perform(self, vault: Vault) -> Answer:
        """Ask it."""
        kbpk = Secret(self.protection_key)
        return Answer(text=vault.pad_key_block(self.initial_key_id, self.profile, kbpk))


class Sign(Message):
    """Sign an access list."""

    ask: Literal["sign"] = "sign"
    payload: bytes

    def perform(self, vault: Vault) -> Answer:
        """Ask it."""
        return Answer(text=vault.sign(self.payload))


class PublicSigningKey(Message):
    """The key that verifies signatures."""

    ask: Literal["public_signing_key"] = "public_signing_key"

    def perform(self, vault: Vault) -> Answer:
        """Ask it."""
        return Answer(jwk=vault.public_signing_key())


Question = (
    CurrentCardKeyVersion
    | CurrentPinReferenceVersion
    | HeldKeys
    | CurrentBdkPrefix
    | AnswerCardChallenge
    | VerifyCardAnswer
    | DeriveAccessKey
    | DeriveAccessKeys
    | BeginPersonalisation
    | BeginRetirement
    | ContinuePersonalisation
    | MakePinReference
    | MatchesReference
    | VerifyPin
    | RenewPinReference
    | CountCode
    | IsSharedCode
    | CountSharedCodes
    | SecondFactorSecret
    | VerifySecondFactor
    | EventSecret
    | SignEvent
    | InitialPadKey
    | PadKeyBlock
    | Sign
    | PublicSigningKey
)
QUESTION: TypeAdapter[Question] = TypeAdapter(Annotated[Question, Field(discriminator="ask")])
ANSWER: TypeAdapter[Answer | Refusal] = TypeAdapter(Answer | Refusal)
