"""What an answer of the backend means: a checked value, or one of the three errors.

Promise: a 4xx with a stable code is `BackendRefused`; a 5xx is `BackendUnreachable`: nothing
is known; whatever else is no answer is `BackendGarbled`. No error holds what the answer held.
It sends nothing (see backend_client.py).
"""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from terminal import api_values
from terminal.errors import BackendGarbled, BackendRefused, BackendUnreachable

PROBLEMS_SHOWN_MAX = 5

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came over the line: status, body, and the two headers that count."""

    status: int
    body: bytes = field(repr=False)
    etag: str
    date: str


def parse(answer: Answer, adapter: TypeAdapter[T]) -> T:
    """Return the value in a 200 or 201, or raise what any other status means."""
    if answer.status not in {HTTPStatus.OK, HTTPStatus.CREATED}:
        raise refusal(answer)
    try:
        return adapter.validate_json(answer.body, strict=True)
    except ValidationError as error:
        raise BackendGarbled(_places(error), status=answer.status) from None


def refusal(answer: Answer) -> BackendRefused:
    """Return the refusal in a 4xx; raise what it is otherwise."""
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise BackendUnreachable(f"the backend failed: {answer.status}", status=answer.status)
    if answer.status < HTTPStatus.BAD_REQUEST:
        raise BackendGarbled(f"unexpected status {answer.status}", status=answer.status)
    try:
        error = api_values.ERROR_BODY.validate_json(answer.body, strict=True)
    except ValidationError as cause:
        raise BackendGarbled(_places(cause), status=answer.status) from None
    said = (error.message_fr, error.pad_lines)
    return BackendRefused(answer.status, error.code, error.message, error.details, said=said)


def _places(error: ValidationError) -> str:
    """Say which fields are wrong, and never what they hold."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(
        f"{'.'.join(str(part) for part in each['loc']) or 'body'}: {each['type']}"
        for each in found[:PROBLEMS_SHOWN_MAX]
    )


def same(name: str, answered: object, asked: object) -> None:
    """Refuse an answer about something else."""
    if answered != asked:
        raise BackendGarbled(f"{name} is not the one that was asked about")
