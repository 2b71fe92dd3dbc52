"""What the tests of a gate stand on: its time, who signs its lists, what is in them, its door."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from terminal.gate.door import keeper as keeping
from terminal.gate.door import relay_door
from tests.terminal.gate.door_site import Build, Site, site_builder
from tests.terminal.gate.signed_lists import Clock, Payload, Signer, list_payload, listed_card


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def signer() -> Signer:
    return Signer()


@pytest.fixture
def payload() -> Payload:
    return list_payload


@pytest.fixture
def card() -> Callable[..., dict[str, Any]]:
    return listed_card


@pytest.fixture
def build(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Build]:
    monkeypatch.setattr(keeping, "WAIT_SECONDS_MAX", 0.05)
    monkeypatch.setattr(relay_door, "ANSWER_SECONDS_MAX", 10.0)  # a busy machine is no silent board
    with site_builder(tmp_path, clock) as built:
        yield built


@pytest.fixture
def site(build: Build) -> Site:
    return build()
