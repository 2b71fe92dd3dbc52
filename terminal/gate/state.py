"""What the gate shows: one value, replaced whole, that any thread may read or wait on.

Promise: a reader always sees one consistent state, the latest; who is slow misses the states in
between and never the last one. It decides nothing and knows no device.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from terminal.gate.access_list import AccessList
from terminal.gate.decision import service_at
from terminal.gate.words import Words, hour, service_words

LIST_AGE_AMBER: Final = timedelta(hours=24)
"""From this age on the screen shows the list's age in amber; `valid_until` has the same effect."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class GateState:
    """Everything the screen needs. `sequence` counts what was shown since the start."""

    access_list: AccessList | None = field(default=None, repr=False)
    confirmed_at: datetime | None = None
    online: bool = False
    trouble: str | None = None  # the backend's code, or the list's fault, while something is wrong
    list_fault: str | None = None  # a list came that was refused, or could not be kept
    reader_ready: bool = False
    journal_ready: bool = True
    outbox: int = 0
    quarantined: int = 0
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
            state = replace(self._state, **fields)
            changed = state != self._state
            self._state = state
            listeners = list(self._listeners) if changed else []
        for listener in listeners:
            listener()

    def show(self, shown: Shown, **fields: Any) -> None:
        """Put an answer on the screen: its sequence number is one more than the last."""
        with self._lock:
            sequence = self._state.sequence + 1
            self._state = replace(self._state, shown=shown, sequence=sequence, **fields)
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


def state_json(state: GateState, now: datetime) -> dict[str, object]:
    """Return the state as the loopback API gives it."""
    return {
        **_list_json(state, now),
        "online": state.online,
        "trouble": state.trouble,
        "reader_ready": state.reader_ready,
        "journal_ready": state.journal_ready,
        "outbox": state.outbox,
        "quarantined": state.quarantined,
        "last": None if state.shown is None else _shown_json(state.shown),
        "sequence": state.sequence,
    }


def _list_json(state: GateState, now: datetime) -> dict[str, object]:
    held, confirmed_at = state.access_list, state.confirmed_at
    if held is None or confirmed_at is None:
        names = ("establishment", "service", "service_words", "list_version", "list_age_seconds")
        return {**dict.fromkeys((*names, "list_words")), "list_stale": True}
    service = service_at(held.services, now, held.zone)
    age = max(now - confirmed_at, timedelta())
    return {
        "establishment": held.establishment,
        "service": None if service is None else service.code,
        "service_words": None if service is None else service_words(service),
        "list_version": held.version,
        "list_age_seconds": int(age.total_seconds()),
        "list_words": _list_words(held, confirmed_at, now),
        "list_stale": age >= LIST_AGE_AMBER or now >= held.valid_until,
    }


def _list_words(held: AccessList, confirmed_at: datetime, now: datetime) -> str:
    local, today = confirmed_at.astimezone(held.zone), now.astimezone(held.zone).date()
    if local.date() == today:
        return f"liste de {hour(confirmed_at, held.zone)}"
    return f"liste du {local:%d/%m} à {hour(confirmed_at, held.zone)}"


def _shown_json(shown: Shown) -> dict[str, object]:
    return {
        "answer": shown.answer,
        "message": shown.words.message,
        "line": shown.words.line,
        "tone": shown.words.tone,
        "shape": shown.words.tone.shape,
        "sound": shown.words.tone.sound,
        "display_name": shown.display_name,
        "at": shown.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "milliseconds": shown.milliseconds,
        "card_id": shown.card_id,
    }
