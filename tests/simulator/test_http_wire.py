"""The line between terminal and backend: it carries, tells no secret, and fails on purpose."""

import contextlib
import http.client
import json
import random
import threading
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.feed import Feed
from simulator.wire.http_wire import REQUEST_BYTES_MAX, HttpWire, LineFaults
from simulator.wire.http_words import ROUTES, answer_words, read_call, seen_body, shown_path
from simulator.wire.record import as_text

OPENAPI = Path(__file__).parent.parent.parent / "docs" / "api" / "openapi.json"
DATE = "Sat, 21 Nov 2026 11:04:00 GMT"
ANSWER_SECONDS_MAX = 10.0
PAYMENT = {
    "payment_id": "0b9b4a3e-0d5e-4c52-9d0c-3a1c0c8f7e11",
    "proof_id": "5d1f3c1e-1111-4222-8333-944455556666",
    "benefit": "culture",
    "amount_cents": 1250,
    "pin": {"profile": "aes128-dukpt/iso4", "ksn": "0123456789ABCDEF00000007", "block": "5EC2E7"},
}
APPROVED = {
    "status": "approved",
    "remaining_cents": 8750,
    "authorisation_number": "A1B2C3",
    "display_name": "Léa",
    "card_number": "9250756209920607",
}
SECRETS = ("5EC2E7", "00000007", "5d1f3c1e", "T0KEN", "Léa", "925075", "s1gnature", "A1B2C3")


class Backend(BaseHTTPRequestHandler):
    """Answers what the test put there, and keeps what it was asked."""

    protocol_version = "HTTP/1.1"
    server: "Stand"

    def log_message(self, *_args: object) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.asked.append((self.command, self.path, dict(self.headers), body))
        status, content = self.server.answer
        self.send_response_only(status)
        self.send_header("Date", DATE)
        self.send_header("ETag", '"7"')
        if status != 304:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(b"" if status == 304 else content)

    do_GET = do_POST  # noqa: N815 -- the library's name


class Stand(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Backend)
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answer = (200, json.dumps(APPROVED).encode())


@pytest.fixture
def backend() -> Iterator[Stand]:
    with Stand() as stand:
        thread = threading.Thread(target=stand.serve_forever, args=(0.05,))
        thread.start()
        yield stand
        stand.shutdown()
        thread.join()


@pytest.fixture
def wire(backend: Stand) -> Iterator[HttpWire]:
    with HttpWire("Caisse 1", ("127.0.0.1", int(backend.server_address[1])), Feed()) as line:
        yield line


@pytest.fixture
def terminal(wire: HttpWire) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", wire.port, timeout=ANSWER_SECONDS_MAX)
    yield connection
    connection.close()


def pay(terminal: http.client.HTTPConnection) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": "Bearer T0KEN", "Content-Type": "application/json"}
    terminal.request("POST", "/v1/payments", json.dumps(PAYMENT), headers)
    answer = terminal.getresponse()
    return answer.status, json.loads(answer.read())


def last(wire: HttpWire) -> dict[str, Any]:
    return wire.feed.history()[-1]


def test_a_call_arrives_as_it_was_sent_and_is_told_without_its_secrets(
    backend: Stand, wire: HttpWire, terminal: http.client.HTTPConnection
) -> None:
    assert pay(terminal) == (200, APPROVED)
    method, path, headers, body = backend.asked[0]
    assert (method, path, json.loads(body)) == ("POST", "/v1/payments", PAYMENT)
    assert headers["Authorization"] == "Bearer T0KEN"
    told = last(wire)
    assert (told["wire"], told["place"]) == ("http", "Caisse 1")
    assert told["words"] == "debit 12.50 € on culture"
    assert told["answer"] == "approved, 87.50 € left"
    assert told["told"]["card_number"] == "…0607"
    everything = json.dumps(wire.feed.history(), ensure_ascii=False) + as_text(wire.feed.history())
    assert [secret for secret in SECRETS if secret in everything] == []
    # The connection is kept, and another call goes over it.
    assert pay(terminal)[0] == 200


def test_a_list_that_is_not_new_has_no_body_and_is_routine(
    backend: Stand, wire: HttpWire, terminal: http.client.HTTPConnection
) -> None:
    backend.answer = (304, b"")
    terminal.request("GET", "/v1/access-list", headers={"If-None-Match": '"7"'})
    answer = terminal.getresponse()
    assert (answer.status, answer.read(), answer.headers["etag"]) == (304, b"", '"7"')
    assert last(wire)["answer"] == "nothing new"
    assert last(wire)["routine"] is True


@pytest.mark.parametrize("how", ["cut", "lost", "gone"])
def test_what_is_not_answered_is_a_line_that_breaks(
    backend: Stand, wire: HttpWire, terminal: http.client.HTTPConnection, how: str
) -> None:
    wire.set_faults(LineFaults(down=how == "cut", lost_answers=int(how == "lost")))
    if how == "gone":
        wire.upstream = ("127.0.0.1", 1)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        pay(terminal)
    assert len(backend.asked) == int(how == "lost")  # the backend did it, and nobody heard
    assert (
        last(wire)["answer"]
        == {
            "cut": "none: the line is cut",
            "lost": "approved, 87.50 € left, and the answer was lost",
            "gone": "none: no backend answers",
        }[how]
    )
    wire.set_faults(LineFaults())
    if how != "gone":
        assert pay(terminal)[0] == 200


def test_a_slow_line_hurries_as_soon_as_it_is_put_right(
    wire: HttpWire, terminal: http.client.HTTPConnection
) -> None:
    wire.set_faults(LineFaults(slow_milliseconds=30_000))
    answered = threading.Event()

    def pay_slowly() -> None:
        pay(terminal)
        answered.set()

    waiting = threading.Thread(target=pay_slowly)
    waiting.start()
    assert not answered.wait(0.1)
    wire.set_faults(LineFaults())
    assert answered.wait(ANSWER_SECONDS_MAX)
    waiting.join()


def test_a_backend_whose_clock_is_off_says_so_in_its_date(
    wire: HttpWire, terminal: http.client.HTTPConnection
) -> None:
    wire.set_faults(LineFaults(clock_seconds=7200))
    terminal.request("GET", "/v1/health")
    answer = terminal.getresponse()
    answer.read()
    ahead = parsedate_to_datetime(answer.headers["date"]) - parsedate_to_datetime(DATE)
    assert ahead.total_seconds() == 7200


@pytest.mark.parametrize(
    "head",
    [
        f"Content-Length: {REQUEST_BYTES_MAX + 1}",
        "Content-Length: -1",
        "Transfer-Encoding: chunked",
    ],
)
def test_what_it_cannot_carry_ends_the_connection(
    backend: Stand, wire: HttpWire, head: str
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", wire.port, timeout=ANSWER_SECONDS_MAX)
    with contextlib.closing(connection):
        name, _, value = head.partition(": ")
        connection.putrequest("POST", "/v1/payments")
        connection.putheader(name, value)
        connection.endheaders()
        with pytest.raises(http.client.RemoteDisconnected):
            connection.getresponse()
    assert backend.asked == []


def test_a_stopped_line_lets_its_port_and_its_connections_go(backend: Stand) -> None:
    upstream = ("127.0.0.1", int(backend.server_address[1]))
    with HttpWire("A", upstream, Feed()) as line:
        port = line.port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS_MAX)
        assert pay(connection)[0] == 200
    with pytest.raises((http.client.HTTPException, OSError)):
        pay(connection)
    connection.close()
    with HttpWire("A", upstream, Feed(), port=port):
        pass


def test_routes_that_have_words_are_published_and_others_are_named_by_their_path() -> None:
    paths = json.loads(OPENAPI.read_text())["paths"]
    published = {
        (verb.upper(), shown_path(path)) for path, verbs in paths.items() for verb in verbs
    }
    assert ROUTES.keys() <= published
    unnamed = read_call("GET", "/v1/some-new-thing/9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d", "", b"")
    assert unnamed.words == "GET /v1/some-new-thing/…"


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (409, {"code": "idempotency_conflict", "message": "…"}, "refused: idempotency_conflict"),
        (
            200,
            {"status": "declined", "reason": "wrong_pin", "tries_left": 2},
            "declined: wrong_pin, 2 tries left",
        ),
        (503, None, "not able to serve now"),
        (299, None, "answered"),
    ],
)
def test_answers_in_words(status: int, body: dict[str, object] | None, words: str) -> None:
    assert answer_words(status, body) == words


def test_a_code_is_hidden_in_a_request_and_shown_in_a_refusal() -> None:
    enrolment = b'{"code": "abcd", "public_key": {"x": "secret"}}'
    asked = read_call("POST", "/v1/terminals/enrolments", "application/json", enrolment)
    assert "abcd" not in str(asked)
    assert "secret" not in str(asked)
    assert seen_body(b'{"code": "card_unknown"}') == {"code": "card_unknown"}
    assert seen_body(b'{"code": "1234"}') == {"code": "hidden (4 characters)"}
    form = b"grant_type=client_credentials&client_assertion=s1gnature"
    token = read_call("POST", "/v1/token", "application/x-www-form-urlencoded", form)
    assert token.body is not None
    assert token.body["grant_type"] == "client_credentials"
    assert "s1gnature" not in str(token)


def test_ids_and_queries_of_a_path_are_hidden() -> None:
    path = "/v1/payments/0b9b4a3e-0d5e-4c52-9d0c-3a1c0c8f7e11?receipt=AB12&Weird%20=1"
    assert shown_path(path) == "/v1/payments/…?receipt=…&?=…"


@given(st.binary(max_size=200), st.text(max_size=60), st.sampled_from(["GET", "POST", "X"]))
def test_whatever_comes_is_said(body: bytes, target: str, method: str) -> None:
    for kind in ("application/json", "application/x-www-form-urlencoded", ""):
        read_call(method, f"/{target}", kind, body)


def test_deep_and_long_bodies_are_cut_short() -> None:
    nested: Any = "x"
    for _ in range(50):
        nested = {"details": nested}
    assert "hidden" in str(seen_body(json.dumps(nested).encode()))
    many = seen_body(json.dumps({"passages": [{"uid": "04"}] * 40}).encode())
    assert many is not None
    assert many["passages"][-1] == "… 30 more"
    assert seen_body(b"[" * 100_000) is None
    assert seen_body(random.Random(1).randbytes(100)) is None
