"""The HTTP API as pages: every operation, schema and code of the committed contract.

Promise: what is drawn is `docs/api/openapi.json` and nothing else, with the exchanges that a test
plays beside the operation they are of. A form of schema that is not known here is an error, so
that nothing of the contract is silently left out.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from scripts.docs.sources import ENGLISH, DocumentError, Page

Json = dict[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")
#: What is read of a schema. Another word would be left out of the page.
_KNOWN = {
    *("$ref", "additionalProperties", "anyOf", "oneOf", "const", "default", "description"),
    *("discriminator", "enum", "exclusiveMinimum", "format", "items", "maxItems", "maxLength"),
    *("maximum", "minItems", "minLength", "minimum", "pattern", "prefixItems", "properties"),
    *("required", "title", "type", "writeOnly", "readOnly", "examples", "deprecated"),
    *("uniqueItems", "contentMediaType", "contentEncoding", "exclusiveMaximum", "maxProperties"),
    *("propertyNames", "minProperties", "allOf", "not"),
}
_LIMITS = (
    ("minimum", "≥ {}"),
    ("exclusiveMinimum", "> {}"),
    ("maximum", "≤ {}"),
    ("exclusiveMaximum", "< {}"),
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minItems", "at least {} items"),
    ("maxItems", "at most {} items"),
    ("minProperties", "at least {} names"),
    ("maxProperties", "at most {} names"),
    ("pattern", "`{}`"),
    ("default", "default `{}`"),
)


def api_pages(contract: Json, exchanges: Sequence[Json]) -> list[Page]:
    """Return a page for each tag, one of all schemas, and the list of them all."""
    tags: dict[str, list[tuple[str, str, Json]]] = {}
    for path, operations in contract["paths"].items():
        for method in METHODS:
            if method in operations:
                operation = operations[method]
                tag = (operation.get("tags") or ["other"])[0]
                tags.setdefault(tag, []).append((method, path, operation))
    pages = [_index(contract, tags)]
    for tag, operations in sorted(tags.items()):
        drawn = "\n".join(
            line for one in operations for line in _operation(*one, contract, exchanges)
        )
        pages.append(Page(ENGLISH, f"api/{slug(tag)}.md", f"# API: {tag}\n\n{drawn}\n"))
    pages.append(Page(ENGLISH, "api/schemas.md", "\n".join(_schemas(contract)) + "\n"))
    return pages


def slug(words: str) -> str:
    """Return words as a name in an address."""
    kept = "".join(letter.lower() if letter.isalnum() else "-" for letter in words)
    return "-".join(part for part in kept.split("-") if part)


def anchor(method: str, path: str) -> str:
    """Return an operation's anchor on the page of its tag."""
    return slug(f"{method} {path}")


def _index(contract: Json, tags: dict[str, list[tuple[str, str, Json]]]) -> Page:
    about = contract["info"]
    lines = [
        "# HTTP API",
        "",
        about.get("description", ""),
        "",
        (
            "Drawn from `docs/api/openapi.json`, which a test holds to the backend's own "
            "description; a running backend shows it at `/docs`. Bodies are JSON, times UTC "
            "(RFC 3339), "
            "amounts whole cents, bytes upper-case hex. What refusals look like, and each `code`: "
            "[refusals](refusals.md). Examples were played against the backend; what changes each "
            "time (ids, tokens, proofs) is written `…`."
        ),
        "",
        "| operation | what it does |",
        "|---|---|",
    ]
    for tag, operations in sorted(tags.items()):
        for method, path, operation in operations:
            told = _first_line(operation.get("description") or operation["summary"])
            lines.append(
                f"| [`{method.upper()} {path}`]({slug(tag)}.md#{anchor(method, path)}) "
                f"| {_cell(told)} |"
            )
    return Page(ENGLISH, "api/index.md", "\n".join(lines) + "\n")


def _operation(
    method: str, path: str, operation: Json, contract: Json, exchanges: Sequence[Json]
) -> Iterator[str]:
    name = f"{method.upper()} {path}"
    yield f"## {name} {{#{anchor(method, path)}}}"
    yield f"\n{operation.get('description') or operation['summary']}\n"
    schemes = sorted({each for need in operation.get("security", []) for each in need})
    yield f"Needs: {', '.join(schemes)}.\n" if schemes else "Needs no token.\n"
    yield from _parameters(operation)
    if "requestBody" in operation:
        yield "**Request body**\n"
        for kind, content in operation["requestBody"]["content"].items():
            yield f"- `{kind}`: {_type(content['schema'])}"
        yield ""
    yield "**Answers**\n\n| status | body | what it means |\n|---|---|---|"
    for status, answer in operation["responses"].items():
        yield f"| {status} | {_bodies(_resolved(answer, contract))} | {_answer(answer, contract)} |"
    yield ""
    for exchange in exchanges:
        if exchange["operation"] == name:
            yield from _exchange(exchange)


def _resolved(value: Json, contract: Json) -> Json:
    """Return what a reference into `components` stands for."""
    if "$ref" not in value:
        return value
    found: Any = contract
    for part in value["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return dict(found)


def _answer(answer: Json, contract: Json) -> str:
    resolved = _resolved(answer, contract)
    headers = ", ".join(f"`{name}`" for name in resolved.get("headers", {}))
    return _cell(resolved["description"]) + (f" Headers: {headers}." if headers else "")


def _bodies(answer: Json) -> str:
    content = answer.get("content", {})
    return "<br>".join(
        f"`{kind}` {_type(body['schema'])}" if body.get("schema") else f"`{kind}`"
        for kind, body in content.items()
    )


def _parameters(operation: Json) -> Iterator[str]:
    parameters = operation.get("parameters", [])
    if not parameters:
        return
    yield "| parameter | in | form | what it is |\n|---|---|---|---|"
    for one in parameters:
        needed = "required" if one.get("required") else ""
        told = f"{one.get('description', '')} {needed}".strip()
        yield f"| `{one['name']}` | {one['in']} | {_type(one['schema'])} | {_cell(told)} |"
    yield ""


def _exchange(exchange: Json) -> Iterator[str]:
    yield f"**Example: {exchange['title']}**\n"
    head = [exchange["request"], *exchange.get("headers", [])]
    body = exchange.get("body")
    sent = "\n".join(head) + ("" if body is None else f"\n\n{_shown(body)}")
    yield f"```http\n{sent}\n```\n"
    answer = exchange.get("answer")
    yield f"```http\nHTTP/1.1 {exchange['status']}" + (
        "" if answer is None else f"\n\n{_shown(answer)}"
    )
    yield "```\n"


def _shown(body: Any) -> str:
    return body if isinstance(body, str) else json.dumps(body, indent=2, ensure_ascii=False)


def _schemas(contract: Json) -> Iterator[str]:
    yield "# API: schemas\n\nEvery value that travels, by its name in the contract."
    for name, schema in sorted(contract["components"]["schemas"].items()):
        yield f"\n## {name} {{#{slug(name)}}}\n"
        if schema.get("description"):
            yield f"{schema['description']}\n"
        if "properties" not in schema:
            yield f"{_type(schema)}\n"
            continue
        if schema.get("additionalProperties") is False:
            yield "Other names are refused.\n"
        yield "| name | form | what it is |\n|---|---|---|"
        needed = schema.get("required", [])
        for key, value in schema["properties"].items():
            said = ["required"] if key in needed else []
            said += [value["description"]] if value.get("description") else []
            yield f"| `{key}` | {_type(value)} | {_cell('; '.join(said))} |"


def _type(schema: Json) -> str:
    """Say in one cell what a schema allows."""
    if strange := set(schema) - _KNOWN:
        raise DocumentError(f"a schema has words that the page does not show: {strange}")
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](schemas.md#{slug(name)})"
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return " or ".join(f"`{json.dumps(each)}`" for each in schema["enum"])
    for joined in ("anyOf", "oneOf", "allOf"):
        if joined in schema:
            word = " and " if joined == "allOf" else " or "
            return word.join(_type(each) for each in schema[joined]) + _limits(schema)
    return _plain_type(schema) + _limits(schema)


def _plain_type(schema: Json) -> str:
    kind = schema.get("type", "anything")
    if kind == "array":
        if "prefixItems" in schema:
            return f"list of {', '.join(map(_type, schema['prefixItems']))}"
        return f"list of {_type(schema.get('items', {}))}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_type(schema['additionalProperties'])}"
    words = " or ".join(kind) if isinstance(kind, list) else str(kind)
    return f"{words} ({schema['format']})" if "format" in schema else words


def _limits(schema: Json) -> str:
    said = []
    for name, words in _LIMITS:
        if name in schema and schema[name] is not None:
            value = schema[name]
            number = int(value) if isinstance(value, float) and value.is_integer() else value
            said.append(words.format(_cell(str(number))))
    return f", {', '.join(said)}" if said else ""


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0]


def _cell(text: str) -> str:
    """Return text that keeps to one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")
