"""What several tests of the terminal stand on."""

from collections.abc import Iterator

import pytest

from tests.terminal.scripted_backend import ScriptedBackend


@pytest.fixture
def backend() -> Iterator[ScriptedBackend]:
    with ScriptedBackend() as server:
        yield server
