"""A malformed request is told where it is wrong, and nothing that it held, names included."""

import json
import warnings

import pytest

from backend.http import NAME_HIDDEN

with warnings.catch_warnings():
    # Starlette would rather have httpx2; the terminal, and so the project, uses httpx.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

CODE = "8406"


@pytest.mark.parametrize(
    "body",
    [
        {"activation_token": "x" * 20, "code": "7391", CODE: "1"},
        {CODE: {CODE: CODE}},
        {"activation_token": {CODE: 1}, "code": [CODE]},
        {f"Code {CODE}": 1, f"code_{CODE}": 2},
        [CODE],
        CODE,
    ],
)
def test_no_value_and_no_made_up_name_comes_back(client: TestClient, body: object) -> None:
    answer = client.post("/v1/codes", json=body)
    assert answer.status_code == 422
    assert answer.json()["code"] == "malformed_request"
    assert CODE not in answer.text


def test_our_own_names_do(client: TestClient) -> None:
    answer = client.post("/v1/codes", json={"code": 7391, "extra": 1})
    details = answer.json()["details"]
    assert details["body.activation_token"] == "missing"
    assert details["body.code"] == "string_type"
    assert details[f"body.{NAME_HIDDEN}"] == "extra_forbidden"


def test_what_is_no_json_is_not_repeated(client: TestClient) -> None:
    headers = {"Content-Type": "application/json"}
    answer = client.post("/v1/codes", content=f'{{"code": "{CODE}"'.encode(), headers=headers)
    assert answer.status_code == 422
    assert CODE not in json.dumps(answer.json())
