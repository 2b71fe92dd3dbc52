"""The demonstration itself: every step, the pages while it stays up, and nothing left behind."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.demo import __main__ as demonstration
from scripts.demo.loopback import ask
from scripts.demo.processes import DemonstrationError, Programs

pytestmark = [pytest.mark.xdist_group("demonstration"), pytest.mark.timeout(300)]

ROOT = Path(__file__).parent.parent.parent
STOP_SECONDS_MAX = 30.0


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="pass-demo-") as name:
        yield Path(name)


def living_with(words: str) -> list[str]:
    """Return the command lines of running programs that name `words`."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if words in line and str(os.getpid()) != entry.name:
            found.append(line)
    return found


def read_until(process: "subprocess.Popen[str]", words: str) -> str:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            break
    return said


def test_the_story_is_seen_and_ctrl_c_leaves_nothing(folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "scripts.demo", "--any-ports"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    watchdog = threading.Timer(240, process.kill)
    watchdog.start()
    try:
        said = read_until(process, "Ctrl-C stops")
        assert f"All {len(demonstration.STEPS)} steps were seen to happen." in said, said
        pages = re.findall(r"http://127\.0\.0\.1:\d+/\S*", said)
        assert len(pages) == 6
        for page in pages:
            assert ask("GET", page).status_code == 200, page
        assert living_with(str(folder))
        process.send_signal(signal.SIGINT)
        assert process.wait(STOP_SECONDS_MAX) == 0
    finally:
        watchdog.cancel()
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    assert living_with(str(folder)) == []


def run_and_restore_signals() -> int:
    before = {wish: signal.getsignal(wish) for wish in (signal.SIGINT, signal.SIGTERM)}
    try:
        return demonstration.main()
    finally:
        for wish, then in before.items():
            signal.signal(wish, then)


def test_a_step_that_is_not_seen_fails_the_demonstration(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def never_happens(_story: object) -> list[str]:
        """Wait for what never comes."""
        msg = "waited for Godot"
        raise DemonstrationError(msg)

    class Stage:
        programs = Programs(tmp_path, {})

    monkeypatch.setattr(demonstration, "set_stage", lambda _folder, _ports, _staging: Stage())
    monkeypatch.setattr(demonstration, "Hands", lambda _world: None)
    monkeypatch.setattr(demonstration, "STEPS", (never_happens,))
    monkeypatch.setattr(sys, "argv", ["demo", "--once"])
    assert run_and_restore_signals() == 1
    assert "waited for Godot" in capsys.readouterr().err


def test_a_stage_that_cannot_be_set_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_folder: Path, _ports: object, _staging: object) -> None:
        msg = "no reader"
        raise DemonstrationError(msg)

    monkeypatch.setattr(demonstration, "set_stage", refuse)
    monkeypatch.setattr(sys, "argv", ["demo", "--once"])
    assert run_and_restore_signals() == 1
    assert "no reader" in capsys.readouterr().err
