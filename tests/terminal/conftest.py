"""What several tests of the terminal stand on."""

import logging
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from simulator.pcscd import PrivatePcscd
from simulator.vpcd import VirtualCardSlot
from terminal.backend_client import BackendClient
from terminal.reader.claim import SOCKET_VARIABLE
from tests.terminal.backend_calls import FixedIdentity, SettableClock
from tests.terminal.scripted_backend import ScriptedBackend
from tests.terminal.virtual_cards import READERS, wait_until_empty

#: What leads the terminal's tests to their daemon, once it runs.
LEADS: dict[str, str] = {}


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Lead these tests to their daemon."""
    os.environ.update(LEADS)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None, object, object]:
    """Lead nobody else there: other tests start programs too."""
    try:
        return (yield)
    finally:
        os.environ.pop(SOCKET_VARIABLE, None)


@pytest.fixture
def backend() -> Iterator[ScriptedBackend]:
    with ScriptedBackend() as server:
        yield server


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def client(backend: ScriptedBackend, clock: SettableClock) -> Iterator[BackendClient]:
    with BackendClient(backend.url, FixedIdentity(), clock) as opened:
        yield opened


@pytest.fixture(scope="session")
def pcscd_run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pcscd")


@pytest.fixture(scope="session")
def pcscd(pcscd_run_dir: Path) -> Iterator[PrivatePcscd]:
    """One real daemon for the whole process.

    libpcsclite reads PCSCLITE_CSOCK_NAME once in the life of a process: a second daemon with
    another socket would never be found.
    """
    with PrivatePcscd(READERS, pcscd_run_dir) as running:
        LEADS[SOCKET_VARIABLE] = str(running.socket_path)
        os.environ.update(LEADS)
        yield running
        LEADS.clear()


@pytest.fixture
def slot(pcscd: PrivatePcscd) -> Iterator[VirtualCardSlot]:
    """The first reader, empty before and after."""
    opened = VirtualCardSlot(pcscd.ports[READERS[0]], name=READERS[0])
    yield opened
    opened.close()
    wait_until_empty(READERS[0])


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """The command line sets logging for the whole process: the next test begins without that."""
    root = logging.getLogger()
    known = (root.handlers[:], root.level, logging.getLogger("terminal").level)
    yield
    root.handlers[:], level, ours = known
    root.setLevel(level)
    logging.getLogger("terminal").setLevel(ours)
