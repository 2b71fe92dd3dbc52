"""The day in Paris, the news to open pages, and the health of what a till stands on."""

import json
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest

from terminal.backend_client import BackendClient
from terminal.counter import events
from terminal.counter.api_shapes import CurrentShape, HealthShape, SalesShape, sale_shape
from terminal.counter.broker import LISTENERS_MAX, NEWS_KEPT_MAX, Broker
from terminal.counter.daemon import make_collaborators
from terminal.counter.days import start_of_day
from terminal.counter.events import event_stream
from terminal.counter.front import News, Training
from terminal.counter.health import BACKEND_ASKED_EVERY_SECONDS, HealthWatch, Probes
from terminal.counter.journal import SaleJournal
from terminal.counter.page import PageState, Place, render_till
from terminal.counter.speech import FRENCH
from terminal.counter.view import SaleView
from terminal.errors import (
    BackendUnreachable,
    JournalError,
    JournalFault,
    ReaderServiceDown,
    SettingsError,
)
from terminal.pin.pad import CodeEntry
from terminal.settings import CounterSettings
from tests.terminal.counter.fakes import (
    FakeClock,
)
from tests.terminal.counter.kill_server import NoIdentity
from tests.terminal.counter.shop import HEALTHY, Shop, refusal

# --- the day, the news, the health ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-21T11:04:00Z", "2026-11-20T23:00:00Z"),
        ("2026-07-01T22:30:00Z", "2026-07-01T22:00:00Z"),
        ("2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z"),  # the day that lasts 25 hours
    ],
)
def test_the_day_begins_at_midnight_in_paris(now: str, expected: str) -> None:
    start = start_of_day(datetime.fromisoformat(now))
    assert start == datetime.fromisoformat(expected)
    assert start.tzinfo is UTC
    assert start_of_day(start) == start
    assert start_of_day(start - timedelta(microseconds=1)) < start


def as_it_stands(news: News) -> CurrentShape:
    if not isinstance(news, SaleView):
        return CurrentShape(state="amount", sale=None)
    state = news.record.state if news.active else "amount"
    return CurrentShape(state=state, sale=sale_shape(news))


def test_the_stream_tells_the_present_then_each_change(shop: Shop) -> None:
    stream = event_stream(shop.news, as_it_stands, lambda: False)
    first = next(stream)
    assert first.startswith('event: state\ndata: {"state":"amount","sale":null,')
    assert first.endswith("\n\n")
    shop.sell()
    shop.wait_for_rest()
    told = [json.loads(each.split("data: ")[1]) for each in islice(stream, 6)]
    states = ["card", "proof", "code", "authorising", "approved", "amount"]
    assert [each["state"] for each in told] == states
    assert [each["sale"]["active"] for each in told] == [True] * 5 + [False]
    assert told[-1]["sale"]["state"] == "approved"
    shop.news.publish(None)
    assert next(stream) == first, "news about the list: the till as it stands"
    stream.close()


def test_the_stream_ends_when_the_counter_stops(shop: Shop) -> None:
    stream = event_stream(shop.news, as_it_stands, lambda: True)
    assert len(list(stream)) == 1


def test_a_quiet_stream_says_that_it_is_still_there(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "LOOK_SECONDS", 0.0)
    stream = events.event_stream(shop.news, as_it_stands, lambda: False)
    next(stream)
    assert next(stream) == ": still here\n\n"
    stream.close()


def test_a_pad_dialect_nobody_speaks_is_refused(journal: SaleJournal, tmp_path: Path) -> None:
    settings = CounterSettings(
        backend_url="http://127.0.0.1:1",
        state_dir=tmp_path,
        reader="Pass Counter",
        pad_device=tmp_path / "pad",
        pad_dialect="klingon",
    )
    with BackendClient(settings.backend_url, NoIdentity()) as backend:
        with pytest.raises(SettingsError, match="uic-vfi-z62"):
            make_collaborators(settings, backend, journal)
        known = settings.model_copy(update={"pad_dialect": "vfi-ipp-z63"})
        make_collaborators(known, backend, journal)


def test_a_page_too_many_is_refused(shop: Shop) -> None:
    streams = [event_stream(shop.news, as_it_stands, lambda: False) for _ in range(LISTENERS_MAX)]
    for stream in streams:
        next(stream)
    assert refusal(shop, "GET", "/events") == (503, "too_many_listeners")
    for stream in streams:
        stream.close()
    shop.stopping.set()
    assert shop.http.get("/events").text.startswith("event: state\n")


def test_a_sleeping_listener_loses_the_oldest_news() -> None:
    broker: Broker[int] = Broker()
    with broker.listen() as listener:
        for number in range(NEWS_KEPT_MAX + 3):
            broker.publish(number)
        assert listener.get_nowait() == 3
        assert listener.qsize() == NEWS_KEPT_MAX - 1


def test_health_says_which_part_is_missing() -> None:
    clock = FakeClock()
    asked: list[int] = []

    def ask() -> bool:
        asked.append(1)
        raise BackendUnreachable("no line")

    def no_daemon() -> bool:
        raise ReaderServiceDown("no daemon")

    def no_journal() -> int:
        raise JournalError(JournalFault.DAMAGED, "damaged")

    probes = Probes(no_daemon, lambda: False, ask, no_journal)
    watch = HealthWatch(probes, clock.monotonic)
    bad = HealthShape(
        reader="unavailable",
        reader_reason="reader_service_down",
        reader_words="service des lecteurs arrêté",
        pad="unavailable",
        pad_reason="pad_unavailable",
        pad_words="clavier absent",
        backend="unavailable",
        backend_reason="backend_unavailable",
        backend_words="hors ligne",
        journal="unavailable",
        open_reversals=0,
    )
    assert watch.look() == watch.look() == bad
    assert len(asked) == 1, "asked once in a while"
    clock.seconds += BACKEND_ASKED_EVERY_SECONDS
    watch.look()
    assert len(asked) == 2
    good = HealthWatch(Probes(lambda: True, lambda: True, lambda: True, lambda: 3), clock.monotonic)
    assert good.look() == HEALTHY.model_copy(update={"open_reversals": 3})


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [
        (timedelta(seconds=31), "l’horloge de ce poste avance de 1 min"),
        (timedelta(minutes=-90), "l’horloge de ce poste retarde de 90 min"),
        (timedelta(hours=2), "l’horloge de ce poste avance de 2 h"),
        (timedelta(hours=-26), "l’horloge de ce poste retarde de 26 h"),
        (timedelta(days=3), "l’horloge de ce poste avance de 3 jours"),
    ],
)
def test_health_says_how_wrong_the_clock_is(ahead: timedelta, expected: str) -> None:
    probes = Probes(lambda: True, lambda: True, lambda: True, lambda: 0, lambda: ahead)
    assert HealthWatch(probes, FakeClock().monotonic).look().clock_words == expected


def test_figures_for_whoever_watches(shop: Shop) -> None:
    shop.sell()
    shop.wait_for_rest()
    text = shop.http.get("/metrics").text
    assert 'pass_counter_part_ready{part="reader"} 1.0\n' in text
    assert 'pass_counter_sales_today{state="approved"} 1.0\n' in text
    assert "pass_counter_approved_cents_today 1250.0\n" in text
    assert "pass_counter_open_reversals 0.0\n" in text
    assert "pass_clock_ahead_seconds " not in text, "the clock was never compared"
    assert shop.http.get("/healthz").status_code == 200


def test_a_keypad_that_is_no_secure_device_is_marked_on_the_page() -> None:
    state = PageState(
        current=as_it_stands(None),
        today=SalesShape(sales=[], approved_count=0, approved_cents=0),
        can_print=False,
        sound_percent=0,
        training=False,
        setting=Training.NEVER,
    )
    said = "Clavier non sécurisé\u00a0: code chiffré par ce poste"
    marked = Place("Librairie", "Caisse 1", CodeEntry.TERMINAL)
    assert said in render_till(marked, FRENCH, state)
    assert "Clavier non" not in render_till(Place("Librairie", "Caisse 1"), FRENCH, state)
