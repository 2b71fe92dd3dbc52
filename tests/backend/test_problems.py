"""Every refusal is a problem (RFC 9457) of one shape, and its type leads to a page of ours."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from backend.errors import NotFoundError, ThrottledError, UnavailableError
from backend.http import API_BODY_BYTES_MAX, PLAIN, install_error_answers
from backend.partners.tables import TerminalKind
from backend.problems import PROBLEM_JSON
from backend.sentences import Sentence
from backend.web.problem_pages import problem_types

CODE = "7391"
MEMBERS = {"type", "title", "status", "detail", "code", "message", "details"}
JSON_TYPE = {"Content-Type": "application/json"}


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Check the shape; give status and code."""
    body = answer.json()
    assert answer.headers["content-type"] == PROBLEM_JSON
    assert MEMBERS <= set(body) <= MEMBERS | {"instance", "message_fr", "pad_lines"}
    assert body["status"] == answer.status_code
    assert body["type"] == f"/problems/{body['code']}"
    assert body["detail"] == body["message"]
    assert CODE not in answer.text
    return answer.status_code, body["code"]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """No statement is asked here that a database could answer another way."""
    return sqlite_url


def test_what_no_route_takes(client: TestClient) -> None:
    assert problem(client.get(f"/v1/{CODE}")) == (404, "route_not_found")
    wrong = client.put("/v1/payments")
    assert problem(wrong) == (405, "method_not_allowed")
    # Of all the routes of the address, not of the first alone (RFC 9110 §15.5.6).
    assert wrong.headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    ("content", "content_type", "expected"),
    [
        (b'{"code":', "application/json", (422, "malformed_request")),
        (CODE.encode(), "application/json", (422, "malformed_request")),
        (b"", "application/json", (422, "malformed_request")),
        (b"\xff\xfe", "application/json", (422, "malformed_request")),
        (
            f"code={CODE}".encode(),
            "application/x-www-form-urlencoded",
            (415, "content_type_not_supported"),
        ),
        (f'{{"code": "{CODE}"}}'.encode(), "text/plain", (415, "content_type_not_supported")),
        (f'{{"code": "{CODE}"}}'.encode(), None, (415, "content_type_not_supported")),
    ],
)
def test_a_body_that_is_none(
    client: TestClient, content: bytes, content_type: str | None, expected: tuple[int, str]
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    assert problem(client.post("/v1/codes", content=content, headers=headers)) == expected


def test_a_form_that_is_none(client: TestClient) -> None:
    answer = client.post("/v1/token", json={"client_assertion": CODE})
    assert problem(answer) == (415, "content_type_not_supported")
    answer = client.post("/v1/token", data={"client_assertion": CODE})
    assert problem(answer) == (422, "malformed_request")


def test_a_body_larger_than_is_read(client: TestClient, sign_in: Callable[..., Any]) -> None:
    huge = b'"' + b"x" * API_BODY_BYTES_MAX + b'"'
    answer = client.post("/v1/codes", content=huge, headers=JSON_TYPE)
    assert problem(answer) == (413, "body_too_large")

    def dribbled() -> Iterator[bytes]:
        for _ in range(3):
            yield b"x" * (API_BODY_BYTES_MAX // 2)

    answer = client.post("/v1/codes", content=dribbled(), headers=JSON_TYPE)
    assert problem(answer) == (413, "body_too_large")
    # A counter's busy routes read their body themselves.
    headers = sign_in(TerminalKind.COUNTER).headers | JSON_TYPE
    answer = client.post("/v1/payments", content=dribbled(), headers=headers)
    assert problem(answer) == (413, "body_too_large")
    lied = client.post("/v1/codes", content=b"{}", headers=JSON_TYPE | {"Content-Length": "9" * 30})
    assert problem(lied) == (413, "body_too_large")


def test_who_asks_and_what_is_asked(client: TestClient, sign_in: Callable[..., Any]) -> None:
    answer = client.get("/v1/terminals/me")
    assert problem(answer) == (401, "token_missing")
    assert answer.headers["www-authenticate"] == "Bearer"
    gate = sign_in(TerminalKind.GATE).headers
    path = f"/v1/payments/{uuid4()}"
    assert problem(client.get(path, headers=gate)) == (403, "terminal_kind_not_allowed")
    counter = sign_in(TerminalKind.COUNTER).headers
    assert problem(client.get(path, headers=counter)) == (404, "payment_not_found")


class _Busy(UnavailableError):
    code = "testing_busy"
    message = "Busy."
    retry_after_seconds = 7


class _Often(ThrottledError):
    code = "testing_often"
    message = "Too often."


class _Said(NotFoundError):
    code = "testing_said"
    message = "Not there."
    sentence = Sentence("Ce n'est pas là.", "It is not there.", ("PAS LA", ""))


def test_what_fails_behind_a_route(caplog: pytest.LogCaptureFixture) -> None:
    failures = {
        "busy": _Busy(),
        "often": _Often(),
        "said": _Said(place=3),
        "away": OperationalError("SELECT", {"code": CODE}, Exception(CODE)),
        "broken": ValueError(CODE),
    }
    app = FastAPI()
    install_error_answers(app)

    @app.get("/fail/{name}")
    def fail(name: str) -> None:
        raise failures[name]

    client = TestClient(app, raise_server_exceptions=False)
    with caplog.at_level(logging.ERROR):
        answers = {name: client.get(f"/fail/{name}") for name in failures}
    assert problem(answers["busy"]) == (503, "testing_busy")
    assert answers["busy"].headers["retry-after"] == "7"
    assert problem(answers["often"]) == (429, "testing_often")
    assert int(answers["often"].headers["retry-after"]) > 0
    assert problem(answers["away"]) == (503, "database_unavailable")
    assert int(answers["away"].headers["retry-after"]) > 0
    assert problem(answers["said"]) == (404, "testing_said")
    said = answers["said"].json()
    assert (said["details"], said["message_fr"]) == ({"place": 3}, "Ce n'est pas là.")
    assert said["pad_lines"] == ["PAS LA", ""]
    assert problem(answers["broken"]) == (500, "internal_error")
    # Whoever reports it can be helped: the same name is in the log.
    assert answers["broken"].json()["instance"] in caplog.text
    assert CODE not in caplog.text


def test_each_type_is_a_page_here(client: TestClient) -> None:
    listed = client.get("/problems")
    assert listed.status_code == 200
    for code, one in problem_types().items():
        assert f'href="/problems/{code}"' in listed.text
        assert one.status in {*range(400, 500), 500, 503}
    page = client.get("/problems/refund_too_large")
    assert "refund_too_large" in page.text
    assert "HTTP 409" in page.text
    assert problem(client.get(f"/problems/{CODE}"))[0] == 404
    assert {code for code, _ in PLAIN.values()} < set(problem_types())
    assert json.dumps(sorted(problem_types())) == json.dumps(list(problem_types()))
