"""The client when the token lapses, the line breaks, and answers are none."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal import backend_client
from terminal.api_values import (
    Approved,
)
from terminal.backend_answers import Answer
from terminal.backend_client import BackendClient
from terminal.errors import BackendError, BackendGarbled, BackendRefused, BackendUnreachable
from tests.terminal.backend_calls import (
    APPROVED,
    ME,
    ME_PATH,
    NOON,
    PAYMENT_ID,
    STAMP,
    FixedIdentity,
    SettableClock,
    pay,
    refusal,
)
from tests.terminal.scripted_backend import TOKEN_PATH, Reply, ScriptedBackend


def test_one_token_and_one_connection_serve_many_requests(
    backend: ScriptedBackend, client: BackendClient
) -> None:
    backend.script(ME_PATH, Reply(body=ME))
    for _ in range(3):
        assert client.me().partner_name == "Librairie"
    assert len(backend.requests_to(TOKEN_PATH)) == 1
    assert backend.seen[-1].headers["authorization"] == "Bearer t1"
    assert b"client_assertion=signed-assertion" in backend.requests_to(TOKEN_PATH)[0].body
    assert backend.connections == 1


def test_a_token_is_renewed_shortly_before_it_expires(
    backend: ScriptedBackend, client: BackendClient, clock: SettableClock
) -> None:
    backend.script(ME_PATH, Reply(body=ME))
    client.me()
    clock.moment = NOON + timedelta(seconds=269)
    client.me()
    assert backend.seen[-1].headers["authorization"] == "Bearer t1"
    clock.moment = NOON + timedelta(seconds=270)
    client.me()
    assert backend.seen[-1].headers["authorization"] == "Bearer t2"


@pytest.mark.parametrize("code", ["token_expired", "token_invalid"])
def test_a_lapsed_token_is_renewed_and_the_request_sent_again(
    backend: ScriptedBackend, client: BackendClient, code: str
) -> None:
    backend.script("/v1/payments", refusal(401, code), Reply(body=APPROVED))
    assert isinstance(pay(client), Approved)
    first, second = backend.requests_to("/v1/payments")
    assert first.body == second.body
    assert second.headers["authorization"] == "Bearer t2"


def test_a_token_is_renewed_only_once(backend: ScriptedBackend, client: BackendClient) -> None:
    backend.script(ME_PATH, refusal(401, "token_invalid"))
    with pytest.raises(BackendRefused) as refused:
        client.me()
    assert refused.value.code == "token_invalid"
    assert len(backend.requests_to(ME_PATH)) == 2


def test_a_revoked_terminal_does_not_insist(
    backend: ScriptedBackend, client: BackendClient
) -> None:
    backend.script(ME_PATH, refusal(401, "terminal_revoked"))
    with pytest.raises(BackendRefused) as refused:
        client.me()
    assert refused.value.code == "terminal_revoked"
    assert len(backend.requests_to(ME_PATH)) == 1


def test_no_token_no_request(backend: ScriptedBackend, client: BackendClient) -> None:
    backend.script(TOKEN_PATH, refusal(401, "terminal_revoked"))
    with pytest.raises(BackendRefused):
        pay(client)
    assert backend.requests_to("/v1/payments") == []


def test_threads_that_start_together_share_one_token(
    backend: ScriptedBackend, client: BackendClient
) -> None:
    backend.script(ME_PATH, Reply(body=ME))
    barrier = threading.Barrier(4)

    def ask() -> None:
        barrier.wait(5)
        client.me()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert len(backend.requests_to(ME_PATH)) == 4
    assert len(backend.requests_to(TOKEN_PATH)) == 1


# --- misfortunes ---


def test_a_refusal_carries_its_facts(backend: ScriptedBackend, client: BackendClient) -> None:
    backend.script("/v1/payments", refusal(409, "payment_in_progress", since=STAMP))
    with pytest.raises(BackendRefused) as refused:
        pay(client)
    error = refused.value
    assert (error.status, error.code, error.message) == (
        409,
        "payment_in_progress",
        "said in English",
    )
    assert error.details == {"since": STAMP}


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_failing_backend_is_unreachable(
    backend: ScriptedBackend, client: BackendClient, status: int
) -> None:
    backend.script("/v1/payments", refusal(status, "internal_error"))
    with pytest.raises(BackendUnreachable) as unreachable:
        pay(client)
    assert unreachable.value.status == status
    assert len(backend.requests_to("/v1/payments")) == 1


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(200, b""), id="empty"),
        pytest.param(Reply(200, b"<html>Connectez-vous</html>"), id="a captive portal"),
        pytest.param(Reply(200, b'{"payment_id": "'), id="half a value"),
        pytest.param(Reply(200, b"\xff\xfe\x00"), id="not text"),
        pytest.param(Reply(200, []), id="another shape"),
        pytest.param(Reply(200, b"[" * 100_000), id="deep"),
        pytest.param(Reply(204, b""), id="no content"),
        pytest.param(Reply(302, b"", {"Location": "http://192.0.2.1/"}), id="elsewhere"),
        pytest.param(Reply(403, b"Forbidden"), id="a proxy's refusal"),
        pytest.param(Reply(404, {"detail": "Not Found"}), id="another program"),
        pytest.param(Reply(401, b"nothing"), id="401 without a code"),
        pytest.param(Reply(200, b"xx", {"Content-Encoding": "gzip"}), id="broken encoding"),
    ],
)
def test_what_is_no_answer_is_garbled(
    backend: ScriptedBackend, client: BackendClient, reply: Reply
) -> None:
    backend.script("/v1/payments", reply)
    with pytest.raises(BackendGarbled):
        pay(client)
    assert len(backend.requests_to("/v1/payments")) == 1


def test_an_endless_answer_is_garbled(
    backend: ScriptedBackend, client: BackendClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend_client, "ANSWER_BYTES_MAX", 1000)
    backend.script(ME_PATH, Reply(body={**ME, "name": "x" * 2000}))
    with pytest.raises(BackendGarbled):
        client.me()


def test_a_silent_backend_is_unreachable_within_the_limit(backend: ScriptedBackend) -> None:
    backend.script(ME_PATH, Reply(hang=True))
    with (
        BackendClient(backend.url, FixedIdentity(), read_seconds_max=0.1) as client,
        pytest.raises(BackendUnreachable),
    ):
        client.me()


def test_a_dribbling_backend_is_unreachable_within_the_limit(
    backend: ScriptedBackend, client: BackendClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.script(ME_PATH, Reply(body=ME, dribble=True))
    monkeypatch.setattr(backend_client, "TOTAL_SECONDS_MAX", 0.2)
    with pytest.raises(BackendUnreachable):
        client.me()


@pytest.mark.parametrize("cut_after", [0, 10])
def test_a_line_cut_in_mid_answer_is_unreachable(
    backend: ScriptedBackend, client: BackendClient, cut_after: int
) -> None:
    backend.script("/v1/payments", Reply(body=APPROVED, cut_after=cut_after))
    with pytest.raises(BackendUnreachable):
        pay(client)
    assert len(backend.requests_to("/v1/payments")) == 1


def test_a_closed_port_is_unreachable_and_comes_back() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        with BackendClient(url, FixedIdentity()) as client, pytest.raises(BackendUnreachable):
            client.me()


def test_an_error_never_shows_what_was_sent_or_received(
    backend: ScriptedBackend, client: BackendClient
) -> None:
    backend.script("/v1/payments", Reply(body={"block": "AB" * 16, "secret": "9250000000000018"}))
    with pytest.raises(BackendGarbled) as garbled:
        pay(client)
    error: BaseException | None = garbled.value
    while error is not None:
        assert "AB" * 16 not in str(error)
        assert "9250000000000018" not in str(error)
        error = error.__cause__


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*APPROVED, "code", "message", "details", "list"]), inner, max_size=5
        )
    ),
    max_leaves=8,
)
CALLS: list[Callable[[BackendClient], object]] = [
    pay,
    BackendClient.me,
    BackendClient.fetch_access_list,
    lambda client: client.find_payment(PAYMENT_ID),
    lambda client: client.reverse_payment(PAYMENT_ID),
]


@pytest.fixture(scope="module")
def idle_client() -> Iterator[BackendClient]:
    with BackendClient("http://127.0.0.1:9", FixedIdentity()) as opened:
        yield opened


@given(status=st.sampled_from([200, 201, 400, 401, 409]), body=JSON, call=st.sampled_from(CALLS))
def test_whatever_comes_only_typed_errors_leave(
    idle_client: BackendClient, status: int, body: object, call: Callable[[BackendClient], object]
) -> None:
    answer = Answer(status, json.dumps(body).encode(), "", "")
    idle_client._authorised = lambda *_args, **_kwargs: answer  # type: ignore[method-assign]
    with contextlib.suppress(BackendError):
        call(idle_client)
