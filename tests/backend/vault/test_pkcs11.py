"""The token, tested for real with SoftHSM2: what lies in it cannot be read, nor used otherwise."""

import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from backend.vault import dukpt
from backend.vault.errors import TokenRefused, VaultUnavailable
from backend.vault.keys import Bdk, VaultKeys, make_keys
from backend.vault.values import EncryptedPinBlock, PinProfile, PinSubject, PinVerdict
from passcard.secret import Secret

pkcs11 = pytest.importorskip("pkcs11")

PIN = Secret(b"123456")
#: The token says no, or the binding knows that it would.
REFUSED = (VaultUnavailable, AttributeError)
AES, TDES = PinProfile.AES_DUKPT_FORMAT_4, PinProfile.TDES_DUKPT_FORMAT_0


@pytest.fixture
def token(token_place: Any, keys: VaultKeys) -> Any:
    from backend.vault.pkcs11_store import put_keys  # noqa: PLC0415

    opened = replace(token_place, key_set=secrets.token_hex(8)).open(PIN)
    put_keys(opened, keys, secrets.token_bytes)
    yield opened
    for each in opened._objects.values():
        each.destroy()


def test_no_key_in_the_token_can_be_read(token: Any, keys: VaultKeys) -> None:
    closed = 0
    for label, each in token._objects.items():
        if each[pkcs11.Attribute.CLASS] is pkcs11.ObjectClass.DATA:
            continue
        closed += 1
        assert each[pkcs11.Attribute.SENSITIVE], label
        assert not each[pkcs11.Attribute.EXTRACTABLE], label
        with pytest.raises(pkcs11.PKCS11Error):
            each[pkcs11.Attribute.VALUE]
    assert closed == 5 + 1 + 1 + 1 + 1
    legacy = next(label for label in token.labels() if label.startswith("bdk_tdes"))
    assert token.read_data(legacy) != keys.bdks_tdes[0].key.reveal()


def test_a_key_of_the_token_is_good_for_one_thing(token: Any) -> None:
    bdk = next(label for label in token.labels() if label.startswith("bdk_aes"))
    with pytest.raises(REFUSED):
        token.encrypt_cbc(bdk, bytes(16))
    with pytest.raises(REFUSED):
        token.decrypt_block(bdk, bytes(16))
    with pytest.raises(REFUSED):
        token.hmac("card/1/picc", bytearray(16))
    with pytest.raises(REFUSED):
        token.decrypt_block("card/1/picc", bytes(16))
    with pytest.raises(REFUSED):
        token.derive_readable("card/1/picc", bytes(16))
    with pytest.raises(REFUSED):
        token.encrypt_cbc("pin_reference/1", bytes(16))


def test_the_published_pin_blocks_open_inside_the_token(
    open_token_vault: Any, pin_vectors: dict[str, Any]
) -> None:
    vector = pin_vectors["aes128_dukpt_x9_24_3_2017"]
    bdk = Bdk(b"", Secret(bytes.fromhex(vector["bdk"])))
    vault = open_token_vault(replace(make_keys(secrets.token_bytes), bdks_aes=(bdk,)))
    initial = vault.initial_pad_key(bytes.fromhex(vector["initial_key_id"]), AES)
    assert initial.reveal().hex().upper() == vector["initial_key"]
    for row in vector["sequence"]:
        if "encrypted_pin_block_iso4" not in row:
            continue
        block = bytes.fromhex(row["encrypted_pin_block_iso4"])
        encrypted = EncryptedPinBlock(AES, bytes.fromhex(row["ksn"]), block)
        assert vault._store.open_block(encrypted, vector["pan"]) == b"1234"


def test_the_path_is_the_one_of_the_software(keys: VaultKeys) -> None:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415

    bdk = keys.bdks_aes[0].key.reveal()
    for counter in (1, 2, 3, 0x1FF, 0xFFFF0000, 0x00020000):
        serial = dukpt.KeySerialNumber(bytes(range(8)), counter)
        key = bdk
        for block in dukpt.aes128_pin_key_path(serial):
            key = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(block)
        assert key == dukpt.aes_pin_key(bdk, serial)


def test_nothing_is_left_behind_in_the_session(token: Any, open_token_vault: Any) -> None:
    vault = open_token_vault(make_keys(secrets.token_bytes))
    session = vault._store._token._session
    before = len(list(session.get_objects()))
    subject = PinSubject(
        UUID(int=1), "9250000000000011", vault._reference(UUID(int=1), 1, bytearray(b"2580"))
    )
    for counter in range(1, 20):
        ksn = bytes(8) + counter.to_bytes(4, "big")
        verdict = vault.verify_pin(EncryptedPinBlock(AES, ksn, bytes(16)), subject)
        assert verdict is PinVerdict.BLOCK_INVALID
        vault.initial_pad_key(bytes(8), AES)
    assert len(list(session.get_objects())) == before


def test_keys_in_the_token_are_never_overwritten(token: Any, keys: VaultKeys) -> None:
    from backend.vault.pkcs11_store import put_keys, put_pin_reference  # noqa: PLC0415

    with pytest.raises(TokenRefused, match="never overwritten"):
        put_keys(token, keys, secrets.token_bytes)
    with pytest.raises(TokenRefused, match="never overwritten"):
        put_pin_reference(token, Secret(bytes(32)), 1)


@pytest.mark.parametrize("lost", ["card/1/picc", "pin_reference/1", "list_signing", "wrapping"])
def test_a_token_with_a_part_of_the_keys_is_refused(token: Any, lost: str) -> None:
    from backend.vault.pkcs11_store import Pkcs11Store  # noqa: PLC0415

    token._objects.pop(lost).destroy()
    with pytest.raises(TokenRefused):
        Pkcs11Store(token)


def test_a_token_without_keys_says_what_to_do(token_place: Any) -> None:
    from backend.vault.pkcs11_store import Pkcs11Store  # noqa: PLC0415

    with pytest.raises(TokenRefused, match="keys create"):
        Pkcs11Store(replace(token_place, key_set="nobody").open(PIN))


def test_a_key_that_could_be_read_out_is_refused(token_place: Any) -> None:
    place = replace(token_place, key_set=secrets.token_hex(8))
    token = place.open(PIN)
    soft = token._session.create_object(
        {
            pkcs11.Attribute.CLASS: pkcs11.ObjectClass.SECRET_KEY,
            pkcs11.Attribute.KEY_TYPE: pkcs11.KeyType.AES,
            pkcs11.Attribute.VALUE: secrets.token_bytes(16),
            pkcs11.Attribute.LABEL: f"{place.key_set}/card/1/picc",
            pkcs11.Attribute.TOKEN: True,
            pkcs11.Attribute.SENSITIVE: False,
            pkcs11.Attribute.EXTRACTABLE: True,
        }
    )
    with pytest.raises(TokenRefused, match="read out"):
        place.open(PIN)
    soft.destroy()


def test_a_token_that_cannot_be_used_is_named(token_place: Any, tmp_path: Path) -> None:
    for place in (
        replace(token_place, label="no-such-token"),
        replace(token_place, module=tmp_path / "none.so"),
    ):
        with pytest.raises(TokenRefused, match="cannot be used"):
            place.open(PIN)


def test_a_token_that_lacks_a_mechanism_is_refused(
    token_place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from backend.vault import pkcs11_token  # noqa: PLC0415

    wanted = {"CKM_OF_TOMORROW": pkcs11.Mechanism.GOST28147}
    monkeypatch.setattr(pkcs11_token, "MECHANISMS", wanted)
    with pytest.raises(TokenRefused, match="lacks CKM_OF_TOMORROW"):
        token_place.open(PIN)


def test_a_session_that_broke_is_an_unavailable_vault(open_token_vault: Any) -> None:
    vault = open_token_vault(make_keys(secrets.token_bytes))
    vault._store._token.close()
    with pytest.raises(VaultUnavailable) as caught:
        vault.derive_access_key(bytes(7))
    assert caught.value.__cause__ is None
