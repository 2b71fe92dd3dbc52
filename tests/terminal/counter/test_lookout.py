"""A counter at which nobody looks: it learns of a revocation within a minute, and logs changes."""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from terminal.backend_client import BackendClient
from terminal.counter import words, words_english
from terminal.counter.api import create_app
from terminal.counter.api_shapes import HealthShape
from terminal.counter.health import (
    BACKEND_ASKED_EVERY_SECONDS,
    WATCH_SECONDS,
    HealthWatch,
    Lookout,
    Probes,
)
from terminal.counter.words import DEVICE_WORDS
from tests.terminal.counter.fakes import FakeClock
from tests.terminal.counter.kill_server import NoIdentity
from tests.terminal.counter.shop import Shop
from tests.terminal.scripted_backend import Reply, ScriptedBackend

ME = "/v1/terminals/me"
WAIT_SECONDS = 10.0
HEALTHY = HealthShape(reader="ok", pad="ok", backend="ok", journal="ok", open_reversals=0)


def watched(looks: Callable[[], HealthShape], times: int) -> None:
    """Let a lookout look so often."""
    done = threading.Event()
    seen: list[int] = []

    def look() -> HealthShape:
        seen.append(1)
        if len(seen) > times:
            done.set()
        return looks()

    with Lookout(look, every_seconds=0.0):
        assert done.wait(WAIT_SECONDS)


def test_a_revocation_is_seen_within_a_minute_by_an_idle_counter(backend: ScriptedBackend) -> None:
    assert WATCH_SECONDS + BACKEND_ASKED_EVERY_SECONDS < 60
    me = {"terminal_id": "t-1", "kind": "counter", "name": "Caisse 1"}
    revoked = {"code": "terminal_revoked", "message": "", "details": {}}
    backend.script(ME, Reply(200, me), Reply(401, revoked), Reply(401, revoked))
    clock = FakeClock()
    with BackendClient(backend.url, NoIdentity()) as client:
        probes = Probes(
            lambda: True, lambda: True, lambda: client.me().kind == "counter", lambda: 0
        )
        watch = HealthWatch(probes, clock.monotonic)
        assert watch.look() == HEALTHY
        clock.seconds += WATCH_SECONDS  # nobody looks meanwhile
        health = watch.look()
    assert health.backend == "unavailable"
    assert health.backend_words == DEVICE_WORDS["terminal_not_allowed"] == "caisse plus autorisée"


def test_what_changes_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    away = {"reader": "unavailable", "reader_words": "lecteur absent"}
    told = iter([HEALTHY, HEALTHY.model_copy(update=away), HEALTHY.model_copy(update=away)])
    with caplog.at_level(logging.INFO, "terminal"):
        watched(lambda: next(told, HEALTHY), 5)
    assert [(one.levelname, one.getMessage()) for one in caplog.records] == [
        ("WARNING", "reader is unavailable now: lecteur absent"),
        ("INFO", "reader is ok now: -"),
    ]


def test_a_fault_of_ours_does_not_end_the_watch(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> HealthShape:
        raise RuntimeError("a fault of ours")

    watched(broken, 2)
    assert "could not be looked at" in caplog.text


@pytest.mark.parametrize(
    ("language", "said"),
    [("fr", "lecteur pris par un autre programme"), ("en", "reader held by another program")],
)
def test_what_is_wrong_is_said_in_the_language_of_the_page(
    shop: Shop, language: str, said: str
) -> None:
    found = {"reader": "unavailable", "reader_reason": "reader_busy", "reader_words": "-"}
    till = replace(shop.till, health=lambda: HEALTHY.model_copy(update=found))
    http = type(shop.http)(create_app(till), base_url="http://127.0.0.1:9251")
    health = http.get("/health", params={"language": language}).json()
    assert (health["reader_reason"], health["reader_words"]) == ("reader_busy", said)
    assert (health["pad_reason"], health["pad_words"]) == ("", "")


def test_every_word_of_a_device_is_there_in_both_languages() -> None:
    assert words_english.DEVICE_WORDS.keys() == DEVICE_WORDS.keys()
    assert DEVICE_WORDS.keys() <= words.REASON_SENTENCES.keys()
