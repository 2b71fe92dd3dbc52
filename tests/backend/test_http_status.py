"""One place chooses the HTTP status of a refusal, so a use case may be asked by any route."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import backend
from backend import http
from backend.errors import BackendError
from backend.http import STATUS, status_of
from backend.sentences import PAD_COLUMNS

FOLDER = Path(backend.__file__).parent
#: A page with a form says what is wrong in the form: that is no refusal's body.
PAGES = FOLDER / "web" / "pages.py"


def _leaves(branch: type[BackendError]) -> Iterator[type[BackendError]]:
    for one in branch.__subclasses__():
        if one.__subclasses__():
            yield from _leaves(one)
        if one not in STATUS:
            yield one


def _every_error() -> set[type[BackendError]]:
    for module in pkgutil.walk_packages([str(FOLDER)], "backend."):
        if module.name.endswith(".errors"):
            importlib.import_module(module.name)
    return {one for one in _leaves(BackendError) if one.__module__.startswith("backend.")}


def test_no_room_chooses_the_status_of_a_refusal() -> None:
    wrong = []
    for path in sorted(FOLDER.rglob("*.py")):
        if path in {Path(http.__file__), PAGES}:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Name | ast.alias) and "HTTPException" in ast.dump(node):
                wrong.append(f"{path}: HTTPException")
            if isinstance(node, ast.keyword) and node.arg in {"status_code", "status"}:
                value = getattr(node.value, "value", None)
                if isinstance(value, int) and value >= 400:
                    wrong.append(f"{path}:{node.value.lineno} chooses {value}")
    assert not wrong, wrong


def test_every_refusal_has_a_status_by_its_branch() -> None:
    found = _every_error()
    assert len(found) > 50
    assert not [one.__name__ for one in found if status_of(one.__new__(one)) == 500]


def test_a_code_has_one_status() -> None:
    by_code: dict[str, set[int]] = {}
    for one in _every_error():
        assert "code" in vars(one), one.__name__
        by_code.setdefault(one.code, set()).add(status_of(one.__new__(one)))
    assert not {code: statuses for code, statuses in by_code.items() if len(statuses) > 1}


def test_what_a_refusal_says_to_people_fits_their_pad() -> None:
    for one in _every_error():
        if one.sentence is not None:
            assert all(0 < len(line) <= PAD_COLUMNS for line in one.sentence.pad), one.__name__
            assert one.sentence.fr.endswith("."), one.__name__
