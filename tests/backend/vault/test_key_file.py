"""The key file: made once, closed to others, and never quoted."""

import json
import re
import secrets
import stat
from pathlib import Path
from typing import Any

import pytest

from backend.vault.errors import KeyFileRefused
from backend.vault.key_file import (
    FILE_BYTES_MAX,
    KeyFileRules,
    OpenKeyFile,
    make_keys,
    open_keys,
    replace_keys,
    write_keys,
)
from backend.vault.keys import VERSIONS_MAX, find_bdk, with_new_bdk, with_new_card_masters
from backend.vault.local import LocalVault
from backend.vault.values import PinProfile
from passcard.secret import Secret


def written_keys(path: Path) -> list[str]:
    """Every key in a plain file, in hexadecimal."""
    return re.findall(r"[0-9A-F]{32,64}", path.read_text())


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "keys" / "vault.json"
    LocalVault.create(path)
    return path


def test_a_new_file_is_for_its_owner_alone(key_file: Path) -> None:
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(key_file.parent.stat().st_mode) == 0o700


def test_the_same_keys_come_back(key_file: Path) -> None:
    first, second = LocalVault.load(key_file), LocalVault.load(key_file)
    assert first.public_signing_key() == second.public_signing_key()
    assert first.derive_access_key(bytes(7)) == second.derive_access_key(bytes(7))


def test_every_key_is_fresh_and_of_its_length(key_file: Path) -> None:
    keys = written_keys(key_file)
    assert sorted(len(value) // 2 for value in keys) == [16] * 7 + [32] * 3
    assert len(set(keys)) == len(keys)


def test_an_existing_file_is_never_overwritten(key_file: Path) -> None:
    before = key_file.read_bytes()
    with pytest.raises(KeyFileRefused, match="already"):
        LocalVault.create(key_file)
    assert key_file.read_bytes() == before


def test_a_link_is_neither_read_nor_written(key_file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(key_file)
    with pytest.raises(KeyFileRefused):
        LocalVault.load(link)
    link.unlink()
    link.symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(KeyFileRefused):
        LocalVault.create(link)
    assert not (tmp_path / "elsewhere.json").exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o610, 0o700, 0o666])
def test_a_file_open_to_others_is_refused(key_file: Path, mode: int) -> None:
    key_file.chmod(mode)
    with pytest.raises(KeyFileRefused, match="chmod 600"):
        LocalVault.load(key_file)


def test_a_stricter_file_is_accepted(key_file: Path) -> None:
    key_file.chmod(0o400)
    assert LocalVault.load(key_file).public_signing_key()


def test_a_folder_is_no_key_file(tmp_path: Path) -> None:
    with pytest.raises(KeyFileRefused):
        LocalVault.load(tmp_path)


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        LocalVault.load(tmp_path / "none.json")


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda _: b"[]",
        lambda _: b"\xff\xfe",
        lambda text: text[: len(text) // 2],
        lambda text: text.replace(b'"format": 2', b'"format": 3'),
        lambda text: text.replace(b"sealing", b"ceiling"),
        lambda text: text.replace(b'"cards"', b'"locks"'),
        lambda text: text + b" " * FILE_BYTES_MAX,
    ],
)
def test_a_damaged_file_is_refused_and_not_quoted(key_file: Path, damage: object) -> None:
    assert callable(damage)
    content = key_file.read_bytes()
    key_file.write_bytes(damage(content) + (b"x" if not damage(content).strip() else b""))
    with pytest.raises(KeyFileRefused) as caught:
        LocalVault.load(key_file)
    told = f"{caught.value!r} {caught.value.__cause__!r}"
    assert not any(value in told for value in re.findall(r"[0-9A-F]{32}", content.decode()))


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    write_keys(path, OpenKeyFile(make_keys(secrets.token_bytes)))
    body = json.loads(path.read_text())
    body["cards"][0]["picc"] = body["cards"][0]["picc"][:-2]
    path.write_text(json.dumps(body))
    with pytest.raises(KeyFileRefused, match="length"):
        open_keys(path)


def test_a_file_of_before_versions_still_opens(tmp_path: Path) -> None:
    names = {
        "picc": 16,
        "benefits_master": 16,
        "benefits_authenticate": 16,
        "access_master": 16,
        "access_authenticate": 16,
        "pin_bdk_aes": 16,
        "pin_bdk_tdes": 16,
        "pin_reference": 32,
        "list_signing": 32,
        "sealing": 32,
    }
    old = {name: secrets.token_hex(length) for name, length in names.items()}
    path = tmp_path / "keys.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps({"format": 1, "pin_reference_version": 1, "keys": old}))
    keys = open_keys(path).keys
    assert (keys.card_version, keys.pin_reference_version) == (1, 1)
    assert keys.cards[0].access_master.reveal().hex() == old["access_master"]
    assert keys.bdks_tdes[0].key.reveal().hex() == old["pin_bdk_tdes"]


def test_a_replacement_under_way_is_not_disturbed(key_file: Path) -> None:
    key_file.with_name(key_file.name + ".new").touch()
    before = key_file.read_bytes()
    with pytest.raises(KeyFileRefused, match="another roll-over"):
        replace_keys(key_file, open_keys(key_file))
    assert key_file.read_bytes() == before


def test_versions_are_bounded(key_file: Path) -> None:
    keys = open_keys(key_file).keys
    while keys.card_version < VERSIONS_MAX:
        keys = with_new_card_masters(keys, secrets.token_bytes)
    replace_keys(key_file, OpenKeyFile(keys))
    assert open_keys(key_file).keys == keys
    with pytest.raises(KeyFileRefused, match="no room"):
        with_new_card_masters(keys, secrets.token_bytes)


def test_a_plain_file_is_refused_outside_development(key_file: Path) -> None:
    with pytest.raises(KeyFileRefused, match="must be sealed"):
        open_keys(key_file, KeyFileRules(development=False))


def no_bdk(body: dict[str, Any]) -> None:
    body["bdks_aes"] = []


def too_many(body: dict[str, Any]) -> None:
    body["cards"] *= VERSIONS_MAX + 1


def two_of_one_prefix(body: dict[str, Any]) -> None:
    body["bdks_tdes"] *= 2


def no_bdk_for_all(body: dict[str, Any]) -> None:
    body["bdks_aes"][0]["prefix"] = "9250"


def long_prefix(body: dict[str, Any]) -> None:
    body["bdks_aes"].append(body["bdks_aes"][0] | {"prefix": "00" * 6})


def no_list(body: dict[str, Any]) -> None:
    body["pin_references"] = "AB"


@pytest.mark.parametrize(
    "change", [no_bdk, too_many, two_of_one_prefix, no_bdk_for_all, long_prefix, no_list]
)
def test_keys_that_do_not_fit_together_are_refused(key_file: Path, change: Any) -> None:
    body = json.loads(key_file.read_text())
    change(body)
    key_file.write_text(json.dumps(body))
    with pytest.raises(KeyFileRefused):
        open_keys(key_file)


def test_an_old_file_that_names_a_version_it_lacks_is_refused(key_file: Path) -> None:
    key_file.write_text(json.dumps({"format": 1, "pin_reference_version": 2, "keys": {}}))
    with pytest.raises(KeyFileRefused, match="does not hold"):
        open_keys(key_file)


def test_a_bdk_is_added_once_with_a_prefix_of_its_own() -> None:
    keys, key = make_keys(secrets.token_bytes), Secret(secrets.token_bytes(16))
    aes = PinProfile.AES_DUKPT_FORMAT_4
    for prefix in (b"", bytes(6)):
        with pytest.raises(KeyFileRefused, match="1 to 5"):
            with_new_bdk(keys, aes, prefix, key)
    keys = with_new_bdk(keys, aes, b"\x92", key)
    with pytest.raises(KeyFileRefused, match="this prefix"):
        with_new_bdk(keys, aes, b"\x92", key)
    longer = with_new_bdk(keys, aes, b"\x92\x50", Secret(bytes(16)))
    assert find_bdk(longer.bdks_aes, b"\x92\x51").key == key
    assert find_bdk(longer.bdks_aes, b"\x92\x50\x00").key == Secret(bytes(16))
    assert find_bdk(longer.bdks_aes, b"\x00") == keys.bdks_aes[0]
