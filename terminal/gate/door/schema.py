"""What the gate's journal keeps about its door.

A `door_release` is somebody the door was opened for and of whom it is not known yet whether they
went through: it becomes a passage, or nothing, in one unit of work. A `door_event` is what the
establishment should hear of; `card_id` only where a card was the cause.
"""

from typing import Final

DOOR_SCHEMA: Final = """
create table door_release (
    passage_id text primary key,
    occurred_at text not null,
    uid blob not null,
    card_id text not null,
    service text not null,
    list_version integer not null,
    milliseconds integer not null
) strict;
create table door_event (
    sequence integer primary key autoincrement,
    occurred_at text not null,
    kind text not null,
    card_id text
) strict;
create index door_event_by_time on door_event (occurred_at);
"""
