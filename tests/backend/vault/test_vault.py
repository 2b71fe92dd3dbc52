"""What the vault promises: codes, challenges, seals, signatures; and what it never shows."""

import base64
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest

from backend.vault import dukpt, pin_block
from backend.vault.check_values import check_values
from backend.vault.keys import (
    VaultKeys,
    make_keys,
    with_new_bdk,
    with_new_pin_reference,
)
from backend.vault.local import LocalVault
from backend.vault.pin_reference import reference_tag
from backend.vault.seal import seal, unseal
from backend.vault.software_store import SoftwareStore
from backend.vault.values import (
    EncryptedPinBlock,
    PinProfile,
    PinReference,
    PinSubject,
    PinVerdict,
    SecretCode,
)
from backend.vault.vault import Vault
from passcard.secret import Secret
from simulator import dukpt as pad_dukpt
from simulator import pin_block as pad_block

AES = PinProfile.AES_DUKPT_FORMAT_4
TDES = PinProfile.TDES_DUKPT_FORMAT_0
NUMBER = "9250000000000011"
PAD_ID = bytes.fromhex("1122334455667788")
TDES_PAD_ID = bytes.fromhex("FFFF9876543210E00000")


def aes_block(vault: Vault, digits: str, counter: int = 1, number: str = NUMBER) -> Any:
    initial = vault.initial_pad_key(PAD_ID, AES).reveal()
    key = pad_dukpt.aes_pin_key(initial, PAD_ID, counter)
    block = pad_block.format4_block(key, bytearray(digits.encode()), number, secrets.token_bytes)
    return EncryptedPinBlock(AES, pad_dukpt.aes_key_serial_number(PAD_ID, counter), block)


def tdes_block(vault: Vault, digits: str, counter: int = 1) -> Any:
    initial = vault.initial_pad_key(TDES_PAD_ID, TDES).reveal()
    key = pad_dukpt.tdes_pin_key(initial, TDES_PAD_ID, counter)
    block = pad_block.format0_block(key, bytearray(digits.encode()), NUMBER)
    return EncryptedPinBlock(TDES, pad_dukpt.tdes_key_serial_number(TDES_PAD_ID, counter), block)


@pytest.fixture
def subject(vault: Vault) -> PinSubject:
    account = uuid4()
    reference = vault.make_pin_reference(account, 1, SecretCode("2580"))
    return PinSubject(account, NUMBER, reference)


def test_the_reference_is_the_published_vector(pin_vectors: dict[str, Any]) -> None:
    vector = pin_vectors["recommended_reference_hmac"]
    tag = reference_tag(
        Secret(bytes.fromhex(vector["key"])),
        UUID(vector["account_id"]),
        vector["pin_generation"],
        bytes.fromhex(vector["salt"]),
        bytearray(vector["pin"].encode()),
    )
    assert tag.hex() == vector["tag"]


@pytest.mark.parametrize("make_block", [aes_block, tdes_block])
def test_a_code_is_right_or_wrong_under_both_profiles(
    vault: Vault, subject: PinSubject, make_block: Callable[..., EncryptedPinBlock]
) -> None:
    assert vault.verify_pin(make_block(vault, "2580"), subject) is PinVerdict.RIGHT
    assert vault.verify_pin(make_block(vault, "2581", 2), subject) is PinVerdict.WRONG


def test_the_clear_code_is_wiped_when_the_verdict_is_out(
    vault: Vault, subject: PinSubject, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[bytearray] = []
    real = pin_block.open_format_4_by

    def watched(decrypt: Any, card_number: str, block: bytes) -> bytearray:
        opened.append(real(decrypt, card_number, block))
        return opened[-1]

    monkeypatch.setattr(pin_block, "open_format_4_by", watched)
    for counter, digits in enumerate(("2580", "2581", "25800"), 1):
        vault.verify_pin(aes_block(vault, digits, counter), subject)
    assert opened == [bytearray(4), bytearray(4), bytearray(5)]


def test_a_code_of_another_length_is_no_code_of_ours(vault: Vault, subject: PinSubject) -> None:
    for digits in ("25800", "258000000000"):
        assert vault.verify_pin(aes_block(vault, digits), subject) is PinVerdict.BLOCK_INVALID


def test_a_block_under_another_key_number_or_counter_is_invalid(
    vault: Vault, subject: PinSubject
) -> None:
    good = aes_block(vault, "2580")
    other_counter = pad_dukpt.aes_key_serial_number(PAD_ID, 2)
    unreachable = PAD_ID + bytes.fromhex("FFFFFFFF")
    for bad in (
        replace(good, key_serial_number=other_counter),
        replace(good, key_serial_number=unreachable),
        replace(good, key_serial_number=b""),
        replace(good, block=good.block[:-1]),
        replace(good, profile=TDES),
        replace(good, profile=TDES, key_serial_number=TDES_PAD_ID[:-1] + b"\x01"),
    ):
        assert vault.verify_pin(bad, subject) is PinVerdict.BLOCK_INVALID
    for_another_card = aes_block(vault, "2580", number="9250000000000029")
    assert vault.verify_pin(for_another_card, subject) is PinVerdict.BLOCK_INVALID


def test_a_reference_serves_its_own_account_generation_and_key_only(
    vault: Vault, subject: PinSubject
) -> None:
    block = aes_block(vault, "2580")
    reference = subject.reference
    for other in (
        replace(subject, account_id=uuid4()),
        replace(subject, reference=replace(reference, generation=2)),
        replace(subject, reference=replace(reference, key_version=2)),
        replace(subject, reference=replace(reference, salt=bytes(16))),
        replace(subject, reference=replace(reference, tag=bytes(32))),
    ):
        assert vault.verify_pin(block, other) is PinVerdict.WRONG


def test_two_references_of_one_code_are_unlike(vault: Vault) -> None:
    account = uuid4()
    first, second = (vault.make_pin_reference(account, 1, SecretCode("2580")) for _ in range(2))
    assert first.tag != second.tag
    assert vault.matches_reference(account, first, SecretCode("2580"))
    assert not vault.matches_reference(account, first, SecretCode("2581"))


@pytest.mark.parametrize("digits", ["", "123", "123456789", "12a4", "\uff11" * 4, "-123", "12 4"])
def test_a_code_is_four_to_eight_ascii_digits(digits: str) -> None:
    with pytest.raises(ValueError, match="four to eight digits") as caught:
        SecretCode(digits)
    assert not digits or digits not in str(caught.value)


def test_what_is_secret_does_not_print_itself(vault: Vault) -> None:
    code = SecretCode("7391")
    block = EncryptedPinBlock(AES, bytes(12), b"block!block!")
    reference = PinReference(1, 1, bytes(16), b"tag!tag!tag!")
    for text in (repr(code), str(code), f"{code}", repr([code, block, reference])):
        assert "7391" not in text
        assert "block!" not in text
        assert "tag!" not in text
    assert "hidden" in repr(vault.initial_pad_key(PAD_ID, AES))
    with pytest.raises(TypeError):
        code.__reduce__()
    assert code == SecretCode(b"7391")
    assert code != SecretCode("7392")
    assert code != "7391"
    code.wipe()
    assert code.reveal() == bytes(4)


def test_a_reference_of_an_earlier_key_is_verified_and_made_anew(
    open_vault: Any, keys: VaultKeys
) -> None:
    account = uuid4()
    with open_vault(keys) as first:
        assert first.current_pin_reference_version() == 1
        old = PinSubject(account, NUMBER, first.make_pin_reference(account, 3, SecretCode("2580")))
        assert first.renew_pin_reference(aes_block(first, "2580"), old) is None
    with open_vault(with_new_pin_reference(keys, secrets.token_bytes)) as vault:
        assert vault.current_pin_reference_version() == 2
        right, wrong = aes_block(vault, "2580", 2), aes_block(vault, "2581", 3)
        assert vault.verify_pin(right, old) is PinVerdict.RIGHT
        assert vault.verify_pin(wrong, old) is PinVerdict.WRONG
        assert vault.renew_pin_reference(wrong, old) is None
        assert vault.renew_pin_reference(replace(right, block=bytes(16)), old) is None
        renewed = vault.renew_pin_reference(right, old)
        assert renewed is not None
        assert (renewed.generation, renewed.key_version) == (3, 2)
        new = replace(old, reference=renewed)
        assert vault.verify_pin(right, new) is PinVerdict.RIGHT
        assert vault.verify_pin(wrong, new) is PinVerdict.WRONG
        assert vault.renew_pin_reference(right, new) is None
        assert vault.matches_reference(account, old.reference, SecretCode("2580"))
        assert vault.make_pin_reference(account, 4, SecretCode("2580")).key_version == 2


@pytest.mark.parametrize(
    ("profile", "identifier"), [(AES, PAD_ID), (TDES, TDES_PAD_ID)], ids=["aes", "tdes"]
)
def test_a_pad_is_served_by_the_bdk_its_identifier_names(
    open_vault: Any, keys: VaultKeys, profile: PinProfile, identifier: bytes
) -> None:
    with open_vault(keys) as first:
        before = first.initial_pad_key(identifier, profile)
        assert first.current_bdk_prefix(profile) == b""
    other = identifier[:3] + b"\x00" + identifier[4:]
    with open_vault(with_new_bdk(keys, profile, other[:4], Secret(bytes(16)))) as vault:
        assert vault.current_bdk_prefix(profile) == other[:4]
        assert vault.initial_pad_key(identifier, profile) == before
        moved = vault.initial_pad_key(other, profile)
    make = pad_dukpt_initial_key(profile)
    assert moved.reveal() == make(bytes(16), other)


def pad_dukpt_initial_key(profile: PinProfile) -> Callable[[bytes, bytes], bytes]:
    return dukpt.aes_initial_key if profile is AES else dukpt.tdes_initial_key


@pytest.mark.parametrize("length", [0, 7, 9])
def test_an_identifier_of_another_length_is_refused(vault: Vault, length: int) -> None:
    for profile in (AES, TDES):
        with pytest.raises(dukpt.KeySerialNumberInvalid):
            vault.initial_pad_key(bytes(length), profile)


def test_a_pads_key_leaves_as_a_block_too(vault: Vault) -> None:
    kbpk = Secret(secrets.token_bytes(32))
    for identifier, profile in ((PAD_ID, AES), (TDES_PAD_ID, TDES)):
        block = vault.pad_key_block(identifier, profile, kbpk)
        assert block.startswith("D0")
        assert identifier.hex().upper() in block
    with pytest.raises(ValueError, match=r"16, 24 or 32|does not take"):
        vault.pad_key_block(PAD_ID, AES, Secret(bytes(8)))


def test_every_bit_of_a_seal_matters(clock: Any) -> None:
    key = Secret(secrets.token_bytes(32))
    later = clock() + timedelta(seconds=5)
    sealed = seal(key, b"x", bound_to=b"a", expires_at=later, random=secrets.token_bytes)
    assert unseal(key, sealed, bound_to=b"a", now=clock()) == b"x"
    assert unseal(key, sealed, bound_to=b"b", now=clock()) is None
    assert unseal(key, sealed, bound_to=b"a", now=later) is None
    for place in range(len(sealed)):
        damaged = bytearray(sealed)
        damaged[place] ^= 1
        assert unseal(key, bytes(damaged), bound_to=b"a", now=clock()) is None
    for length in range(len(sealed)):
        assert unseal(key, sealed[:length], bound_to=b"a", now=clock()) is None


def test_a_signature_is_verified_by_another_library(vault: Vault) -> None:
    jwk = vault.public_signing_key()
    token = vault.sign(b'{"version":7}')
    assert jwt.decode(token, jwt.PyJWK(jwk), algorithms=["EdDSA"]) == {"version": 7}
    assert jwt.get_unverified_header(token) == {"alg": "EdDSA", "kid": jwk["kid"]}
    other = LocalVault(make_keys(secrets.token_bytes)).public_signing_key()
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, jwt.PyJWK(other), algorithms=["EdDSA"])


def test_the_key_id_is_the_published_thumbprint() -> None:
    # RFC 8037 A.1 and A.3.
    seed = base64.urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    keys = replace(make_keys(secrets.token_bytes), list_signing=Secret(seed))
    jwk = LocalVault(keys).public_signing_key()
    assert jwk["x"] == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert jwk["kid"] == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_what_the_tag_is_computed_over_is_wiped_as_well(
    keys: VaultKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytearray] = []
    real = SoftwareStore.pin_tag

    def watched(store: SoftwareStore, version: int, message: bytearray) -> bytes | None:
        assert message.endswith(b"\x042580")
        seen.append(message)
        return real(store, version, message)

    monkeypatch.setattr(SoftwareStore, "pin_tag", watched)
    vault, account = LocalVault(keys), uuid4()
    reference = vault.make_pin_reference(account, 1, SecretCode("2580"))
    assert vault.matches_reference(account, reference, SecretCode("2580"))
    assert len(seen) == 2
    assert not any(any(message) for message in seen)


def test_the_keys_held_are_named_by_their_check_values(vault: Vault, keys: VaultKeys) -> None:
    known = {(name, version): value for name, version, value in check_values(keys)}
    held = {(name, version): value for name, version, value in vault.held_keys()}
    told = {key: value for key, value in held.items() if value}
    assert told == {key: known[key] for key in told}
    assert {name.partition(".")[0] for name, _ in told} >= {"card", "pin_reference"}
    assert any(name.startswith("pin_bdk_tdes[") for name, _ in held)
