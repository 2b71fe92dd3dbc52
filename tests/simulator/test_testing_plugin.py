"""The pytest plugin as a stranger has it: three examples, in an environment of their own."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from simulator.testing.programs import Programs, StageError, ask, free_port
from simulator.testing.stage import see

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
SECONDS_MAX = 280


def run(*command: object, folder: Path | None = None, **environment: str) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        cwd=folder,
        env={**os.environ, **environment},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_card_of_the_examples_in_a_pytest_of_its_own(tmp_path: Path) -> None:
    shutil.copy(EXAMPLES / "test_a_card.py", tmp_path)
    plugin = ("-p", "simulator.testing.plugin", "-p", "no:cacheprovider")
    said = run(sys.executable, "-m", "pytest", "-q", *plugin, tmp_path, PYTHONPATH=str(ROOT))
    assert "2 passed" in said


@pytest.mark.slow
@pytest.mark.timeout(SECONDS_MAX + 20)
def test_the_built_wheel_runs_every_example_in_an_environment_of_its_own(tmp_path: Path) -> None:
    source, wheels, home = tmp_path / "source", tmp_path / "wheels", tmp_path / "home"
    rooms = ("passcard", "terminal", "backend", "simulator", "pyproject.toml", "README.md")
    source.mkdir()
    for name in (*rooms, "LICENSE"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input")
    # What builds it comes from where this environment came from.
    run(*pip, "wheel", "--quiet", "--no-deps", "-w", wheels, source)
    (wheel,) = wheels.glob("*.whl")
    inside = zipfile.ZipFile(wheel).namelist()
    assert "simulator/counter/templates/counter.html" in inside
    assert "simulator/testing/examples/scheme.toml" in inside
    assert not [name for name in inside if name.startswith(("tests/", "scripts/"))]
    run(sys.executable, "-m", "venv", "--without-pip", home)
    python = home / "bin" / "python"
    run(*pip, "--python", python, "install", "--no-index", "--no-deps", wheel)
    # What the wheel depends on is not fetched again: this environment's own packages serve.
    place = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    (Path(place) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    work = tmp_path / "work"
    shutil.copytree(EXAMPLES, work)
    where = run(python, "-c", "import simulator; print(simulator.__file__)", folder=home).strip()
    assert where.startswith(place)
    said = run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", work, folder=work)
    assert "6 passed" in said


def test_what_does_not_come_up_is_one_sentence(tmp_path: Path) -> None:
    programs = Programs(tmp_path)
    with pytest.raises(StageError, match="pass-nothing is not installed: pip install"):
        programs.run("pass-nothing")
    with pytest.raises(StageError, match=r"pass-simulator serve did not come up; .*--config"):
        programs.start(f"http://127.0.0.1:{free_port()}/health", "pass-simulator", "serve")
    programs.stop_all()
    with pytest.raises(StageError, match=r"nobody answers at 127\.0\.0\.1:1"):
        ask("GET", "http://127.0.0.1:1/")


def test_a_wait_ends_and_says_what_was_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.testing.stage.SEEN_SECONDS_MAX", 0)
    with pytest.raises(StageError, match="waited for Godot, last saw nobody"):
        see("Godot", lambda: "nobody", lambda _seen: False)


def test_a_row_of_commands_is_the_programs_own_in_one_interpreter(tmp_path: Path) -> None:
    programs = Programs(tmp_path)
    new = ("card", "new", "LEA", "--cards-dir", str(tmp_path / "cards"), "--json")
    listed = ("card", "list", "--cards-dir", str(tmp_path / "cards"))
    made, first = programs.run_row("pass-simulator", new, listed, listed)
    assert json.loads(made)["name"] == "LEA"
    assert first.splitlines()[1].startswith("LEA")
    assert programs.run_row("pass-simulator", listed) == []
    with pytest.raises(StageError, match=r"pass-simulator card ended with 1: .*card_name_taken"):
        programs.run_row("pass-simulator", new, listed)


def test_a_program_of_another_environment_runs_its_commands_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "bin"
    elsewhere.mkdir()
    (elsewhere / "pass-elsewhere").write_text('#!/bin/sh\necho "$@"\n')
    (elsewhere / "pass-elsewhere").chmod(0o755)
    monkeypatch.setenv("PATH", f"{elsewhere}:{os.environ['PATH']}")
    assert Programs(tmp_path).run_row("pass-elsewhere", ("a", "b"), ("c",)) == ["a b\n"]
