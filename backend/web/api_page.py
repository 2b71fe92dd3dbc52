"""The API as a page of this server's own: every operation and schema that it describes.

Promise: drawn from the description itself (`/openapi.json`), so that it is never behind; nothing is
loaded from elsewhere and no script runs. Not here: explanations and examples, which the
documentation has; trying an operation out, which takes a terminal's key.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse

from backend.problems import PROBLEM_JSON
from backend.web.pages import FOLDER, page

Json = Mapping[str, Any]
router = APIRouter(include_in_schema=False)

DOCS_PATH: Final = "/docs"
STYLE_PATH: Final = "/static/api.css"
_SCHEMAS: Final = "#/components/schemas/"
#: A limit's name in a schema, and how it is said.
_LIMITS: Final = {
    "const": "always {}",
    "minimum": "≥ {}",
    "maximum": "≤ {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "pattern": "{}",
    "default": "default {}",
}


class Part(NamedTuple):
    """A part of what is said of a schema; `leads` where it is the name of one."""

    text: str
    leads: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a body, a parameter, or a body by its media type."""

    name: str
    kind: tuple[Part, ...]
    required: bool
    limits: str
    told: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What one status means, and the schema of its body."""

    status: str
    kind: tuple[Part, ...]
    told: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: who may ask it, what it takes, what it answers."""

    anchor: str
    method: str
    path: str
    told: str
    needs: tuple[str, ...]
    parameters: tuple[Member, ...]
    bodies: tuple[Member, ...]
    answers: tuple[Answer, ...]


@router.get(DOCS_PATH)
def api_page(request: Request) -> HTMLResponse:
    """Show the API."""
    api = request.app.openapi()
    components = api["components"]
    return page(
        "api.html",
        about=api["info"],
        schemes=components.get("securitySchemes", {}),
        tags=operations_by_tag(api),
        schemas={name: tuple(_members(one)) for name, one in components["schemas"].items()},
        told={name: one.get("description", "") for name, one in components["schemas"].items()},
    )


@router.get(STYLE_PATH)
def api_style() -> FileResponse:
    """Send the page's own style sheet."""
    return FileResponse(FOLDER / "static" / "api.css", headers={"Cache-Control": "max-age=3600"})


def operations_by_tag(api: Json) -> dict[str, list[Operation]]:
    """Return every operation, by the room that answers it."""
    found: dict[str, list[Operation]] = {}
    for path, operations in api["paths"].items():
        for method, operation in operations.items():
            tag = operation.get("tags", ["other"])[0]
            found.setdefault(tag, []).append(_operation(method.upper(), path, operation))
    return dict(sorted(found.items()))


def _operation(method: str, path: str, operation: Json) -> Operation:
    body = operation.get("requestBody", {"content": {}})
    return Operation(
        anchor=operation["operationId"],
        method=method,
        path=path,
        told=operation.get("description") or operation["summary"],
        needs=tuple(sorted({name for each in operation.get("security", []) for name in each})),
        parameters=tuple(
            _member(one["name"], one["schema"], one.get("required", False), one.get("description"))
            for one in operation.get("parameters", [])
        ),
        bodies=tuple(
            _member(media, content.get("schema", {}), body.get("required", False))
            for media, content in body["content"].items()
        ),
        answers=tuple(_answers(operation["responses"])),
    )


def _answers(responses: Json) -> Iterator[Answer]:
    """Give the answers in the order of their status; refusals have one body, said once."""
    for status, response in sorted(responses.items()):
        content: Json = response.get("content", {})
        schemas = [] if PROBLEM_JSON in content else [one.get("schema") for one in content.values()]
        kind = tuple(part for one in schemas if one for part in _kind(one))
        yield Answer(status, kind, response["description"])


def _members(schema: Json) -> Iterator[Member]:
    required = schema.get("required", ())
    for name, one in schema.get("properties", {}).items():
        yield _member(name, one, name in required)
    if "properties" not in schema:
        yield _member("", schema, True)


def _member(name: str, schema: Json, required: bool, told: str | None = None) -> Member:
    said = told or schema.get("description", "")
    return Member(name, tuple(_kind(schema)), required, _limits(schema), said)


def _kind(schema: Json) -> Iterator[Part]:
    """Say in words what a schema allows, part by part."""
    parts = schema.get("anyOf") or schema.get("oneOf")
    if "$ref" in schema:
        yield Part(str(schema["$ref"]).removeprefix(_SCHEMAS), True)
    elif parts:
        for number, one in enumerate(parts):
            yield from [Part(" or ")] if number else []
            yield from _kind(one)
    elif "enum" in schema:
        yield Part(" | ".join(str(one) for one in schema["enum"]))
    elif schema.get("type") == "array":
        yield Part("list of ")
        yield from _kind(schema.get("items", {}))
    else:
        form = f" ({schema['format']})" if "format" in schema else ""
        yield Part(f"{schema.get('type', 'any')}{form}")


def _limits(schema: Json) -> str:
    parts = (schema, *schema.get("anyOf", ()))
    said = [
        words.format(one[key])
        for one in parts
        for key, words in _LIMITS.items()
        if one.get(key) is not None
    ]
    return ", ".join(said)
