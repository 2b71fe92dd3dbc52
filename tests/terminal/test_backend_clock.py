"""A clock that is wrong by hours: noticed, told, and no reason to stop selling."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from terminal.backend_client import BackendClient
from terminal.backend_clock import CLOCK_DIFFERENCE_MIN, BackendClock
from terminal.errors import BackendRefused
from tests.terminal.scripted_backend import TOKEN_PATH, Reply, ScriptedBackend

THEIRS = datetime(2026, 9, 1, 10, 0, tzinfo=UTC)
ME_PATH = "/v1/terminals/me"
DATED = {"Date": format_datetime(THEIRS, usegmt=True)}
REFUSED = Reply(401, {"code": "client_assertion_invalid", "message": "", "details": {}}, DATED)
TOKEN = Reply(200, {"access_token": "t1", "token_type": "Bearer", "expires_in": 300}, DATED)


class RecordingIdentity:
    def __init__(self) -> None:
        self.signed_at: list[datetime] = []

    def client_assertion(self, now: datetime) -> str:
        self.signed_at.append(now)
        return "signed"


@pytest.fixture
def backend() -> Iterator[ScriptedBackend]:
    with ScriptedBackend() as served:
        yield served


def client_at(
    backend: ScriptedBackend, ours: datetime, identity: RecordingIdentity
) -> BackendClient:
    return BackendClient(backend.url, identity, lambda: ours)


@pytest.mark.parametrize("hours", [-26, -3, 3, 26])
def test_a_refused_assertion_is_signed_again_at_the_backend_s_time(
    backend: ScriptedBackend, hours: int
) -> None:
    backend.script(TOKEN_PATH, REFUSED, TOKEN)
    backend.script(ME_PATH, Reply(404, {"code": "gone", "message": "", "details": {}}, DATED))
    identity = RecordingIdentity()
    ours = THEIRS + timedelta(hours=hours)
    with client_at(backend, ours, identity) as client:
        with pytest.raises(BackendRefused) as refused:
            client.me()  # what counts is that a token was had
        assert refused.value.code == "gone"
        assert identity.signed_at == [ours, THEIRS]
        assert client.clock.is_wrong
        assert client.clock.ahead == timedelta(hours=hours)


def test_a_refusal_with_a_right_clock_is_final(backend: ScriptedBackend) -> None:
    backend.script(TOKEN_PATH, REFUSED)
    identity = RecordingIdentity()
    with client_at(backend, THEIRS + timedelta(seconds=5), identity) as client:
        with pytest.raises(BackendRefused) as refused:
            client.me()
        assert refused.value.code == "client_assertion_invalid"
    assert len(identity.signed_at) == 1


def test_a_refusal_is_asked_again_once_only(backend: ScriptedBackend) -> None:
    backend.script(TOKEN_PATH, REFUSED)
    identity = RecordingIdentity()
    much_later = THEIRS + timedelta(days=400)
    with client_at(backend, much_later, identity) as client, pytest.raises(BackendRefused):
        client.me()
    assert len(identity.signed_at) == 2


def test_a_proxy_s_wrong_date_stops_nobody(backend: ScriptedBackend) -> None:
    backend.script(TOKEN_PATH, TOKEN)
    lapsed = Reply(401, {"code": "token_expired", "message": "", "details": {}}, DATED)
    backend.script(ME_PATH, lapsed)
    identity = RecordingIdentity()
    ours = THEIRS + timedelta(hours=2)
    with client_at(backend, ours, identity) as client, pytest.raises(BackendRefused):
        client.me()
    assert client.clock.is_wrong
    assert identity.signed_at == [ours, ours], "our own clock comes first, every time"


@pytest.mark.parametrize("date", ["", "yesterday", "Tue, 99 Sep 2026 10:00:00 GMT", "\x00"])
def test_a_date_that_is_none_changes_nothing(date: str) -> None:
    clock = BackendClock()
    clock.learn(date, THEIRS)
    assert clock.ahead is None
    assert not clock.is_wrong
    assert clock.corrected(THEIRS) == THEIRS


def test_the_limit_itself_is_still_right() -> None:
    clock = BackendClock()
    clock.learn(format_datetime(THEIRS, usegmt=True), THEIRS + CLOCK_DIFFERENCE_MIN)
    assert not clock.is_wrong
    clock.learn(
        format_datetime(THEIRS, usegmt=True), THEIRS + CLOCK_DIFFERENCE_MIN + timedelta(seconds=1)
    )
    assert clock.is_wrong
