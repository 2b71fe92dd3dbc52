"""What a refusal is on the wire: a problem (RFC 9457), the same shape for every route.

Promise: `type` names a page of this server that says what the code means, and no other host.
Programs act on `code`. Not here: which status a refusal has (http.py), and the pages (web/).
"""

from typing import Final

from pydantic import BaseModel, Field

PROBLEM_JSON: Final = "application/problem+json"
PROBLEMS_PATH: Final = "/problems"

Details = dict[str, str | int | None]


class ProblemBody(BaseModel):
    """The body of every answer that is not a success (RFC 9457); act on `code`."""

    type: str = Field(description="a page of this server that says what the code means")
    title: str = Field(description="the code in words")
    status: int = Field(ge=400, le=599, description="the HTTP status, once more")
    detail: str = Field(description="one English sentence for developers")
    instance: str | None = Field(
        default=None, description="the name of this one failure, which the log has too"
    )
    code: str = Field(description="stable, for programs")
    message: str = Field(description="the same as `detail`")
    details: Details = {}
    message_fr: str | None = Field(
        default=None, description="one French sentence for the person at the counter"
    )
    pad_lines: tuple[str, str] | None = Field(
        default=None, description="its two lines for a PIN pad"
    )


def problem(status: int, code: str, message: str, details: Details | None = None) -> ProblemBody:
    """Write a problem."""
    return ProblemBody(
        type=f"{PROBLEMS_PATH}/{code}",
        title=title_of(code),
        status=status,
        detail=message,
        code=code,
        message=message,
        details=details or {},
    )


def title_of(code: str) -> str:
    """Write a code in words: the same for every occurrence (RFC 9457 §3.1.3)."""
    return code.replace("_", " ").capitalize()
