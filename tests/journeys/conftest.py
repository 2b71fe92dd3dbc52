"""The whole stage of the demonstration, in a folder of the test's own: real daemon, pty, HTTP."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from scripts.demo.hands import Hands
from scripts.demo.story import FIRST_PEOPLE, Story, choose_codes, make_cards
from scripts.demo.world import ANY_PORTS, set_stage


@pytest.fixture(scope="module")
def story(request: pytest.FixtureRequest) -> Iterator[Story]:
    """Everything is running; the cards of a module's PEOPLE are made, two codes are chosen."""
    # A short path: a Unix socket's name holds 107 bytes at most.
    with TemporaryDirectory(prefix="pass-journey-", ignore_cleanup_errors=True) as folder:
        world = set_stage(Path(folder) / "stage", ANY_PORTS)
        try:
            story = Story(world, Hands(world))
            make_cards(story, getattr(request.module, "PEOPLE", FIRST_PEOPLE))
            choose_codes(story)
            yield story
        finally:
            world.programs.stop_all()
