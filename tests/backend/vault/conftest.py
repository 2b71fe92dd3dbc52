"""The same vault, kept in every way there is: its promises do not depend on where keys lie."""

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from backend.vault.keys import VaultKeys, make_keys
from backend.vault.local import LocalVault
from backend.vault.remote import RemoteVault
from backend.vault.serving import Door, VaultServer
from backend.vault.vault import Vault

STOP_SECONDS_MAX = 10.0

#: Opens a vault of some kind on given keys.
OpenVault = Callable[[VaultKeys], AbstractContextManager[Vault]]


@contextmanager
def served(vault: Vault, path: Path, **options: Any) -> Iterator[RemoteVault]:
    """Let a vault be asked over a socket."""
    server = VaultServer(vault, Door(path), **options)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield RemoteVault(path)
    finally:
        server.stop()
        thread.join(STOP_SECONDS_MAX)
        assert not thread.is_alive()


@pytest.fixture(params=["local", "remote"])
def open_vault(request: pytest.FixtureRequest, tmp_path: Path, clock: Any) -> OpenVault:
    """Make a vault of each kind on the same keys, with the test's clock."""

    @contextmanager
    def opening(keys: VaultKeys) -> Iterator[Vault]:
        local = LocalVault(keys, now=clock)
        if request.param == "local":
            yield local
        else:
            with served(local, tmp_path / "v" / "vault", pin_answer_seconds=0.001) as remote:
                yield remote

    return opening


@pytest.fixture
def keys() -> VaultKeys:
    return make_keys(secrets.token_bytes)


@pytest.fixture
def vault(open_vault: OpenVault, keys: VaultKeys) -> Iterator[Vault]:
    """A vault of each kind."""
    with open_vault(keys) as opened:
        yield opened
