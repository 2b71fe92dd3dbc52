"""A code's life, as one table.

    unset ──set──▶ active ──(set again)──▶ active
                     │ ▲
      tries used up  ▼ │ set
                   locked

A locked code is opened by setting a new one, never by waiting. A gate asks nothing of any of this.
"""

from enum import StrEnum


class CodeState(StrEnum):
    """Where a code is in its life; `unset` is the absence of a row."""

    UNSET = "unset"
    ACTIVE = "active"
    LOCKED = "locked"


class CodeEvent(StrEnum):
    """What can happen to a code."""

    SET = "set"
    RIGHT = "right"
    LAST_TRY_WRONG = "last_try_wrong"


# Absent means refused.
TRANSITIONS: dict[tuple[CodeState, CodeEvent], CodeState] = {
    (CodeState.UNSET, CodeEvent.SET): CodeState.ACTIVE,
    (CodeState.ACTIVE, CodeEvent.SET): CodeState.ACTIVE,
    (CodeState.LOCKED, CodeEvent.SET): CodeState.ACTIVE,
    (CodeState.ACTIVE, CodeEvent.RIGHT): CodeState.ACTIVE,
    (CodeState.ACTIVE, CodeEvent.LAST_TRY_WRONG): CodeState.LOCKED,
    # A guess that was under way when another one locked the code.
    (CodeState.LOCKED, CodeEvent.LAST_TRY_WRONG): CodeState.LOCKED,
}


def next_state(state: CodeState, event: CodeEvent) -> CodeState | None:
    """Return the state after an event, or None when the event is refused."""
    return TRANSITIONS.get((state, event))
