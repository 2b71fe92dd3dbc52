"""A page with every code the backend can refuse with, from the classes that raise them.

Promise: a class of the error tree with a code of its own is on the page, under the code's name as
anchor, with the HTTP status that `backend/http.py` gives it; so is what that file itself answers.
Not here: declines of a payment, which are answers, and pages of a running backend.
"""

import importlib
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import backend
from backend.errors import BackendError
from backend.http import PLAIN, status_of
from scripts.docs.sources import ENGLISH, Page

_REFUSALS = re.compile(r"^class \w+\(\w*Error\):", re.MULTILINE)
_INTRODUCTION = """# Refusals

Every answer of the API that is not a success is a problem of
[RFC 9457](https://www.rfc-editor.org/rfc/rfc9457), `application/problem+json`:

| member | what it is |
|---|---|
| `type` | `/problems/` and the code: a page of the backend that answered, and of no other host |
| `title` | the code in words |
| `status` | the HTTP status, once more |
| `detail`, `message` | one English sentence for developers; it may be reworded at any time |
| `code` | **what a program acts on.** It keeps its meaning for as long as `/v1` is served |
| `details` | facts, where there are some; never what was typed |
| `message_fr`, `pad_lines` | the same for the person at the counter, where somebody stands there |
| `instance` | of an unforeseen failure: its name in the backend's log |

A payment that is declined is no refusal: it is an answer, with a `reason`
([payments](payments.md)). What may succeed later has a `Retry-After`.
"""


@dataclass(frozen=True, slots=True)
class Code:
    """A code, its HTTP status, its sentence for developers, and what it means."""

    code: str
    status: int
    message: str
    meaning: str
    said: str | None = None


def refusal_page() -> Page:
    """Return the page of codes."""
    lines = [_INTRODUCTION]
    for status in sorted({one.status for one in codes().values()}):
        lines.append(f"## {status}\n")
        for one in codes().values():
            if one.status == status:
                lines += _drawn(one)
    return Page(ENGLISH, "api/refusals.md", "\n".join(lines) + "\n")


def _drawn(one: Code) -> Iterator[str]:
    yield f"### `{one.code}` {{#{one.code}}}\n"
    yield f"{one.message} {one.meaning}\n".replace("  ", " ")
    if one.said:
        yield f'Somebody at the counter reads: <span lang="fr">« {one.said} »</span>\n'


def codes() -> Mapping[str, Code]:
    """Return every code, in alphabetical order."""
    found = {code: Code(code, status, message, "") for status, (code, message) in PLAIN.items()}
    found["http_error"] = Code(
        "http_error", 400, "The request was refused.", "HTTP itself; the status says how."
    )
    for one in set(_refusals()):
        sentence = one.sentence
        said = getattr(sentence, "fr", None)
        meaning = " ".join((inspect.getdoc(one) or "").split())
        found[one.code] = Code(one.code, status_of(one.__new__(one)), one.message, meaning, said)
    return dict(sorted(found.items()))


def _refusals() -> Iterator[type[BackendError]]:
    """Give every class of the tree with a code of its own."""
    folder = Path(backend.__file__).parent
    for path in sorted(folder.rglob("*.py")):
        # Only what has such a class is imported: a driver that is not installed is none of it.
        if _REFUSALS.search(path.read_text(encoding="utf-8")):
            name = ".".join(path.relative_to(folder.parent).with_suffix("").parts)
            importlib.import_module(name)
    yield from _below(BackendError)


def _below(branch: type[BackendError]) -> Iterator[type[BackendError]]:
    for one in branch.__subclasses__():
        # A class without its own is a branch, or says what the one above it says.
        if "code" in vars(one) and one.__module__.startswith("backend."):
            yield one
        yield from _below(one)
