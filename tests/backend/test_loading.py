"""What is loaded is not looked through for garbage; all that comes after is."""

import gc

import pytest

from backend.loading import loading


def test_the_collector_rests_only_while_loading() -> None:
    with loading():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_what_fails_to_load_leaves_the_collector_at_work() -> None:
    with pytest.raises(ImportError), loading():
        raise ImportError
    assert gc.isenabled()


def test_what_was_loaded_is_looked_at_no_more() -> None:
    frozen = gc.get_freeze_count()
    with loading():
        loaded: list[list[int]] = [[] for _ in range(1000)]
    assert gc.get_freeze_count() >= frozen + len(loaded)
