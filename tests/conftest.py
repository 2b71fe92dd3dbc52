"""What every test shares: property profiles and the published vectors."""

import gc
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("nightly", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

#: What a shell tells programs of its own, systemd a service, and somebody the libraries that speak
#: to a card daemon, a database or a token. No test depends on who started it.
STARTERS_OWN = (
    "CREDENTIALS_DIRECTORY",
    "NOTIFY_SOCKET",
    "PASS_BACKEND_",
    "PASS_SIMULATOR_",
    "PASS_TERMINAL_",
    "PCSCLITE_",
    "PG",
    "SOFTHSM2_",
    "WATCHDOG_",
)
for _name in [name for name in os.environ if name.startswith(STARTERS_OWN)]:
    del os.environ[_name]
# A proxy of the house leads out of it, not to this machine.
for _name in ("no_proxy", "NO_PROXY"):
    os.environ[_name] = f"127.0.0.1,localhost,{os.environ.get(_name, '')}".rstrip(",")

#: For a slow test that names no limit of its own: a minute's work, on a machine with other work.
SLOW_SECONDS_MAX = 600

HERE = Path(__file__).parent
VECTORS = HERE / "vectors"
#: Folders and files whose tests stand on something dear that is set up once: a daemon, a browser,
#: foreign programs. Two workers would set it up twice.
ONE_WORKER = (
    "backend/ledger/test_check.py",
    "backend/test_pooler.py",
    "fire/test_simulation.py",
    "peers/",
    "simulator/test_card_faults.py",
    "terminal/counter/till/test_tills_nobody_here_wrote.py",
    "terminal/gate/test_screen.py",
    "terminal/test_backend_",
    "test_architecture.py",
)


@pytest.hookimpl(hookwrapper=True)
def pytest_collection() -> Iterator[None]:
    """Look for no garbage while collecting, nor among what it makes: that stays to the end."""
    gc.disable()
    yield
    gc.freeze()
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep together what shares something dear (`--dist loadgroup`); give slow tests their time."""
    for item in items:
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(SLOW_SECONDS_MAX))
        place = item.path.relative_to(HERE).as_posix()
        for shared in ONE_WORKER:
            if place.startswith(shared):
                item.add_marker(pytest.mark.xdist_group(shared))


@pytest.fixture(scope="session")
def desfire_vectors() -> list[dict[str, Any]]:
    """Published DESFire exchanges: name, kind, inputs, outputs; values are hex."""
    vectors: list[dict[str, Any]] = json.loads((VECTORS / "desfire.json").read_text())["vectors"]
    return vectors


@pytest.fixture(scope="session")
def pin_vectors() -> dict[str, Any]:
    """Published DUKPT, PIN block and key block values, by scheme."""
    vectors: dict[str, Any] = json.loads((VECTORS / "pin.json").read_text())
    return vectors
