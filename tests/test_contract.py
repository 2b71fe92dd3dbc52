"""The contract between terminals and backend is the committed file, and nobody drifts from it."""

import json
import re
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


def test_both_sides_speak_one_visual_language() -> None:
    # Terminal and backend share no files, so the tokens exist twice; they must not drift apart.
    ours, theirs = (ROOT / side / "static" / "tokens.css" for side in ("terminal", "backend/web"))
    assert ours.read_text() == theirs.read_text()
