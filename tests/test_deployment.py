"""The service units: what they start exists, what they forbid is not what they need."""

import shutil
import subprocess
from pathlib import Path

import pytest

from backend import __main__ as backend_commands
from terminal import __main__ as terminal_commands

FOLDER = Path(__file__).parents[1] / "deploy" / "systemd"
# The vault's has needs of its own: test_vault_unit.py.
UNITS = [path for path in sorted(FOLDER.glob("*.service")) if path.stem != "pass-vault"]
TERMINALS = [path for path in UNITS if path.stem in {"pass-counter", "pass-counter@", "pass-gate"}]
BACKENDS = [path for path in UNITS if path not in TERMINALS]
EXPOSURE_MAX = 2.0
NIGHTLY = {"pass-come-of-age", "pass-expire", "pass-forget"}


def read_unit(path: Path) -> dict[str, list[str]]:
    """Return the settings of [Service], each with all its values."""
    section: dict[str, list[str]] = {}
    current = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            current = line
        elif "=" in line and not line.startswith("#") and current == "[Service]":
            key, value = line.split("=", 1)
            section.setdefault(key, []).append(value)
    return section


@pytest.mark.parametrize("path", BACKENDS, ids=lambda path: path.name)
def test_a_unit_of_the_backend_starts_a_command_that_exists(path: Path) -> None:
    program, *arguments = read_unit(path)["ExecStart"][0].split()
    assert program.endswith("/pass-backend")
    chosen = backend_commands._parser().parse_args(arguments)
    assert str(chosen.config) == "/etc/pass/backend.toml"


@pytest.mark.parametrize("path", TERMINALS, ids=lambda path: path.name)
def test_a_unit_of_a_terminal_starts_a_command_that_exists(path: Path) -> None:
    program, command, *arguments = read_unit(path)["ExecStart"][0].split()
    assert program.endswith("/pass-terminal")
    one_of_several = path.stem.endswith("@")
    assert path.stem.rstrip("@") == f"pass-{command}"
    chosen = terminal_commands._parser().parse_args([command, *arguments])
    assert str(chosen.config) == f"/etc/pass/{command}{'-%i' if one_of_several else ''}.toml"


def test_a_gate_that_ended_in_any_way_lets_its_door_go() -> None:
    [command] = read_unit(FOLDER / "pass-gate.service")["ExecStopPost"]
    assert command.startswith("-/usr/local/bin/pass-terminal "), "a gate without a board still ends"
    chosen = terminal_commands._parser().parse_args(command.split()[1:])
    assert chosen.run is terminal_commands._run_let_go


def test_one_counter_of_several_is_kept_as_the_only_one_is() -> None:
    """Its own settings and its own folder are all that tells it apart."""
    alone, several = (read_unit(FOLDER / f"pass-counter{at}.service") for at in ("", "@"))
    apart = {key for key in alone.keys() | several.keys() if alone.get(key) != several.get(key)}
    assert apart == {"ExecStart", "StateDirectory"}
    assert several["StateDirectory"] == ["pass-counter-%i"]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_keeps_its_secrets_and_its_limits(path: Path) -> None:
    service = read_unit(path)
    kinds = {
        "pass-counter": "notify",
        "pass-counter@": "notify",
        "pass-gate": "notify",
        "pass-expire": "oneshot",
        "pass-forget": "oneshot",
        "pass-come-of-age": "oneshot",
    }
    assert service["Type"] == [kinds.get(path.stem, "exec")]
    assert service["UMask"] == ["0077"]
    assert service["LimitCORE"] == ["0"]
    assert service["NoNewPrivileges"] == ["yes"]
    assert service["CapabilityBoundingSet"] == [""]
    assert service.get("Restart") == (None if path.stem in NIGHTLY else ["always"])


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_a_unit_hardened(path: Path) -> None:
    said = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    ).stdout
    exposure = float(said.rsplit("level for", 1)[1].split(":")[1].split()[0])
    assert exposure <= EXPOSURE_MAX


def test_there_is_a_unit_for_each_daemon() -> None:
    assert {path.stem for path in TERMINALS} == {"pass-counter", "pass-counter@", "pass-gate"}
    assert {path.stem for path in BACKENDS} == {
        "pass-backend",
        *NIGHTLY,
        "pass-events",
        "pass-notices",
        "pass-returns",
        "pass-seal",
    }
    assert {path.stem for path in FOLDER.glob("*.timer")} == NIGHTLY
