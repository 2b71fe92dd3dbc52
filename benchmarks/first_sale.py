"""From `pip install` of the wheel to the first approved sale in pytest, and what it waits for.

    wheel ─▶ environment ─▶ pip install ─▶ pytest ─▶ fixture after fixture ─▶ approved

Everything is a stranger's: an environment made new, the built wheel with its three extras, the
example of the documentation as it stands. What pip fetches comes from where pip is told to fetch
(`--offline` takes what this environment has instead, and then no download is in the figures). Each
line has the time on the wall, and the processor time that it and its children took, those that
serve on included, which does not depend on who else is at work here. Then each fixture alone, in a
session of its own. Beside a phase stands its floor, measured in the same run: pip with the same
dependencies and nothing of ours, pytest with a test that does nothing, a Python that only loads the
libraries of the program that the fixture starts.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import sysconfig
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKED = ("passcard", "terminal", "backend", "simulator", "pyproject.toml", "README.md", "LICENSE")
EXTRAS = ("backend", "simulator", "terminal")
FIXTURES = ("pass_reader", "pass_pinpad", "pass_backend", "pass_counter", "pass_gate")
#: What a fixture may take, on two cores that do nothing else.
FIXTURE_SECONDS_MAX = 3.0
WHOLE_SECONDS_MAX = 600
LIBRARIES = {
    "pass_world": "alembic.command, argon2, fastapi, fido2.server, httpx, jinja2, sqlalchemy.orm, "
    "uvicorn",
    "pass_counter": "fastapi, httpx, jinja2, jwt, pydantic_settings, serial, smartcard, uvicorn",
    "pass_gate": "fastapi, httpx, jinja2, jwt, pydantic_settings, smartcard, uvicorn",
}
WATCH = """
import json, os, time
from pathlib import Path
import pytest


def processor():
    own = sum(os.times()[:4])
    # Those that live are in nobody's sum yet: their own time, and that of those they waited for.
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(words[1]) == os.getpid():
            own += sum(map(int, words[11:15])) / os.sysconf("SC_CLK_TCK")
    return own


def told(what, began, used):
    with open(os.environ["FIRST_SALE_LOG"], "a") as log:
        log.write(json.dumps([what, time.monotonic() - began, processor() - used]) + "\\n")


@pytest.hookimpl(hookwrapper=True)
def pytest_fixture_setup(fixturedef, request):
    began, used = time.monotonic(), processor()
    yield
    told(fixturedef.argname, began, used)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    began, used = time.monotonic(), processor()
    yield
    told("the sale", began, used)
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """A step: seconds on the wall, and of processor."""

    what: str
    wall: float
    processor: float
    floor: "Spent | None" = None

    def in_words(self) -> str:
        """Return a line of the table, with its floor where it has one."""
        line = f"{self.what:<44} {self.wall:8.2f} s {self.processor:8.2f} s of processor"
        if self.floor is None:
            return line
        ratio = self.processor / self.floor.processor
        return f"{line}; {ratio:.2f} times {self.floor.what}: {self.floor.wall:.2f} s"

    def over(self, floor: "Spent") -> "Spent":
        """Return it with its floor."""
        return replace(self, floor=floor)


def measure(folder: Path, options: Sequence[str]) -> Iterator[str]:
    """Tell each step as it ends."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks first_sale")
    parser.add_argument("--offline", action="store_true", help="fetch nothing")
    parser.add_argument("--fixtures", action="store_true", help="the fixtures alone, from here")
    asked = parser.parse_args(list(options))
    python = Path(sys.executable)
    if not asked.fixtures:
        began = time.monotonic()
        steps, python = _install(folder, offline=asked.offline)
        for step in steps:
            yield step.in_words()
        yield from (step.in_words() for step in _sell(folder, python))
        yield f"{'from the wheel to the approved sale':<44} {time.monotonic() - began:8.2f} s"
    yield ""
    for name in FIXTURES:
        found = _alone(folder, python, name)
        yield f"{name}, {sum(one.wall for one in found):.2f} s in all"
        for one in (_over_libraries(python, step) for step in found if step.wall >= 0.05):
            slow = " (over)" if one.wall > FIXTURE_SECONDS_MAX else ""
            yield f"  {one.in_words()}{slow}"


def _install(folder: Path, *, offline: bool) -> tuple[list[Spent], Path]:
    source, home = folder / "source", folder / "home"
    source.mkdir()
    for name in PACKED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input")
    wheels = folder / "wheels"
    steps = [
        _timed("the wheel", *pip, "wheel", "--no-deps", "-w", wheels, source),
        _timed("an environment", sys.executable, "-m", "venv", "--without-pip", home),
    ]
    (wheel,), python = list(wheels.glob("*.whl")), home / "bin" / "python"
    into = (*pip, "--python", python, "install")
    if offline:
        steps.append(_timed("pip install, nothing fetched", *into, "--no-deps", wheel))
        place = next(home.glob("lib/python*/site-packages"))
        (place / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    else:
        wanted = (f"{wheel}[{','.join(EXTRAS)}]", "pytest")
        kept = ("--constraint", ROOT / "constraints.txt")
        whole = _timed("pip install, with all it needs", *into, *kept, *wanted)
        steps.append(whole.over(_install_dependencies(folder, pip, kept)))
    return steps, python


def _install_dependencies(folder: Path, pip: Sequence[object], kept: Sequence[object]) -> Spent:
    """Install what the wheel depends on, and nothing of ours, into another environment."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [project["optional-dependencies"][name] for name in EXTRAS]
    wanted = {*project["dependencies"], *(one for extra in extras for one in extra), "pytest"}
    bare = folder / "bare"
    _timed("an environment", sys.executable, "-m", "venv", "--without-pip", bare)
    into = (*pip, "--python", bare / "bin" / "python", "install", *kept)
    return _timed("the dependencies alone", *into, *sorted(wanted))


def _sell(folder: Path, python: Path) -> Iterator[Spent]:
    work = folder / "work"
    work.mkdir()
    shutil.copy(ROOT / "examples" / "test_a_sale.py", work)
    chosen = "test_a_sale.py::test_a_sale_is_approved"
    whole, steps = _watched(python, work, chosen)
    seen = sum(step.wall for step in steps)
    used = sum(step.processor for step in steps)
    around = Spent("pytest starts and ends", whole.wall - seen, max(whole.processor - used, 0.0))
    yield around.over(_nothing_tested(folder, python))
    yield from (_over_libraries(python, step) for step in steps if step.wall >= 0.01)
    yield whole


def _nothing_tested(folder: Path, python: Path) -> Spent:
    work = folder / "nothing"
    work.mkdir()
    (work / "test_nothing.py").write_text("def test_nothing():\n    pass\n")
    command = (python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_nothing.py")
    return _timed("a test that does nothing", *command, folder=work)


def _over_libraries(python: Path, step: Spent) -> Spent:
    if step.what not in LIBRARIES:
        return step
    loaded = _timed("its libraries loaded", python, "-c", f"import {LIBRARIES[step.what]}")
    return step.over(loaded)


def _alone(folder: Path, python: Path, name: str) -> list[Spent]:
    work = folder / name
    work.mkdir()
    (work / "test_one.py").write_text(f"def test_it({name}):\n    pass\n")
    _, steps = _watched(python, work, "test_one.py")
    return [step for step in steps if step.what != "the sale"]


def _watched(python: Path, work: Path, chosen: str) -> tuple[Spent, list[Spent]]:
    (work / "conftest.py").write_text(WATCH)
    log = work / "log"
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", chosen]
    if python == Path(sys.executable):
        command[3:3] = ["-p", "simulator.testing.plugin"]
    paths = {"PYTHONPATH": str(ROOT)} if python == Path(sys.executable) else {}
    whole = _timed("the whole of pytest", *command, folder=work, FIRST_SALE_LOG=str(log), **paths)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return whole, [Spent(str(what), float(wall), float(used)) for what, wall, used in lines]


def _timed(what: str, *command: object, folder: Path | None = None, **environment: str) -> Spent:
    used, began = _children(), time.monotonic()
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=WHOLE_SECONDS_MAX,
        check=False,
    )
    if done.returncode != 0:
        msg = f"{what}: {done.stdout[-1500:]}{done.stderr[-1500:]}"
        raise RuntimeError(msg)
    return Spent(what, time.monotonic() - began, _children() - used)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
