"""The whole product of phases and events: what follows, what is impossible, what can end."""

from itertools import product

import pytest

from terminal.gate.door.motion import BUSY, TRANSITIONS, WAITING, Effect, Event, Phase, next_step

SETTLING = {Effect.COUNT, Effect.DISCOUNT, Effect.DOUBT}


@pytest.mark.parametrize(
    ("phase", "event"), list(product(Phase, Event)), ids=lambda value: value.name.lower()
)
def test_every_pair_is_a_step_or_impossible(phase: Phase, event: Event) -> None:
    step = next_step(phase, event)
    if (phase, event) not in TRANSITIONS:
        assert step is None
        return
    assert step is not None
    # Who was released is settled exactly when the door stops waiting for them.
    settled = SETTLING & set(step.effects)
    assert bool(settled) == (phase in WAITING and step.phase not in WAITING)
    assert len(settled) <= 1
    # Only a release opens, and a door that stops waiting is locked or gone.
    assert (Effect.OPEN in step.effects) == (event is Event.RELEASE)
    if Effect.HOLD in step.effects:
        assert step.effects[0] is Effect.HOLD, "it opens before anything is written"
        assert step.phase is Phase.EMERGENCY


def test_it_is_released_for_everybody_from_wherever_it_answers() -> None:
    for phase in set(Phase) - {Phase.ABSENT, Phase.EMERGENCY}:
        step = next_step(phase, Event.EMERGENCY)
        assert step is not None
        assert step.phase is Phase.EMERGENCY
    for event in set(Event) - {Event.EMERGENCY_OVER, Event.LOST}:
        step = next_step(Phase.EMERGENCY, event)
        assert step is None or step.phase is Phase.EMERGENCY, event


def test_only_a_closed_door_is_released() -> None:
    assert [phase for phase in Phase if next_step(phase, Event.RELEASE)] == [Phase.CLOSED]


def test_a_meal_counts_by_a_rotation_alone() -> None:
    counting = {pair for pair, step in TRANSITIONS.items() if Effect.COUNT in step.effects}
    assert counting == {
        (phase, Event.ROTATED) for phase in (Phase.RELEASED, Phase.OPENED, Phase.RELOCKED)
    }


def test_a_rotation_nobody_was_released_for_is_an_alarm_in_every_phase() -> None:
    for phase in (Phase.CLOSED, Phase.PASSED, Phase.FORCED, Phase.HELD_OPEN):
        step = next_step(phase, Event.ROTATED)
        assert step is not None
        assert Effect.ALARM_FORCED in step.effects


def test_every_phase_can_come_back_to_closed() -> None:
    closed_from: set[Phase] = {Phase.CLOSED}
    for _ in Phase:
        closed_from |= {
            phase for (phase, _event), step in TRANSITIONS.items() if step.phase in closed_from
        }
    assert closed_from == set(Phase)


def test_a_lost_line_is_known_from_everywhere() -> None:
    for phase in set(Phase) - {Phase.ABSENT}:
        step = next_step(phase, Event.LOST)
        assert step is not None
        assert step.phase is Phase.ABSENT
        assert (Effect.DOUBT in step.effects) == (phase in WAITING)
    assert next_step(Phase.ABSENT, Event.LOST) is None


def test_who_is_busy_has_an_end_by_time_alone() -> None:
    for start in BUSY:
        phase, steps = start, 0
        while phase in BUSY:
            step = next_step(phase, Event.TIME_UP)
            assert step is not None
            phase, steps = step.phase, steps + 1
            assert steps <= len(BUSY)
