"""The key ceremony and the commands on keys: two people, and never a key on the screen."""

import hmac
import io
import re
import secrets
import stat
import warnings
from dataclasses import replace
from pathlib import Path

import pytest
from Crypto.Cipher import AES as AES_CIPHER
from Crypto.Hash import CMAC

from backend.__main__ import main
from backend.commands.keys import CLEAR_SCREEN, Components, Console, KeyCommand
from backend.commands.refusal import CommandRefused
from backend.commands.vault import open_vault
from backend.settings import Settings
from backend.vault.ceremony import DerivedKeys, combine, component_check_value, read_component
from backend.vault.errors import KeyFileRefused, TokenRefused
from backend.vault.key_body import write_body
from backend.vault.key_file import KeyFileRules, open_keys
from backend.vault.key_seal import (
    CREDENTIAL_NAME,
    TOKEN_PIN_NAME,
    SealKeySource,
    SealKind,
    token_pin,
)
from backend.vault.keys import CARD_KEY_NAMES, make_keys
from backend.vault.values import PinProfile
from backend.vault.vault import Vault
from passcard.secret import Secret

AES = PinProfile.AES_DUKPT_FORMAT_4


class People:
    """Those at the console: what they were shown, and what they will type."""

    def __init__(self, *typed: str) -> None:
        self.shown: list[str] = []
        self._typed = iter(typed)

    def ask(self, prompt: str) -> str:
        self.shown.append(prompt)
        return next(self._typed, "")


def command(folder: Path, people: People, environment: str = "development") -> KeyCommand:
    settings = Settings(vault_key_file=folder / "keys")
    settings = settings.model_copy(update={"environment": environment})
    return KeyCommand(settings, Console(people.shown.append, people.ask), folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / CREDENTIAL_NAME).write_bytes(secrets.token_bytes(32))
    return tmp_path


def test_development_gets_a_plain_file_at_once(folder: Path) -> None:
    people = People()
    assert command(folder, people).create(None, None).endswith("(plain)")
    assert people.shown == []
    assert stat.S_IMODE((folder / "keys").stat().st_mode) == 0o600


def test_production_gets_a_sealed_file_and_two_components(folder: Path) -> None:
    people = People()
    wanted = command(folder, people, "production")
    printed = wanted.create(None, None)
    keys = open_keys(folder / "keys", wanted.rules).keys
    components = [one for one in people.shown if re.fullmatch(r"([0-9A-F]{8} ){7}[0-9A-F]{8}", one)]
    assert len(components) == 2
    # The screen is wiped after each, before the next person sits down.
    assert people.shown.count(CLEAR_SCREEN) == 2
    assert people.shown.index(CLEAR_SCREEN) < people.shown.index(components[1])
    told = " ".join([printed, *people.shown])
    for key in re.findall(rb"[0-9A-F]{32,64}", write_body(keys)):
        assert key.decode() not in told
    # The same two components make the same keys again.
    (folder / "keys").rename(folder / "lost")
    again = People(*components)
    restored = command(folder, again, "production")
    restored.create(SealKind.CREDENTIAL, Components.TYPED)
    assert open_keys(folder / "keys", restored.rules).keys == keys
    assert [one for one in again.shown if "check value" in one] == [
        f"component {number}: {line}"
        for number, line in enumerate((one for one in people.shown if "check" in one), 1)
    ]


def test_a_plain_file_is_not_made_in_production(folder: Path) -> None:
    with pytest.raises(CommandRefused, match="development"):
        command(folder, People(), "production").create(SealKind.PLAIN, Components.NONE)


def test_nobody_writes_down_what_cannot_be_sealed(folder: Path) -> None:
    (folder / CREDENTIAL_NAME).unlink()
    people = People()
    with pytest.raises(KeyFileRefused, match="cannot be read"):
        command(folder, people, "production").create(None, None)
    assert people.shown == []
    assert not (folder / "keys").exists()


def test_a_ceremony_does_not_begin_over_a_file(folder: Path) -> None:
    command(folder, People()).create(None, None)
    people = People()
    with pytest.raises(KeyFileRefused, match="already"):
        command(folder, people).create(None, Components.GENERATED)
    assert people.shown == []


@pytest.mark.parametrize("typed", ["", "00", "0" * 63, "0" * 65, "zz" * 32, "é" * 64])
def test_what_is_no_component_is_refused_and_not_quoted(typed: str) -> None:
    with pytest.raises(KeyFileRefused) as caught:
        read_component(typed)
    assert not typed or typed not in str(caught.value)
    assert caught.value.__cause__ is None


def test_worthless_components_are_refused() -> None:
    one = Secret(secrets.token_bytes(32))
    for first, second in ((one, one), (one, Secret(bytes(32))), (Secret(b"\x01" * 32), one)):
        with pytest.raises(KeyFileRefused, match="make others"):
            combine(first, second)


def test_a_roll_over_keeps_what_was_and_adds_one(folder: Path) -> None:
    people = command(folder, People(), "production")
    people.create(None, None)
    before = open_keys(folder / "keys", people.rules).keys
    assert people.roll_cards().startswith("card masters are at version 2")
    after = open_keys(folder / "keys", people.rules).keys
    assert after.cards[0] == before.cards[0]
    assert after.cards[1] != before.cards[0]
    assert replace(after, cards=before.cards) == before
    assert {path.name for path in folder.iterdir()} == {"keys", CREDENTIAL_NAME}


def test_the_status_names_every_key_and_shows_none(folder: Path) -> None:
    people = command(folder, People(), "production")
    people.create(None, None)
    people.roll_cards()
    printed = people.status()
    assert "sealed (credential)" in printed
    assert "NOT sealed" not in printed
    assert len(re.findall("version 2", printed)) == 5
    keys = open_keys(folder / "keys", people.rules).keys
    for key in re.findall(rb"[0-9A-F]{32,64}", write_body(keys)):
        assert key.decode() not in printed


def test_the_status_of_a_plain_file_says_so(folder: Path) -> None:
    people = command(folder, People())
    people.create(None, None)
    assert "NOT sealed" in people.status()
    with pytest.raises(KeyFileRefused, match="sealed"):
        open_keys(folder / "keys", KeyFileRules(development=False))


@pytest.fixture(params=["file", "token"])
def home(request: pytest.FixtureRequest, folder: Path, people: People) -> KeyCommand:
    """Keys are made and rolled in a file and in a token alike."""
    made = command(folder, people)
    if request.param == "file":
        return made
    place = request.getfixturevalue("token_place")
    (folder / TOKEN_PIN_NAME).write_text("123456\n")
    token = {"vault_token_module": place.module, "vault_token_key_set": secrets.token_hex(8)}
    return replace(made, settings=made.settings.model_copy(update=token))


@pytest.fixture
def people() -> People:
    return People("A1" * 31 + "00", "5C" * 31 + "01")


def opened(home: KeyCommand) -> Vault:
    return open_vault(home.settings, home.rules)


def test_every_roll_over_adds_a_version_to_what_is_there(home: KeyCommand) -> None:
    pad = bytes.fromhex("9250000200000001")
    assert "keys made in" in home.create(None, None)
    before = opened(home)
    keys = before.derive_access_key(bytes(7)), before.initial_pad_key(pad, AES)
    assert "version 2" in home.roll_cards()
    assert "version 2" in home.roll_pin_reference()
    for profile in PinProfile:
        assert "92500002" in home.add_bdk(profile, pad[:4], Components.NONE)
    after = opened(home)
    assert (after.current_card_key_version(), after.current_pin_reference_version()) == (2, 2)
    assert [after.current_bdk_prefix(profile) for profile in PinProfile] == [pad[:4], pad[:4]]
    assert after.derive_access_key(bytes(7)) == keys[0] != after.derive_access_key(bytes(7), 2)
    assert after.initial_pad_key(pad, AES) != keys[1]
    assert after.public_signing_key() == before.public_signing_key()
    with pytest.raises((KeyFileRefused, TokenRefused), match="this prefix"):
        home.add_bdk(AES, pad[:4], Components.NONE)
    with pytest.raises(KeyFileRefused, match="never overwritten"):
        home.create(None, None)
    assert "pin_reference" in home.status()


@pytest.mark.parametrize("prefix", [b"", bytes(6)])
def test_a_bdk_has_a_prefix_of_some_bytes(home: KeyCommand, prefix: bytes) -> None:
    home.create(None, None)
    with pytest.raises(CommandRefused, match="1 to 5"):
        home.add_bdk(AES, prefix, Components.NONE)


def test_a_pads_key_is_printed_under_a_key_of_two_people(home: KeyCommand, people: People) -> None:
    home.create(None, Components.NONE)
    pad = bytes.fromhex("9250000100000007")
    vault = opened(home)
    block = home.pad_key_block(vault, AES, pad)
    assert block.startswith("D0144B1AX00N0200IK149250000100000007")
    root = combine(read_component("A1" * 31 + "00"), read_component("5C" * 31 + "01"))
    assert unwrapped(root.reveal(), block) == vault.initial_pad_key(pad, AES).reveal()
    assert len([line for line in people.shown if "check value" in line]) == 2


def unwrapped(kbpk: bytes, block: str) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from psec import tr31  # noqa: PLC0415

        _, key = tr31.unwrap(kbpk, block)
    return bytes(key)


def test_a_token_takes_no_seal(home: KeyCommand) -> None:
    if home.settings.vault_token_module is None:
        return
    with pytest.raises(CommandRefused, match="token"):
        home.create(SealKind.CREDENTIAL, None)


def test_nobody_there_to_unlock_a_token(tmp_path: Path) -> None:
    with pytest.raises(KeyFileRefused, match="nobody is there"):
        token_pin(SealKeySource(tmp_path))
    assert token_pin(SealKeySource(tmp_path, lambda _: "1234")).reveal() == b"1234"


def test_aes_check_values_are_those_of_another_library() -> None:
    key = secrets.token_bytes(32)
    expected = CMAC.new(key, bytes(16), ciphermod=AES_CIPHER).digest()[:3].hex().upper()
    assert component_check_value(Secret(key)) == expected


def test_the_command_line_makes_rolls_and_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASS_BACKEND_VAULT_KEY_FILE", str(tmp_path / "keys"))
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    typed = ["first long passphrase", "second long passphrase"]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join([*typed, *typed]) + "\n"))
    assert main(["keys", "create", "--seal", "passphrases"]) == 0
    assert main(["keys", "roll-pin-reference"]) == 0
    assert main(["keys", "status"]) == 0
    shown = capsys.readouterr().out
    assert "(passphrases)" in shown
    assert "the PIN reference key is at version 2" in shown
    assert "sealed (passphrases)" in shown
    assert not any(one in shown for one in typed)
    assert main(["keys", "create"]) == 1
    assert "already" in capsys.readouterr().err


def test_the_command_line_adds_a_bdk_and_prints_a_block(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASS_BACKEND_VAULT_KEY_FILE", str(tmp_path / "keys"))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    components = "\n".join(("A1" * 31 + "00", "5C" * 31 + "01", ""))
    monkeypatch.setattr("sys.stdin", io.StringIO(components))
    assert main(["keys", "create"]) == 0
    assert main(["keys", "roll-cards"]) == 0
    profile = ["--profile", AES.value]
    assert main(["keys", "add-bdk", "--prefix", "92500002", *profile]) == 0
    block = ["keys", "pad-key-block", "--initial-key-id", "9250000200000001", *profile]
    assert main(block) == 0
    assert "D0144B1AX00N0200IK149250000200000001" in capsys.readouterr().out
    with pytest.raises(SystemExit) as wrong:
        main(["keys", "add-bdk", "--prefix", "xyz", *profile])
    assert wrong.value.code == 2


def test_keys_that_everybody_has_are_not_made(folder: Path) -> None:
    broken = replace(command(folder, People()), random=bytes)
    with pytest.raises(KeyFileRefused, match="published"):
        broken.create(None, Components.NONE)
    assert not (folder / "keys").exists()


def test_the_keys_of_a_root_are_those_of_the_published_derivation() -> None:
    # RFC 5869, written out: papers in two safes must mean the same keys in ten years.
    root = bytes(range(32))
    fixed = hmac.digest(bytes(32), root, "sha256")
    expected = [
        hmac.digest(fixed, f"pass-vault-ceremony/1:create:{place}".encode() + b"\x01", "sha256")
        for place in range(1, 11)
    ]
    keys = make_keys(DerivedKeys(Secret(root), "create"))
    cards = [getattr(keys.cards[0], name).reveal() for name in CARD_KEY_NAMES]
    assert cards == [key[:16] for key in expected[:5]]
    assert keys.pin_references[0].reveal() == expected[5]
    bdks = keys.bdks_aes[0].key.reveal(), keys.bdks_tdes[0].key.reveal()
    assert bdks == (expected[6][:16], expected[7][:16])
    assert keys.list_signing.reveal() == expected[8]
    assert keys.sealing.reveal() == expected[9]
