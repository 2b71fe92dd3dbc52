"""The state as the loopback API and the screen give it: JSON values and words, nothing else.

Promise: all that depends on the hour (service, age of the list, clock) is computed for the moment
asked about. Pure. No UID and no key leaves through here.
"""

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from terminal.gate import words
from terminal.gate.access_list import AccessList
from terminal.gate.door.event_book import DoorEvent
from terminal.gate.door.motion import Phase
from terminal.gate.passages import Passage
from terminal.gate.state import DoorSight, GateState, Shown
from terminal.gate.words import Notice, Words, hour, service_words

LIST_AGE_AMBER: Final = timedelta(hours=24)
"""From this age on the screen shows the list's age in amber; `valid_until` has the same effect."""
_PARIS: Final = ZoneInfo("Europe/Paris")

CLOSED: Final = Phase.CLOSED.value
WAITING_FOR_SOMEBODY: Final = frozenset({Phase.RELEASED.value, Phase.OPENED.value})

Json = dict[str, object]


def state_json(state: GateState, now: datetime) -> Json:
    """Return the state at `now`; `sequence` grows by one with each answer or notice shown."""
    zone = _PARIS if state.access_list is None else state.access_list.zone
    return {
        **_list_json(state, now),
        "online": state.online,
        "trouble": state.trouble,
        "reader_ready": state.reader_ready,
        "journal_ready": state.journal_ready,
        "outbox": state.outbox,
        "quarantined": state.quarantined,
        "opposed": len(state.opposed),  # blocked since the list was made
        "siblings": None if state.siblings is None else asdict(state.siblings),
        "door": None if state.door is None else _door_json(state.door, zone),
        "last": None if state.shown is None else _shown_json(state.shown),
        "sequence": state.sequence,
        "now": _text(now),
        "time": hour(now, zone),
        "idle": _words_json(_idle_words(state, now)),
        "link_words": words.link_words(online=state.online),
        "outbox_words": words.outbox_words(state.outbox, state.quarantined),
        "siblings_words": _siblings_words(state),
    }


def _siblings_words(state: GateState) -> str:
    seen = state.siblings
    return "" if seen is None else words.siblings_words(seen.known, seen.heard)


def _idle_words(state: GateState, now: datetime) -> Words:
    """Return what the screen says while no answer is on it: the worst trouble first."""
    return _trouble_words(state, now) or _ready_words(state, now)


def _trouble_words(state: GateState, now: datetime) -> Words | None:
    """Return the trouble that keeps the gate from serving, None if there is none."""
    held, door = state.access_list, state.door
    if door is not None and door.emergency is not None:
        return words.words_for_notice(Notice.ISSUE_DE_SECOURS)
    if not state.journal_ready:
        return words.NO_JOURNAL
    if door is not None and door.alarm is not None and not door.free:
        is_closed = door.alarm is Notice.PASSAGE_FORCE and door.phase == CLOSED
        return words.FORCED_AND_SERVING if is_closed else words.words_for_notice(door.alarm)
    if held is None:
        return words.NO_LIST
    if held.proves_clock_wrong(now):
        return words.WRONG_CLOCK
    return None if state.reader_ready else words.NO_READER


def _ready_words(state: GateState, now: datetime) -> Words:
    held, door = state.access_list, state.door
    if held is not None and not held.hours.open_at(now):
        return words.closed_words(held.hours.next_after(now))
    if door is None:
        return words.READY
    if door.phase in WAITING_FOR_SOMEBODY:
        return words.words_for_notice(Notice.AVANCEZ)
    return words.READY_AND_FREE if door.free else words.READY


def _door_json(door: DoorSight, zone: ZoneInfo) -> Json:
    seen = door.emergency
    emergency = None
    if seen is not None:
        emergency = {
            "since": _text(seen.since),
            "by_panel": seen.by_panel,
            "passages": seen.passages,
            "words": words.emergency_words(hour(seen.since, zone), seen.passages),
        }
    return {
        "phase": door.phase,
        "alarm": door.alarm,
        "free": door.free,
        "emergency": emergency,
    }


def door_event_json(event: DoorEvent, name_of: Callable[[str], str | None]) -> Json:
    """Return what happened at the door; the name comes from the list, as a passage's does."""
    return {
        "sequence": event.sequence,
        "at": _text(event.occurred_at),
        "kind": event.kind,
        "card_id": event.card_id,
        "display_name": None if event.card_id is None else name_of(event.card_id),
        "passages": event.passages,
    }


def _list_json(state: GateState, now: datetime) -> Json:
    held, confirmed_at = state.access_list, state.confirmed_at
    if held is None or confirmed_at is None:
        names = ("establishment", "service", "list_version", "list_age_seconds")
        empty: Json = dict.fromkeys(names)
        no_words: Json = {"service_words": "", "list_words": words.NO_LIST_YET}
        return empty | no_words | {"list_stale": True}
    service = next(iter(held.hours.open_at(now)), None)
    age = max(now - confirmed_at, timedelta())
    return {
        "establishment": held.establishment,
        "service": None if service is None else service.code,
        "service_words": "" if service is None else service_words(service),
        "list_version": held.version,
        "list_age_seconds": int(age.total_seconds()),
        "list_words": _list_words(held, confirmed_at, now),
        "list_stale": _is_stale(held, confirmed_at, now),
    }


def _is_stale(held: AccessList, confirmed_at: datetime, now: datetime) -> bool:
    return now - confirmed_at >= LIST_AGE_AMBER or now >= held.valid_until


def _list_words(held: AccessList, confirmed_at: datetime, now: datetime) -> str:
    # The word says what the amber says, to whoever does not see it.
    name = "liste ancienne" if _is_stale(held, confirmed_at, now) else "liste"
    local, today = confirmed_at.astimezone(held.zone), now.astimezone(held.zone).date()
    if local.date() == today:
        return f"{name} de {hour(confirmed_at, held.zone)}"
    return f"{name} du {local:%d/%m} à {hour(confirmed_at, held.zone)}"


def _shown_json(shown: Shown) -> Json:
    return {
        "answer": shown.answer,
        **_words_json(shown.words),
        "sound": shown.words.tone.sound,
        "display_name": shown.display_name,
        "at": _text(shown.at),
        "milliseconds": shown.milliseconds,
        "card_id": shown.card_id,
        "photo": shown.photo,
    }


def _words_json(said: Words) -> Json:
    return {
        "message": said.message,
        "line": said.line,
        "tone": said.tone,
        "shape": said.tone.shape,
    }


def passage_json(passage: Passage, name_of: Callable[[str], str | None]) -> Json:
    """Return a passage for the supervisor; the name comes from the list, never from the journal."""
    return {
        "sequence": passage.sequence,
        "passage_id": str(passage.passage_id),
        "at": _text(passage.occurred_at),
        "card_id": passage.card_id,
        "display_name": None if passage.card_id is None else name_of(passage.card_id),
        "service": passage.service,
        "answer": passage.answer,
        "detail": passage.detail,
        "milliseconds": passage.milliseconds,
        "state": passage.state,
        "reason": passage.reason,
    }


def _text(moment: datetime) -> str:
    utc = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return utc.replace("+00:00", "Z")
