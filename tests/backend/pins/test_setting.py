"""Setting a code over HTTP: chosen by the holder, refused if easy, never echoed nor stored."""

import logging
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from backend.accounts.errors import BeneficiaryUnknown
from backend.database import Base
from backend.pins.errors import CodeBeingSet, CodeRefused
from backend.pins.setting import _store, activate_code, code_state, set_code
from backend.pins.states import CodeEvent, CodeState, next_state
from backend.vault.values import PinVerdict, SecretCode

UNSET, ACTIVE, LOCKED = CodeState.UNSET, CodeState.ACTIVE, CodeState.LOCKED
MUST_CHANGE = CodeState.MUST_CHANGE

# Every state, every event, in the order of CodeEvent: set, right, last try wrong, change forced.
TABLE: dict[CodeState, tuple[CodeState | None, ...]] = {
    UNSET: (ACTIVE, None, None, None),
    ACTIVE: (ACTIVE, ACTIVE, LOCKED, MUST_CHANGE),
    MUST_CHANGE: (ACTIVE, None, LOCKED, MUST_CHANGE),
    LOCKED: (ACTIVE, None, LOCKED, LOCKED),
}


def post(client: TestClient, **body: Any) -> tuple[int, str]:
    answer = client.post("/v1/codes", json=body)
    return answer.status_code, "" if answer.status_code == 204 else answer.json()["code"]


def state_of(world: Any) -> CodeState:
    with world.services.database.reading() as session:
        return code_state(session, world.person)


def test_every_state_and_event() -> None:
    assert set(TABLE) == set(CodeState)
    for state, row in TABLE.items():
        for event, expected in zip(CodeEvent, row, strict=True):
            assert next_state(state, event) is expected, (state, event)


def test_a_code_is_set_with_an_activation_token_once(client: TestClient, world: Any) -> None:
    token = world.invite()
    assert state_of(world) is UNSET
    assert post(client, activation_token=token, code="7391") == (204, "")
    assert state_of(world) is ACTIVE
    assert post(client, activation_token=token, code="8264") == (410, "activation_used")


def test_a_refused_code_leaves_the_token_for_another_try(client: TestClient, world: Any) -> None:
    token = world.invite()
    for code, why in (("1234", "sequence"), ("1705", "birth_date"), ("0000", "same_digits")):
        answer = client.post("/v1/codes", json={"activation_token": token, "code": code})
        assert answer.status_code == 422
        assert answer.json()["code"] == "code_refused"
        assert answer.json()["details"] == {"why": why}
        assert code not in answer.text
    assert post(client, activation_token=token, code="7391") == (204, "")


def test_an_activation_that_is_unknown_or_too_old(
    client: TestClient, world: Any, clock: Any
) -> None:
    token = world.invite()
    assert post(client, activation_token="x" * 43, code="7391") == (404, "activation_unknown")
    clock.advance(days=7)
    assert post(client, activation_token=token, code="7391") == (410, "activation_expired")
    assert state_of(world) is UNSET


@pytest.mark.parametrize(
    "body",
    [
        {"code": "739152648"},
        {"code": "739"},
        {"code": "73a1"},
        {"code": "7391\n"},
        {"code": 7391},
        {"code": ["7391"]},
        {"code": {"value": "7391"}},
        {"code": "7391", "extra": "7391"},
        {"code": "7391", "activation_token": ""},
        {"code": "7391", "activation_token": "7391" * 50},
        {"pin": "7391"},
    ],
    ids=str,
)
def test_a_malformed_request_never_echoes_the_code(
    client: TestClient, world: Any, body: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = client.post("/v1/codes", json={"activation_token": "t" * 43} | body)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed_request")
    told = answer.text + caplog.text + str(answer.headers)
    assert "739" not in told
    assert "73a" not in told


def test_broken_json_never_echoes_the_code(client: TestClient) -> None:
    for content in (b'{"code": "7391"', b"7391", b'"7391"', b'{"code": 7391}{', b"\xff7391"):
        answer = client.post(
            "/v1/codes", content=content, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in {400, 422}
        assert "7391" not in answer.text


def test_a_vault_that_fails_tells_nothing(
    client: TestClient, world: Any, vault: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def fail(_length: int) -> bytes:
        raise RuntimeError("7391")

    vault._random = fail
    answer = client.post("/v1/codes", json={"activation_token": world.invite(), "code": "7391"})
    assert answer.status_code == 500
    assert "7391" not in answer.text
    assert "7391" not in caplog.text


def test_no_digit_is_stored(client: TestClient, world: Any, tmp_path: Path) -> None:
    assert post(client, activation_token=world.invite(), code="7391") == (204, "")
    pad = world.pad()
    typed = pad.type("7391")
    world.check(pad, typed)
    with world.services.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            for row in session.execute(text(f'SELECT * FROM "{table.name}"')):
                for value in row:
                    raw = bytes(value) if isinstance(value, bytes | memoryview) else b""
                    assert b"7391" not in raw
                    assert typed.block not in raw
                    assert str(value) != "7391"
    for file in tmp_path.glob("*.sqlite3*"):
        assert typed.block not in file.read_bytes()
        assert typed.block.hex().encode() not in file.read_bytes().lower()


def test_the_previous_code_is_refused(world: Any) -> None:
    world.set("7391")
    with pytest.raises(CodeRefused) as refusal:
        world.set("7391")
    assert refusal.value.details == {"why": "previous"}
    world.set("8264")
    world.set("7391")


def test_a_new_code_replaces_the_old_and_opens_a_locked_one(world: Any) -> None:
    world.set("7391")
    pad = world.pad()
    for _ in range(3):
        world.check(pad, pad.type("1111"))
    assert state_of(world) is LOCKED
    world.set("8264")
    assert state_of(world) is ACTIVE
    row = world.row()
    assert (row.tries_left, row.generation, row.locked_at) == (3, 2, None)
    assert world.check(pad, pad.type("7391")).verdict == "wrong"
    assert world.check(pad, pad.type("8264")).verdict == "right"


def test_a_code_for_nobody_is_refused(world: Any) -> None:
    with pytest.raises(BeneficiaryUnknown):
        set_code(world.services, uuid4(), SecretCode("7391"))


def test_the_digits_are_wiped_whatever_happens(world: Any) -> None:
    for digits, error in (("7391", None), ("1234", CodeRefused)):
        code = SecretCode(digits)
        if error is None:
            set_code(world.services, world.person, code)
        else:
            with pytest.raises(error):
                set_code(world.services, world.person, code)
        assert code.reveal() == bytes(4)
    code = SecretCode("8264")
    with pytest.raises(Exception, match="activation_unknown"):
        activate_code(world.services, "nobody", code)
    assert code.reveal() == bytes(4)


def test_two_codes_set_at_once_do_not_mix(world: Any) -> None:
    world.set("7391")
    old = world.vault.vault.make_pin_reference(world.person, 1, SecretCode("8264"))
    with world.services.database.unit_of_work() as session, pytest.raises(CodeBeingSet):
        _store(session, world.person, old, world.services.now())
    pad = world.pad()
    assert world.check(pad, pad.type("7391")).verdict == "right"
    assert world.vault.verified == [PinVerdict.RIGHT]
