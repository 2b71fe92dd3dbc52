"""A sealed key file: opened by those it is sealed for alone, and never with a published key."""

import json
import re
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backend.vault.check_values import check_values, tdes_check_value
from backend.vault.errors import KeyFileRefused
from backend.vault.key_body import write_body
from backend.vault.key_file import (
    KeyFileRules,
    OpenKeyFile,
    VaultKeys,
    describe_keys,
    make_keys,
    open_keys,
    replace_keys,
    write_keys,
)
from backend.vault.key_seal import CREDENTIAL_NAME, SealKeySource, SealKind, new_seal
from backend.vault.keys import CARD_KEY_NAMES, Bdk, with_new_card_masters
from backend.vault.published_keys import PUBLISHED, is_published, refuse_published
from passcard.secret import Secret


def people(*typed: str) -> SealKeySource:
    """Somebody who types these, in turn."""
    answers = iter(typed)
    return SealKeySource(ask=lambda _prompt: next(answers))


FIRST, SECOND = "correct horse battery", "staple donkey volts"


def sealed_file(path: Path, source: SealKeySource, kind: SealKind, keys: VaultKeys) -> Path:
    write_keys(path, OpenKeyFile(keys, new_seal(kind, source, secrets.token_bytes)))
    return path


@pytest.fixture
def credentials(tmp_path: Path) -> SealKeySource:
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / CREDENTIAL_NAME).write_bytes(secrets.token_bytes(32))
    return SealKeySource(credentials_folder=folder)


@pytest.fixture(scope="module")
def by_passphrases(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, VaultKeys]:
    keys = make_keys(secrets.token_bytes)
    path = tmp_path_factory.mktemp("sealed") / "keys"
    return sealed_file(path, people(FIRST, SECOND), SealKind.PASSPHRASES, keys), keys


def test_two_passphrases_open_a_file_together(by_passphrases: tuple[Path, VaultKeys]) -> None:
    path, keys = by_passphrases
    rules = KeyFileRules(development=False, source=people(FIRST, SECOND))
    assert open_keys(path, rules).keys == keys
    plain = re.findall(rb"[0-9A-F]{32,64}", write_body(keys))
    assert len(plain) == 10
    assert not any(key.lower() in path.read_bytes().lower() for key in plain)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ((FIRST, SECOND + "x"), "does not open"),
        ((FIRST + "x", SECOND), "does not open"),
        ((SECOND, FIRST), "does not open"),
        ((FIRST, FIRST), "differ"),
        ((FIRST, "short"), "at least"),
        ((FIRST, "long" * 100), "at least"),
    ],
)
def test_one_wrong_passphrase_opens_nothing(
    by_passphrases: tuple[Path, VaultKeys], typed: tuple[str, str], reason: str
) -> None:
    with pytest.raises(KeyFileRefused, match=reason) as caught:
        open_keys(by_passphrases[0], KeyFileRules(source=people(*typed)))
    assert not any(one in repr(caught.value) for one in typed)


def test_nobody_there_is_said(by_passphrases: tuple[Path, VaultKeys]) -> None:
    with pytest.raises(KeyFileRefused, match="nobody is there"):
        open_keys(by_passphrases[0])


def test_a_credential_opens_its_file_and_no_other_does(
    tmp_path: Path, credentials: SealKeySource
) -> None:
    keys = make_keys(secrets.token_bytes)
    path = sealed_file(tmp_path / "keys", credentials, SealKind.CREDENTIAL, keys)
    rules = KeyFileRules(development=False, source=credentials)
    opened = open_keys(path, rules)
    assert opened.keys == keys
    replace_keys(path, OpenKeyFile(with_new_card_masters(keys, secrets.token_bytes), opened.seal))
    assert open_keys(path, rules).keys.card_version == 2
    folder = credentials.credentials_folder
    assert folder is not None
    (folder / CREDENTIAL_NAME).write_bytes(secrets.token_bytes(32))
    with pytest.raises(KeyFileRefused, match="does not open"):
        open_keys(path, rules)


def test_a_credential_that_cannot_serve_is_named(
    tmp_path: Path, credentials: SealKeySource
) -> None:
    keys = make_keys(secrets.token_bytes)
    path = sealed_file(tmp_path / "keys", credentials, SealKind.CREDENTIAL, keys)
    rules = KeyFileRules(source=credentials)
    assert credentials.credentials_folder is not None
    credential = credentials.credentials_folder / CREDENTIAL_NAME
    for length in (31, 1025):
        credential.write_bytes(bytes(length))
        with pytest.raises(KeyFileRefused, match="length"):
            open_keys(path, rules)
    credential.unlink()
    with pytest.raises(KeyFileRefused, match="cannot be read"):
        open_keys(path, rules)
    with pytest.raises(KeyFileRefused, match="not set"):
        open_keys(path)


def test_a_changed_byte_anywhere_in_a_sealed_file_is_noticed(
    tmp_path: Path, credentials: SealKeySource
) -> None:
    keys = make_keys(secrets.token_bytes)
    path = sealed_file(tmp_path / "keys", credentials, SealKind.CREDENTIAL, keys)
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        changed = bytearray(whole)
        changed[place] ^= 1
        if _reads_the_same(bytes(changed), whole):
            continue
        path.write_bytes(changed)
        with pytest.raises(KeyFileRefused):
            open_keys(path, KeyFileRules(source=credentials))


def _reads_the_same(changed: bytes, whole: bytes) -> bool:
    """Say whether only white space, or a hexadecimal digit's case, is another."""
    try:
        return bool(json.loads(changed.lower()) == json.loads(whole.lower()))
    except ValueError:
        return False


def test_a_closed_file_tells_its_check_values(by_passphrases: tuple[Path, VaultKeys]) -> None:
    path, keys = by_passphrases
    assert describe_keys(path) == (SealKind.PASSPHRASES, check_values(keys))


@pytest.mark.parametrize("raw", [bytes(32), bytes(range(32)), b"\xff" * 32, *sorted(PUBLISHED)])
def test_published_keys_are_refused_outside_development(
    tmp_path: Path, credentials: SealKeySource, raw: bytes
) -> None:
    key = Secret((raw + secrets.token_bytes(16))[:32])
    keys = replace(make_keys(secrets.token_bytes), sealing=key)
    path = sealed_file(tmp_path / "keys", credentials, SealKind.CREDENTIAL, keys)
    assert open_keys(path, KeyFileRules(source=credentials)).keys == keys
    with pytest.raises(KeyFileRefused, match="published"):
        open_keys(path, KeyFileRules(development=False, source=credentials))


def test_no_key_of_any_purpose_may_be_published() -> None:
    published = Secret(bytes(16))
    keys = make_keys(secrets.token_bytes)
    refuse_published(keys)
    for name in CARD_KEY_NAMES:
        masters = replace(keys.cards[0], **{name: published})
        with pytest.raises(KeyFileRefused, match=name):
            refuse_published(replace(keys, cards=(*keys.cards, masters)))
    for other in (
        replace(keys, pin_references=(published,)),
        replace(keys, bdks_aes=(Bdk(b"", published),)),
        replace(keys, bdks_tdes=(Bdk(b"", published),)),
        replace(keys, list_signing=published),
    ):
        with pytest.raises(KeyFileRefused, match="published"):
            refuse_published(other)


def test_every_key_of_our_vectors_is_known_to_be_published(pin_vectors: dict[str, Any]) -> None:
    keys = [
        pin_vectors[name][key]
        for name in ("tdes_dukpt_x9_24_1_2009", "aes128_dukpt_x9_24_3_2017")
        for key in ("bdk", "initial_key")
    ]
    keys += [one["kbpk"] for one in pin_vectors["tr31_key_blocks"]]
    keys += [pin_vectors["recommended_reference_hmac"]["key"]]
    assert [key for key in keys if not is_published(Secret(bytes.fromhex(key)))] == []
    assert not is_published(Secret(secrets.token_bytes(16)))


def test_a_known_check_value() -> None:
    # The BDK of ANSI X9.24-1 annex A, as its injection tools print it.
    assert tdes_check_value(Secret(bytes.fromhex("0123456789ABCDEFFEDCBA9876543210"))) == "08D7B4"
