"""The pages on the simulator are true: their commands are run as they stand, in their order."""

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
from simulator.namespaces import LAUNCHERS, DaemonKind, namespace_works
from simulator.ports import is_free

ROOT = Path(__file__).parents[2]
PAGES = ("first-tap.md", "simulator.md")
GUIDE = "\n".join((ROOT / "docs" / name).read_text(encoding="utf-8") for name in PAGES)
SERVE = "pass-simulator serve"
PORTS = range(19_300, 19_900, 7)
SECONDS_MAX = 300
VPCD_PORT = 0x8C7B
# What leads a program to one daemon; the pages are read by somebody who has set nothing.
LEADS = "PCSCLITE_CSOCK_NAME"
# What is not part of the product, and so may be missing on a machine that runs its tests.
OTHERS = ("opensc-tool", "curl")


def blocks(language: str, text: str) -> list[str]:
    found: list[str] = re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return found


def is_for_missing(line: str) -> bool:
    """Tell whether a line starts, or waits for, a program that is not on this machine."""
    missing = [name for name in OTHERS if shutil.which(name) is None]
    return line.startswith(tuple(missing)) or ("curl" in missing and "$listener" in line)


def script(text: str, folder: Path) -> str:
    """The commands of a text; what serves is started beside them, and waited for."""
    ready = folder / "ready"
    lines = ["set -eo pipefail"]
    for line in "".join(blocks("sh", text)).splitlines():
        if line.startswith(SERVE):
            lines += [f"{line} > {ready} &", f"until test -s {ready}; do sleep 0.1; done"]
        elif not is_for_missing(line):
            lines.append(line)
    return "\n".join(lines)


def said_by(commands: str, folder: Path, *before: str, **environment: str) -> str:
    """What the commands print; they must all succeed. `before` is a program to run them in."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    # Other tests of this process may have been led to a daemon of theirs.
    unset = {name: value for name, value in os.environ.items() if name != LEADS}
    output = folder / "output"
    with (
        output.open("w") as stream,
        subprocess.Popen(
            [*before, "bash", "-c", commands],
            cwd=ROOT,
            env={**unset, **environment, "PATH": path},
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        ) as shell,
    ):
        try:
            shell.wait(SECONDS_MAX)
        finally:
            # The shell's own session: the programs that it started, and nothing else.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGTERM)
    said = output.read_text(encoding="utf-8")
    assert shell.returncode == 0, said
    return said


@pytest.mark.timeout(SECONDS_MAX + 20)
def test_the_pages_run_as_they_stand(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("g")
    port = next(port for port in PORTS if is_free(port))
    commands = script(GUIDE, folder).replace("/tmp/pass", str(folder)).replace("9260", str(port))
    # The guide's reader has the default port; this test has not.
    said = said_by(commands, folder, PASS_SIMULATOR_CONTROL=f"http://127.0.0.1:{port}")
    rows = [line.split() for line in said.splitlines()]
    for line in "".join(blocks("text", GUIDE)).splitlines():
        assert line.split() in rows, f"{line}\n{said}"
    if all(map(shutil.which, OTHERS)):
        assert "04 01 01" in said, "GetVersion, as opensc-tool prints it"
        assert '"words": "SelectApplication 000000 (the card itself)"' in said


@pytest.mark.timeout(SECONDS_MAX + 20)
def test_the_page_on_the_machines_own_daemon_runs_as_it_stands(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    kind = DaemonKind.USER_NAMESPACE
    if not is_free(VPCD_PORT) or not namespace_works(LAUNCHERS[kind], kind):
        pytest.skip("the virtual reader's port is taken, or no machine can be made here")
    folder = tmp_path_factory.mktemp("m")
    port = next(port for port in PORTS if is_free(port))
    page = (ROOT / "docs" / "other-programs.md").read_text(encoding="utf-8")
    shown = script(page, folder).replace("/tmp/pass-machine", str(folder))
    # A machine for this test: its own /run, and the daemon that its /etc describes.
    machine = (
        "mount -t tmpfs tmpfs /run && mkdir /run/pcscd\n"
        f"/usr/sbin/pcscd --foreground > {folder}/pcscd.log 2>&1 &\n"
        "until test -S /run/pcscd/pcscd.comm; do sleep 0.05; done\n"
    )
    said = said_by(machine + shown.replace("9261", str(port)), folder, *LAUNCHERS[kind])
    if shutil.which("opensc-tool"):
        assert "Virtual PCD 00 00" in said
        assert "04 01 01" in said


def test_the_guide_shows_every_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for group in ("card", "pad", "scenario", "turnstile"):
        shown = set(re.findall(rf"pass-simulator {group} (\w+)", GUIDE))
        with pytest.raises(SystemExit):
            build_parser().parse_args([group, "--help"])
        listed = capsys.readouterr().out.partition("COMMAND\n")[2].partition("\n\n")[0]
        assert shown == {line.split()[0] for line in listed.splitlines()}
