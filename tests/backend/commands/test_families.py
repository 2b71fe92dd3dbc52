"""The command line loads the family of verbs that is asked for, and no other."""

import subprocess
import sys

import pytest

from backend.__main__ import FAMILIES, _parser


def verbs_of(words: list[str]) -> set[str]:
    (choices,) = (
        action.choices for action in _parser(words)._actions if isinstance(action.choices, dict)
    )
    return set(choices)


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_each_family_has_the_verbs_that_are_said(family: str) -> None:
    for verb in FAMILIES[family]:
        for words in ([verb], ["--config", "serve.toml", verb], [f"--config={verb}", verb]):
            assert verbs_of(words) == set(FAMILIES[family])


@pytest.mark.parametrize("words", [[], ["--help"], ["no-such-verb"], ["--config", "x"]])
def test_whoever_asks_for_none_is_told_of_all(words: list[str]) -> None:
    assert verbs_of(words) == {verb for verbs in FAMILIES.values() for verb in verbs}


def test_a_short_command_loads_no_web_server() -> None:
    asked = "import sys; from backend.__main__ import _parser; _parser(['keys', 'status'])"
    told = f"{asked}; print([m for m in ('fastapi', 'uvicorn') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
