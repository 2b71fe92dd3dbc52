"""The simulated turnstile: its mechanics, its boards on a real line, its HTTP and command line."""

import json
import os
import select
import time
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.__main__ import main
from simulator.settings import SettingsError, load_settings
from simulator.tabletop import Tabletop
from simulator.turnstile.arm import PULSE_SECONDS, Arm, ArmFaults
from simulator.turnstile.boards import LcusBoard, ModbusBoard, NumatoBoard, make_board
from simulator.turnstile.turnstile import SimulatedTurnstile, TurnstilePlan
from tests.simulator.served import code_of, served, simulator

ANSWER_SECONDS_MAX = 10.0


# The mechanics.


def test_nobody_gets_through_a_locked_arm_but_by_force() -> None:
    arm = Arm()
    assert not arm.push(0.0)
    assert (arm.through, arm.inputs(0.0)) == (0, (False, False, False))
    assert arm.push(0.0, force=True)
    assert (arm.through, arm.inputs(0.0), arm.inputs(PULSE_SECONDS)) == (
        1,
        (True, False, False),
        (False, False, False),
    )
    assert not arm.swing(1.0, stands_open=True)
    assert arm.swing(1.0, stands_open=True, force=True)
    assert arm.inputs(1.0) == (False, True, False)


@pytest.mark.parametrize(("wiring", "pulled_frees"), [("secure", True), ("safe", False)])
def test_without_current_it_is_as_it_is_wired(wiring: Any, pulled_frees: bool) -> None:
    arm = Arm(wiring)
    arm.set_relay(True)
    assert arm.is_free(0.0) is pulled_frees
    arm.lose_power()
    assert arm.is_free(0.0) is not pulled_frees


def test_a_timer_holds_and_lets_go_and_an_order_ends_it() -> None:
    arm = Arm()
    arm.hold_relay(True, 3.0, now=10.0)
    assert [arm.relay(moment) for moment in (10.0, 12.9, 13.0)] == [True, True, False]
    arm.hold_relay(True, 3.0, now=20.0)
    arm.set_relay(False)
    assert not arm.relay(20.1)


def test_broken_parts_are_broken() -> None:
    arm = Arm()
    arm.set_relay(True)
    arm.faults = ArmFaults(stuck_arm=True)
    assert not arm.push(0.0, force=True)
    arm.faults = ArmFaults(blind_sensor=True)
    assert arm.push(0.0)
    assert (arm.through, arm.is_rotating(0.0)) == (1, False)
    arm.faults = ArmFaults(stuck_sensor=True)
    assert arm.is_rotating(99.0)


def test_normally_closed_inputs_say_the_opposite() -> None:
    arm = Arm(normally_closed=True)
    assert arm.inputs(0.0) == (True, True, False)


# The boards: the makers' examples, byte by byte.


def test_an_lcus_board_obeys_and_says_nothing() -> None:
    arm = Arm()
    board = LcusBoard(arm)
    for byte in bytes.fromhex("FF A0 01 01 A2"):
        assert board.receive_data(bytes([byte]), 0.0) == b""
    assert arm.relay(0.0)
    board.receive_data(bytes.fromhex("A0 01 00 A2"), 0.0)  # a wrong sum
    assert arm.relay(0.0)
    board.receive_data(bytes.fromhex("A0 02 00 A2 A0 01 00 A1"), 0.0)
    assert not arm.relay(0.0)


def test_a_numato_board_repeats_answers_and_prompts() -> None:
    arm = Arm()
    board = NumatoBoard(arm)
    assert board.receive_data(b"relay on 0\r", 0.0) == b"relay on 0\n\r>"
    assert board.receive_data(b"relay read 0\r", 0.0) == b"relay read 0\n\ron\n\r>"
    assert board.receive_data(b"gpio read 0\rgpio r", 0.0) == b"gpio read 0\n\r0\n\r>"
    arm.push(0.0)
    assert board.receive_data(b"ead 0\r", 0.0) == b"gpio read 0\n\r1\n\r>"
    assert board.receive_data(b"hello\r", 0.0) == b"hello\n\r>"


def test_a_modbus_board_answers_to_its_address() -> None:
    arm = Arm()
    board = ModbusBoard(arm, 1)
    on = bytes.fromhex("01050000FF008C3A")
    assert board.receive_data(on, 0.0) == on
    assert arm.relay(0.0)
    assert board.receive_data(on[:-1] + b"\0", 0.0) == b""  # a wrong CRC
    flash = bytes.fromhex("0105020000078DB0")
    assert ModbusBoard(arm, 1).receive_data(flash, 5.0) == flash
    assert [arm.relay(moment) for moment in (5.0, 5.6, 5.7)] == [True, True, False]
    assert ModbusBoard(arm, 2).receive_data(on, 0.0) == b""
    read_registers = bytes.fromhex("010300000001840A")
    assert ModbusBoard(arm, 1).receive_data(read_registers, 0.0)[:3].hex() == "018301"


@given(st.lists(st.binary(max_size=40), max_size=8), st.sampled_from(["lcus", "numato", "modbus"]))
def test_no_board_is_upset_by_garbage(pieces: list[bytes], kind: str) -> None:
    board = make_board(kind, Arm(), 1)
    for piece in pieces:
        board.receive_data(piece, 0.0)


# On a line, over HTTP, and by hand.


@pytest.fixture
def turnstile(tmp_path: Path) -> Iterator[SimulatedTurnstile]:
    with SimulatedTurnstile(TurnstilePlan(tmp_path / "turnstile")) as made:
        yield made


@pytest.fixture
def control(
    turnstile: SimulatedTurnstile, monkeypatch: pytest.MonkeyPatch
) -> Iterator[httpx.Client]:
    with served(Tabletop(turnstile=turnstile)) as client:
        monkeypatch.setenv("PASS_SIMULATOR_CONTROL", str(client.base_url).rstrip("/"))
        yield client


def ask(link: Path, question: bytes) -> bytes:
    """Open the line as any program would, and wait for the prompt."""
    port = os.open(link, os.O_RDWR | os.O_NOCTTY)
    try:
        tty.setraw(port)
        os.write(port, question)
        heard, end = b"", time.monotonic() + ANSWER_SECONDS_MAX
        while not heard.endswith(b">") and time.monotonic() < end:
            if select.select([port], [], [], 1.0)[0]:
                heard += os.read(port, 4096)
        return heard
    finally:
        os.close(port)


def test_a_line_comes_goes_and_drops_the_relay(
    turnstile: SimulatedTurnstile, tmp_path: Path
) -> None:
    link = tmp_path / "turnstile"
    assert ask(link, b"relay on 0\r") == b"relay on 0\n\r>"
    assert turnstile.view().free
    turnstile.unplug()
    assert not link.exists()
    assert (turnstile.view().free, turnstile.view().plugged) == (False, False)
    turnstile.plug()
    turnstile.plug()  # once more is nothing
    assert ask(link, b"gpio read 1\r").endswith(b"0\n\r>")


def test_hands_over_http(control: httpx.Client, turnstile: SimulatedTurnstile) -> None:
    assert control.get("/turnstile").json() == {
        "free": False,
        "relay": False,
        "rotating": False,
        "stands_open": False,
        "through": 0,
        "plugged": True,
        "panel": False,
        "light": None,
        "beeps": 0,
        "faults": {
            "stuck_arm": False,
            "stuck_sensor": False,
            "blind_sensor": False,
            "silent": False,
        },
    }
    assert code_of(control.post("/turnstile/push", json={})) == (409, "turnstile_locked")
    assert control.post("/turnstile/push", json={"force": True}).json()["through"] == 1
    opened = {"stands_open": True}
    assert code_of(control.put("/turnstile/door", json=opened)) == (409, "turnstile_locked")
    forced = control.put("/turnstile/door", json=opened | {"force": True}).json()
    assert forced["stands_open"]
    assert not control.put("/turnstile/door", json={"stands_open": False}).json()["stands_open"]
    assert control.put("/turnstile/panel", json={"closed": True}).json()["panel"]
    assert not control.put("/turnstile/panel", json={"closed": False}).json()["panel"]
    broken = control.put("/turnstile/faults", json={"stuck_arm": True}).json()
    assert broken["faults"]["stuck_arm"]
    assert not control.put("/turnstile/plug", json={"plugged": False}).json()["plugged"]
    assert code_of(control.put("/turnstile/plug", json={})) == (422, "malformed_request")


def test_without_a_turnstile_it_is_said() -> None:
    with served(Tabletop()) as client:
        assert code_of(client.get("/turnstile")) == (404, "turnstile_absent")


def test_hands_by_the_command_line(
    control: httpx.Client, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*words: str, status: int = 0) -> str:
        assert main(["turnstile", *words]) == status
        heard = capsys.readouterr()
        return heard.out + heard.err

    assert said("show") == "locked; through so far: 0\n"
    assert "locked, or stuck" in said("push", status=1)
    assert said("push", "--force") == "locked; through so far: 1\n"
    assert said("open", "--force") == "locked; the door stands open; through so far: 1\n"
    assert json.loads(said("close", "--json"))["stands_open"] is False
    assert "the arm does not turn" in said("faults", "--stuck-arm")
    assert json.loads(said("faults", "--json"))["faults"]["stuck_arm"] is False
    assert "the fire panel asks for it" in said("panel")
    assert "the fire panel" not in said("panel", "--over")
    assert "without its cable" in said("unplug")
    assert "without its cable" not in said("plug")
    assert control.get("/turnstile").json()["through"] == 1


def test_the_program_announces_it_and_takes_it_away(tmp_path: Path) -> None:
    config = tmp_path / "simulator.toml"
    link = tmp_path / "turnstile"
    config.write_text(f'run_dir = "{tmp_path}"\ncontrol_port = 0\n[turnstile]\nlink = "{link}"\n')
    with simulator(config) as (process, ready):
        assert ready["turnstile"] == str(link)
        assert ask(link, b"relay on 0\r") == b"relay on 0\n\r>"
        process.terminate()
        assert process.wait(ANSWER_SECONDS_MAX) == 0
    assert not link.is_symlink()


def test_a_head_needs_a_key_file_and_a_board_has_none(tmp_path: Path) -> None:
    config = tmp_path / "simulator.toml"
    for extra in ('kind = "osdp"', f'kind = "lcus"\nkey_file = "{tmp_path}/key"'):
        config.write_text(f'run_dir = "{tmp_path}"\n[turnstile]\nlink = "/tmp/t"\n{extra}\n')
        with pytest.raises(SettingsError, match="key_file"):
            load_settings(config)
