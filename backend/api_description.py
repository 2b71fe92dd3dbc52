"""The API's own description (OpenAPI): what FastAPI writes, said as it is.

Every refusal is a problem of its own media type; every operation names the refusals that any route
like it gives; what one answer is good for in another request is a link, so that a program, or a
test, can follow a sale from operation to operation.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute

from backend.problems import PROBLEM_JSON, ProblemBody

#: Major is the path's `/v1`; the rest grows by what is added, and nothing is taken away.
API_VERSION: Final = "1.0"

PROBLEM: Final = ProblemBody.__name__
REFUSALS: Final = {
    "401": "Nobody we know is asking",
    "403": "Known, but not allowed this",
    "413": "The body is larger than is read",
    "415": "The body is not of this content type",
    "422": "Malformed or unacceptable",
    "default": "Any other refusal",
}
#: Of an operation's answer: the operation it leads to, and where its arguments stand.
Link = tuple[str, str, str, Mapping[str, str]]
LINKS: Final[tuple[Link, ...]] = (
    (
        "create_challenge",
        "201",
        "create_proof",
        {"challenge_id": "$response.body#/challenge_id"},
    ),
    (
        "create_proof",
        "201",
        "list_card_payments",
        {"proof_id": "$response.body#/proof_id"},
    ),
    ("create_payment", "200", "read_payment", {"payment_id": "$response.body#/payment_id"}),
    ("create_payment", "200", "reverse_payment", {"payment_id": "$response.body#/payment_id"}),
    ("create_payment", "200", "void_payment", {"payment_id": "$response.body#/payment_id"}),
    ("create_payment", "200", "refund_payment", {"payment_id": "$response.body#/payment_id"}),
    ("reverse_payment", "200", "read_payment", {"payment_id": "$response.body#/payment_id"}),
    ("void_payment", "200", "read_payment", {"payment_id": "$response.body#/payment_id"}),
    (
        "create_personalisation",
        "201",
        "answer_personalisation",
        {"personalisation_id": "$response.body#/personalisation_id"},
    ),
    (
        "create_retirement",
        "201",
        "answer_retirement",
        {"retirement_id": "$response.body#/retirement_id"},
    ),
    ("read_orders", "200", "read_orders", {"cursor": "$response.body#/next_cursor"}),
    ("list_card_payments", "200", "list_card_payments", {"cursor": "$response.body#/next_cursor"}),
    ("read_gate_news", "200", "read_gate_news", {"since": "$response.body#/cursor"}),
    ("list_events", "200", "list_events", {"after": "$response.body#/cursor"}),
)
_HEADERS: Final = {
    "webhook-id": "the event's id: the same however often it comes",
    "webhook-timestamp": "when it was sent, in seconds since 1970: refuse what is minutes old",
    "webhook-signature": "`v1,` and the HMAC-SHA-256 of `id.timestamp.body`, in base64; or two",
}
#: What a partner's own server is sent (Standard Webhooks 1.0): the events of `list_events`.
WEBHOOKS: Final[dict[str, Any]] = {
    "event": {
        "post": {
            "operationId": "receive_event",
            "tags": ["events"],
            "summary": "An event, at least once and in order, signed for one endpoint",
            "parameters": [
                {
                    "name": name,
                    "in": "header",
                    "required": True,
                    "description": text,
                    "schema": {"type": "string"},
                }
                for name, text in _HEADERS.items()
            ],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {"schema": {"$ref": "#/components/schemas/EventBody"}}
                },
            },
            "responses": {
                "2XX": {"description": "Taken: the next one comes"},
                "410": {"description": "Nothing is to be sent here any more"},
                "default": {"description": "Sent again later, before what follows"},
            },
        }
    }
}


def operation_id(route: APIRoute) -> str:
    """Name an operation as its function is named: stable, and fit for a generated client."""
    return route.name


def describe(app: FastAPI) -> None:
    """Let this application describe itself as it is."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _finish(plain())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _finish(api: dict[str, Any]) -> dict[str, Any]:
    operations = dict(_operations(api))
    for operation in operations.values():
        _say_refusals(operation)
    for source, status, target, parameters in LINKS:
        if source in operations:
            assert target in operations, target
            links = operations[source]["responses"][status].setdefault("links", {})
            links[target] = {"operationId": target, "parameters": dict(parameters)}
    schema = ProblemBody.model_json_schema()
    schemas = api.setdefault("components", {}).setdefault("schemas", {})
    schemas[PROBLEM] = schema
    # FastAPI's own form of a refusal repeats what was typed: it is never sent.
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    _write_pairs_plainly(api)
    api["webhooks"] = WEBHOOKS
    return api


def _write_pairs_plainly(part: object) -> None:
    """Write an array whose places are all alike as most programs read it: `items`, and a length."""
    if isinstance(part, list):
        for each in part:
            _write_pairs_plainly(each)
    elif isinstance(part, dict):
        places = part.get("prefixItems")
        if places and all(place == places[0] for place in places):
            part["items"] = part.pop("prefixItems")[0]
        for each in part.values():
            _write_pairs_plainly(each)


def _operations(api: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in api["paths"].values():
        for operation in path.values():
            yield operation["operationId"], operation


def _say_refusals(operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    responses.pop("422", None)
    asked = {"default"}
    if operation.get("security"):
        asked |= {"401", "403"}
    if "requestBody" in operation:
        asked |= {"413", "415", "422"}
    if operation.get("parameters"):
        asked.add("422")
    reference = {"$ref": f"#/components/schemas/{PROBLEM}"}
    for status in asked:
        responses[status] = {
            "description": REFUSALS[status],
            "content": {PROBLEM_JSON: {"schema": reference}},
        }
    for status, response in responses.items():
        if status.isdigit() and int(status) >= 400:
            response["content"] = {PROBLEM_JSON: {"schema": reference}}
