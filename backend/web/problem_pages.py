"""The pages that a problem's `type` names: what each code means, for developers, in English.

Made from the codes themselves, so that they are never behind. Not here: a page in any partner's or
holder's space; people see sentences, not codes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from backend.errors import BackendError, NotFoundError
from backend.http import PLAIN, status_of
from backend.problems import PROBLEMS_PATH, title_of
from backend.web.pages import page

router = APIRouter(include_in_schema=False)


class ProblemUnknown(NotFoundError):
    """No refusal has this code."""

    code = "problem_type_not_found"
    message = "There is no problem type of this name."


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One code: its status, what it says, and what a person at the counter reads."""

    code: str
    status: int
    title: str
    message: str
    meaning: str
    said: str | None


def problem_types() -> dict[str, ProblemType]:
    """Return every code this backend can answer, in alphabetical order."""
    found = {
        code: ProblemType(code, status, title_of(code), message, "", None)
        for status, (code, message) in PLAIN.items()
    }
    for one in _below(BackendError):
        sentence = one.sentence
        found[one.code] = ProblemType(
            one.code,
            status_of(one.__new__(one)),
            title_of(one.code),
            one.message,
            " ".join((one.__doc__ or "").split()),
            getattr(sentence, "fr", None),
        )
    return dict(sorted(found.items()))


@router.get(PROBLEMS_PATH)
def problems() -> HTMLResponse:
    """List every code."""
    return page("problems.html", types=list(problem_types().values()), one=None)


@router.get(f"{PROBLEMS_PATH}/{{code}}")
def problem_page(code: str) -> HTMLResponse:
    """Say what a code means."""
    found = problem_types().get(code)
    if found is None:
        raise ProblemUnknown
    return page("problems.html", types=[found], one=found)


def _below(branch: type[BackendError]) -> Iterator[type[BackendError]]:
    for one in branch.__subclasses__():
        # A class without its own is a branch, or says what the one above it says.
        if "code" in vars(one) and one.__module__.startswith("backend."):
            yield one
        yield from _below(one)
