"""The machine on our side of the line: every state against every event, written out."""

import pytest

from terminal.pin.machine import TABLE, Action, Event, NotNow, State, step

EXPECTED = """
RESTING
  TELL: TELLING SEND
  ASK: ASKING SEND
  RESET: RESETTING SEND
  ACK: RESTING IGNORE
  NAK: RESTING IGNORE
  EOT: RESTING IGNORE
  ANSWER: RESTING ACKNOWLEDGE
  REPEAT: RESTING ACKNOWLEDGE
  REFUSAL: RESTING ACKNOWLEDGE
  MALFORMED: RESTING ACKNOWLEDGE
  FOREIGN: RESTING IGNORE
  DAMAGED: RESTING IGNORE
  DUE: refused
  UNANSWERED: refused
  REJECTED: refused
  DISMISSED: refused
  UNREADABLE: refused
TELLING
  TELL: refused
  ASK: refused
  RESET: refused
  ACK: RESTING FINISH
  NAK: TELLING RESEND
  EOT: TELLING RESEND
  ANSWER: TELLING START_OVER
  REPEAT: TELLING START_OVER
  REFUSAL: TELLING START_OVER
  MALFORMED: TELLING START_OVER
  FOREIGN: TELLING IGNORE
  DAMAGED: TELLING ASK_AGAIN
  DUE: TELLING RESEND
  UNANSWERED: RESTING FAIL_SILENT
  REJECTED: RESTING FAIL_GARBLED
  DISMISSED: RESTING REFUSE_UNHEARD
  UNREADABLE: RESTING FAIL_GARBLED
ASKING
  TELL: refused
  ASK: refused
  RESET: refused
  ACK: ENTERING AWAIT_HOLDER
  NAK: ASKING RESEND
  EOT: ASKING RESEND
  ANSWER: RESTING DELIVER
  REPEAT: ASKING START_OVER
  REFUSAL: RESTING REFUSE
  MALFORMED: RESTING FAIL_GARBLED
  FOREIGN: ASKING IGNORE
  DAMAGED: ASKING ASK_AGAIN
  DUE: ASKING RESEND
  UNANSWERED: RESTING FAIL_SILENT
  REJECTED: RESTING FAIL_GARBLED
  DISMISSED: RESTING REFUSE_UNHEARD
  UNREADABLE: RESTING FAIL_GARBLED
ENTERING
  TELL: refused
  ASK: refused
  RESET: RESETTING SEND
  ACK: ENTERING IGNORE
  NAK: ASKING RESEND
  EOT: RESTING END_ENTRY
  ANSWER: RESTING DELIVER
  REPEAT: ENTERING ACKNOWLEDGE
  REFUSAL: RESTING REFUSE
  MALFORMED: RESTING FAIL_GARBLED
  FOREIGN: ENTERING IGNORE
  DAMAGED: ENTERING ASK_AGAIN
  DUE: RESETTING SEND
  UNANSWERED: refused
  REJECTED: RESTING FAIL_GARBLED
  DISMISSED: refused
  UNREADABLE: RESTING FAIL_GARBLED
RESETTING
  TELL: refused
  ASK: refused
  RESET: refused
  ACK: RESTING FINISH
  NAK: RESETTING RESEND
  EOT: RESTING FINISH
  ANSWER: RESETTING START_OVER
  REPEAT: RESETTING START_OVER
  REFUSAL: RESETTING START_OVER
  MALFORMED: RESETTING START_OVER
  FOREIGN: RESETTING IGNORE
  DAMAGED: RESETTING ASK_AGAIN
  DUE: RESETTING RESEND
  UNANSWERED: RESTING FAIL_SILENT
  REJECTED: RESTING FAIL_GARBLED
  DISMISSED: refused
  UNREADABLE: RESTING FAIL_GARBLED
"""

ENDINGS = {
    Action.FINISH,
    Action.DELIVER,
    Action.END_ENTRY,
    Action.REFUSE,
    Action.REFUSE_UNHEARD,
    Action.FAIL_SILENT,
    Action.FAIL_GARBLED,
}


def _expected() -> list[tuple[State, Event, str]]:
    rows: list[tuple[State, Event, str]] = []
    state = State.RESTING
    for line in EXPECTED.strip().splitlines():
        name, _, cell = line.strip().partition(": ")
        if cell:
            rows.append((state, Event[name], cell))
        else:
            state = State[name]
    return rows


def test_the_expectation_is_the_whole_product() -> None:
    pairs = [(state, event) for state, event, _ in _expected()]
    assert pairs == [(state, event) for state in State for event in Event]


@pytest.mark.parametrize(("state", "event", "cell"), _expected())
def test_every_step(state: State, event: Event, cell: str) -> None:
    if cell == "refused":
        with pytest.raises(NotNow) as caught:
            step(state, event)
        assert (caught.value.state, caught.value.event) == (state, event)
    else:
        following, action = step(state, event)
        assert f"{following.name} {action.name}" == cell


def test_whatever_the_pad_says_has_a_place_in_every_state() -> None:
    said = [Event.ACK, Event.NAK, Event.EOT, Event.ANSWER, Event.REPEAT, Event.REFUSAL]
    said += [Event.MALFORMED, Event.FOREIGN, Event.DAMAGED]
    for state in State:
        assert set(said) <= set(TABLE[state])


@pytest.mark.parametrize("state", [state for state in State if state is not State.RESTING])
def test_every_unfinished_state_can_finish_without_the_pad(state: State) -> None:
    """Silence alone leads back to rest: DUE as often as it comes, then UNANSWERED."""
    visited = set()
    while state not in visited and Event.UNANSWERED not in TABLE[state]:
        visited.add(state)
        state, _ = step(state, Event.DUE)
    assert step(state, Event.UNANSWERED)[0] is State.RESTING


def test_an_exchange_ends_exactly_when_it_comes_to_rest() -> None:
    for state, row in TABLE.items():
        for following, action in row.values():
            came_to_rest = following is State.RESTING and state is not State.RESTING
            assert (action in ENDINGS) == came_to_rest


def test_every_action_is_of_some_use() -> None:
    assert {action for row in TABLE.values() for _, action in row.values()} == set(Action)
