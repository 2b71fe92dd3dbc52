"""The vault's socket: whose it is, who may ask, and whose place it does not take."""

import os
import socket
from pathlib import Path

import pytest

from backend.vault.errors import VaultSocketRefused, VaultUnavailable
from backend.vault.keys import VaultKeys
from backend.vault.local import LocalVault
from backend.vault.remote import RemoteVault
from backend.vault.serving import Door, VaultServer, is_allowed


def test_the_socket_is_its_users_alone(server: VaultServer, socket_path: Path) -> None:
    assert socket_path.stat().st_mode & 0o777 == 0o600
    assert socket_path.parent.stat().st_mode & 0o007 == 0


def test_who_asks_is_known_from_the_kernel() -> None:
    own = os.geteuid()
    assert is_allowed(own, 12_345, None)
    assert not is_allowed(own + 1, 0, None)
    assert is_allowed(own + 1, 0, "root")
    assert not is_allowed(own + 60_000, 60_000, "root")
    assert not is_allowed(own + 1, 0, "no-such-group")


def test_a_stranger_is_cut_off(
    server: VaultServer, socket_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.vault.serving.is_allowed", lambda *_: False)
    with pytest.raises(VaultUnavailable):
        RemoteVault(socket_path).current_card_key_version()


def test_a_living_vaults_place_is_not_taken(
    server: VaultServer, keys: VaultKeys, socket_path: Path
) -> None:
    with pytest.raises(VaultSocketRefused, match="another vault"):
        VaultServer(LocalVault(keys), Door(socket_path))
    assert RemoteVault(socket_path).current_card_key_version() == 1


def test_a_dead_vaults_socket_is_replaced(keys: VaultKeys, socket_path: Path) -> None:
    socket_path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(socket_path))
    server = VaultServer(LocalVault(keys), Door(socket_path))
    server.stop()
    server.serve()
    assert not socket_path.exists()


def test_a_folder_open_to_all_is_refused(keys: VaultKeys, socket_path: Path) -> None:
    socket_path.parent.mkdir()
    socket_path.parent.chmod(0o777)
    with pytest.raises(VaultSocketRefused, match="swapped"):
        VaultServer(LocalVault(keys), Door(socket_path))


def test_a_file_in_its_place_is_left_alone(keys: VaultKeys, socket_path: Path) -> None:
    socket_path.parent.mkdir()
    socket_path.write_text("somebody's")
    with pytest.raises(VaultSocketRefused):
        VaultServer(LocalVault(keys), Door(socket_path))
    assert socket_path.read_text() == "somebody's"


def test_a_group_that_is_none_is_refused(keys: VaultKeys, socket_path: Path) -> None:
    with pytest.raises(VaultSocketRefused):
        VaultServer(LocalVault(keys), Door(socket_path, "no-such-group"))
