"""The one place where HTTP status is chosen, and where an error becomes a body.

A body is a problem (RFC 9457, `application/problem+json`) with members of ours: a stable `code`,
`message`, `details`, and where somebody stands in front of the machine `message_fr` and
`pad_lines` say the same to them. What the caller typed is never echoed: FastAPI's own 422 body
repeats it, codes included, so its handler is replaced here.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Final
from uuid import uuid4

from fastapi import Depends, FastAPI, Request, params
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.errors import (
    BackendError,
    ConflictError,
    ForbiddenError,
    GoneError,
    InvalidInputError,
    NotFoundError,
    ThrottledError,
    UnauthenticatedError,
    UnavailableError,
)
from backend.problems import PROBLEM_JSON, Details, ProblemBody, problem
from backend.services import Services

LOG = logging.getLogger(__name__)

#: What our own fields are called, and what stands for a name that is not ours.
FIELD_NAME: Final = re.compile(r"[a-z_-]{1,40}")
NAME_HIDDEN: Final = "*"
#: What a program sends at most; a page's form may carry a file.
API_PREFIX: Final = "/v1/"
API_BODY_BYTES_MAX: Final = 2 * 1024 * 1024
PAGE_BODY_BYTES_MAX: Final = 64 * 1024 * 1024
#: After this long the same request may succeed, where the database was away.
DATABASE_RETRY_SECONDS: Final = 2
METHODS: Final = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")

STATUS: Final[dict[type[BackendError], int]] = {
    UnauthenticatedError: 401,
    ForbiddenError: 403,
    NotFoundError: 404,
    ConflictError: 409,
    GoneError: 410,
    InvalidInputError: 422,
    ThrottledError: 429,
    UnavailableError: 503,
}
#: What is refused before any room is asked: its code and its words, by status.
PLAIN: Final[dict[int, tuple[str, str]]] = {
    400: ("body_unreadable", "The body cannot be read."),
    404: ("route_not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address has no such method; `Allow` names those it has."),
    413: ("body_too_large", "The body is larger than is read here."),
    415: ("content_type_not_supported", "The body is not of the documented content type."),
    422: ("malformed_request", "The request is not of the documented form."),
    500: ("internal_error", "Something went wrong."),
    503: ("database_unavailable", "The database cannot be reached."),
}


async def services_of(request: Request) -> Services:
    """Give a route the services the application was built with.

    Asynchronous though it waits for nothing: a plain function would cost a turn in a thread.
    """
    services: Services = request.app.state.services
    return services


ServicesDependency = Annotated[Services, Depends(services_of)]


def status_of(error: BackendError) -> int:
    """Choose the HTTP status of a refusal by its branch of the tree."""
    for branch, status in STATUS.items():
        if isinstance(error, branch):
            return status
    return 500


def install_error_answers(app: FastAPI) -> None:
    """Answer every refusal, expected or not, with a `ProblemBody`."""
    app.add_exception_handler(BackendError, _answer_refusal)
    app.add_exception_handler(RequestValidationError, _answer_malformed)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(OperationalError, _answer_database_away)
    app.add_exception_handler(PoolTimeoutError, _answer_database_away)
    app.add_exception_handler(Exception, _answer_unexpected)
    app.add_middleware(BodyLimit)


class BodyLimit:
    """Refuse a body larger than is read: by what it says of its length, else while it comes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_api = scope["path"].startswith(API_PREFIX)
        bytes_max = API_BODY_BYTES_MAX if is_api else PAGE_BODY_BYTES_MAX
        said = next((value for name, value in scope["headers"] if name == b"content-length"), None)
        if said is None:
            await self._app(scope, _counted(receive, bytes_max), send)
        elif said.isdigit() and int(said) <= bytes_max:
            await self._app(scope, receive, send)
        else:
            await _plain(413, headers={"Connection": "close"})(scope, receive, send)


def _counted(receive: Receive, bytes_max: int) -> Receive:
    left = bytes_max

    async def counted() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(413)
        return message

    return counted


def _answer(status: int, body: ProblemBody, headers: Mapping[str, str] | None = None) -> Response:
    sent = dict(headers or {})
    if status == 401:
        sent["WWW-Authenticate"] = "Bearer"
    return Response(
        body.model_dump_json(exclude_none=True), status, headers=sent, media_type=PROBLEM_JSON
    )


def _plain(
    status: int, details: Details | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    code, message = PLAIN[status]
    return _answer(status, problem(status, code, message, details), headers)


async def _answer_refusal(_request: Request, error: Exception) -> Response:
    assert isinstance(error, BackendError)
    status = status_of(error)
    body = problem(status, error.code, error.message, error.details)
    if error.sentence is not None:
        body.message_fr, body.pad_lines = error.sentence.fr, error.sentence.pad
    wait = error.retry_after_seconds
    return _answer(status, body, None if wait is None else {"Retry-After": str(wait)})


async def _answer_malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if _is_of_wrong_type(request):
        return _plain(415)
    # Only where it is wrong and why; `input` and `ctx` would repeat what was typed.
    problems = {_place(e["loc"], str(e["type"])): str(e["type"]) for e in error.errors()}
    details: Details = dict(list(problems.items())[:20])
    return _plain(422, details)


def _is_of_wrong_type(request: Request) -> bool:
    """Say whether a body came as something else than what the route reads."""
    field = getattr(request.scope.get("route"), "body_field", None)
    said = request.headers.get("content-type", "")
    is_empty = request.headers.get("content-length") in {None, "0"}
    if field is None or (is_empty and not said):
        return False
    media, _, _ = said.lower().partition(";")
    if isinstance(field.field_info, params.Form):
        return media.strip() not in {"application/x-www-form-urlencoded", "multipart/form-data"}
    return re.fullmatch(r"application/([a-z0-9.-]+\+)?json", media.strip()) is None


def _place(location: Sequence[str | int], kind: str) -> str:
    """Say where it is wrong, with names of ours: one that the caller made up may be a code."""
    known = location[:-1] if kind == "extra_forbidden" else location
    parts = [
        str(part) if isinstance(part, int) or FIELD_NAME.fullmatch(part) else NAME_HIDDEN
        for part in known
    ]
    return ".".join(parts + [NAME_HIDDEN] * (len(location) - len(known)))


async def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = {"Allow": _allowed(request)} if error.status_code == 405 else error.headers
    if error.status_code in PLAIN:
        return _plain(error.status_code, headers=headers)
    body = problem(error.status_code, "http_error", "The request was refused.")
    return _answer(error.status_code, body, headers)


def _allowed(request: Request) -> str:
    """Name the methods of an address: its routes are several, and each knows its own alone."""
    routes = request.app.router.routes
    allowed = [
        method
        for method in METHODS
        if any(one.matches({**request.scope, "method": method})[0] is Match.FULL for one in routes)
    ]
    return ", ".join(allowed)


async def _answer_database_away(_request: Request, error: Exception) -> Response:
    LOG.error("database unavailable: %s", type(error).__name__)
    return _plain(503, headers={"Retry-After": str(DATABASE_RETRY_SECONDS)})


async def _answer_unexpected(_request: Request, error: Exception) -> Response:
    # The type alone: the text of an unforeseen error may quote what was typed. The name of this
    # one failure is in the log and in the answer, so that whoever reports it can be helped.
    name = f"urn:uuid:{uuid4()}"
    LOG.error("unexpected error: %s, %s", type(error).__name__, name)
    code, message = PLAIN[500]
    body = problem(500, code, message)
    body.instance = name
    return _answer(500, body)
