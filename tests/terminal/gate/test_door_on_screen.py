"""What the idle screen says of the turnstile or door."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from terminal.gate.access_list import read_access_list
from terminal.gate.figures import gate_figures
from terminal.gate.state import DoorSight, EmergencySight, GateState
from terminal.gate.view import state_json
from terminal.gate.words import Notice, words_for_notice
from terminal.metrics import exposition
from tests.terminal.gate.signed_lists import GATE, Signer


@pytest.fixture
def ready(
    signer: Signer, payload: Callable[..., dict[str, Any]], clock: Callable[[], datetime]
) -> GateState:
    held = read_access_list(signer.sign(payload()), signer.key, GATE)
    return GateState(access_list=held, confirmed_at=clock(), reader_ready=True)


def state_with(ready: GateState, door: DoorSight | None) -> GateState:
    return GateState(
        access_list=ready.access_list, confirmed_at=ready.confirmed_at, reader_ready=True, door=door
    )


FORCED, HELD, BROKEN = (
    Notice.PASSAGE_FORCE,
    Notice.PASSAGE_RESTE_OUVERT,
    Notice.PASSAGE_EN_PANNE,
)

RELEASED = EmergencySight(datetime(2026, 11, 17, 11, 4, tzinfo=UTC), by_panel=False, passages=3)


@pytest.mark.parametrize(
    ("door", "message", "line", "tone"),
    [
        (None, "Présentez votre carte", "", "ready"),
        (DoorSight("closed"), "Présentez votre carte", "", "ready"),
        (DoorSight("passed"), "Présentez votre carte", "", "ready"),
        (DoorSight("released"), "Avancez", "Le passage est ouvert", "good"),
        (DoorSight("opened"), "Avancez", "Le passage est ouvert", "good"),
        (DoorSight("absent", BROKEN), "Voir la vie scolaire", "Le passage ne répond pas", "stop"),
        (
            DoorSight("absent", BROKEN, True),
            "Présentez votre carte",
            "Le passage est libre",
            "ready",
        ),
        (DoorSight("stuck", BROKEN), "Voir la vie scolaire", "Le passage ne répond pas", "stop"),
        (DoorSight("held_open", HELD), "Refermez le passage", "Il reste ouvert", "stop"),
        (DoorSight("forced", FORCED), "Passage forcé", "Quelqu’un est passé sans carte", "stop"),
        (DoorSight("closed", FORCED), "Passage forcé", "Au suivant : présentez la carte", "stop"),
        (
            DoorSight("absent", BROKEN, emergency=RELEASED),
            "Issue de secours",
            "Le passage est libre, sans carte",
            "good",
        ),
    ],
)
def test_the_idle_screen_says_how_the_door_is(
    ready: GateState,
    clock: Callable[[], datetime],
    door: DoorSight | None,
    message: str,
    line: str,
    tone: str,
) -> None:
    idle: Any = state_json(state_with(ready, door), clock())["idle"]
    assert (idle["message"], idle["line"], idle["tone"]) == (message, line, tone)


def test_the_state_and_the_figures_name_the_door(
    ready: GateState, clock: Callable[[], datetime]
) -> None:
    held = state_with(ready, DoorSight("held_open", HELD))
    assert state_json(held, clock())["door"] == {
        "phase": "held_open",
        "alarm": "PASSAGE_RESTE_OUVERT",
        "free": False,
        "emergency": None,
    }
    said = exposition(gate_figures(held, clock()))
    text = said.decode() if isinstance(said, bytes) else said
    assert 'pass_gate_part_ready{part="door"} 0.0\n' in text
    assert "pass_gate_door_alarm 1.0\n" in text
    assert state_json(state_with(ready, None), clock())["door"] is None


@pytest.mark.parametrize(
    ("passages", "counted"),
    [
        (None, ""),
        (0, " · personne n’est passé"),
        (1, " · 1 passage, non débité"),
        (17, " · 17 passages, aucun débité"),
    ],
)
def test_a_door_released_for_everybody_says_since_when_and_for_how_many(
    ready: GateState, clock: Callable[[], datetime], passages: int | None, counted: str
) -> None:
    seen = DoorSight("emergency", emergency=EmergencySight(clock(), True, passages))
    state = state_with(ready, seen)
    door: Any = state_json(state, clock())["door"]
    assert door["emergency"]["by_panel"]
    assert door["emergency"]["words"] == f"Issue de secours ouverte depuis 12:04{counted}"
    assert b"pass_gate_door_released 1.0\n" in exposition(gate_figures(state, clock()))


def test_every_notice_has_words_and_none_a_debt() -> None:
    for notice in Notice:
        said = words_for_notice(notice)
        assert said.message
        assert "!" not in said.message + said.line
