"""The key ceremony and the commands on keys: two people, and never a key on the screen."""

import re
import secrets
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from backend.commands.keys import CLEAR_SCREEN, Components, Console, KeyCommand
from backend.commands.refusal import CommandRefused
from backend.settings import Settings
from backend.vault.ceremony import combine, read_component
from backend.vault.errors import KeyFileRefused
from backend.vault.key_body import write_body
from backend.vault.key_file import KeyFileRules, open_keys
from backend.vault.key_seal import CREDENTIAL_NAME, SealKind
from passcard.secret import Secret


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
