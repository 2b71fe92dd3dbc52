"""The pytest plugin as a stranger has it: three examples, in an environment of their own."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from simulator.testing.programs import Programs, StageError, ask, free_port
from simulator.testing.stage import see

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
SECONDS_MAX = 280
ROOMS = ("passcard", "terminal", "backend", "simulator")
PACKED = (*ROOMS, "pyproject.toml", "README.md", "LICENSE")
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input")
OFFLINE = ("--no-deps", "--no-index")


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


def build_wheel(folder: Path) -> Path:
    """Build the wheel with what this environment builds with: nothing is fetched."""
    source, wheels = folder / "source", folder / "wheels"
    source.mkdir()
    for name in PACKED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("*.pyc"))
        else:
            shutil.copy(ROOT / name, source / name)
    run(*PIP, "wheel", "--quiet", *OFFLINE, "--no-build-isolation", "-w", wheels, source)
    (wheel,) = wheels.glob("*.whl")
    inside = zipfile.ZipFile(wheel).namelist()
    assert "simulator/counter/templates/counter.html" in inside
    assert "simulator/testing/examples/scheme.toml" in inside
    assert not [name for name in inside if name.startswith(("tests/", "scripts/"))]
    return wheel


def make_environment(folder: Path) -> Path:
    """Return the Python of a new environment that has nothing."""
    run(sys.executable, "-m", "venv", "--without-pip", folder / "home")
    return folder / "home" / "bin" / "python"


def place_of(python: Path, room: str) -> Path:
    """Return the folder from which that Python takes a room."""
    # Not from here: what lies in the working folder would come first.
    told = run(python, "-c", f"import {room}; print({room}.__file__)", folder=python.parent)
    return Path(told.strip()).parent


def run_examples(python: Path, folder: Path) -> str:
    """Run the examples as they stand, in a folder of their own; return what pytest said."""
    work = folder / "work"
    shutil.copytree(EXAMPLES, work, ignore=shutil.ignore_patterns("__pycache__"))
    return run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", work, folder=work)


@pytest.mark.timeout(SECONDS_MAX + 20)
def test_the_built_wheel_runs_every_example_in_an_environment_of_its_own(tmp_path: Path) -> None:
    wheel, python = build_wheel(tmp_path), make_environment(tmp_path)
    run(*PIP, "--python", python, "install", "--quiet", *OFFLINE, wheel)
    place = Path(
        run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    )
    # What the wheel depends on is not fetched again: this environment's own packages serve. A
    # `.pth` found there is not read, so the tree does not come along.
    (place / "dependencies.pth").write_text(f"{Path(pytest.__file__).parents[1]}\n")
    for room in ROOMS:
        assert place_of(python, room) == place / room
    assert "6 passed" in run_examples(python, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(SECONDS_MAX + 20)
def test_the_built_wheel_runs_every_example_with_all_it_needs_installed_anew(
    tmp_path: Path,
) -> None:
    wheel, python = build_wheel(tmp_path), make_environment(tmp_path)
    wanted = (f"{wheel}[backend,simulator,terminal]", "pytest")
    kept = ("--constraint", ROOT / "constraints.txt")
    run(*PIP, "--python", python, "install", "--quiet", *kept, *wanted)
    for room in (*ROOMS, "pytest", "fastapi", "sqlalchemy"):
        assert python.parents[1] in place_of(python, room).parents
    assert "6 passed" in run_examples(python, tmp_path)


def test_what_does_not_come_up_is_one_sentence(tmp_path: Path) -> None:
    programs = Programs(tmp_path, {"COLUMNS": "80"})
    with pytest.raises(StageError, match="pass-nothing is not installed: pip install"):
        programs.run("pass-nothing")
    with pytest.raises(StageError, match=r"pass-simulator serve did not come up; .*--config"):
        programs.start(f"http://127.0.0.1:{free_port()}/health", "pass-simulator", "serve")
    programs.stop_all()
    with pytest.raises(StageError, match=r"nobody answers at 127\.0\.0\.1:1"):
        ask("GET", "http://127.0.0.1:1/")


def test_what_a_shell_tells_its_own_programs_is_not_told_to_these(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PASS_BACKEND_DATABASE_URL", "PASS_TERMINAL_READER", "CREDENTIALS_DIRECTORY"):
        monkeypatch.setenv(name, "theirs")
    monkeypatch.setenv("PASSED_ON", "yes")
    show = ("python", "-c", "import json, os; print(json.dumps(dict(os.environ)))")
    told = json.loads(Programs(tmp_path).run(*show))
    assert told["PASSED_ON"] == "yes"
    assert "theirs" not in told.values()
    ours = {"PASS_BACKEND_DATABASE_URL": "ours"}
    assert json.loads(Programs(tmp_path, ours).run(*show)).items() >= ours.items()


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
