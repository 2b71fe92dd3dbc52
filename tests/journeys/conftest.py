"""The whole stage of the demonstration, in a folder of the test's own: real daemon, pty, HTTP."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.demo.hands import Hands
from scripts.demo.story import FIRST_PEOPLE, Story, choose_codes, make_cards
from scripts.demo.world import ANY_PORTS, set_stage


@pytest.fixture(scope="module")
def story(request: pytest.FixtureRequest) -> Iterator[Story]:
    """Everything is running; the cards of a module's PEOPLE are made, two codes are chosen."""
    # A short path: a Unix socket's name holds 107 bytes at most.
    folder = Path(tempfile.mkdtemp(prefix="pass-journey-"))
    world = set_stage(folder / "stage", ANY_PORTS)
    try:
        story = Story(world, Hands(world))
        make_cards(story, getattr(request.module, "PEOPLE", FIRST_PEOPLE))
        choose_codes(story)
        yield story
    finally:
        world.programs.stop_all()
        shutil.rmtree(folder, ignore_errors=True)
