"""The tree of refusals a use case may raise, and nothing about HTTP.

A leaf names a stable `code` for programs and carries its facts in `details`; the message is
English for developers, and a `sentence` says it to whoever stands at the counter, where somebody
does. Which HTTP status a code gets is chosen in `backend/http.py` alone.
A declined payment is an answer, not an error: it is never here.
"""

from typing import ClassVar

from backend.sentences import Sentence


class BackendError(Exception):
    """Root of every refusal the backend can give; raise a leaf, not this."""

    code: ClassVar[str] = "internal_error"
    message: ClassVar[str] = "Something went wrong."
    sentence: Sentence | None = None
    #: How long to wait before the same request may succeed, where that is known.
    retry_after_seconds: ClassVar[int | None] = None

    def __init__(self, **details: str | int | None) -> None:
        super().__init__(self.message)
        self.details = details

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class NotFoundError(BackendError):
    """What the caller names is not there, or not the caller's to see."""


class ConflictError(BackendError):
    """The request contradicts what is recorded."""


class GoneError(BackendError):
    """It existed, and its time is over."""


class ForbiddenError(BackendError):
    """Known caller, but not allowed this."""


class UnauthenticatedError(BackendError):
    """Nobody we know is asking."""


class InvalidInputError(BackendError):
    """Well-formed, and still unacceptable."""


class ThrottledError(BackendError):
    """Too often, or too much at once; the same request may succeed later."""

    retry_after_seconds = 30


class UnavailableError(BackendError):
    """Could not be done now; the same request may succeed later."""

    retry_after_seconds = 5
