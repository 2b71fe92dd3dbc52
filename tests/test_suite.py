"""The suite itself: what its everyday run relies on."""

import os

import pytest

from tests.conftest import HERE, ONE_WORKER


@pytest.mark.xdist_group("the_suite")
def test_a_group_stays_on_one_worker(request: pytest.FixtureRequest) -> None:
    """A pytest newer than its xdist drops the groups without a word, and sets all up twice."""
    spread = "PYTEST_XDIST_WORKER" in os.environ
    assert request.node.nodeid.endswith("@the_suite") is spread


@pytest.mark.parametrize("place", ONE_WORKER)
def test_what_is_kept_together_exists(place: str) -> None:
    assert any(HERE.glob(f"{place.rstrip('/')}*")), "the beginning of a path"
