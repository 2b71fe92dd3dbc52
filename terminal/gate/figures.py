"""What a gate measures: what it stands on, the age of its list, what waits to be handed over."""

from collections.abc import Iterator
from datetime import datetime

from terminal.gate.door.motion import BUSY, Phase
from terminal.gate.state import GateState
from terminal.metrics import Figure

DOOR_SERVES = frozenset(phase.value for phase in BUSY | {Phase.CLOSED})


def gate_figures(state: GateState, now: datetime) -> Iterator[Figure]:
    """Give the figures of this moment; a gate without a list has no age and no cards."""
    yield Figure(
        "pass_gate_part_ready",
        "1 if the part answers, 0 if not.",
        label="part",
        values={
            "reader": float(state.reader_ready),
            "journal": float(state.journal_ready),
            "backend": float(state.online),
            "access_list": float(state.access_list is not None),
            **({} if state.door is None else {"door": float(state.door.phase in DOOR_SERVES)}),
        },
    )
    if state.door is not None:
        yield Figure(
            "pass_gate_door_alarm",
            "1 while the turnstile or door is forced, held open or silent.",
            float(state.door.alarm is not None),
        )
        yield Figure(
            "pass_gate_door_released",
            "1 while the door is released for everybody: fire panel, or a supervisor.",
            float(state.door.emergency is not None),
        )
    yield Figure("pass_gate_outbox", "Passages not handed over yet.", state.outbox)
    yield Figure(
        "pass_gate_quarantined", "Passages the backend refused, kept aside.", state.quarantined
    )
    held, confirmed = state.access_list, state.confirmed_at
    yield Figure(
        "pass_gate_list_age_seconds",
        "How long ago the backend last stood by the access list.",
        None if confirmed is None else (now - confirmed).total_seconds(),
    )
    yield Figure(
        "pass_gate_cards",
        "Cards on the access list, blocked ones too.",
        None if held is None else len(held.cards),
    )
    yield Figure("pass_gate_answers", "Answers and notices shown since the start.", state.sequence)
