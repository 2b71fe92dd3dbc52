"""Access tokens over HTTP: proof of key, once; short life; revocation at once."""

import base64
import json
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select
from starlette.testclient import TestClient

from backend.errors import BackendError
from backend.expiry import EXPIRED_ROWS_PER_SWEEP_MAX
from backend.partners.authentication import AuthenticatedTerminal, require_kind
from backend.partners.enrolment import enrol_terminal, revoke_terminal
from backend.partners.errors import AssertionReplayed, TerminalKindNotAllowed
from backend.partners.tables import AccessToken, SeenAssertion, TerminalHeard, TerminalKind
from backend.partners.tokens import issue_token
from backend.services import Services


@pytest.fixture
def terminal(services: Services, new_terminal: Callable[..., Any]) -> Any:
    made = new_terminal()
    with services.database.unit_of_work() as session:
        enrol_terminal(session, made.code, made.public_raw, services.now())
    return made


def ask(client: TestClient, form: dict[str, str]) -> tuple[int, str]:
    answer = client.post("/v1/token", data=form)
    return answer.status_code, answer.json().get("code", "")


def me(client: TestClient, token: str) -> tuple[int, str]:
    answer = client.get("/v1/terminals/me", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code, answer.json().get("code", "")


def test_a_token_opens_the_door_until_it_expires(
    client: TestClient, clock: Any, terminal: Any
) -> None:
    body = client.post("/v1/token", data=terminal.form()).json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 300)
    answer = client.get(
        "/v1/terminals/me", headers={"Authorization": f"Bearer {body['access_token']}"}
    )
    assert answer.json()["terminal_id"] == str(terminal.terminal_id)
    clock.advance(seconds=299)
    assert me(client, body["access_token"]) == (200, "")
    clock.advance(seconds=1)
    assert me(client, body["access_token"]) == (401, "token_expired")


def test_a_token_is_stored_as_a_hash_only(
    client: TestClient, services: Services, terminal: Any
) -> None:
    token = client.post("/v1/token", data=terminal.form()).json()["access_token"]
    with services.database.reading() as session:
        (stored,) = session.scalars(select(AccessToken.token_hash)).all()
    assert stored != bytes.fromhex(token)
    assert len(bytes.fromhex(token)) == len(stored) == 32


def test_without_a_token_nobody_enters(client: TestClient) -> None:
    answer = client.get("/v1/terminals/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert me(client, secrets.token_hex(32)) == (401, "token_invalid")
    assert me(client, "é'; drop table terminal".encode().hex()) == (401, "token_invalid")


def test_revocation_is_immediate(client: TestClient, services: Services, terminal: Any) -> None:
    token = client.post("/v1/token", data=terminal.form()).json()["access_token"]
    assert me(client, token) == (200, "")
    with services.database.unit_of_work() as session:
        revoke_terminal(session, terminal.terminal_id, services.now())
    assert me(client, token) == (401, "terminal_revoked")
    assert ask(client, terminal.form()) == (401, "terminal_revoked")


def test_an_assertion_serves_once(client: TestClient, terminal: Any) -> None:
    form = terminal.form()
    assert ask(client, form) == (200, "")
    assert ask(client, form) == (401, "client_assertion_replayed")


def test_one_assertion_at_twenty_doors_opens_one(services: Services, terminal: Any) -> None:
    assertion, start = terminal.assertion(), Barrier(20)

    def attempt(_: int) -> bool:
        start.wait(10)
        try:
            with services.database.unit_of_work() as session:
                issue_token(session, assertion, now=services.now(), token_seconds=300)
        except AssertionReplayed:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(attempt, range(20))) == 1


def test_when_a_terminal_last_asked_is_kept_once(
    services: Services, terminal: Any, clock: Any
) -> None:
    for _ in range(2):
        clock.advance(minutes=5)
        with services.database.unit_of_work() as session:
            issue_token(session, terminal.assertion(), now=services.now(), token_seconds=300)
    with services.database.reading() as session:
        assert session.scalars(select(TerminalHeard.heard_at)).all() == [clock()]


NOW = 1_788_256_800  # the test clock's moment


WRONG_CLAIMS: list[dict[str, Any]] = [
    {"aud": "another"},
    {"aud": ["pass-backend", "another"]},
    {"aud": None},
    {"iss": "another"},
    {"iss": None},
    {"sub": None},
    {"sub": "not a uuid"},
    {"sub": 7},
    {"sub": "00000000-0000-4000-8000-000000000000"},
    {"jti": None},
    {"jti": ""},
    {"jti": 7},
    {"jti": "x" * 65},
    {"jti": "a\x00b"},
    {"exp": None},
    {"exp": NOW},
    {"exp": NOW - 1},
    {"exp": NOW + 91},
    {"exp": NOW + 10**12},
    {"exp": 10**400},
    {"exp": "soon"},
    {"exp": 1e400},
]


def test_an_assertion_with_a_wrong_claim_is_refused(client: TestClient, terminal: Any) -> None:
    assert int(terminal.services.now().timestamp()) == NOW
    for changes in WRONG_CLAIMS:
        # Written by hand: the library refuses to sign some of these.
        payload = json.dumps(terminal.claims(**changes)).encode()
        assertion = jwt.api_jws.encode(payload, terminal.key, algorithm="EdDSA")
        refused = (401, "client_assertion_invalid")
        assert ask(client, terminal.form(assertion)) == refused, changes
    assert ask(client, terminal.form()) == (200, "")


@pytest.mark.parametrize("seconds", [1, 60, 90])
def test_an_assertion_may_be_made_by_a_clock_a_little_ahead(
    client: TestClient, terminal: Any, seconds: int
) -> None:
    assert ask(client, terminal.form(terminal.assertion(exp=NOW + seconds))) == (200, "")


def test_an_assertion_under_another_key_or_none_is_refused(
    client: TestClient, terminal: Any
) -> None:
    refused = (401, "client_assertion_invalid")
    claims = terminal.claims()
    other = jwt.encode(claims, Ed25519PrivateKey.generate(), algorithm="EdDSA")
    unsigned = jwt.encode(claims, "", algorithm="none")
    confused = jwt.encode(claims, terminal.public_raw, algorithm="HS256")
    deep = base64.urlsafe_b64encode(b"[" * 1400).decode().rstrip("=")
    header = base64.urlsafe_b64encode(b'{"alg":"EdDSA"}').decode().rstrip("=")
    nested = f"{header}.{deep}."
    for assertion in (other, unsigned, confused, nested, f"{deep}.e30.", "garbage", "a.b.c", "é"):
        assert ask(client, terminal.form(assertion)) == refused, assertion


def test_a_terminal_that_never_enrolled_gets_no_token(
    client: TestClient, new_terminal: Callable[..., Any]
) -> None:
    assert ask(client, new_terminal().form()) == (401, "client_assertion_invalid")


def test_a_malformed_token_request_is_never_echoed(client: TestClient, terminal: Any) -> None:
    for change in (
        {"grant_type": "password"},
        {"client_assertion_type": "basic"},
        {"client_assertion": ""},
        {"client_assertion": "x" * 3000},
        {"extra": "unexpected-value"},
    ):
        form = terminal.form() | change
        answer = client.post("/v1/token", data=form)
        assert (answer.status_code, answer.json()["code"]) == (422, "malformed_request"), change
        assert not [typed for typed in form.values() if typed and typed in answer.text]


def test_what_expired_is_swept_a_bounded_number_at_a_time(
    services: Services, clock: Any, terminal: Any
) -> None:
    more_than_a_sweep = EXPIRED_ROWS_PER_SWEEP_MAX + 20
    with services.database.unit_of_work() as session:
        for n in range(more_than_a_sweep):
            session.add(
                SeenAssertion(
                    terminal_id=terminal.terminal_id, jti=str(n), expires_at=services.now()
                )
            )

    def count_after_another_token() -> tuple[int, int]:
        with services.database.unit_of_work() as session:
            issue_token(session, terminal.assertion(), now=services.now(), token_seconds=300)
            seen = session.scalar(select(func.count()).select_from(SeenAssertion)) or 0
            tokens = session.scalar(select(func.count()).select_from(AccessToken)) or 0
        return seen, tokens

    clock.advance(seconds=1)
    assert count_after_another_token() == (20 + 1, 1)
    clock.advance(hours=30)
    assert count_after_another_token() == (1, 1)


@pytest.mark.parametrize("kind", TerminalKind)
def test_a_door_is_for_one_kind(kind: TerminalKind, terminal: Any) -> None:
    asking = AuthenticatedTerminal(terminal.terminal_id, kind, "T", None, None)
    require_kind(asking, kind)
    others = [other for other in TerminalKind if other is not kind]
    with pytest.raises(TerminalKindNotAllowed) as refusal:
        require_kind(asking, *others)
    assert isinstance(refusal.value, BackendError)
