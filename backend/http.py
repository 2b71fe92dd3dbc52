"""The one place where HTTP status is chosen, and where an error becomes a body.

A body is `{"code", "message", "details"}`, and where somebody stands in front of the machine
`message_fr` and `pad_lines` say the same to them. What the caller typed is never echoed: FastAPI's
own 422 body repeats it, codes included, so its handler is replaced here.
"""

import logging
import re
from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from backend.errors import (
    BackendError,
    ConflictError,
    ForbiddenError,
    GoneError,
    InvalidInputError,
    NotFoundError,
    UnauthenticatedError,
    UnavailableError,
)
from backend.services import Services

LOG = logging.getLogger(__name__)

#: What our own fields are called, and what stands for a name that is not ours.
FIELD_NAME: Final = re.compile(r"[a-z_-]{1,40}")
NAME_HIDDEN: Final = "*"

STATUS: Final[dict[type[BackendError], int]] = {
    UnauthenticatedError: 401,
    ForbiddenError: 403,
    NotFoundError: 404,
    ConflictError: 409,
    GoneError: 410,
    InvalidInputError: 422,
    UnavailableError: 503,
}


class ErrorBody(BaseModel):
    """The body of every answer that is not a success."""

    code: str
    message: str
    details: dict[str, str | int | None] = {}
    #: One French sentence for the person at the counter, and its two lines for the PIN pad.
    message_fr: str | None = None
    pad_lines: tuple[str, str] | None = None


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
    """Answer every refusal, expected or not, with an `ErrorBody`."""
    app.add_exception_handler(BackendError, _answer_refusal)
    app.add_exception_handler(RequestValidationError, _answer_malformed)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(OperationalError, _answer_database_away)
    app.add_exception_handler(PoolTimeoutError, _answer_database_away)
    app.add_exception_handler(Exception, _answer_unexpected)


def _body(status: int, body: ErrorBody) -> JSONResponse:
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse(body.model_dump(), status_code=status, headers=headers)


async def _answer_refusal(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, BackendError)
    body = ErrorBody(code=error.code, message=error.message, details=error.details)
    if error.sentence is not None:
        body.message_fr, body.pad_lines = error.sentence.fr, error.sentence.pad
    return _body(status_of(error), body)


async def _answer_malformed(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    # Only where it is wrong and why; `input` and `ctx` would repeat what was typed.
    problems = {_place(e["loc"], str(e["type"])): str(e["type"]) for e in error.errors()}
    details: dict[str, str | int | None] = dict(list(problems.items())[:20])
    message = "The request is not of the documented form."
    return _body(422, ErrorBody(code="malformed_request", message=message, details=details))


def _place(location: Sequence[str | int], kind: str) -> str:
    """Say where it is wrong, with names of ours: one that the caller made up may be a code."""
    known = location[:-1] if kind == "extra_forbidden" else location
    parts = [
        str(part) if isinstance(part, int) or FIELD_NAME.fullmatch(part) else NAME_HIDDEN
        for part in known
    ]
    return ".".join(parts + [NAME_HIDDEN] * (len(location) - len(known)))


async def _answer_http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    codes = {404: "route_not_found", 405: "method_not_allowed"}
    code = codes.get(error.status_code, "http_error")
    return _body(error.status_code, ErrorBody(code=code, message=str(error.detail)))


async def _answer_database_away(_request: Request, error: Exception) -> JSONResponse:
    LOG.error("database unavailable: %s", type(error).__name__)
    body = ErrorBody(code="database_unavailable", message="The database cannot be reached.")
    return _body(503, body)


async def _answer_unexpected(_request: Request, error: Exception) -> JSONResponse:
    # The type alone: the text of an unforeseen error may quote what was typed.
    LOG.error("unexpected error: %s", type(error).__name__)
    return _body(500, ErrorBody(code="internal_error", message="Something went wrong."))
