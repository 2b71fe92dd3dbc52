"""What the gate shows: one value, replaced whole, that any thread may read or wait on.

Promise: a reader always sees one consistent state, the latest; who is slow misses the states in
between and never the last one. It decides nothing and knows no device.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from terminal.gate.access_list import AccessList
from terminal.gate.words import Notice, Words

Listener = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One answer or notice on the screen. `milliseconds` from card arrival to decision."""

    answer: str
    words: Words
    at: datetime
    milliseconds: int
    display_name: str | None = field(default=None, repr=False)
    card_id: str | None = None
    photo: str | None = None  # the SHA-256 of one that may be shown


@dataclass(frozen=True, slots=True)
class EmergencySight:
    """A door released for everybody, by the fire panel or by hand.

    `passages` is how many went through since, None where nobody can count them.
    """

    since: datetime
    by_panel: bool
    passages: int | None


@dataclass(frozen=True, slots=True)
class DoorSight:
    """What is seen of the turnstile or door: its phase, and a notice while there is an alarm.

    `free`: it does not answer, and is wired to be free then.
    """

    phase: str
    alarm: Notice | None = None
    free: bool = False
    emergency: EmergencySight | None = None


@dataclass(frozen=True, slots=True)
class SiblingsSight:
    """How many other gates of the place there are, and how many of them were heard just now."""

    known: int
    heard: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GateState:
    """Everything the screen needs. `sequence` counts what was shown since the start."""

    access_list: AccessList | None = field(default=None, repr=False)
    confirmed_at: datetime | None = None
    opposed: frozenset[str] = frozenset()  # card ids blocked since that list was made
    online: bool = False
    trouble: str | None = None  # the backend's code, or the list's fault, while something is wrong
    list_fault: str | None = None  # a list came that was refused, or could not be kept
    reader_ready: bool = False
    journal_ready: bool = True
    outbox: int = 0
    quarantined: int = 0
    siblings: SiblingsSight | None = None  # None: this gate speaks to no other directly
    door: DoorSight | None = None  # None: this gate opens nothing
    shown: Shown | None = None
    sequence: int = 0


class StateBoard:
    """Holds the state; `change` replaces fields and tells whoever listens."""

    def __init__(self, state: GateState | None = None) -> None:
        self._state = state or GateState()
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []

    @property
    def current(self) -> GateState:
        """Return the state of this moment."""
        return self._state

    def change(self, **fields: Any) -> None:
        """Replace fields of the state, all at once."""
        with self._lock:
            held = self._state
            # Most often nothing is new: the reader says at each card that it is there.
            changed = any(getattr(held, name) != value for name, value in fields.items())
            if changed:
                self._state = replace(held, **fields)
        if changed:
            self.tell()

    def show(self, shown: Shown, **fields: Any) -> None:
        """Put an answer on the screen: its sequence number is one more than the last."""
        with self._lock:
            sequence = self._state.sequence + 1
            self._state = replace(self._state, shown=shown, sequence=sequence, **fields)
        self.tell()

    def tell(self) -> None:
        """Call every listener, changed or not."""
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` after each change, from the thread that made it; return how to stop."""
        with self._lock:
            self._listeners.append(listener)

        def stop() -> None:
            with self._lock:
                self._listeners.remove(listener)

        return stop
