"""What was released of the API stays: `docs/api/released/` has each version; none may be broken.

A client written against a released description must go on working: no operation, answer, member or
accepted value goes away; nothing more is asked of a request; nothing less is in an answer. Adding
is free. What must end is marked `deprecated` first, for as long as docs/api.md says.
"""

import copy
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
RELEASED = sorted((ROOT / "docs" / "api" / "released").glob("openapi-*.json"))
Json = dict[str, Any]

#: Of a request's value: a wider one is fine. Of an answer's: a narrower one is.
#: How often something may come in a pattern: {4}, {4,8}.
COUNTED = re.compile(r"\{(\d+)(?:,(\d+))?\}")
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")


def current() -> Json:
    described: Json = json.loads((ROOT / "docs/api/openapi.json").read_text(encoding="utf-8"))
    return described


def broken(old: Json, new: Json) -> list[str]:
    """Name everything that a client of `old` misses in `new`."""
    return list(Comparison(old, new).operations())


class Comparison:
    """Two descriptions, walked together."""

    def __init__(self, old: Json, new: Json) -> None:
        self._old, self._new = old, new
        self._seen: set[tuple[str, str, bool]] = set()

    def operations(self) -> Iterator[str]:
        for path, methods in self._old["paths"].items():
            for method, old in methods.items():
                place = f"{method.upper()} {path}"
                new = self._new["paths"].get(path, {}).get(method)
                if new is None:
                    yield f"{place}: gone"
                    continue
                yield from self._operation(place, old, new)

    def _operation(self, place: str, old: Json, new: Json) -> Iterator[str]:
        if old["operationId"] != new["operationId"]:
            yield f"{place}: operationId changed"
        if old.get("security", []) != new.get("security", []):
            yield f"{place}: security changed"
        yield from self._parameters(place, old, new)
        yield from self._request(place, old.get("requestBody"), new.get("requestBody"))
        for status, answer in old["responses"].items():
            if status not in new["responses"]:
                yield f"{place}: no answer {status}"
                continue
            for media, content in answer.get("content", {}).items():
                found = new["responses"][status].get("content", {}).get(media)
                if found is None:
                    yield f"{place} {status}: no {media}"
                else:
                    at = f"{place} {status}"
                    yield from self._schema(at, content["schema"], found["schema"], asked=False)

    def _parameters(self, place: str, old: Json, new: Json) -> Iterator[str]:
        known = {(one["in"], one["name"]): one for one in old.get("parameters", [])}
        found = {(one["in"], one["name"]): one for one in new.get("parameters", [])}
        for key, one in known.items():
            if key not in found:
                yield f"{place}: parameter {key[1]} gone"
                continue
            if found[key].get("required") and not one.get("required"):
                yield f"{place}: parameter {key[1]} required"
            at = f"{place} {key[1]}"
            yield from self._schema(at, one["schema"], found[key]["schema"], asked=True)
        for key, one in found.items():
            if key not in known and one.get("required"):
                yield f"{place}: new parameter {key[1]} required"

    def _request(self, place: str, old: Json | None, new: Json | None) -> Iterator[str]:
        if old is None:
            if new is not None and new.get("required"):
                yield f"{place}: a body is required"
            return
        for media, content in old["content"].items():
            found = (new or {}).get("content", {}).get(media)
            if found is None:
                yield f"{place}: no {media} taken"
            else:
                yield from self._schema(place, content["schema"], found["schema"], asked=True)

    def _schema(self, place: str, old: Json, new: Json, *, asked: bool) -> Iterator[str]:
        names = old.get("$ref", ""), new.get("$ref", "")
        if any(names):
            if (*names, asked) in self._seen:
                return
            self._seen.add((*names, asked))
        old, new = _resolved(self._old, old), _resolved(self._new, new)
        yield from _kinds(place, old, new, asked=asked)
        yield from self._members(place, old, new, asked=asked)
        if "items" in old and "items" in new:
            yield from self._schema(f"{place}[]", old["items"], new["items"], asked=asked)
        for word in ("oneOf", "anyOf"):
            yield from self._choices(place, old.get(word, []), new.get(word, []), asked=asked)

    def _members(self, place: str, old: Json, new: Json, *, asked: bool) -> Iterator[str]:
        had, has = old.get("properties", {}), new.get("properties", {})
        for name, schema in had.items():
            if name not in has:
                yield f"{place}: {name} gone"
            else:
                yield from self._schema(f"{place}.{name}", schema, has[name], asked=asked)
        must_before, must = set(old.get("required", [])), set(new.get("required", []))
        if asked:
            yield from (f"{place}: {name} required" for name in sorted(must - must_before))
        else:
            yield from (f"{place}: {name} no longer sure" for name in sorted(must_before - must))

    def _choices(
        self, place: str, old: list[Json], new: list[Json], *, asked: bool
    ) -> Iterator[str]:
        # A request may be any of the old ones still; an answer is none that nobody knew.
        wanted, offered = (old, new) if asked else (new, old)
        for one in wanted:
            if not any(self._fits(one, other, asked=asked) for other in offered):
                yield f"{place}: a choice {'gone' if asked else 'nobody knew'}"

    def _fits(self, one: Json, other: Json, *, asked: bool) -> bool:
        old, new = (one, other) if asked else (other, one)
        if "$ref" in old or "$ref" in new:
            same = old.get("$ref") == new.get("$ref")
            return same and not list(self._schema("", old, new, asked=asked))
        return not list(self._schema("", old, new, asked=asked))


def _resolved(api: Json, schema: Json) -> Json:
    name = schema.get("$ref", "").removeprefix("#/components/schemas/")
    found: Json = api["components"]["schemas"][name] if name else schema
    return found


def _kinds(place: str, old: Json, new: Json, *, asked: bool) -> Iterator[str]:
    if old.get("type") != new.get("type"):
        yield f"{place}: another type"
    for word in ("pattern", "format", "const"):
        if old.get(word) != new.get(word) and (asked or word != "pattern"):
            if word == "pattern" and _takes_as_much(old.get(word), new.get(word)):
                continue
            yield f"{place}: another {word}"
    before, now = old.get("enum"), new.get("enum")
    if asked and before is not None and now is not None and not set(before) <= set(now):
        yield f"{place}: {sorted(set(before) - set(now))} gone"
    yield from (_narrower if asked else _wider)(place, old, new)


def _takes_as_much(before: str | None, now: str | None) -> bool:
    """Tell a pattern that differs in how often something may come, and takes no less often."""
    if before is None or now is None or COUNTED.sub("{}", before) != COUNTED.sub("{}", now):
        return False
    ranges = [[(int(a), int(b or a)) for a, b in COUNTED.findall(one)] for one in (before, now)]
    return all(new[0] <= old[0] and old[1] <= new[1] for old, new in zip(*ranges, strict=True))


def _narrower(place: str, old: Json, new: Json) -> Iterator[str]:
    for words, sign in ((LOWER, 1), (UPPER, -1)):
        for word in words:
            before, now = old.get(word), new.get(word)
            if now is not None and (before is None or (now - before) * sign > 0):
                yield f"{place}: {word} narrower"


def _wider(place: str, old: Json, new: Json) -> Iterator[str]:
    for words, sign in ((LOWER, -1), (UPPER, 1)):
        for word in words:
            before, now = old.get(word), new.get(word)
            if before is not None and (now is None or (now - before) * sign > 0):
                yield f"{place}: {word} wider"


@pytest.mark.parametrize("released", RELEASED, ids=lambda path: path.stem)
def test_nothing_that_was_released_is_broken(released: Path) -> None:
    old = json.loads(released.read_text(encoding="utf-8"))
    assert broken(old, current()) == []


def test_the_version_that_is_served_was_released() -> None:
    version = current()["info"]["version"]
    assert ROOT / f"docs/api/released/openapi-{version}.json" in RELEASED


def _schema_of(api: Json, name: str) -> Json:
    schema: Json = api["components"]["schemas"][name]
    return schema


NARROWED: dict[str, Callable[[Json], object]] = {
    "an operation gone": lambda api: api["paths"].pop("/v1/totals"),
    "a method gone": lambda api: api["paths"]["/v1/payments"].pop("get"),
    "another name for generated clients": lambda api: api["paths"]["/v1/health"]["get"].update(
        operationId="x"
    ),
    "an answer's member gone": lambda api: _schema_of(api, "ApprovedBody")["properties"].pop(
        "remaining_cents"
    ),
    "an answer's member that may lack": lambda api: _schema_of(api, "ApprovedBody")[
        "required"
    ].remove("remaining_cents"),
    "a member that must be sent": lambda api: _schema_of(api, "PaymentRequest")["required"].append(
        "till"
    ),
    "a lower limit": lambda api: _schema_of(api, "PaymentRequest")["properties"][
        "amount_cents"
    ].update(maximum=10),
    "a value no longer taken": lambda api: _schema_of(api, "Application")["enum"].pop(),
    "another pattern": lambda api: _schema_of(api, "ChallengeRequest")["properties"]["uid"].update(
        pattern="^x$"
    ),
    "a shorter text": lambda api: _schema_of(api, "CodeBody")["properties"]["code"].update(
        pattern="^[0-9]{5,8}$"
    ),
    "a parameter gone": lambda api: api["paths"]["/v1/events"]["get"]["parameters"].pop(0),
    "a parameter that must be sent": lambda api: api["paths"]["/v1/events"]["get"][
        "parameters"
    ].append({"in": "query", "name": "x", "required": True, "schema": {}}),
    "an answer gone": lambda api: api["paths"]["/v1/access-list"]["get"]["responses"].pop("304"),
    "another media type": lambda api: api["paths"]["/v1/health"]["get"]["responses"]["200"].update(
        content={}
    ),
    "a pad that is no longer taken": lambda api: _schema_of(api, "PaymentRequest")["properties"][
        "pin"
    ]["oneOf"].pop(),
    "an answer that nobody knew": lambda api: api["paths"]["/v1/payments"]["post"]["responses"][
        "200"
    ]["content"]["application/json"]["schema"]["oneOf"].append(
        {"$ref": "#/components/schemas/PendingBody"}
    ),
    "a token where none was asked": lambda api: api["paths"]["/v1/health"]["get"].update(
        security=[{"TerminalToken": []}]
    ),
}


@pytest.mark.parametrize("narrow", NARROWED.values(), ids=NARROWED)
def test_what_would_break_a_client_is_found(narrow: Callable[[Json], object]) -> None:
    described = current()
    changed = copy.deepcopy(described)
    narrow(changed)
    assert broken(described, changed)


def test_adding_is_free() -> None:
    described = current()
    changed = copy.deepcopy(described)
    changed["paths"]["/v1/more"] = changed["paths"]["/v1/health"]
    _schema_of(changed, "ApprovedBody")["properties"]["more"] = {"type": "string"}
    _schema_of(changed, "PaymentRequest")["properties"]["more"] = {"type": "string"}
    _schema_of(changed, "DeclineReason")["enum"].append("more")
    assert broken(described, changed) == []
