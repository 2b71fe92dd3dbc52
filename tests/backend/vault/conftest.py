"""The same vault, kept in every way there is: its promises do not depend on where keys lie."""

import secrets
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backend.vault.keys import VaultKeys, make_keys
from backend.vault.local import LocalVault
from backend.vault.pkcs11_store import put_keys
from backend.vault.pkcs11_token import Token
from backend.vault.pkcs11_vault import Pkcs11Vault, TokenPlace
from backend.vault.remote import RemoteVault
from backend.vault.serving import Door, VaultServer
from backend.vault.vault import Vault
from passcard.secret import Secret

STOP_SECONDS_MAX = 10.0
SOFTHSM = Path("/usr/lib/softhsm/libsofthsm2.so")
TOKEN_PIN = Secret(b"123456")

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


@pytest.fixture(params=["local", "remote", "pkcs11"])
def open_vault(request: pytest.FixtureRequest, tmp_path: Path, clock: Any) -> OpenVault:
    """Make a vault of each kind on the same keys, with the test's clock."""

    @contextmanager
    def opening(keys: VaultKeys) -> Iterator[Vault]:
        local = LocalVault(keys, now=clock)
        if request.param == "local":
            yield local
        elif request.param == "pkcs11":
            place: TokenPlace = request.getfixturevalue("token_place")
            with filled(place, keys) as token:
                yield Pkcs11Vault(token, now=clock)
        else:
            with served(local, tmp_path / "v" / "vault", pin_answer_seconds=0.001) as remote:
                yield remote

    return opening


@contextmanager
def filled(place: TokenPlace, keys: VaultKeys) -> Iterator[Token]:
    """Open a set of keys in the token that nobody used before, and put these keys into it."""
    token = replace(place, key_set=secrets.token_hex(8)).open(TOKEN_PIN)
    put_keys(token, keys, secrets.token_bytes)
    try:
        yield token
    finally:
        # The test may have closed it.
        again = replace(place, key_set=token._prefix[:-1]).open(TOKEN_PIN)
        for each in again._objects.values():
            each.destroy()
        again.close()


@pytest.fixture(scope="session")
def token_place() -> Iterator[TokenPlace]:
    """A new SoftHSM token, in memory. The library reads its configuration once a process."""
    if not SOFTHSM.is_file() or shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM2 is not installed")
    pytest.importorskip("pkcs11")
    memory = Path("/dev/shm")
    with (
        tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name,
        pytest.MonkeyPatch.context() as told,
    ):
        folder = Path(name)
        (folder / "tokens").mkdir()
        configuration = folder / "softhsm2.conf"
        configuration.write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
        told.setenv("SOFTHSM2_CONF", str(configuration))
        pins = ["--so-pin", "12345678", "--pin", TOKEN_PIN.reveal().decode()]
        command = ["softhsm2-util", "--init-token", "--free", "--label", "pass", *pins]
        subprocess.run(command, check=True, capture_output=True, timeout=STOP_SECONDS_MAX)
        yield TokenPlace(SOFTHSM, "pass", "pass")


@pytest.fixture
def open_token_vault(token_place: TokenPlace) -> Iterator[Callable[[VaultKeys], Pkcs11Vault]]:
    """Make vaults on keys in the token; they are gone at the end."""
    with ExitStack() as stack:
        yield lambda keys: Pkcs11Vault(stack.enter_context(filled(token_place, keys)))


@pytest.fixture
def keys() -> VaultKeys:
    return make_keys(secrets.token_bytes)


@pytest.fixture
def vault(open_vault: OpenVault, keys: VaultKeys) -> Iterator[Vault]:
    """A vault of each kind."""
    with open_vault(keys) as opened:
        yield opened


@pytest.fixture
def socket_path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "vault"


@pytest.fixture
def server(keys: VaultKeys, socket_path: Path) -> Iterator[VaultServer]:
    server = VaultServer(LocalVault(keys), Door(socket_path))
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield server
    server.stop()
    thread.join()
