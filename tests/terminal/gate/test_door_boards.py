"""Relay boards: the makers' own examples, garbage, and real lines with the simulated boards."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.turnstile.arm import ArmFaults
from simulator.turnstile.turnstile import SimulatedTurnstile, TurnstilePlan
from terminal.__main__ import main
from terminal.door_settings import RelayDoorSettings
from terminal.errors import DoorRefused, DoorSilent, DoorUnplugged
from terminal.gate.door import relay_door, relay_guard
from terminal.gate.door.boards import DIALECTS, Garbled, Refused, Request, crc
from terminal.gate.door.relay_door import RelayDoor

WITH_INPUTS = ("numato", "modbus-rtu")
EVERY = ("lcus", *WITH_INPUTS)
WAIT_SECONDS_MAX = 10.0

Kind = Literal["lcus", "numato", "modbus-rtu"]


@contextmanager
def standing(tmp_path: Path, kind: Kind, **plan: Any) -> Iterator[SimulatedTurnstile]:
    with SimulatedTurnstile(TurnstilePlan(tmp_path / "door", kind, **plan)) as turnstile:
        yield turnstile


def settings(tmp_path: Path, kind: Kind, **changes: Any) -> RelayDoorSettings:
    wired = {} if kind == "lcus" else {"rotation_input": 0, "contact_input": 1}
    values = {"device": str(tmp_path / "door"), "dialect": kind, "failing": "secure"}
    return RelayDoorSettings.model_validate({"kind": "relay", **values, **wired, **changes})


def seen(look: Callable[[], bool]) -> bool:
    """Look until it is so; a board that answers nothing obeys a moment later."""
    end = time.monotonic() + WAIT_SECONDS_MAX
    while not (found := look()) and time.monotonic() < end:
        time.sleep(0.005)
    return found


# The makers' examples.


def test_lcus_frames_are_the_makers() -> None:
    switch = DIALECTS["lcus"].switch
    assert switch(1, 0, True).frame.hex() == "a00101a2"
    assert switch(1, 0, False).frame.hex() == "a00100a1"
    assert switch(1, 1, True).frame.hex() == "a00201a3"
    assert switch(1, 0, True).read(b"") == ()


def test_numato_words_are_the_makers() -> None:
    dialect = DIALECTS["numato"]
    assert dialect.switch(1, 0, True).frame == b"relay on 0\r"
    assert dialect.switch(1, 10, False).frame == b"relay off A\r"
    assert dialect.look is not None
    [request] = dialect.look(1, [3])
    assert request.frame == b"gpio read 3\r"
    for whole in (b"gpio read 3\n\r1\n\r>", b"gpio read 3\r\n1\r\n>", b">gpio read 3\n\r1\n\r>"):
        assert request.read(whole) == (True,)
    assert request.read(b"gpio read 3\n\r0\n\r>") == (False,)
    assert request.read(b"gpio read 3\n\r1") is None


def test_modbus_frames_are_the_makers() -> None:
    dialect = DIALECTS["modbus-rtu"]
    assert dialect.switch(1, 0, True).frame.hex() == "01050000ff008c3a"
    assert dialect.switch(1, 0, False).frame.hex() == "010500000000cdca"
    assert dialect.hold is not None
    assert dialect.hold(1, 0, True, 7).frame.hex() == "0105020000078db0"  # 0.7 s
    assert dialect.look is not None
    [request] = dialect.look(1, [0, 2])
    assert request.frame[:6].hex() == "010200000003"
    answer = bytes.fromhex("010201 05")
    assert request.read(answer + crc(answer)) == (True, True)
    answer = bytes.fromhex("010201 01")
    assert request.read(answer + crc(answer)) == (True, False)


def test_a_modbus_exception_is_a_refusal_and_a_wrong_crc_is_none() -> None:
    request = DIALECTS["modbus-rtu"].switch(1, 0, True)
    refusal = bytes.fromhex("018502")
    with pytest.raises(Refused):
        request.read(refusal + crc(refusal))
    with pytest.raises(Garbled):
        request.read(refusal + b"\0\0")
    with pytest.raises(Garbled):
        request.read(request.frame[:-1] + b"\0")


def requests() -> list[Request]:
    found = [dialect.switch(1, 0, True) for dialect in DIALECTS.values()]
    for dialect in DIALECTS.values():
        found += dialect.look(1, [0, 1]) if dialect.look else []
    return found


@given(st.binary(max_size=600))
def test_garbage_is_no_answer_and_never_anything_worse(received: bytes) -> None:
    for request in requests()[1:]:
        try:
            answer = request.read(received)
        except (Garbled, Refused):
            continue
        assert answer is None or request.frame[:2] in received


# On a real line.


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("wiring", ["secure", "safe"])
def test_it_opens_locks_and_lets_go_as_it_is_wired(
    tmp_path: Path, kind: Kind, wiring: Literal["secure", "safe"]
) -> None:
    with standing(tmp_path, kind, wiring=wiring) as turnstile:
        door = RelayDoor(settings(tmp_path, kind, failing=wiring))
        door.claim()
        assert seen(lambda: not turnstile.view().free)
        door.open(5)
        assert seen(lambda: turnstile.view().free)
        door.close()
        assert seen(lambda: not turnstile.view().free)
        door.let_go()
        assert seen(lambda: turnstile.view().free is (wiring == "safe"))
        assert not turnstile.view().relay


@pytest.mark.parametrize("kind", WITH_INPUTS)
@pytest.mark.parametrize("normally_closed", [False, True])
def test_a_rotation_counts_once_and_the_contact_is_seen(
    tmp_path: Path, kind: Kind, normally_closed: bool
) -> None:
    with standing(tmp_path, kind, normally_closed=normally_closed) as turnstile:
        door = RelayDoor(settings(tmp_path, kind, inputs_normally_closed=normally_closed))
        door.claim()
        assert (door.state().rotations, door.state().stands_open) == (0, False)
        assert not turnstile.push()  # locked
        door.open(5)
        assert turnstile.push()
        assert seen(lambda: door.state().rotations == 1)
        assert seen(lambda: not door.state().rotating)
        assert door.state().rotations == 1
        turnstile.swing(stands_open=True)
        assert seen(lambda: door.state().stands_open)
        door.let_go()


def test_a_board_with_a_timer_drops_the_relay_by_itself(tmp_path: Path) -> None:
    clock = [100.0]
    plan = TurnstilePlan(tmp_path / "door", "modbus-rtu")
    with SimulatedTurnstile(plan, now=lambda: clock[0]) as turnstile:
        door = RelayDoor(settings(tmp_path, "modbus-rtu"))
        door.claim()
        door.open(5)
        clock[0] += 4.9
        assert turnstile.view().free
        clock[0] += 0.2
        assert not turnstile.view().free
        door.let_go()


@pytest.mark.parametrize("kind", ["lcus", "numato"])
def test_a_relay_left_pulled_is_dropped_at_the_next_start(tmp_path: Path, kind: Kind) -> None:
    with standing(tmp_path, kind) as turnstile:
        killed = RelayDoor(settings(tmp_path, kind))
        killed.claim()
        killed.open(5)
        assert seen(lambda: turnstile.view().free)
        killed._drop_link()  # what an end without warning leaves
        again = RelayDoor(settings(tmp_path, kind))
        again.claim()
        assert seen(lambda: not turnstile.view().free)
        again.let_go()


HOLDS = """
import sys, time
from terminal.door_settings import RelayDoorSettings
from terminal.gate.door.relay_door import RelayDoor
door = RelayDoor(RelayDoorSettings.model_validate_json(sys.argv[1]))
door.claim()
if sys.argv[2] == "secure":
    door.open(30)
print("pulled", flush=True)
end = time.monotonic() + 60
while time.monotonic() < end:
    time.sleep(0.05)
    door.state()
"""


@contextmanager
def gate_that_holds(tmp_path: Path, kind: Kind, wiring: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process that keeps the relay pulled: "secure", the door is open; "safe", locked."""
    chosen = settings(tmp_path, kind, failing=wiring).model_dump_json()
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, chosen, wiring], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"pulled\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize(
    ("kind", "wiring"), [("lcus", "secure"), ("numato", "secure"), ("modbus-rtu", "safe")]
)
def test_a_gate_that_is_killed_does_not_leave_its_relay_pulled(
    tmp_path: Path, kind: Kind, wiring: str
) -> None:
    with standing(tmp_path, kind, wiring=wiring) as turnstile:
        with gate_that_holds(tmp_path, kind, wiring) as gate:
            assert seen(lambda: turnstile.view().relay)
            gate.send_signal(signal.SIGKILL)
            assert seen(lambda: not turnstile.view().relay)
        assert turnstile.view().free is (wiring == "safe")


def test_a_gate_that_hangs_lets_its_relay_go_and_claims_the_door_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_guard, "PULSE_SECONDS_MAX", 0.5)
    begin = relay_guard.RelayGuard
    hurried = lambda told: begin([*told, "--seconds", "0.5"])  # noqa: E731
    monkeypatch.setattr(relay_door, "RelayGuard", hurried)
    with standing(tmp_path, "numato") as turnstile:
        door = RelayDoor(settings(tmp_path, "numato"))
        door.claim()
        door.open(30)
        assert seen(lambda: turnstile.view().free)
        assert seen(lambda: not turnstile.view().free)  # nobody has looked at it meanwhile
        with pytest.raises(DoorUnplugged, match="guard"):
            door.state()
        door.let_go()
        door.claim()
        door.state()
        door.let_go()


def test_a_guard_ends_with_its_gate_and_one_that_is_gone_is_noticed(tmp_path: Path) -> None:
    with standing(tmp_path, "lcus"):
        door = RelayDoor(settings(tmp_path, "lcus"))
        door.claim()
        guard = door._guard
        assert guard is not None
        door.let_go()
        assert guard._process.returncode == 0
        door.claim()
        assert door._guard is not None
        door._guard._process.kill()
        door._guard._process.wait()
        door._guard._pulsed_at -= relay_guard.PULSE_SECONDS
        with pytest.raises(DoorUnplugged, match="guard"):
            door.state()
        door.let_go()


def test_a_board_that_drops_by_itself_needs_no_guard(tmp_path: Path) -> None:
    with standing(tmp_path, "modbus-rtu"):
        door = RelayDoor(settings(tmp_path, "modbus-rtu"))
        door.claim()
        assert door._guard is None
        door.let_go()


@pytest.mark.parametrize("kind", EVERY)
def test_a_relay_is_let_go_of_by_hand_whoever_held_it(tmp_path: Path, kind: Kind) -> None:
    config = tmp_path / "gate.toml"
    config.write_text(
        f"""
backend_url = "http://127.0.0.1:1"
state_dir = "{tmp_path}/state"
reader = "Pass Gate"
[door]
kind = "relay"
device = "{tmp_path}/door"
dialect = "{kind}"
failing = "secure"
"""
    )
    with standing(tmp_path, kind) as turnstile:
        killed = RelayDoor(settings(tmp_path, kind))
        killed.claim()
        killed.open(30)
        assert seen(lambda: turnstile.view().free)
        assert main(["door", "let-go", "--config", str(config)]) == 0
        assert seen(lambda: not turnstile.view().free)
        killed.let_go()
    assert main(["door", "let-go", "--config", str(config)]) != 0, "no board there: it is said"


@pytest.mark.parametrize("kind", EVERY)
def test_a_cable_pulled_is_noticed_and_put_back_is_claimed_again(
    tmp_path: Path, kind: Kind
) -> None:
    with standing(tmp_path, kind) as turnstile:
        door = RelayDoor(settings(tmp_path, kind))
        door.claim()
        turnstile.unplug()
        with pytest.raises(DoorUnplugged):
            seen(lambda: door.state() is None)  # until the line says goodbye
        with pytest.raises(DoorUnplugged):
            door.claim()
        turnstile.plug()
        door.claim()
        door.state()
        door.let_go()


def test_a_silent_board_is_silent_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_door, "ANSWER_SECONDS_MAX", 0.05)
    with standing(tmp_path, "numato") as turnstile:
        turnstile.set_faults(ArmFaults(silent=True))
        door = RelayDoor(settings(tmp_path, "numato"))
        with pytest.raises(DoorSilent):
            door.claim()
        door.let_go()


def test_a_board_that_refuses_is_said(tmp_path: Path) -> None:
    with standing(tmp_path, "modbus-rtu"):
        door = RelayDoor(settings(tmp_path, "modbus-rtu", relay=20))
        with pytest.raises(DoorRefused):
            door.claim()
        door.let_go()


def test_a_door_that_is_not_claimed_moves_nothing(tmp_path: Path) -> None:
    door = RelayDoor(settings(tmp_path, "numato"))
    for act in (door.close, door.state, lambda: door.open(1)):
        with pytest.raises(DoorUnplugged):
            act()
    door.let_go()


def test_a_site_chooses_what_a_failing_door_does(tmp_path: Path) -> None:
    values = {"kind": "relay", "device": str(tmp_path / "door"), "dialect": "lcus"}
    with pytest.raises(ValueError, match="failing"):
        RelayDoorSettings.model_validate(values)


def test_nobody_is_asked_for_inputs_a_board_has_not(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has no inputs"):
        settings(tmp_path, "lcus", rotation_input=0)
    with pytest.raises(ValueError, match="must differ"):
        settings(tmp_path, "numato", rotation_input=1, contact_input=1)


def test_threads_end_with_the_turnstile(tmp_path: Path) -> None:
    with standing(tmp_path, "numato"):
        pass
    assert not [each for each in threading.enumerate() if each.name == "turnstile"]
