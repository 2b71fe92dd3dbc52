"""The key file: made once, closed to others, and never quoted."""

import json
import secrets
import stat
from pathlib import Path

import pytest

from backend.vault.errors import KeyFileRefused
from backend.vault.key_file import KEY_BYTES, make_keys, read_keys, write_keys
from backend.vault.local import LocalVault


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
    keys = json.loads(key_file.read_text())["keys"]
    assert {name: len(value) // 2 for name, value in keys.items()} == KEY_BYTES
    assert len(set(keys.values())) == len(keys)


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
        lambda text: text.replace(b'"format": 1', b'"format": 2'),
        lambda text: text.replace(b"sealing", b"ceiling"),
        lambda text: text.replace(b'"keys"', b'"locks"'),
        lambda text: text + b" " * 20_000,
    ],
)
def test_a_damaged_file_is_refused_and_not_quoted(key_file: Path, damage: object) -> None:
    assert callable(damage)
    content = key_file.read_bytes()
    key_file.write_bytes(damage(content) + (b"x" if not damage(content).strip() else b""))
    with pytest.raises(KeyFileRefused) as caught:
        LocalVault.load(key_file)
    told = f"{caught.value!r} {caught.value.__cause__!r}"
    assert not any(value in told for value in json.loads(content)["keys"].values())


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    write_keys(path, make_keys(secrets.token_bytes))
    body = json.loads(path.read_text())
    body["keys"]["picc"] = body["keys"]["picc"][:-2]
    path.write_text(json.dumps(body))
    with pytest.raises(KeyFileRefused, match="length"):
        read_keys(path)
