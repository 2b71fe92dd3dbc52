"""The machine inside the pad: every state against every event, written out."""

import pytest

from simulator.pad.machine import TABLE, Action, Event, State, step

EXPECTED = """
IDLE
  TEXT: IDLE SHOW
  REQUEST: ENTERING OPEN_ENTRY
  REQUEST_AGAIN: ENTERING OPEN_ENTRY
  WRONG_REQUEST: ANSWERING REFUSE
  RESET: IDLE ACKNOWLEDGE
  CONNECTION_TEST: IDLE ACKNOWLEDGE_AND_LEAVE
  UNKNOWN: IDLE IGNORE
  UNREADABLE: IDLE ASK_AGAIN
  UNREADABLE_AGAIN: IDLE SAY_GOODBYE
  ACK: IDLE IGNORE
  NAK: IDLE IGNORE
  EOT: IDLE IGNORE
  DIGIT: IDLE IGNORE
  VALIDATE: IDLE IGNORE
  VALIDATE_TOO_SOON: IDLE IGNORE
  CLEAR: IDLE IGNORE
  CANCEL: IDLE IGNORE
  DUE: IDLE IGNORE
  SPENT: IDLE IGNORE
ENTERING
  TEXT: ENTERING IGNORE
  REQUEST: ENTERING OPEN_ENTRY
  REQUEST_AGAIN: ENTERING ACKNOWLEDGE
  WRONG_REQUEST: ENTERING IGNORE
  RESET: IDLE SAY_GOODBYE
  CONNECTION_TEST: ENTERING IGNORE
  UNKNOWN: ENTERING IGNORE
  UNREADABLE: ENTERING ASK_AGAIN
  UNREADABLE_AGAIN: IDLE SAY_GOODBYE
  ACK: ENTERING IGNORE
  NAK: ENTERING IGNORE
  EOT: IDLE CLOSE
  DIGIT: ENTERING ADD_DIGIT
  VALIDATE: ANSWERING ANSWER
  VALIDATE_TOO_SOON: ENTERING IGNORE
  CLEAR: ENTERING WIPE_DIGITS
  CANCEL: IDLE SAY_GOODBYE
  DUE: IDLE SAY_GOODBYE
  SPENT: ENTERING IGNORE
ANSWERING
  TEXT: ANSWERING IGNORE
  REQUEST: ANSWERING IGNORE
  REQUEST_AGAIN: ANSWERING IGNORE
  WRONG_REQUEST: ANSWERING IGNORE
  RESET: IDLE SAY_GOODBYE
  CONNECTION_TEST: ANSWERING IGNORE
  UNKNOWN: ANSWERING IGNORE
  UNREADABLE: ANSWERING IGNORE
  UNREADABLE_AGAIN: ANSWERING IGNORE
  ACK: IDLE CLOSE
  NAK: ANSWERING ANSWER_AGAIN
  EOT: IDLE CLOSE
  DIGIT: ANSWERING IGNORE
  VALIDATE: ANSWERING IGNORE
  VALIDATE_TOO_SOON: ANSWERING IGNORE
  CLEAR: ANSWERING IGNORE
  CANCEL: ANSWERING IGNORE
  DUE: ANSWERING ANSWER_AGAIN
  SPENT: IDLE SAY_GOODBYE
"""


def _expected() -> list[tuple[State, Event, str]]:
    rows: list[tuple[State, Event, str]] = []
    state = State.IDLE
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
    following, action = step(state, event)
    assert f"{following.name} {action.name}" == cell


@pytest.mark.parametrize("state", [State.ENTERING, State.ANSWERING])
def test_every_unfinished_state_can_finish_without_the_host(state: State) -> None:
    ends = [following for following, _ in (step(state, Event.DUE), step(state, Event.SPENT))]
    assert State.IDLE in ends


def test_every_action_is_of_some_use() -> None:
    assert {action for row in TABLE.values() for _, action in row.values()} == set(Action)
