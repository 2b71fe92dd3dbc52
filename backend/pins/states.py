"""A code's life, as one table.

    unset ──set──▶ active ──(set again)──▶ active
                     │ ▲ ▲
       change forced │ │ └───────── set ────────┐
                     ▼ │ set                    │
                 must_change ──tries used up──▶ locked ◀──tries used up── active

A locked code is opened by setting a new one, never by waiting; so is one that must change, which is
not compared meanwhile. A gate asks nothing of any of this.
"""

from enum import StrEnum


class CodeState(StrEnum):
    """Where a code is in its life; `unset` is the absence of a row."""

    UNSET = "unset"
    ACTIVE = "active"
    MUST_CHANGE = "must_change"
    LOCKED = "locked"


class CodeEvent(StrEnum):
    """What can happen to a code."""

    SET = "set"
    RIGHT = "right"
    LAST_TRY_WRONG = "last_try_wrong"
    CHANGE_FORCED = "change_forced"


# Absent means refused.
TRANSITIONS: dict[tuple[CodeState, CodeEvent], CodeState] = {
    (CodeState.UNSET, CodeEvent.SET): CodeState.ACTIVE,
    (CodeState.ACTIVE, CodeEvent.SET): CodeState.ACTIVE,
    (CodeState.MUST_CHANGE, CodeEvent.SET): CodeState.ACTIVE,
    (CodeState.LOCKED, CodeEvent.SET): CodeState.ACTIVE,
    (CodeState.ACTIVE, CodeEvent.RIGHT): CodeState.ACTIVE,
    (CodeState.ACTIVE, CodeEvent.LAST_TRY_WRONG): CodeState.LOCKED,
    # Guesses that were under way when the change was forced, or another one locked the code.
    (CodeState.MUST_CHANGE, CodeEvent.LAST_TRY_WRONG): CodeState.LOCKED,
    (CodeState.LOCKED, CodeEvent.LAST_TRY_WRONG): CodeState.LOCKED,
    (CodeState.ACTIVE, CodeEvent.CHANGE_FORCED): CodeState.MUST_CHANGE,
    (CodeState.MUST_CHANGE, CodeEvent.CHANGE_FORCED): CodeState.MUST_CHANGE,
    # A locked code must be changed already.
    (CodeState.LOCKED, CodeEvent.CHANGE_FORCED): CodeState.LOCKED,
}


def next_state(state: CodeState, event: CodeEvent) -> CodeState | None:
    """Return the state after an event, or None when the event is refused."""
    return TRANSITIONS.get((state, event))
