"""The developer's guide is true: its commands are run as they stand, its outputs are looked for."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.commands.parser import build_parser
from simulator.ports import is_free

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "developer.md").read_text(encoding="utf-8")
SECTION = "## A simulated reader for your own program"
SERVE = "pass-simulator serve"
PORTS = range(19_300, 19_900, 7)
SECONDS_MAX = 100
# What is not part of the product, and so may be missing on a machine that runs its tests.
OTHERS = ("opensc-tool", "curl")


def section() -> str:
    return GUIDE.partition(SECTION)[2].partition("\n## ")[0]


def blocks(language: str, text: str) -> list[str]:
    found: list[str] = re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return found


def is_for_missing(line: str) -> bool:
    """Tell whether a line starts, or waits for, a program that is not on this machine."""
    missing = [name for name in OTHERS if shutil.which(name) is None]
    return line.startswith(tuple(missing)) or ("curl" in missing and "$listener" in line)


def script(folder: Path, port: int) -> str:
    """The commands of the section, in a folder and at a port that this test may have."""
    ready = folder / "ready"
    lines = ["set -eo pipefail"]
    for line in "".join(blocks("sh", section())).splitlines():
        if line.startswith(SERVE):
            lines += [f"{line} > {ready} &", f"until test -s {ready}; do sleep 0.1; done"]
        elif not is_for_missing(line):
            lines.append(line)
    return "\n".join(lines).replace("/tmp/pass", str(folder)).replace("9260", str(port))


@pytest.mark.timeout(SECONDS_MAX + 20)
def test_the_section_on_the_simulator_runs_as_it_stands(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("g")
    port = next(port for port in PORTS if is_free(port))
    # The guide's reader has the default port; this test has not.
    environment = {**os.environ, "PASS_SIMULATOR_CONTROL": f"http://127.0.0.1:{port}"}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    output = folder / "output"
    with (
        output.open("w") as stream,
        subprocess.Popen(
            ["bash", "-c", script(folder, port)],
            cwd=ROOT,
            env=environment,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        ) as shell,
    ):
        try:
            shell.wait(SECONDS_MAX)
        finally:
            # The shell's own session: the simulator that it started, and nothing else.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGTERM)
    said = output.read_text(encoding="utf-8")
    assert shell.returncode == 0, said
    rows = [line.split() for line in said.splitlines()]
    for line in "".join(blocks("text", section())).splitlines():
        assert line.split() in rows, f"{line}\n{said}"
    if all(map(shutil.which, OTHERS)):
        assert "04 01 01" in said, "GetVersion, as opensc-tool prints it"
        assert '"words": "SelectApplication 000000 (the card itself)"' in said


def test_the_python_of_the_guide_runs() -> None:
    for code in blocks("python", GUIDE):
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=30)
        assert done.returncode == 0, done.stderr.decode()


def test_the_guide_shows_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    for group in ("card", "pad", "scenario", "turnstile"):
        shown = set(re.findall(rf"pass-simulator {group} (\w+)", section()))
        with pytest.raises(SystemExit):
            build_parser().parse_args([group, "--help"])
        listed = capsys.readouterr().out.partition("COMMAND\n")[2].partition("\n\n")[0]
        assert shown == {line.split()[0] for line in listed.splitlines()}
