"""The keypad's initial key comes in a key block: read byte for byte, or refused, and never said."""

import io
import secrets
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.vault.key_block import initial_key_block
from passcard.secret import Secret
from simulator import dukpt as pad_dukpt
from simulator.pin_block import format4_block
from terminal import __main__ as command_line
from terminal.errors import SettingsError
from terminal.pin.injection import install_key
from terminal.pin.key_block import KeyBlockRefused, combine, read_initial_key
from terminal.pin.key_file import KeypadKeys
from tests.terminal.pin.keypad_values import ACCOUNT, KEY_ID, NO_RANDOM

with warnings.catch_warnings():
    # The oracle imports a cipher from where it will once be no more.
    warnings.simplefilter("ignore")
    from psec import tr31


FIRST, SECOND = "0F" * 31 + "1E", "A5" * 31 + "B4"


def backend_block(key: bytes, key_id: bytes = KEY_ID, kbpk: bytes | None = None) -> str:
    protection = Secret(kbpk or combine(FIRST, SECOND))
    return initial_key_block(protection, Secret(key), key_id, secrets.token_bytes)


def test_the_vaults_block_is_read(tmp_path: Path) -> None:
    key = secrets.token_bytes(16)
    file = tmp_path / "block"
    file.write_text(backend_block(key) + "\n")
    answers = iter((FIRST, SECOND))
    folder = tmp_path / "state"
    assert install_key(file, folder, lambda _: next(answers)) == KEY_ID.hex().upper()
    block = KeypadKeys(folder, NO_RANDOM).seal(bytearray(b"7391"), ACCOUNT)
    pin_key = pad_dukpt.aes_pin_key(key, KEY_ID, 1)
    expected = format4_block(pin_key, bytearray(b"7391"), ACCOUNT, NO_RANDOM)
    assert block.reveal() == expected.hex().upper()
    with pytest.raises(SettingsError, match="No such file"):
        install_key(tmp_path / "none", folder, lambda _: FIRST)


def test_a_librarys_block_is_read() -> None:
    kbpk, key = combine(FIRST, SECOND), secrets.token_bytes(16)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        header = tr31.Header("D", "B1", "A", "X", "00", "N")
        header.blocks["IK"] = KEY_ID.hex().upper()
        block = tr31.wrap(kbpk, header, key)
    found = read_initial_key(block, kbpk)
    assert (found.key_id, bytes(found.key)) == (KEY_ID, key)


def test_a_block_changed_in_any_place_is_refused() -> None:
    block, kbpk = backend_block(bytes(range(16))), combine(FIRST, SECOND)
    for place, letter in enumerate(block):
        other = "1" if letter != "1" else "2"
        with pytest.raises(KeyBlockRefused) as caught:
            read_initial_key(block[:place] + other + block[place + 1 :], kbpk)
        assert "0001" not in str(caught.value)
    for cut in range(len(block)):
        with pytest.raises(KeyBlockRefused):
            read_initial_key(block[:cut], kbpk)


@given(st.text(max_size=200))
def test_whatever_is_no_block_is_refused(text: str) -> None:
    with pytest.raises(KeyBlockRefused):
        read_initial_key(text, bytes(32))


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (lambda: backend_block(bytes(16), bytes.fromhex("FFFF9876543210E00000")), "AES initial"),
        (lambda: backend_block(bytes(24)), "16 bytes"),
        (lambda: backend_block(bytes(16), kbpk=bytes(31) + b"x"), "components"),
    ],
)
def test_a_block_for_something_else_is_refused(block: Callable[[], str], said: str) -> None:
    with pytest.raises(KeyBlockRefused, match=said):
        read_initial_key(block(), combine(FIRST, SECOND))


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [("XX" * 32, SECOND, "hexadecimal"), ("00" * 31, SECOND, "64"), (FIRST, FIRST, "the same")],
)
def test_components_that_are_none(first: str, second: str, said: str) -> None:
    with pytest.raises(KeyBlockRefused, match=said) as caught:
        combine(first, second)
    assert first not in str(caught.value)


def test_the_command_installs_a_key_and_says_only_whose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config, key = tmp_path / "caisse.toml", secrets.token_bytes(16)
    config.write_text(
        f'backend_url = "http://127.0.0.1:1"\nstate_dir = "{tmp_path}/state"\n'
        f'reader = "Pass"\npad_device = "{tmp_path}/pad"\n'
    )
    (tmp_path / "block").write_text(backend_block(key))
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{FIRST}\n{SECOND}\n"))
    command = ["keypad", "install-key", "--config", str(config)]
    assert command_line.main([*command, "--block", str(tmp_path / "block")]) == 0
    said = capsys.readouterr().out
    assert KEY_ID.hex().upper() in said
    assert key.hex() not in said.lower()
    KeypadKeys(tmp_path / "state").check()
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{FIRST}\n{SECOND}\n"))
    assert command_line.main([*command, "--block", str(tmp_path / "block")]) == 3
    assert FIRST not in capsys.readouterr().out
