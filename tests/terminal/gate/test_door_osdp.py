"""A door behind an OSDP head: libosdp on both ends of a real line."""

import secrets
import stat
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import pytest

from simulator.turnstile.turnstile import SimulatedTurnstile, TurnstilePlan
from terminal.__main__ import main
from terminal.door_settings import OsdpDoorSettings
from terminal.errors import DoorError, DoorSilent, DoorUnplugged, SettingsError
from terminal.gate.decision import Answer
from terminal.gate.door import osdp_link
from terminal.gate.door.build import build_keeper
from terminal.gate.door.commission import install_head_key
from terminal.gate.door.head_key import load_head_key, make_head_key
from terminal.gate.door.osdp_door import OsdpDoor
from terminal.gate.door.port import Signal
from terminal.gate.passages import Passage, PassageState, open_passage_journal
from terminal.gate.state import Shown, StateBoard
from terminal.gate.words import Tone, Words
from terminal.settings import GateSettings

ADDRESS = 101
NOON = datetime(2026, 11, 17, 11, 4, tzinfo=UTC)
WAIT_SECONDS_MAX = 20.0


def settings(tmp_path: Path, **changes: Any) -> OsdpDoorSettings:
    values = {
        "kind": "osdp",
        "device": str(tmp_path / "head"),
        "address": ADDRESS,
        "key_file": tmp_path / "head.key",
        "failing": "secure",
        "rotation_input": 0,
        "contact_input": 1,
    }
    return OsdpDoorSettings.model_validate({**values, **changes})


def keep_key(path: Path, key: bytes) -> None:
    path.touch(mode=0o600)
    path.write_text(key.hex())


def standing(tmp_path: Path, wiring: Literal["secure", "safe"] = "secure") -> SimulatedTurnstile:
    link, key_file = tmp_path / "head", tmp_path / "its-own.key"
    return SimulatedTurnstile(TurnstilePlan(link, "osdp", wiring, ADDRESS, key_file))


@pytest.fixture
def turnstile(tmp_path: Path) -> Iterator[SimulatedTurnstile]:
    """A head that has this site's key."""
    key = secrets.token_bytes(16)
    for name in ("head.key", "its-own.key"):
        keep_key(tmp_path / name, key)
    with standing(tmp_path) as made:
        yield made


def claim(door: OsdpDoor) -> None:
    """Claim as the keeper does: again, after a head that does not say its inputs hung up."""
    end = time.monotonic() + WAIT_SECONDS_MAX
    while True:
        try:
            return door.claim()
        except DoorError:
            door.let_go()
            if time.monotonic() > end:
                raise


def seen(look: Callable[[], bool]) -> bool:
    end = time.monotonic() + WAIT_SECONDS_MAX
    while not (found := look()) and time.monotonic() < end:
        time.sleep(0.01)
    return found


def test_it_opens_counts_shows_and_locks_again(
    tmp_path: Path, turnstile: SimulatedTurnstile
) -> None:
    door = OsdpDoor(settings(tmp_path))
    claim(door)
    try:
        assert seen(lambda: turnstile.view().light == "blue")
        door.open(5)
        assert turnstile.view().free
        door.signal(Signal.GOOD)
        assert seen(lambda: turnstile.view().light == "green" and turnstile.view().beeps == 2)
        assert turnstile.push()
        assert seen(lambda: door.state().rotations == 1)
        assert seen(lambda: not door.state().rotating)
        door.close()
        assert not turnstile.view().free
        turnstile.swing(stands_open=True, force=True)
        assert seen(lambda: door.state().stands_open)
        door.signal(Signal.STOP)
        assert seen(lambda: turnstile.view().light == "red")
        turnstile.unplug()
        with pytest.raises(DoorUnplugged):
            seen(lambda: door.state() is None)
    finally:
        door.let_go()


def test_it_is_held_open_beyond_the_heads_timer_and_hears_the_fire_panel(
    tmp_path: Path, turnstile: SimulatedTurnstile
) -> None:
    door = OsdpDoor(settings(tmp_path, emergency_input=2))
    claim(door)
    try:
        door.open(1)
        door.hold_open()
        assert seen(lambda: turnstile.view().free)
        turnstile.set_panel(closed=True)
        assert seen(lambda: door.state().emergency)
        turnstile.set_panel(closed=False)
        assert seen(lambda: not door.state().emergency)
        assert turnstile.view().free
        door.close()
        assert seen(lambda: not turnstile.view().free)
    finally:
        door.let_go()


def test_a_head_with_another_key_opens_nothing(
    tmp_path: Path, turnstile: SimulatedTurnstile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("terminal.gate.door.osdp_door.CLAIM_SECONDS_MAX", 0.4)
    keep_key(tmp_path / "head.key", secrets.token_bytes(16))
    door = OsdpDoor(settings(tmp_path))
    with pytest.raises(DoorSilent, match="another key"):
        door.claim()
    door.let_go()
    assert not turnstile.view().free


def test_a_head_as_delivered_gets_the_sites_key_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "gate.toml"
    config.write_text(
        f"""
backend_url = "http://127.0.0.1:9"
state_dir = "{tmp_path}"
reader = "Pass Gate"
[door]
kind = "osdp"
device = "{tmp_path}/head"
address = {ADDRESS}
key_file = "{tmp_path}/head.key"
failing = "secure"
"""
    )
    command = ["door", "install-key", "--config", str(config)]
    with standing(tmp_path) as turnstile:
        assert main(command) == 0
        assert "head.key" in capsys.readouterr().out
        key_file = tmp_path / "head.key"
        assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
        installed = load_head_key(key_file)
        assert bytes.fromhex((tmp_path / "its-own.key").read_text()) == installed.reveal()
        door = OsdpDoor(settings(tmp_path, rotation_input=None, contact_input=None))
        claim(door)
        door.open(1)
        assert turnstile.view().free
        door.let_go()
        assert not turnstile.view().free
    assert main(command) == 10  # nothing is there any more
    assert "ne répond pas" in capsys.readouterr().out


def test_a_head_as_delivered_is_given_nothing_but_by_the_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would take any key under the one that everybody knows."""
    monkeypatch.setattr("terminal.gate.door.osdp_door.CLAIM_SECONDS_MAX", 0.8)
    make_head_key(tmp_path / "head.key")
    with standing(tmp_path) as turnstile:
        door = OsdpDoor(settings(tmp_path))
        with pytest.raises(DoorSilent):
            door.claim()
        door.let_go()
        assert not (tmp_path / "its-own.key").exists()
        assert not turnstile.view().free


def test_a_relay_door_has_no_key_to_install(tmp_path: Path) -> None:
    gate = GateSettings(backend_url="http://127.0.0.1:9", state_dir=tmp_path, reader="Pass Gate")
    with pytest.raises(SettingsError, match="osdp"):
        install_head_key(gate)


@pytest.mark.parametrize(
    ("content", "mode", "what"),
    [
        ("303132333435363738393A3B3C3D3E3F", 0o600, "everybody knows"),
        ("00" * 16, 0o600, "everybody knows"),
        ("AB" * 15, 0o600, "32 hex digits"),
        ("AB" * 16, 0o640, "chmod 600"),
    ],
    ids=["default", "zero", "short", "readable"],
)
def test_a_key_that_protects_nothing_is_refused(
    tmp_path: Path, content: str, mode: int, what: str
) -> None:
    path = tmp_path / "head.key"
    path.write_text(content)
    path.chmod(mode)
    with pytest.raises(SettingsError, match=what):
        load_head_key(path)


def test_a_key_that_is_there_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "head.key"
    first = make_head_key(path)
    assert make_head_key(path) == first
    assert "hidden" in repr(first)
    with pytest.raises(SettingsError, match="install-key"):
        load_head_key(tmp_path / "none")


def test_a_silent_head_is_lost_in_seconds_not_minutes(
    tmp_path: Path, turnstile: SimulatedTurnstile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(osdp_link, "SILENCE_SECONDS_MAX", 0.3)
    door = OsdpDoor(settings(tmp_path, rotation_input=None, contact_input=None))
    claim(door)
    head = turnstile._head
    assert head is not None
    head._device.stop()  # it has power, and says nothing
    with pytest.raises(DoorSilent):
        seen(lambda: door.state() is None)
    door.let_go()
    head._device.start()


@pytest.mark.slow
def test_a_gate_with_a_head_from_the_tap_to_the_passage(
    tmp_path: Path, turnstile: SimulatedTurnstile
) -> None:
    """The keeper in its thread: released, green, through, counted; then refused, red."""
    journal, board = open_passage_journal(tmp_path / "passages.db"), StateBoard()
    keeper = build_keeper(settings(tmp_path), journal, board, lambda: NOON)
    stop = threading.Event()
    thread = threading.Thread(target=keeper.run, args=(stop,))
    thread.start()
    try:
        assert seen(lambda: board.current.door is not None and board.current.door.phase == "closed")
        assert isinstance(keeper.admit(passage()), Passage)
        welcome = Words("Bon appétit", "", Tone.GOOD)
        board.show(Shown(answer="OK", words=welcome, at=NOON, milliseconds=1))
        assert seen(lambda: turnstile.view().light == "green")
        assert turnstile.push()
        assert seen(lambda: journal.count(PassageState.WAITING) == 1)
        refused = Words("Voir la vie scolaire", "", Tone.STOP)
        board.show(Shown(answer="NON_INSCRIT", words=refused, at=NOON, milliseconds=1))
        assert seen(lambda: turnstile.view().light == "red")
    finally:
        stop.set()
        thread.join(WAIT_SECONDS_MAX)
        journal.close()
    assert not turnstile.view().free


def passage() -> Passage:
    return Passage(
        passage_id=UUID(int=1),
        occurred_at=NOON,
        uid=bytes(7),
        card_id=str(UUID(int=2)),
        service="lunch",
        answer=Answer.OK,
        detail=None,
        list_version=7,
        milliseconds=40,
    )
