"""The doctor on a gate's door, with the simulated one on a real line."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from simulator.turnstile.arm import ArmFaults
from simulator.turnstile.turnstile import SimulatedTurnstile, TurnstilePlan
from terminal.doctor.findings import Part, Verdict
from terminal.doctor.turnstile import look_at_turnstile
from terminal.door_settings import DoorSettings


def look(tmp_path: Path, *, daemon_runs: bool = False, **changes: Any) -> tuple[Verdict, str]:
    values = {
        "kind": "relay",
        "device": str(tmp_path / "door"),
        "dialect": "modbus-rtu",
        "failing": "secure",
        "rotation_input": 0,
        "contact_input": 1,
    }
    settings: Any = TypeAdapter(DoorSettings).validate_python(values | changes)
    found = look_at_turnstile(settings, daemon_runs=daemon_runs)
    assert found.part is Part.DOOR
    assert found.sentence.endswith(".")
    assert bool(found.advice) is (found.verdict is not Verdict.GOOD)
    return found.verdict, found.code


def test_a_door_is_looked_at_and_left_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert look(tmp_path) == (Verdict.BAD, "door_absent")
    with SimulatedTurnstile(TurnstilePlan(tmp_path / "door", "modbus-rtu")) as turnstile:
        assert look(tmp_path) == (Verdict.GOOD, "good")
        assert look(tmp_path, daemon_runs=True) == (Verdict.GOOD, "good")
        assert not turnstile.view().free
        assert look(tmp_path, relay=20)[1] == "door_refused"
        wired: dict[str, Any] = {"emergency_input": 2, "emergency_normally_closed": True}
        assert look(tmp_path, **wired) == (Verdict.WARNING, "door_emergency_active")
        turnstile.set_panel(closed=True)
        assert look(tmp_path, **wired) == (Verdict.GOOD, "good")
        turnstile.swing(stands_open=True, force=True)
        assert look(tmp_path) == (Verdict.WARNING, "door_sensor_active")
        turnstile.set_faults(ArmFaults(silent=True))
        monkeypatch.setattr("terminal.gate.door.relay_door.ANSWER_SECONDS_MAX", 0.05)
        assert look(tmp_path)[1] == "door_silent"
    assert look(tmp_path, daemon_runs=True)[1] == "door_absent"


@pytest.mark.parametrize("content", [None, "30" * 16])
def test_a_head_without_a_key_of_the_site_is_said(tmp_path: Path, content: str | None) -> None:
    key_file = tmp_path / "key"
    if content is not None:
        key_file.write_text(content)
        key_file.chmod(0o644)
    values = {"kind": "osdp", "device": str(tmp_path / "door"), "failing": "secure"}
    settings: Any = TypeAdapter(DoorSettings).validate_python({**values, "key_file": key_file})
    found = look_at_turnstile(settings, daemon_runs=False)
    assert (found.verdict, found.code) == (Verdict.BAD, "door_key")
