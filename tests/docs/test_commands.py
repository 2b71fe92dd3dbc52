"""Every command that a document shows exists: its words, its options, and what they may be.

A value in a document is often an example, or « … »: only what a program itself names is looked at.
"""

import argparse
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import backend.__main__ as of_backend
import terminal.__main__ as of_terminal
from simulator.commands.parser import build_parser

ROOT = Path(__file__).parents[2]
WRITTEN = (
    *sorted((ROOT / "docs").rglob("*.md")),
    *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CHANGELOG.md")),
)
COMMANDS_MIN = 200
#: A span of code, or a line of a block of code.
_SPAN = re.compile(r"`([^`\n]+)`")
_LINE = re.compile(r"^ *(?:\$ |sudo (?:-u \S+ )?)?(?:\S*/)?(pass-\w+ .*)$", re.MULTILINE)
_PROGRAM = re.compile(r"(?:\S*/)?(pass-(?:backend|terminal|simulator))\s+(.*)")
_ENDS = re.compile(r"\s#\s|[|;><&]|\s…")
_PLACEHOLDER = re.compile(r"[A-Z…<\[]")


@cache
def parsers() -> dict[str, argparse.ArgumentParser]:
    """Build each program's parser, with every verb it has."""
    return {
        "pass-backend": of_backend._parser(),
        "pass-terminal": of_terminal._parser(),
        "pass-simulator": build_parser(),
    }


def verbs_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return what may come next, for a command that has verbs."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Give each program and what it is asked, of a document."""
    spans = [*_SPAN.findall(text), *_LINE.findall(text)]
    for span in spans:
        found = _PROGRAM.match(span.strip())
        if found is not None:
            yield found[1], found[2]
            continue
        words = span.split()
        # Where the program is clear from the page, its verbs stand alone.
        inner = verbs_of(parsers()["pass-backend"]).get(words[0]) if len(words) > 1 else None
        if inner is not None and (words[1] in verbs_of(inner) or words[1].startswith("--")):
            yield "pass-backend", span


def faults(parser: argparse.ArgumentParser, asked: str) -> Iterator[str]:
    """Say what of a command a program does not know."""
    words = _ENDS.split(f"{asked} ", maxsplit=1)[0].replace("`", "").split()
    while words:
        word = words.pop(0)
        if word.startswith("--"):
            name, _, value = word.partition("=")
            action = parser._option_string_actions.get(name)
            if action is None:
                yield f"{parser.prog}: no {name}"
            elif action.nargs != 0 and not value and words and not words[0].startswith("--"):
                value = words.pop(0)
            if action is not None and action.choices and value:
                shown = {str(one) for one in action.choices}
                known = value.split("|")[0].strip("[]") in shown
                if not known and not _PLACEHOLDER.search(value):
                    yield f"{parser.prog} {name}: no {value}"
        elif verbs := verbs_of(parser):
            if word not in verbs:
                if not _PLACEHOLDER.search(word):
                    yield f"{parser.prog}: no {word}"
                return
            parser = verbs[word]


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_every_command_that_is_shown_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    wrong = [one for program, asked in commands(text) for one in faults(parsers()[program], asked)]
    assert wrong == []


def test_the_documents_show_commands() -> None:
    shown = [one for path in WRITTEN for one in commands(path.read_text(encoding="utf-8"))]
    assert len(shown) > COMMANDS_MIN
    assert list(faults(parsers()["pass-backend"], "privacy forgive --soon")) == [
        "pass-backend privacy: no forgive"
    ]
    assert list(faults(parsers()["pass-backend"], "privacy forget --soon")) == [
        "pass-backend privacy forget: no --soon"
    ]
