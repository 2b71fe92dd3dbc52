"""The contract between terminals and backend is the committed file, and nobody drifts from it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from backend.app import build_app

ROOT = Path(__file__).parent.parent
CONTRACT = ROOT / "docs" / "api" / "openapi.json"


def committed() -> dict[str, Any]:
    contract: dict[str, Any] = json.loads(CONTRACT.read_text(encoding="utf-8"))
    return contract


def test_the_backend_is_what_the_contract_says() -> None:
    described = json.loads(json.dumps(build_app(None).openapi()))
    assert described == committed(), "the API changed: run `make openapi` and read the difference"


def test_every_schema_of_the_contract_is_one() -> None:
    for schema in committed()["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_the_terminal_asks_only_for_what_the_contract_has() -> None:
    files = ("backend_client.py", "backend_returns.py")
    source = "".join((ROOT / "terminal" / name).read_text(encoding="utf-8") for name in files)
    asked = {re.sub(r"\{[^}]*\}", "{}", path) for path in re.findall(r'"(/v1/[^"]*)"', source)}
    # What follows a path without a slash is its query.
    asked = {re.sub(r"(?<!/)\{\}$", "", path) for path in asked}
    offered = {re.sub(r"\{[^}]*\}", "{}", path) for path in committed()["paths"]}
    assert asked
    assert asked <= offered, asked - offered


def test_no_answer_is_fastapis_own_validation_error() -> None:
    # Its form repeats what was typed.
    assert "HTTPValidationError" not in CONTRACT.read_text(encoding="utf-8")


def test_every_operation_documents_its_refusals() -> None:
    for path, operations in committed()["paths"].items():
        for method, operation in operations.items():
            assert "default" in operation["responses"], f"{method} {path}"
            assert operation["summary"], f"{method} {path}"


#: What belongs to one payment: its refunds, what else would pay, two lines for a pad.
OF_ONE_THING = {"/v1/payments/{payment_id}"}


def body_of(contract: dict[str, Any], content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the schemas that a JSON body may be of."""
    schema = content.get("application/json", {}).get("schema", {})
    for one in (schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())):
        if "$ref" in one:
            yield contract["components"]["schemas"][one["$ref"].split("/")[-1]]


def test_every_list_is_given_in_pages_of_a_named_size() -> None:
    contract, told = committed(), (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    lists = []
    for path, operations in contract["paths"].items():
        answer = operations.get("get", {"responses": {}})["responses"].get("200", {})
        for body in body_of(contract, answer.get("content", {})):
            members = body["properties"]
            if any(one.get("type") == "array" for one in members.values()):
                lists.append((path, set(members), operations["get"].get("parameters", [])))
    for path, members, parameters in lists:
        if path in OF_ONE_THING:
            continue
        given = {one["name"]: one["schema"] for one in parameters}
        assert members & {"next_cursor", "cursor"}, path
        assert given.keys() & {"cursor", "after", "since"}, path
        assert "maximum" in given.get("limit", {"maximum": "told in the document"}), path
        assert f"`GET {path}`" in told, path
    assert len(lists) > len(OF_ONE_THING) + 3


def test_whatever_moves_money_has_an_id_that_the_caller_makes() -> None:
    contract, told = committed(), (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    moving = [path for path in contract["paths"] if re.match("/v1/(payments|balance)", path)]
    posts = [path for path in moving if "post" in contract["paths"][path]]
    assert len(posts) >= 5
    for path in posts:
        operation = contract["paths"][path]["post"]
        [last] = re.findall(r"[^/]+$", path)
        assert last in told, path
        if last == "reversal":
            continue  # its id is the payment's: a payment is taken back once
        content = operation["requestBody"]["content"]
        [body] = body_of(contract, content)
        ids = [name for name in body["properties"] if name.endswith("_id") and name != "proof_id"]
        assert ids, path
        assert last == "void" or set(ids) & set(body["required"]), path


def test_both_sides_speak_one_visual_language() -> None:
    # Terminal and backend share no files, so the tokens exist twice; they must not drift apart.
    ours, theirs = (ROOT / side / "static" / "tokens.css" for side in ("terminal", "backend/web"))
    assert ours.read_text() == theirs.read_text()
